"""The catalogue: challenges found by their slug, for those who read them at every request."""

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from challenge_platform.core.challenge import (
    Challenge,
    ChallengeVersion,
    PublishedChallenge,
    challenge_version,
)
from challenge_platform.errors import NotFound
from challenge_platform.recent import Recent

KEPT_VERSIONS = 32

_NEWEST = (
    select(ChallengeVersion.id)
    .join(Challenge, col(Challenge.id) == ChallengeVersion.challenge_id)
    .where(col(Challenge.slug) == bindparam("slug"))
    .order_by(col(ChallengeVersion.number).desc())
    .limit(1)
)


class Catalogue:
    """Finds challenges, and keeps the versions that were parsed last: they never change.

    It is for those who show challenges. A worker, who must notice a row that was tampered with,
    reads the row itself each time (`challenge.challenge_version`).
    """

    def __init__(self) -> None:
        self._versions: Recent[PublishedChallenge] = Recent(most=KEPT_VERSIONS)

    def find(self, session: Session, slug: str, /) -> PublishedChallenge:
        """Give the current version of a challenge; raise NotFound when there is none."""
        version_id = session.exec(_NEWEST, params={"slug": slug}).first()
        if version_id is None:
            raise NotFound("there is no challenge {slug!r}", slug=slug)
        return self._versions.get(version_id, make=lambda: _detached(session, version_id))


def _detached(session: Session, version_id: int) -> PublishedChallenge:
    """Read a version so that it outlives its session, and other threads may read it."""
    found = challenge_version(session, version_id)
    session.expunge(found.version)
    return found
