"""The run stage: a submitted program runs in a sandbox of its own, and makes predictions there.

On hidden input it runs only once it has made valid predictions on the public sample, at no cost.
Only predictions that the platform's one reader accepts leave this stage.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from challenge_platform.core import refusal
from challenge_platform.core.attempt import Ended, NotScored, Work
from challenge_platform.core.container_image import kept_image
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.delivery import delivered
from challenge_platform.core.program_limits import limits_of
from challenge_platform.core.run import (
    COARSE_SECONDS,
    ProgramRun,
    Stage,
    begin,
    forget,
    record,
    run_of,
)
from challenge_platform.core.run_log import keep_log
from challenge_platform.core.submission import Kind, Reason, State, require_held
from challenge_platform.core.weights import deliver, weights_of
from challenge_platform.database import Database
from challenge_platform.errors import KeyUnavailable, NotFound
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import Key, encrypt
from sandbox import End, Outcome, Run, Runner, SandboxUnavailable, not_started
from sandbox.oci.problem import InvalidImage
from scorers.predictions.table import InvalidPredictions, read_ids, read_predictions

_REASON_OF_END = {
    End.CRASHED: Reason.RUN_CRASHED,
    End.TIMED_OUT: Reason.RUN_TIMED_OUT,
    End.OUT_OF_MEMORY: Reason.RUN_OUT_OF_MEMORY,
    End.OUTPUT_TOO_LARGE: Reason.RUN_OUTPUT_TOO_LARGE,
    End.NO_FILE: Reason.RUN_NO_FILE,
}

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Made:
    """Valid predictions that a program made, and the run that they come from."""

    content: bytes
    run: ProgramRun


@dataclass(frozen=True, kw_only=True)
class RunStage:
    """The parts that running a program needs; `pause` waits for so many seconds."""

    database: Database
    store: ObjectStore
    runner: Runner
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    def predictions(
        self, work: Work, /, *, key: Key, hidden_ids: Callable[[], Sequence[str]]
    ) -> Made | Ended:
        """Give what the program predicted for the ids that are scored, or how it ended.

        What came to its end in an earlier attempt is not run again. Raise NotScored when the
        platform could not run it.
        """
        for stage in stages_of(work):
            run = self._known(work, stage) or self._run(work, stage, key=key, hidden_ids=hidden_ids)
            if (ended := _ended(run)) is not None:
                return ended
        return Made(content=key.decrypt(self.store.read(run.predictions or "")), run=run)

    def _known(self, work: Work, stage: Stage) -> ProgramRun | None:
        """Give what came of a stage in an earlier attempt, if it came to its end."""
        with self.database.reading() as session:
            run = run_of(session, work.submission.id, stage=stage)
        return None if run is None or run.end is None else run

    def _run(
        self, work: Work, stage: Stage, *, key: Key, hidden_ids: Callable[[], Sequence[str]]
    ) -> ProgramRun:
        """Run the program at a stage, and keep what came of it."""
        with self.database.writing() as session:
            begun = begin(session, work.claim, stage=stage, now=self.clock())
        run_id = run_id_of(work.submission.id, stage)
        outcome = self._outcome(work, stage, key=key, run_id=run_id)
        invalid = None
        if outcome.file is not None:
            ids = hidden_ids() if stage.is_hidden else self._public_ids(work, stage)
            invalid = _problems(outcome.file, definition=work.challenge.definition, ids=ids)
        if stage.is_hidden:  # a team that watches the clock shall learn no more than is told
            elapsed = (self.clock() - begun.started_at).total_seconds()
            self.pause(-elapsed % COARSE_SECONDS)
        with self.database.writing() as session:
            # Or what is stored now would belong to nobody.
            require_held(session, work.claim, locked=True)
            facts = self._facts(outcome, stage=stage, invalid=invalid, key=key)
            if stage.is_hidden:
                facts |= keep_log(session, work.challenge, outcome, recipient=key.recipient)
            run = record(session, work.claim, stage=stage, now=self.clock(), **facts)
        with suppress(SandboxUnavailable):  # it is then forgotten after a while
            self.runner.acknowledge(run_id)
        log.info("program ran", submission=run.submission_id, stage=stage, end=run.end)
        return run

    def _outcome(self, work: Work, stage: Stage, *, key: Key, run_id: str) -> Outcome:
        """Run the program; raise NotScored, with no trace of the run, when it could not be."""
        began = self.clock()
        try:
            runtime, stdin = self._program(work)
            unpacked = (self.clock() - began).total_seconds()
            files = delivered(work.challenge, stage, runner=self.runner, store=self.store, key=key)
            outcome = self.runner.run(
                Run(
                    id=run_id,
                    runtime=runtime,
                    limits=limits_of(work.challenge.definition),
                    input=stdin,
                    files=files,
                    weights=self._weights(work),
                    collect=work.challenge.definition.submission.file,
                    hidden=stage.is_hidden,
                )
            )
            if outcome.end is not End.CANCELLED:
                is_image = work.submission.kind is Kind.CONTAINER
                before = {"unpack": unpacked} if is_image else {}
                return replace(outcome, timings=before | dict(outcome.timings))
            self.runner.acknowledge(run_id)
            problem: Exception = SandboxUnavailable("the run was cancelled", code="cancelled")
        except (SandboxUnavailable, KeyUnavailable, NotFound) as error:
            if _is_refused(error):
                log.warning("image refused", submission=work.submission.id, why=str(error))
                return not_started("")
            problem = error
        with self.database.writing() as session:
            forget(session, work.claim, stage=stage)
        ours = isinstance(problem, SandboxUnavailable)
        reason = Reason.SANDBOX_UNAVAILABLE if ours else Reason.TRUTH_UNAVAILABLE
        raise NotScored(reason) from problem

    def _program(self, work: Work) -> tuple[str, bytes]:
        """Give what runs a submission, and what that gets on its stdin."""
        program, submission = work.challenge.definition.program, work.submission
        if program is None or submission.kind is Kind.PREDICTIONS:
            raise NotScored(Reason.UNEXPECTED, why=f"nothing runs a {submission.kind}")
        if submission.kind is Kind.CODE:
            return program.runtime, self.store.read(submission.artifact)
        try:
            image = kept_image(
                submission.artifact, program=program, store=self.store, runner=self.runner
            )
        except InvalidImage as invalid:  # it was checked when it was sent in
            raise NotScored(Reason.UNEXPECTED, why=str(invalid)) from invalid
        return image, b""

    def _weights(self, work: Work) -> str | None:
        """Give the digest of the weights that a submission named, which the launcher has now."""
        with self.database.reading() as session:
            named = weights_of(session, work.submission)
        return deliver(named, runner=self.runner, store=self.store) if named else None

    def _public_ids(self, work: Work, stage: Stage) -> Sequence[str]:
        challenge = work.challenge
        asked = challenge.definition.submission
        files = challenge.sample if stage is Stage.SMOKE else challenge.files
        table = next(file for file in files if file.name == asked.ids)
        return read_ids(self.store.read(table.digest), id_column=asked.id)

    def _facts(
        self, outcome: Outcome, *, stage: Stage, invalid: InvalidPredictions | None, key: Key
    ) -> dict[str, Any]:
        """Give what is kept of a run beside its sealed log."""
        facts: dict[str, Any] = {
            "end": outcome.end,
            "timings": dict(outcome.timings),
            "usage": asdict(outcome.usage),
        }
        if not stage.is_hidden:
            facts |= {"exit_code": outcome.exit_code, "log": outcome.log}
        if invalid is not None:
            facts["refused"] = refusal.keep(invalid, hidden=stage.is_hidden)
        elif outcome.file is not None and stage is not Stage.SMOKE:
            sealed = encrypt(outcome.file, recipient=key.recipient)
            facts["predictions"] = self.store.put(sealed).digest
        return facts


def stages_of(work: Work, /) -> tuple[Stage, ...]:
    """Give the stages at which a submission's program runs."""
    hides = work.challenge.version.input_object is not None
    return (Stage.SMOKE, Stage.HIDDEN) if hides else (Stage.PUBLIC,)


def _is_refused(error: Exception) -> bool:
    """Whether the engine answered that it takes no such image, as it would again and again."""
    return isinstance(error, SandboxUnavailable) and error.code == "image_refused"


def run_id_of(submission_id: str, stage: Stage, /) -> str:
    """Give the id of a run, the same in each attempt: whoever asks again joins what goes on."""
    return f"{submission_id}-{stage}"


def _problems(
    content: bytes, *, definition: ChallengeDefinition, ids: Sequence[str]
) -> InvalidPredictions | None:
    try:
        read_predictions(
            content, submission=definition.submission, ids=ids, scoring=definition.scoring
        )
    except InvalidPredictions as invalid:
        return invalid
    return None


def _ended(run: ProgramRun) -> Ended | None:
    """Give the end that a run is for its submission; None if it made valid predictions.

    What fails on public data costs nothing, and what fails on hidden data counts.
    """
    charged = run.stage.is_hidden
    if run.refused is not None:
        reason = Reason.PREDICTIONS_REFUSED
        return Ended(state=State.REJECTED, reason=reason, charged=charged)
    if run.end is None or run.end is End.FINISHED:
        return None
    return Ended(state=State.FAILED, reason=_REASON_OF_END[run.end], charged=charged)
