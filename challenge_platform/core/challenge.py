"""Challenges as published: an immutable version a publication, with its texts, files and truth."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, select

from challenge_platform.core import audit
from challenge_platform.core.data_section import KIT
from challenge_platform.core.definition import ChallengeDefinition, Phase
from challenge_platform.core.power import Power
from challenge_platform.core.publication import (
    SAMPLE,
    ProgramInput,
    Publication,
    PublicFile,
    sealed_message,
    version_digest,
)
from challenge_platform.database import UTCDateTime
from challenge_platform.errors import Conflict, NotFound
from challenge_platform.vault import Key


class Challenge(SQLModel, table=True):
    """A challenge's lasting identity."""

    __tablename__ = "challenge"

    id: int = Field(default=None, primary_key=True)
    slug: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=UTCDateTime)


class ChallengeVersion(SQLModel, table=True):
    """One publication of a challenge; submissions keep the version that they were made to."""

    __tablename__ = "challenge_version"
    __table_args__ = (UniqueConstraint("challenge_id", "number"),)

    id: int = Field(default=None, primary_key=True)
    challenge_id: int = Field(foreign_key="challenge.id", index=True)
    number: int
    digest: str = Field(max_length=64)
    definition: dict[str, Any] = Field(sa_type=JSON)
    texts: dict[str, Any] = Field(sa_type=JSON)
    files: dict[str, Any] = Field(sa_type=JSON)
    truth_object: str = Field(max_length=64)
    truth_commitment: str = Field(max_length=64)
    release_recipient: str = Field(max_length=120)
    input_digest: str | None = Field(default=None, max_length=64)
    input_size: int | None = Field(default=None, sa_type=BigInteger)
    input_object: str | None = Field(default=None, max_length=64)
    source_digest: str = Field(max_length=64)
    power: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    seal: str = Field(max_length=64)
    published_at: datetime = Field(sa_type=UTCDateTime)


class Reveal(SQLModel, table=True):
    """The fact that a phase's private scores were opened."""

    __tablename__ = "reveal"

    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    phase: str = Field(primary_key=True, max_length=64)
    revealed_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class PublishedChallenge:
    """A challenge with its current, or a submission's, version."""

    id: int
    version_id: int
    version: ChallengeVersion
    definition: ChallengeDefinition

    @property
    def slug(self) -> str:
        """The challenge's name in addresses and commands."""
        return self.definition.slug

    @property
    def files(self) -> tuple[PublicFile, ...]:
        """The files that participants may download."""
        return tuple(
            PublicFile(name=name, digest=file["digest"], size=file["size"])
            for name, file in self.version.files.items()
        )

    def file(self, name: str, /) -> PublicFile:
        """Give a public file by its name; raise NotFound with the names there are."""
        for file in self.files:
            if file.name == name:
                return file
        names = ", ".join(file.name for file in self.files)
        raise NotFound(
            "{challenge} has no public file {name!r}; there is {names}",
            challenge=self.slug,
            name=name,
            names=names,
        )

    @property
    def ids_file(self) -> PublicFile:
        """The public file with the ids to predict, of the sample where the others are hidden."""
        name = self.definition.submission.ids
        return self.file(name if name in self.definition.data.public else SAMPLE + name)

    @property
    def kit(self) -> PublicFile | None:
        """The starter kit, which participants may download too; None where there is none."""
        return next((file for file in self.files if file.name == KIT), None)

    @property
    def sample(self) -> tuple[PublicFile, ...]:
        """The public sample of the hidden input, under the names that programs find in /input."""
        return tuple(
            replace(file, name=file.name.removeprefix(SAMPLE))
            for file in self.files
            if file.name.startswith(SAMPLE)
        )

    @property
    def input(self) -> ProgramInput | None:
        """What programs find in /input when they are to be scored; None if it takes none."""
        digest, size = self.version.input_digest, self.version.input_size
        if digest is None or size is None:
            return None
        return ProgramInput(digest=digest, size=size, object=self.version.input_object)

    @property
    def power(self) -> Power | None:
        """How surely scores tell teams apart; None where no pre-flight said it."""
        return Power.model_validate(self.version.power) if self.version.power else None

    def text(self, name: str, /, *, language: str) -> str:
        """Give a page or the agreement in a language."""
        texts = self.version.texts[name]
        return str(texts.get(language, texts["en"]))

    def is_genuine(self, key: Key, /) -> bool:
        """Whether the version is as the operator published it; the worker asks before scoring.

        The web process can write to the database, and must not choose what a worker, who holds
        the truth, scores by, or to whom it encrypts private scores.
        """
        row = self.version
        digest = version_digest(
            row.definition,
            row.texts,
            row.files,
            commitment=row.truth_commitment,
            input_digest=row.input_digest,
            power=self.power,
        )
        message = sealed_message(
            digest,
            truth_object=row.truth_object,
            input_object=row.input_object,
            release_recipient=row.release_recipient,
        )
        return digest == row.digest and hmac.compare_digest(key.seal(message), row.seal)

    @property
    def agreement_digest(self) -> str:
        """SHA-256 of the agreement's text in all languages."""
        texts = json.dumps(self.version.texts["agreement"], sort_keys=True)
        return hashlib.sha256(texts.encode()).hexdigest()


