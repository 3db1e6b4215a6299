"""Accepting an upload: check it while the request lasts, keep it, queue it in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from challenge_platform.core import audit, quota
from challenge_platform.core.challenge import (
    Challenge,
    PublishedChallenge,
    find_challenge,
    is_revealed,
)
from challenge_platform.core.code_archive import check_code
from challenge_platform.core.container_image import check_image
from challenge_platform.core.definition import Phase
from challenge_platform.core.phase import Status, status_of
from challenge_platform.core.program import Program
from challenge_platform.core.submission import (
    FAILURES,
    Kind,
    QueueName,
    Submission,
    count_open,
    queue_of,
)
from challenge_platform.core.submitted_files import check_files
from challenge_platform.core.team import require_entry, require_team
from challenge_platform.core.weights import (
    NamedWeights,
    PlainTar,
    check_weights,
    record_weights,
    unknown_weights,
)
from challenge_platform.core.worker import require_gpu
from challenge_platform.database import Database
from challenge_platform.errors import (
    ConcurrencyExceeded,
    Conflict,
    InvalidInput,
    InvalidUpload,
    PhaseClosed,
    UploadTooLarge,
)
from challenge_platform.storage import CheckedFile, ObjectStore, StoredObject
from scorers.predictions.table import InvalidPredictions, read_ids, read_predictions

SOURCE_BYTES = 20_000_000
GRACE = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What a participant sends: the content itself, or a file that arrived in parts."""

    content: bytes | CheckedFile
    filename: str
    kind: Kind = Kind.PREDICTIONS
    phase: str | None = None
    message: str = ""
    idempotency_key: str | None = None
    source: bytes | None = None
    weights: NamedWeights | None = None
    opened_at: datetime

    @property
    def size(self) -> int:
        """The bytes of the content."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    @property
    def digest(self) -> str:
        """The SHA-256 of the content."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        return self.content.digest

    @property
    def weights_digest(self) -> str | None:
        """The SHA-256 of the weights, if there are any."""
        return None if self.weights is None else self.weights.digest

    def read(self) -> bytes:
        """Give the content; its size is one that fits into memory."""
        return self.content if isinstance(self.content, bytes) else self.content.path.read_bytes()


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What a participant gets back at once."""

    submission_id: str
    queue: QueueName
    quota: quota.Quota
    repeated: bool


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a file that is in order holds: `rows` of predictions, or `files` of an archive.

    `weights` are those that come with it for the first time.
    """

    rows: int | None = None
    files: int | None = None
    weights: PlainTar | None = None


