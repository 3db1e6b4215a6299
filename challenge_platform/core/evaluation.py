"""Evaluating a submission: claim it, score it in the sandbox, record the end in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel

from challenge_platform.core import lease, standing
from challenge_platform.core import submission as submissions
from challenge_platform.core.challenge import PublishedChallenge, challenge_version
from challenge_platform.core.definition import Board
from challenge_platform.core.feedback import disclosed_scores
from challenge_platform.core.receipt import Signer
from challenge_platform.core.standing import Scores
from challenge_platform.core.submission import Claim, Reason, State, Submission
from challenge_platform.core.team import Team
from challenge_platform.database import Database
from challenge_platform.errors import KeyUnavailable, StaleClaim
from challenge_platform.storage import ObjectStore
from challenge_platform.vault import KeyRing, Truth, encrypt, open_truth
from sandbox import End, Limits, Outcome, Run, Runner, SandboxUnavailable
from scorers.document import Evaluation, Refusal, read_answer
from scorers.request import write_request

log = structlog.get_logger()

SCORING_RUNTIME = "scoring"
SCORING_LIMITS = Limits(seconds=60, memory=1 << 30, cpus=1, processes=32, output=4 << 20)

_REASON_OF_END = {
    End.CRASHED: Reason.SCORING_CRASHED,
    End.TIMED_OUT: Reason.SCORING_TIMED_OUT,
    End.OUT_OF_MEMORY: Reason.SCORING_OUT_OF_MEMORY,
    End.OUTPUT_TOO_LARGE: Reason.SCORING_OUTPUT_TOO_LARGE,
    End.CANCELLED: Reason.SANDBOX_UNAVAILABLE,
}

_STORED = {"units", "metrics"}
REPORTED = {"subgroups", "pictures"}
"""What is kept of a split beside the vector; core.feedback decides what of it is shown."""


class Result(SQLModel, table=True):
    """What scoring gave: the public part in clear, the private part sealed to the release key.

    `told` are the metrics that the team may be told instead of those in `public`, None if these.
    """

    __tablename__ = "result"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id", max_length=32)
    public: dict[str, Any] = Field(sa_type=JSON)
    told: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    sealed: bytes
    environment: dict[str, Any] = Field(sa_type=JSON)
    timings: dict[str, Any] = Field(sa_type=JSON)
    receipt: dict[str, Any] = Field(sa_type=JSON)


class StoredReport(SQLModel, table=True):
    """The subgroups and pictures of a result, apart from it since only its own page reads them.

    `public` are those of the public split; `private` is None until the phase is revealed, before
    which those of the private split are in the sealed part of the result only.
    """

    __tablename__ = "report"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id", max_length=32)
    public: dict[str, Any] = Field(sa_type=JSON)
    private: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))


class NotScored(Exception):
    """The attempt ended without a score, through no fault of the participant."""

    def __init__(self, reason: Reason, *, why: str = "") -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What one attempt works on."""

    token: int
    submission: Submission
    challenge: PublishedChallenge
    team: Team


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """The parts that evaluating a submission needs."""

    database: Database
    store: ObjectStore
    scoring_keys: KeyRing
    runner: Runner
    signer: Signer
    platform_url: str
    lease: timedelta
    max_attempts: int
    clock: Callable[[], datetime]

    def evaluate(self, submission_id: str, /) -> State | None:
        """Take a submission to its end, or back to the queue; None when it was not to be taken.

        A second delivery, or a delivery after another worker took over, changes nothing. What is
        not anticipated is recorded as a postponement and rises.
        """
        with self.database.writing() as session:
            claim = submissions.claim(session, submission_id, now=self.clock(), lease=self.lease)
        if claim is None:
            return None
        try:
            with lease.kept(self.database, claim, lease=self.lease, clock=self.clock):
                work = self._load(claim)
                outcome, answer = self._score(work)
            if isinstance(answer, Refusal):
                return self._reject(claim, answer)
            return self._record(claim, work, outcome, answer)
        except NotScored as ended:
            log.warning(
                "not scored",
                submission=submission_id,
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

    def _load(self, claim: Claim) -> _Work:
        with self.database.reading() as session:
            submission = submissions.find_submission(session, claim.submission_id)
            challenge = challenge_version(session, submission.version_id)
            team = session.get_one(Team, submission.team_id)
        return _Work(token=claim.token, submission=submission, challenge=challenge, team=team)

    def _score(self, work: _Work) -> tuple[Outcome, Evaluation | Refusal]:
        """Score in the sandbox; raise NotScored with the platform's reason when that fails."""
        submission, challenge = work.submission, work.challenge
        truth = self._truth(challenge)
        request = write_request(
            challenge.definition.task,
            truth=truth.table,
            predictions=self.store.read(submission.artifact),
            seed=truth.seed(f"resamples/{submission.phase}"),
        )
        run_id = f"{submission.id}-{work.token}"
        run = Run(id=run_id, runtime=SCORING_RUNTIME, limits=SCORING_LIMITS, input=request)
        try:
            outcome = self.runner.run(run)
        except SandboxUnavailable as error:
            raise NotScored(Reason.SANDBOX_UNAVAILABLE) from error
        if outcome.end is not End.FINISHED:
            raise NotScored(_REASON_OF_END[outcome.end])
        return outcome, _read_answer(outcome.output)

    def _truth(self, challenge: PublishedChallenge) -> Truth:
        """Open the hidden truth, if the challenge is as it was published."""
        try:
            genuine = challenge.is_genuine(self.scoring_keys.open(challenge.slug))
            sealed = self.store.read(challenge.version.truth_object)
            truth = open_truth(sealed, ring=self.scoring_keys, slug=challenge.slug)
        except KeyUnavailable as error:
            raise NotScored(Reason.TRUTH_UNAVAILABLE) from error
        if not genuine or truth.commitment != challenge.version.truth_commitment:
            why = f"{challenge.slug} was changed in the database since it was published"
            raise NotScored(Reason.TRUTH_UNAVAILABLE, why=why)
        return truth

    def _reject(self, claim: Claim, refusal: Refusal) -> State:
        """End a submission whose file breaks a rule; uploads.refusal tells its team which.

        Files are checked when they are sent in, so that this is one of before a rule was known.
        """
        log.info("rejected", submission=claim.submission_id, problems=refusal.total)
        reason = Reason.PREDICTIONS_REFUSED
        with self.database.writing() as session:
            now = self.clock()
            submissions.finish(session, claim, state=State.REJECTED, reason=reason, now=now)
        return State.REJECTED

    def _record(self, claim: Claim, work: _Work, outcome: Outcome, evaluation: Evaluation) -> State:
        """Write state, scores, standing and receipt in one transaction, with a valid claim only."""
        submission, challenge = work.submission, work.challenge
        now = self.clock()
        public, private = evaluation.splits[Board.PUBLIC], evaluation.splits[Board.PRIVATE]
        recipient = challenge.version.release_recipient
        sealed = encrypt(private.to_json().encode(), recipient=recipient)
        scores = {key: score.model_dump(mode="json") for key, score in public.metrics.items()}
        primary = challenge.definition.scoring.primary.key
        vector = self.store.put(public.vector(primary).tobytes())
        with self.database.writing() as session:
            submissions.finish(session, claim, state=State.SCORED, reason=Reason.COMPLETE, now=now)
            told = standing.offer(
                session,
                challenge,
                submission=submission,
                scores=scores,
                resamples=vector.digest,
                units=public.units,
                store=self.store,
                now=now,
            )
            receipt = self._receipt(work, outcome, evaluation, told=told, sealed=sealed, now=now)
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
        return State.SCORED

    def _receipt(
        self,
        work: _Work,
        outcome: Outcome,
        evaluation: Evaluation,
        *,
        told: Scores,
        sealed: bytes,
        now: datetime,
    ) -> dict[str, Any]:
        submission, challenge = work.submission, work.challenge
        phase = challenge.definition.phase(submission.phase)
        return {
            "schema": "receipt/1",
            "platform": self.platform_url,
            "challenge": {"slug": challenge.slug, "version": challenge.version.digest},
            "phase": phase.key,
            "team": work.team.name,
            "submission": submission.id,
            "artifact": {"sha256": submission.artifact, "bytes": submission.size},
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
            "scorer": {**evaluation.scorer.model_dump(), "image": outcome.image},
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


def _read_answer(output: bytes) -> Evaluation | Refusal:
    """Parse the sandbox's one document; raise NotScored unless it answers for every board."""
    try:
        answer = read_answer(output)
    except ValueError as error:
        raise NotScored(Reason.SCORING_ANSWER_INVALID) from error
    if isinstance(answer, Evaluation) and set(answer.splits) != set(Board):
        raise NotScored(Reason.SCORING_ANSWER_INVALID)
    return answer


def result_of(session: Session, submission_id: str, /) -> Result | None:
    """Give a submission's result, or None before it is scored."""
    return session.get(Result, submission_id)


def report_of(session: Session, submission_id: str, /) -> StoredReport | None:
    """Give what is kept beside the scores, or None before a submission is scored."""
    return session.get(StoredReport, submission_id)
