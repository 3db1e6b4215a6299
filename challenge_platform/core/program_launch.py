"""One run of a submitted program: what it is given, and why it may not come to run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from challenge_platform.core.attempt import NotScored, Work
from challenge_platform.core.container_image import kept_image
from challenge_platform.core.delivery import delivered, delivered_changed
from challenge_platform.core.program_limits import limits_of
from challenge_platform.core.run import Stage
from challenge_platform.core.submission import Kind, Reason
from challenge_platform.core.weights import deliver, weights_of
from challenge_platform.database import Database
from challenge_platform.errors import KeyUnavailable, NotFound
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import Key
from sandbox import End, Outcome, Run, Runner, SandboxUnavailable, not_started
from sandbox.oci.problem import InvalidImage

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Again:
    """What is other in a run of an audit: the table, None for the given one, and the file."""

    table: bytes | None
    collect: str


@dataclass(frozen=True, kw_only=True)
class ProgramLaunch:
    """The parts that one run of a program needs."""

    database: Database
    store: ObjectStore
    runner: Runner
    clock: Callable[[], datetime]

    def run(
        self, work: Work, stage: Stage, /, *, key: Key, run_id: str, again: Again | None = None
    ) -> Outcome:
        """Run the program; raise NotScored when it could not be run.

        `again` says what is other in a run of an audit.
        """
        began = self.clock()
        try:
            runtime, stdin = self._program(work)
            unpacked = (self.clock() - began).total_seconds()
            files = self._files(work, stage, key=key, table=again.table if again else None)
            outcome = self.runner.run(
                Run(
                    id=run_id,
                    runtime=runtime,
                    limits=limits_of(work.challenge.definition),
                    input=stdin,
                    files=files,
                    weights=self._weights(work),
                    collect=again.collect if again else work.challenge.definition.submission.file,
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
        ours = isinstance(problem, SandboxUnavailable)
        reason = Reason.SANDBOX_UNAVAILABLE if ours else Reason.TRUTH_UNAVAILABLE
        raise NotScored(reason) from problem

    def _files(self, work: Work, stage: Stage, *, key: Key, table: bytes | None) -> str:
        """Give the digest of what the program finds in /input, which the launcher has now."""
        challenge, runner, store = work.challenge, self.runner, self.store
        if table is None:
            return delivered(challenge, stage, runner=runner, store=store, key=key)
        return delivered_changed(challenge, table, runner=runner, store=store, key=key)

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


def _is_refused(error: Exception) -> bool:
    """Whether the engine answered that it takes no such image, as it would again and again."""
    return isinstance(error, SandboxUnavailable) and error.code == "image_refused"