@dataclass(frozen=True)
class Uploads:
    """The parts that accepting an upload needs."""

    database: Database
    store: ObjectStore
    clock: Callable[[], datetime]

    def submit(self, slug: str, upload: Upload, /, *, user_id: int) -> Accepted:
        """Check and queue an upload; the caller enqueues the id after this returns.

        Raise a RequestRefused: nothing is then stored in the database and no quota is used.
        """
        with self.database.reading() as session:
            challenge = find_challenge(session, slug)
            require_gpu(session, challenge, kind=upload.kind, now=self.clock())
            team = require_team(session, challenge, user_id=user_id)
            require_entry(team)
            team_id = team.id
            if repeated := self._repeated(session, upload, challenge, team_id=team_id):
                return repeated
            phase = choose_phase(challenge, key=upload.phase, opened_at=upload.opened_at)
            require_sealed(session, challenge, phase=phase)
            self._require_room(session, team_id=team_id, phase=phase)
            named = unknown_weights(session, upload.weights, team_id=team_id)
        checked = self.check(challenge, replace(upload, weights=named))
        artifact = self._put(upload.content)
        if named is not None and named.file is not None:
            self._put(named.file)
        source = self.store.put(upload.source).digest if upload.source is not None else None
        with self.database.writing() as session:
            quota.lock_ledgers(session, [team_id])
            _require_same_team(session, challenge, user_id=user_id, team_id=team_id)
            if repeated := self._repeated(session, upload, challenge, team_id=team_id):
                return repeated
            _hold_off_reveal(session, challenge)
            require_sealed(session, challenge, phase=phase)
            self._keep(upload, digests=(artifact.digest, source, upload.weights_digest))
            now = self.clock()
            _require_in_time(phase, opened_at=upload.opened_at, received_at=now)
            self._require_room(session, team_id=team_id, phase=phase)
            submission = Submission(
                challenge_id=challenge.id,
                version_id=challenge.version_id,
                team_id=team_id,
                user_id=user_id,
                phase=phase.key,
                kind=upload.kind,
                queue=queue_of(
                    upload.kind,
                    gpus=challenge.definition.limits.gpus,
                    slow=challenge.definition.scoring.program is not None,
                ),
                filename=upload.filename,
                message=upload.message,
                artifact=artifact.digest,
                size=artifact.size,
                idempotency_key=upload.idempotency_key,
                source=source,
                weights=upload.weights_digest,
                not_before=now,
                opened_at=upload.opened_at,
                received_at=now,
            )
            if named is not None and checked.weights is not None:
                record_weights(session, named, checked.weights, team_id=team_id, now=now)
            _queue(session, submission)
            left = quota.quota_of(session, team_id=team_id, phase=phase, now=now)
            return Accepted(
                submission_id=submission.id, queue=submission.queue, quota=left, repeated=False
            )

    def _keep(self, upload: Upload, /, *, digests: tuple[str | None, ...]) -> None:
        """Store again what a departure deleted since; it waits for the lock on the challenge."""
        weights = upload.weights.file if upload.weights else None
        for digest, content in zip(digests, (upload.content, upload.source, weights), strict=True):
            if digest and content is not None and not self.store.has(digest):
                self._put(content)

    def _put(self, content: bytes | CheckedFile) -> StoredObject:
        if isinstance(content, CheckedFile):
            return self.store.put_file(content)
        return self.store.put(content)

    def check(self, challenge: PublishedChallenge, upload: Upload, /) -> Checked:
        """Tell what an upload that can be scored, or run, holds.

        Raise InvalidUpload, UploadTooLarge or InvalidInput when it cannot.
        """
        in_parts = isinstance(upload.content, CheckedFile)
        require_taken(challenge, kind=upload.kind, size=upload.size, in_parts=in_parts)
        _check_source(challenge, upload)
        weights = check_weights(upload.weights, challenge=challenge, kind=upload.kind)
        if upload.kind is Kind.PREDICTIONS:
            return self._read(challenge, upload.read())
        if upload.kind is Kind.CONTAINER:
            program = challenge.definition.program or Program()
            files = check_image(upload.content, program=program, store=self.store)
        else:
            scratch = int(challenge.definition.limits.scratch)
            files = len(check_code(upload.read(), scratch=scratch).files)
        return Checked(files=files, weights=weights)

    def refusal(self, challenge: PublishedChallenge, digest: str, /) -> InvalidUpload | None:
        """Give what is wrong with a file that is kept; None if nothing is, or it was removed."""
        if not self.store.has(digest):
            return None
        try:
            self._read(challenge, self.store.read(digest))
        except InvalidUpload as invalid:
            return invalid
        return None

    def _read(self, challenge: PublishedChallenge, content: bytes) -> Checked:
        definition = challenge.definition
        if definition.submission.format == "files":
            most = int(definition.submission.max_bytes)
            return Checked(files=len(check_files(content, most=most).files))
        ids = self._ids(challenge)
        try:
            read_predictions(
                content, submission=definition.submission, ids=ids, scoring=definition.scoring
            )
        except InvalidPredictions as invalid:
            problems = [asdict(problem) for problem in invalid.problems]
            raise InvalidUpload(str(invalid), problems=problems, total=invalid.total) from invalid
        return Checked(rows=len(ids))

    def _ids(self, challenge: PublishedChallenge) -> tuple[str, ...]:
        definition = challenge.definition.submission
        content = self.store.read(challenge.ids_file.digest)
        return read_ids(content, id_column=definition.id, sizes=definition.sizes)

    def _repeated(
        self, session: Session, upload: Upload, challenge: PublishedChallenge, *, team_id: int
    ) -> Accepted | None:
        """Give the answer of the earlier request that carried the same idempotency key."""
        if upload.idempotency_key is None:
            return None
        query = select(Submission).where(
            Submission.team_id == team_id, Submission.idempotency_key == upload.idempotency_key
        )
        earlier = session.exec(query).first()
        if earlier is None:
            return None
        if (earlier.artifact, earlier.weights) != (upload.digest, upload.weights_digest):
            raise Conflict(
                "the idempotency key {key!r} was used for another file, of "
                "submission {submission}; send each file under a key of its own",
                key=upload.idempotency_key,
                submission=earlier.id,
            )
        phase = challenge.definition.phase(earlier.phase)
        left = quota.quota_of(session, team_id=team_id, phase=phase, now=self.clock())
        return Accepted(
            submission_id=earlier.id, queue=QueueName(earlier.queue), quota=left, repeated=True
        )

    def _require_room(self, session: Session, *, team_id: int, phase: Phase) -> None:
        require_slot(session, team_id=team_id, phase=phase, now=self.clock())
        if count_open(session, team_id=team_id, phase=phase.key) >= phase.concurrent:
            raise ConcurrencyExceeded(
                "your team has {concurrent} submission(s) of phase {phase!r} under way, as "
                "many as the phase allows; wait for its end, then submit again",
                concurrent=phase.concurrent,
                phase=phase.key,
            )


def require_slot(session: Session, /, *, team_id: int, phase: Phase, now: datetime) -> None:
    """Raise QuotaExceeded unless a team may submit once more."""
    quota.require_quota(session, team_id=team_id, phase=phase, now=now)
    quota.require_patience(session, team_id=team_id, phase=phase, reasons=FAILURES, now=now)


