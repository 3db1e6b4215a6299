"""The run stage: a submitted program runs in a sandbox of its own, and makes predictions there.

On hidden input it runs only once it has made valid predictions on the public sample, at no cost.
Only predictions that the platform's one reader accepts leave this stage.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog

from challenge_platform.core import refusal
from challenge_platform.core.attempt import Ended, NotScored, Work
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.delivery import scored_table
from challenge_platform.core.feature_runs import MOST_RUNS, Audit, declaration_in
from challenge_platform.core.features import Features
from challenge_platform.core.program_launch import Again, ProgramLaunch
from challenge_platform.core.run import (
    COARSE_SECONDS,
    PER_ID,
    ProgramRun,
    Stage,
    begin,
    forget,
    record,
    run_of,
)
from challenge_platform.core.run_ids import audit_id_of, run_id_of
from challenge_platform.core.run_log import keep_log
from challenge_platform.core.submission import Kind, Reason, State, require_held
from challenge_platform.database import Database
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import Key, encrypt
from sandbox import End, Outcome, Runner, SandboxUnavailable
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
        self,
        work: Work,
        /,
        *,
        key: Key,
        hidden_ids: Callable[[], Sequence[str]],
        seed: Callable[[], int],
    ) -> Made | Ended:
        """Give what the program predicted for the ids that are scored, or how it ended.

        What came to its end in an earlier attempt is not run again. `seed` is the secret one of the
        audit of its features. Raise NotScored when the platform could not run it.
        """
        for stage in stages_of(work):
            run = self._known(work, stage) or self._run(work, stage, key=key, hidden_ids=hidden_ids)
            if (ended := _ended(run)) is not None:
                return ended
        made = Made(content=key.decrypt(self.store.read(run.predictions or "")), run=run)
        program = work.challenge.definition.program
        # The organizers' references stand outside the competition: a dummy uses no feature at all.
        if program is None or program.features is None or work.team.baseline:
            return made
        audited = self._known(work, Stage.AUDIT)
        if audited is None:
            ids = self._ids(work, made.run.stage, hidden_ids=hidden_ids)
            audited = self._audit(
                work, made, features=program.features, key=key, ids=ids, seed=seed()
            )
        return _ended(audited) or made

    @property
    def _launch(self) -> ProgramLaunch:
        return ProgramLaunch(
            database=self.database, store=self.store, runner=self.runner, clock=self.clock
        )

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
        invalid, each = None, {}
        with self._noted(work, begun):
            outcome = self._launch.run(work, stage, key=key, run_id=run_id)
            if outcome.file is not None:
                ids = self._ids(work, stage, hidden_ids=hidden_ids)
                each = {PER_ID: outcome.usage.wall_seconds / len(ids)} if ids else {}
                invalid = _problems(outcome.file, definition=work.challenge.definition, ids=ids)
        with self.database.writing() as session:
            # Or what is stored now would belong to nobody.
            require_held(session, work.claim, locked=True)
            facts = self._facts(outcome, stage=stage, invalid=invalid, key=key)
            facts["timings"] |= each
            if stage.is_hidden:
                facts |= keep_log(session, work.challenge, outcome, recipient=key.recipient)
            run = record(session, work.claim, stage=stage, now=self.clock(), **facts)
        with suppress(SandboxUnavailable):  # it is then forgotten after a while
            self.runner.acknowledge(run_id)
        log.info("program ran", submission=run.submission_id, stage=stage, end=run.end)
        return run

    def _audit(
        self,
        work: Work,
        made: Made,
        *,
        features: Features,
        key: Key,
        ids: Sequence[str],
        seed: int,
    ) -> ProgramRun:
        """Run the program on changed tables, and keep which rule about features it breaks."""
        submission, definition = work.submission, work.challenge.definition
        with self.database.writing() as session:
            begun = begin(session, work.claim, stage=Stage.AUDIT, now=self.clock())

        def launch(number: int, table: bytes | None, collect: str) -> Outcome:
            again = Again(table=table, collect=collect)
            run_id = audit_id_of(submission.id, number)
            return self._launch.run(work, Stage.AUDIT, key=key, run_id=run_id, again=again)

        is_code = submission.kind is Kind.CODE
        with self._noted(work, begun):
            audited = Audit(
                features=features,
                submission=definition.submission,
                scoring=definition.scoring,
                ids=ids,
                table=scored_table(work.challenge, store=self.store, key=key),
                seed=seed,
                declared=declaration_in(self.store.read(submission.artifact)) if is_code else None,
                launch=launch,
            ).run(made.content)
        facts = {
            "end": End.FINISHED,
            "timings": audited.timings,
            "usage": asdict(audited.usage),
            "refused": audited.broken and refusal.keep_broken(audited.broken),
        }
        with self.database.writing() as session:
            run = record(session, work.claim, stage=Stage.AUDIT, now=self.clock(), **facts)
        for number in range(MOST_RUNS):
            with suppress(SandboxUnavailable):
                self.runner.acknowledge(audit_id_of(submission.id, number))
        broken = audited.broken.rule if audited.broken else None
        log.info("features audited", submission=submission.id, broken=broken)
        return run

    @contextmanager
    def _noted(self, work: Work, begun: ProgramRun) -> Iterator[None]:
        """Let what is done within be a run that was begun, of which no trace is left if it fails.

        On hidden input its end is waited for until a step of the clock, also when it fails through
        no fault of the team's: whoever watches the clock shall learn no more than is told.
        """
        try:
            try:
                yield
            finally:
                if begun.stage.is_hidden:
                    elapsed = (self.clock() - begun.started_at).total_seconds()
                    self.pause(-elapsed % COARSE_SECONDS)
        except NotScored:
            with self.database.writing() as session:
                forget(session, work.claim, stage=begun.stage)
            raise

    def _ids(
        self, work: Work, stage: Stage, *, hidden_ids: Callable[[], Sequence[str]]
    ) -> Sequence[str]:
        """Give the ids that are predicted at a stage."""
        if stage.is_hidden:
            return hidden_ids()
        challenge = work.challenge
        asked = challenge.definition.submission
        files = challenge.sample if stage is Stage.SMOKE else challenge.files
        table = next(file for file in files if file.name == asked.ids)
        return read_ids(self.store.read(table.digest), id_column=asked.id, sizes=asked.sizes)

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
        audited = run.stage is Stage.AUDIT
        reason = Reason.FEATURES_REFUSED if audited else Reason.PREDICTIONS_REFUSED
        return Ended(state=State.REJECTED, reason=reason, charged=charged)
    if run.end is None or run.end is End.FINISHED:
        return None
    return Ended(state=State.FAILED, reason=_REASON_OF_END[run.end], charged=charged)
