"""A team's weights: an archive beside its code or image, sent once and named by its SHA-256.

What lies in `/weights` of a sandbox is the archive written anew as a plain tar, which the launcher
keeps among the files of programs. A later submission of the team names the archive it has sent.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, Session, SQLModel, col, select

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.program import Program
from challenge_platform.core.sandbox_refusal import refused_as_upload
from challenge_platform.core.submission import Kind, Submission
from challenge_platform.database import UTCDateTime
from challenge_platform.errors import InvalidInput, InvalidUpload, NotFound, UploadTooLarge
from challenge_platform.storage import CheckedFile, ObjectStore, measured, reader
from sandbox import Runner
from sandbox.archive import ArchiveLimits, FileContent
from sandbox.archive.repacking import repacked

WEIGHTS = "weights"
"""What an upload of weights is, in the place of the kind of a submission."""

SHOWN = 20
"""Of how many weights that a team has sent its form tells."""


class Weights(SQLModel, table=True):
    """Weights that a submission of a team named: their archive, and the plain tar made of it."""

    __tablename__ = "weights"

    team_id: int = Field(primary_key=True, foreign_key="team.id")
    digest: str = Field(primary_key=True, max_length=64)
    size: int = Field(sa_type=BigInteger)
    tar_digest: str = Field(max_length=64)
    tar_size: int = Field(sa_type=BigInteger)
    received_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class NamedWeights:
    """Weights that an upload names: their SHA-256, and the archive unless it was sent before."""

    digest: str
    file: CheckedFile | None = None


@dataclass(frozen=True, kw_only=True)
class PlainTar:
    """The plain tar of an archive: its SHA-256 and its bytes."""

    digest: str
    size: int


def check_weights(
    named: NamedWeights | None, /, *, challenge: PublishedChallenge, kind: Kind
) -> PlainTar | None:
    """Give the plain tar of an archive that is sent for the first time.

    Raise InvalidInput or UploadTooLarge for what the challenge does not take, and InvalidUpload,
    with what is to repair, for an archive that cannot be used.
    """
    if named is None:
        return None
    most = require_taken(challenge, kind=kind, size=named.file.size if named.file else 0)
    return None if named.file is None else _plain_tar(named.file, most=most)


def most_weights(challenge: PublishedChallenge, /, *, in_parts: bool = True) -> int:
    """Give how many bytes weights may have, 0 where none are taken; fewer if not sent in parts."""
    program = challenge.definition.program or Program()
    most = program.weights_max_bytes
    return int(most if in_parts else min(most, program.max_bytes))


def require_taken(challenge: PublishedChallenge, /, *, kind: Kind, size: int) -> int:
    """Give how many bytes weights may have; raise unless a challenge takes so many."""
    most = most_weights(challenge)
    if kind is Kind.PREDICTIONS or not most:
        raise InvalidInput(
            "{challenge} takes no weights beside {kind}; send all that is needed in one file",
            challenge=challenge.slug,
            kind=kind,
        )
    if size > most:
        raise UploadTooLarge(
            "the weights have {size:,} bytes; {challenge} takes at most {most:,}",
            size=size,
            challenge=challenge.slug,
            most=most,
        )
    return most


def unknown_weights(
    session: Session, named: NamedWeights | None, /, *, team_id: int
) -> NamedWeights | None:
    """Leave out the archive of weights that a team has sent before; raise NotFound without one."""
    if named is None:
        return None
    if session.get(Weights, (team_id, named.digest)) is not None:
        return NamedWeights(digest=named.digest)
    if named.file is None:
        raise NotFound(
            "no submission of your team had weights with the SHA-256 {digest}; send the archive",
            digest=named.digest,
        )
    return named


def record_weights(
    session: Session, named: NamedWeights, tar: PlainTar, /, *, team_id: int, now: datetime
) -> None:
    """Note what a team has sent; the caller holds its ledger."""
    if named.file is None or session.get(Weights, (team_id, named.digest)) is not None:
        return
    session.add(
        Weights(
            team_id=team_id,
            digest=named.digest,
            size=named.file.size,
            tar_digest=tar.digest,
            tar_size=tar.size,
            received_at=now,
        )
    )


def sent_weights(session: Session, /, *, team_id: int) -> Sequence[Weights]:
    """Give the weights that a team has sent, the last first, as many as anybody chooses among."""
    query = select(Weights).where(Weights.team_id == team_id)
    return session.exec(query.order_by(col(Weights.received_at).desc()).limit(SHOWN)).all()


def weights_of(session: Session, submission: Submission, /) -> Weights | None:
    """Give the weights that a submission named, if any."""
    if submission.weights is None:
        return None
    return session.get_one(Weights, (submission.team_id, submission.weights))


def deliver(weights: Weights, /, *, runner: Runner, store: ObjectStore) -> str:
    """Have the launcher keep the files of weights, and give the digest of their tar.

    Raise NotFound when the archive was removed, and SandboxUnavailable when they are not kept.
    """
    if not runner.has_files(weights.tar_digest):
        with store.open_file(weights.digest) as archive:
            # Its size was bounded when it was sent in, by the definition of that time.
            pieces = repacked(FileContent(archive), limits=_limits(sys.maxsize))
            runner.keep_files(weights.tar_digest, reader(pieces), size=weights.tar_size)
    return weights.tar_digest


def _plain_tar(file: CheckedFile, *, most: int) -> PlainTar:
    try:
        with file.path.open("rb") as archive, refused_as_upload():
            digest, size = measured(repacked(FileContent(archive), limits=_limits(most)))
    except InvalidUpload as invalid:
        raise _told_of_weights(invalid) from invalid
    return PlainTar(digest=digest, size=size)


def _told_of_weights(invalid: InvalidUpload) -> InvalidUpload:
    """Say of which of two files the problems are."""
    problems = [
        {**problem, "member": f"{WEIGHTS}/{member}" if (member := problem["member"]) else WEIGHTS}
        for problem in invalid.problems
    ]
    return InvalidUpload(f"{WEIGHTS}: {invalid}", problems=problems, total=invalid.total)


def _limits(most: int) -> ArchiveLimits:
    return ArchiveLimits(unpacked=most, file=most)