def require_taken(
    challenge: PublishedChallenge, /, *, kind: Kind, size: int, in_parts: bool
) -> None:
    """Raise InvalidInput or UploadTooLarge for what a challenge does not take."""
    kinds = challenge.definition.submission.kinds
    if kind not in kinds:
        raise InvalidInput(
            "{challenge} takes {kinds}, not {kind}",
            challenge=challenge.slug,
            kinds=", ".join(kinds),
            kind=kind,
        )
    if size > (most := most_bytes(challenge, kind=kind, in_parts=in_parts)):
        raise UploadTooLarge(
            "the file has {size:,} bytes; {challenge} takes at most {most:,}",
            size=size,
            challenge=challenge.slug,
            most=most,
        )


def most_bytes(challenge: PublishedChallenge, /, *, kind: Kind, in_parts: bool = False) -> int:
    """Give how many bytes a file of a kind may have; an image may have more if sent in parts."""
    definition = challenge.definition
    if kind is Kind.PREDICTIONS or definition.program is None:
        return int(definition.submission.max_bytes)
    program = definition.program
    is_large = kind is Kind.CONTAINER and in_parts
    return int(program.image_max_bytes if is_large else program.max_bytes)


def _check_source(challenge: PublishedChallenge, upload: Upload) -> None:
    """Raise unless the source, which is kept and never executed, is as the challenge asks."""
    asked = challenge.definition.submission.source
    if upload.source is None:
        if asked == "required" and upload.kind is Kind.PREDICTIONS:
            raise InvalidInput(
                "{challenge} asks for the source (a notebook or an archive) with each file; "
                "send it in the field `source`",
                challenge=challenge.slug,
            )
    elif asked == "none":
        raise InvalidInput(
            "{challenge} takes no source; send the predictions alone", challenge=challenge.slug
        )
    elif len(upload.source) > SOURCE_BYTES:
        raise UploadTooLarge(
            "the source has {size:,} bytes; at most {most:,} are kept",
            size=len(upload.source),
            most=SOURCE_BYTES,
        )


def choose_phase(
    challenge: PublishedChallenge, /, *, key: str | None, opened_at: datetime
) -> Phase:
    """Give the phase asked for, or the first open one; raise PhaseClosed when it is not open."""
    definition = challenge.definition
    if key is not None:
        phase = definition.phase(key)
        _require_open(phase, at=opened_at)
        return phase
    for phase in definition.phases:
        if is_open(phase, at=opened_at):
            return phase
    raise PhaseClosed("no phase of {challenge} is open", challenge=challenge.slug)


def is_open(phase: Phase, /, *, at: datetime) -> bool:
    """Whether a phase accepts an upload that begins at this time."""
    return status_of(phase, at=at) is Status.OPEN


def _require_open(phase: Phase, *, at: datetime) -> None:
    if at < phase.opens:
        raise PhaseClosed(
            "phase {phase!r} opens at {opens:%Y-%m-%d %H:%M:%S} UTC",
            phase=phase.key,
            opens=phase.opens.astimezone(UTC),
        )
    if phase.closes is not None and at >= phase.closes:
        raise PhaseClosed(
            "phase {phase!r} closed at {closed:%Y-%m-%d %H:%M:%S} UTC",
            phase=phase.key,
            closed=phase.closes.astimezone(UTC),
        )


def _require_in_time(phase: Phase, *, opened_at: datetime, received_at: datetime) -> None:
    _require_open(phase, at=opened_at)
    if phase.closes is not None and received_at > phase.closes + GRACE:
        raise PhaseClosed(
            "this upload began before phase {phase!r} closed, but was complete only after the "
            "grace of {grace}",
            phase=phase.key,
            grace=GRACE,
        )


def _hold_off_reveal(session: Session, challenge: PublishedChallenge) -> None:
    """Let a reveal wait until the transaction ends."""
    query = select(Challenge.id).where(Challenge.id == challenge.id)
    session.exec(query.with_for_update(read=True)).one()


def require_sealed(session: Session, challenge: PublishedChallenge, /, *, phase: Phase) -> None:
    """Raise PhaseClosed when the phase's private scores were revealed."""
    if is_revealed(session, challenge.id, phase=phase.key):
        raise PhaseClosed(
            "phase {phase!r} takes no more submissions: its private scores were revealed",
            phase=phase.key,
        )


def _require_same_team(
    session: Session, challenge: PublishedChallenge, *, user_id: int, team_id: int
) -> None:
    """Raise unless the person is still in the team whose ledger the caller holds."""
    team = require_team(session, challenge, user_id=user_id)
    require_entry(team)
    if team.id != team_id:
        raise Conflict(
            "you came into team {team!r} while this upload was under way, so nothing was "
            "submitted; send the file again to submit it for this team",
            team=team.name,
        )


def _queue(session: Session, submission: Submission) -> None:
    """Write the row, its charge and its event; the caller holds the ledger."""
    session.add(submission)
    session.flush()
    quota.charge(
        session,
        team_id=submission.team_id,
        phase=submission.phase,
        submission_id=submission.id,
        now=submission.received_at,
    )
    audit.record(
        session,
        action="submitted",
        subject=submission.id,
        now=submission.received_at,
        actor=f"user {submission.user_id}",
        artifact=submission.artifact,
    )
