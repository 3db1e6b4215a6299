"""The catalogue: challenges found by their slug, for those who read them at every request."""

from collections import OrderedDict
from threading import Lock

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from challenge_platform.core.challenge import (
    Challenge,
    ChallengeVersion,
    PublishedChallenge,
    challenge_version,
)
from challenge_platform.errors import NotFound

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
        self._kept: OrderedDict[int, PublishedChallenge] = OrderedDict()
        self._lock = Lock()

    def find(self, session: Session, slug: str, /) -> PublishedChallenge:
        """Give the current version of a challenge; raise NotFound when there is none."""
        version_id = session.exec(_NEWEST, params={"slug": slug}).first()
        if version_id is None:
            raise NotFound(f"there is no challenge {slug!r}")
        with self._lock:
            if (kept := self._kept.get(version_id)) is not None:
                self._kept.move_to_end(version_id)
                return kept
        found = challenge_version(session, version_id)
        session.expunge(found.version)  # it outlives the session, and other threads read it
        with self._lock:
            self._kept[version_id] = found
            while len(self._kept) > KEPT_VERSIONS:
                self._kept.popitem(last=False)
        return found