def publish(
    session: Session, publication: Publication, /, *, seal: str, now: datetime
) -> ChallengeVersion:
    """Make a publication current; one that equals the current version makes no new one.

    What it was built from is kept then too, so that it is not built again the next time.
    """
    slug = publication.definition.slug
    challenge = session.exec(select(Challenge).where(Challenge.slug == slug)).first()
    if challenge is None:
        challenge = Challenge(slug=slug, created_at=now)
        session.add(challenge)
        session.flush()
    current = _latest(session, challenge)
    if current is not None and current.digest == publication.digest:
        current.source_digest = publication.source_digest
        return current
    made = publication.input
    version = ChallengeVersion(
        challenge_id=challenge.id,
        number=1 + (current.number if current else 0),
        digest=publication.digest,
        definition=publication.definition.document(),
        texts=publication.texts,
        files={file.name: {"digest": file.digest, "size": file.size} for file in publication.files},
        truth_object=publication.truth_object,
        truth_commitment=publication.truth_commitment,
        release_recipient=publication.release_recipient,
        input_digest=made.digest if made else None,
        input_size=made.size if made else None,
        input_object=made.object if made else None,
        source_digest=publication.source_digest,
        power=publication.power.model_dump(mode="json") if publication.power else None,
        seal=seal,
        published_at=now,
    )
    session.add(version)
    audit.record(
        session, action="challenge published", subject=slug, now=now, version=version.number
    )
    for code in publication.accepted:
        audit.record(
            session,
            action="finding accepted",
            subject=slug,
            now=now,
            version=version.number,
            code=code,
        )
    return version


def find_challenge(session: Session, slug: str, /) -> PublishedChallenge:
    """Give the current version of a challenge; raise NotFound with a suggestion."""
    challenge = session.exec(select(Challenge).where(Challenge.slug == slug)).first()
    version = _latest(session, challenge) if challenge else None
    if version is None:
        raise NotFound("there is no challenge {slug!r}", slug=slug)
    return _published(version)


def list_challenges(session: Session, /) -> list[PublishedChallenge]:
    """List the current versions of all challenges, by slug."""
    newest = select(func.max(ChallengeVersion.id)).group_by(col(ChallengeVersion.challenge_id))
    query = (
        select(ChallengeVersion)
        .join(Challenge, col(Challenge.id) == ChallengeVersion.challenge_id)
        .where(col(ChallengeVersion.id).in_(newest))
        .order_by(Challenge.slug)
    )
    return [_published(version) for version in session.exec(query)]


def challenge_version(session: Session, version_id: int, /) -> PublishedChallenge:
    """Give the version that a submission was made to."""
    version = session.get(ChallengeVersion, version_id)
    if version is None:
        raise NotFound("there is no challenge version {version_id}", version_id=version_id)
    return _published(version)


def version_of_digest(
    session: Session, challenge: PublishedChallenge, /, *, digest: str
) -> PublishedChallenge:
    """Give the version of a challenge that has this digest; raise NotFound when there is none."""
    if digest == challenge.version.digest:
        return challenge
    query = select(ChallengeVersion).where(
        ChallengeVersion.challenge_id == challenge.id, ChallengeVersion.digest == digest
    )
    version = session.exec(query).first()
    if version is None:
        raise NotFound(
            "{challenge} has no version {digest!r}", challenge=challenge.slug, digest=digest
        )
    return _published(version)


def find_phase(session: Session, challenge: PublishedChallenge, /, *, key: str) -> Phase:
    """Give a phase, from the last version that has it, so that what it left can still be read.

    Raise NotFound when no version ever had it.
    """
    query = (
        select(ChallengeVersion)
        .where(ChallengeVersion.challenge_id == challenge.id)
        .order_by(col(ChallengeVersion.number).desc())
    )
    if key in challenge.definition.phase_keys:
        return challenge.definition.phase(key)
    for version in session.exec(query):
        definition = _published(version).definition
        if key in definition.phase_keys:
            return definition.phase(key)
    raise NotFound("{challenge} has no phase {key!r}", challenge=challenge.slug, key=key)


def current_version(session: Session, challenge_id: int, /) -> PublishedChallenge:
    """Give the current version of a challenge by its id."""
    return find_challenge(session, session.get_one(Challenge, challenge_id).slug)


def is_revealed(session: Session, challenge_id: int, /, *, phase: str) -> bool:
    """Whether the phase's private scores have been opened."""
    return session.get(Reveal, (challenge_id, phase)) is not None


def record_reveal(session: Session, challenge_id: int, /, *, phase: str, now: datetime) -> None:
    """Note that a phase's private scores are open from now on; raise Conflict the second time."""
    if is_revealed(session, challenge_id, phase=phase):
        raise Conflict("the private scores of phase {phase!r} are revealed already", phase=phase)
    session.add(Reveal(challenge_id=challenge_id, phase=phase, revealed_at=now))


def _latest(session: Session, challenge: Challenge) -> ChallengeVersion | None:
    newest = (
        select(func.max(ChallengeVersion.number))
        .where(col(ChallengeVersion.challenge_id) == challenge.id)
        .scalar_subquery()
    )
    query = select(ChallengeVersion).where(
        ChallengeVersion.challenge_id == challenge.id, ChallengeVersion.number == newest
    )
    return session.exec(query).first()


def _published(version: ChallengeVersion) -> PublishedChallenge:
    return PublishedChallenge(
        id=version.challenge_id,
        version_id=version.id,
        version=version,
        definition=ChallengeDefinition.model_validate(version.definition),
    )
