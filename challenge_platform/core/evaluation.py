"""Evaluating a submission: claim it, run it if it is a program, score it, record its end.

Truth never enters the sandbox that a team's program runs in, and of what is made there only valid
predictions cross to the sandbox that scores.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import structlog

from challenge_platform.core import standing, turn
from challenge_platform.core import submission as submissions
from challenge_platform.core.attempt import Ended, NotScored, Work
from challenge_platform.core.challenge import PublishedChallenge, challenge_version
from challenge_platform.core.definition import Board
from challenge_platform.core.feedback import disclosed_scores
from challenge_platform.core.lease import Leases
from challenge_platform.core.program_scoring import ProgramScoring
from challenge_platform.core.receipt import Signer
from challenge_platform.core.result import REPORTED, Result, StoredReport
from challenge_platform.core.run_stage import Made, RunStage
from challenge_platform.core.scoring import score
from challenge_platform.core.standing import Scores
from challenge_platform.core.submission import Claim, Kind, QueueName, Reason, State
from challenge_platform.core.team import Team
from challenge_platform.database import Database
from challenge_platform.errors import KeyUnavailable, StaleClaim
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import Key, KeyRing, Truth, encrypt, open_truth
from sandbox import Outcome, Runner
from scorers.document import Evaluation, Refusal
from scorers.predictions.table import read_truth

log = structlog.get_logger()

_STORED = {"units", "metrics"}


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """What scoring gave, and the run that made the predictions, if a program did."""

    outcome: Outcome
    evaluation: Evaluation
    made: Made | None


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """The parts that evaluating a submission needs; `pause` waits for so many seconds."""

    database: Database
    store: ObjectStore
    scoring_keys: KeyRing
    runner: Runner
    signer: Signer
    platform_url: str
    leases: Leases
    max_attempts: int
    team_runs: int
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    def evaluate_next(self, queue: QueueName, /) -> State | None:
        """Take the submission of a queue whose turn it is to its end, as `evaluate` does."""
        with self.database.writing() as session:
            claim = turn.claim_next(
                session,
                queue,
                now=self.clock(),
                lease=self.leases.length,
                team_runs=self.team_runs,
            )
        return self._evaluate(claim) if claim else None

    def evaluate(self, submission_id: str, /) -> State | None:
        """Take a submission to its end, or back to the queue; None when it was not to be taken.

        A second delivery, or a delivery after another worker took over, changes nothing. What is
        not anticipated is recorded as a postponement and rises.
        """
        with self.database.writing() as session:
            now, length = self.clock(), self.leases.length
            claim = submissions.claim(session, submission_id, now=now, lease=length)
        return self._evaluate(claim) if claim else None

    def _evaluate(self, claim: Claim) -> State | None:
        try:
            with self.leases.kept(claim):
                work = self._load(claim)
                found = self._score(work)
                if isinstance(found, Ended):
                    return self._end(claim, found)
                return self._record(work, found)
        except NotScored as ended:
            log.warning(
                "not scored",
                submission=claim.submission_id,
                attempt=claim.attempt,
                reason=ended.reason,
                why=str(ended.__cause__ or ended),
            )
            return self._postpone(claim, ended.reason)
        except StaleClaim:
            return None
        except Exception:
            self._postpone(claim, Reason.UNEXPECTED)
            raise

    def _load(self, claim: Claim) -> Work:
        with self.database.reading() as session:
            submission = submissions.find_submission(session, claim.submission_id)
            challenge = challenge_version(session, submission.version_id)
            team = session.get_one(Team, submission.team_id)
        return Work(claim=claim, submission=submission, challenge=challenge, team=team)

    def _score(self, work: Work) -> _Scored | Ended:
        """Run a program, score what it made, or a predictions file; raise NotScored if we fail."""
        submission, challenge = work.submission, work.challenge
        secrets = _Secrets(challenge, self.store, self.scoring_keys)
        secrets.require_genuine()
        made = None
        if submission.kind is not Kind.PREDICTIONS:
            stage = RunStage(
                database=self.database,
                store=self.store,
                runner=self.runner,
                clock=self.clock,
                pause=self.pause,
            )
            found = stage.predictions(
                work,
                key=secrets.key,
                hidden_ids=lambda: secrets.ids,
                seed=lambda: secrets.truth.seed(f"features/{submission.id}"),
            )
            if isinstance(found, Ended):
                return found
            made = found
        content = made.content if made else self.store.read(submission.artifact)
        if (program := challenge.definition.scoring.program) is not None:
            by = ProgramScoring(database=self.database, runner=self.runner, clock=self.clock)
            outcome, evaluation = by.score(
                work,
                program,
                truth=secrets.truth.table,
                content=content,
                to=secrets.key.recipient,
            )
            return _Scored(outcome=outcome, evaluation=evaluation, made=made)
        outcome, answer = score(
            self.runner,
            work.claim.run_id,
            task=challenge.definition.task,
            truth=secrets.truth.table,
            predictions=content,
            seed=secrets.truth.seed(f"resamples/{submission.phase}"),
        )
        if isinstance(answer, Refusal):
            # Files are checked before they come here: this is one of before a rule was known.
            log.info("rejected", submission=submission.id, problems=answer.total)
            told = made is not None and made.run.stage.is_hidden
            return Ended(state=State.REJECTED, reason=Reason.PREDICTIONS_REFUSED, charged=told)
        return _Scored(outcome=outcome, evaluation=answer, made=made)

    def _end(self, claim: Claim, ended: Ended) -> State:
        """End a submission without a score; uploads.refusal or its run tells its team why."""
        log.info("ended", submission=claim.submission_id, reason=ended.reason)
        with self.database.writing() as session:
            submissions.finish(
                session,
                claim,
                state=ended.state,
                reason=ended.reason,
                now=self.clock(),
                charged=ended.charged,
            )
        return ended.state

    def _record(self, work: Work, scored: _Scored) -> State:
        """Write state, scores, standing and receipt in one transaction, with a valid claim only."""
        submission, challenge = work.submission, work.challenge
        evaluation, outcome = scored.evaluation, scored.outcome
        now = self.clock()
        public, private = evaluation.splits[Board.PUBLIC], evaluation.splits[Board.PRIVATE]
        recipient = challenge.version.release_recipient
        sealed = encrypt(private.to_json().encode(), recipient=recipient)
        scores = {key: score.model_dump(mode="json") for key, score in public.metrics.items()}
        primary = challenge.definition.scoring.primary.key
        vector = self.store.put(public.vector(primary).tobytes())
        with self.database.writing() as session:
            state, reason = State.SCORED, Reason.COMPLETE
            submissions.finish(session, work.claim, state=state, reason=reason, now=now)
            told = standing.offer(
                session,
                challenge,
                submission=submission,
                scores=scores,
                resamples=vector.digest,
                units=public.units or None,  # the organizers' program tells of none
                store=self.store,
                now=now,
            )
            receipt = self._receipt(work, scored, told=told, sealed=sealed, now=now)
            session.add(
                Result(
                    submission_id=submission.id,
                    public=public.model_dump(mode="json", include=_STORED),
                    told=None if told is scores else dict(told),
                    sealed=sealed,
                    environment=evaluation.environment.model_dump(mode="json"),
                    timings={
                        **evaluation.timings.model_dump(mode="json"),
                        **{f"sandbox_{phase}": s for phase, s in outcome.timings.items()},
                        "sandbox": outcome.seconds,
                    },
                    receipt=self.signer.sign(receipt),
                )
            )
            report = public.model_dump(mode="json", include=REPORTED)
            session.add(StoredReport(submission_id=submission.id, public=report))
        return state

    def _receipt(
        self, work: Work, scored: _Scored, *, told: Scores, sealed: bytes, now: datetime
    ) -> dict[str, Any]:
        submission, challenge, evaluation = work.submission, work.challenge, scored.evaluation
        phase = challenge.definition.phase(submission.phase)
        return {
            "schema": "receipt/1",
            "platform": self.platform_url,
            "challenge": {"slug": challenge.slug, "version": challenge.version.digest},
            "phase": phase.key,
            "team": work.team.name,
            "submission": submission.id,
            "artifact": {"sha256": submission.artifact, "bytes": submission.size},
            **({"weights": {"sha256": submission.weights}} if submission.weights else {}),
            **_predictions(scored.made),
            "times": {
                "opened": submission.opened_at.isoformat(),
                "received": submission.received_at.isoformat(),
                "scored": now.isoformat(),
            },
            "scores": [
                score.document() for score in disclosed_scores(challenge, phase=phase, metrics=told)
            ],
            # Under the Ladder the scores are those by which the team stands, not this file's.
            "protect": challenge.definition.ranking.protect,
            "private": {"sealed_sha256": hashlib.sha256(sealed).hexdigest()},
            "truth": {"commitment": challenge.version.truth_commitment},
            "scorer": {**evaluation.scorer.model_dump(), "image": scored.outcome.image},
            "environment": evaluation.environment.model_dump(mode="json"),
            "reproducibility": evaluation.reproducibility,
        }

    def _postpone(self, claim: Claim, reason: Reason) -> State | None:
        try:
            with self.database.writing() as session:
                return submissions.postpone(
                    session,
                    claim,
                    reason=reason,
                    now=self.clock(),
                    max_attempts=self.max_attempts,
                )
        except StaleClaim:
            return None


@dataclass(frozen=True)
class _Secrets:
    """The scoring key and the hidden truth of a challenge, each opened when it is needed."""

    challenge: PublishedChallenge
    store: ObjectStore
    ring: KeyRing

    @cached_property
    def key(self) -> Key:
        """The scoring key; NotScored when this process may not read it."""
        try:
            return self.ring.open(self.challenge.slug)
        except KeyUnavailable as error:
            raise NotScored(Reason.TRUTH_UNAVAILABLE) from error

    def require_genuine(self) -> None:
        """Raise NotScored unless the challenge is as it was published."""
        if not self.challenge.is_genuine(self.key):
            why = f"{self.challenge.slug} was changed in the database since it was published"
            raise NotScored(Reason.TRUTH_UNAVAILABLE, why=why)

    @cached_property
    def truth(self) -> Truth:
        """The truth; NotScored when it cannot be opened, or is not the one that was published."""
        version = self.challenge.version
        sealed = self.store.read(version.truth_object)
        try:
            truth = open_truth(sealed, key=self.key)
        except KeyUnavailable as error:
            raise NotScored(Reason.TRUTH_UNAVAILABLE) from error
        if truth.commitment != version.truth_commitment:
            why = f"the truth of {self.challenge.slug} is not the one that was published"
            raise NotScored(Reason.TRUTH_UNAVAILABLE, why=why)
        return truth

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids to predict, which the truth has too."""
        return read_truth(self.truth.table, table=self.challenge.definition.task.truth_table).ids


def _predictions(made: Made | None) -> dict[str, Any]:
    """Give what a receipt says of predictions that a program made.

    A digest of those that were made on hidden data would tell which of the files that a team can
    imagine it was, so that of these there is the digest of the ciphertext.
    """
    if made is None:
        return {}
    if made.run.stage.is_hidden:
        return {"predictions": {"sealed_sha256": made.run.predictions}}
    digest = hashlib.sha256(made.content).hexdigest()
    return {"predictions": {"sha256": digest, "bytes": len(made.content)}}
