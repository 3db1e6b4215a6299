"""The scored submissions of a team among which its best was chosen, and what luck that was worth.

A team stands by the best of its submissions, so that its score is the better by luck the more it
tried. The resamples of all that it tried say by how much (`scorers.ranking.selection`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Field, Index, Session, SQLModel, col, func, select

from challenge_platform.recent import Recent
from challenge_platform.storage import ObjectStore
from scorers.metric import Direction
from scorers.ranking.selection import reselected

MOST = 50
"""So many of a team's submissions are considered, the best: the others are hardly ever best."""

KEPT_TEAMS = 2_000


class Candidate(SQLModel, table=True):
    """A scored submission on the public board, with the digest of its score under each resample."""

    __tablename__ = "candidate"
    __table_args__ = (Index("ix_candidate_board", "challenge_id", "phase"),)

    submission_id: str = Field(foreign_key="submission.id", primary_key=True, max_length=32)
    challenge_id: int = Field(foreign_key="challenge.id")
    phase: str = Field(max_length=64)
    team_id: int = Field(foreign_key="team.id")
    score: float
    resamples: str = Field(max_length=64)


class Candidates:
    """Reads the resamples of standings, corrected for what was chosen among.

    What a team's candidates came to is kept by their digests.
    """

    def __init__(self, store: ObjectStore, /) -> None:
        self._store = store
        self._teams: Recent[NDArray[np.float32]] = Recent(most=KEPT_TEAMS)

    def vector(
        self, counted: str, /, *, among: Sequence[str], direction: Direction
    ) -> NDArray[np.float32]:
        """Give a team's primary score under each resample, without the luck of its best.

        `counted` is the digest of the resamples of the submission that stands, `among` those of the
        team's candidates. Those of another number of resamples, from an earlier version of the
        challenge, are left out.
        """
        digests = (counted, *sorted(set(among) - {counted}))
        return self._teams.get(
            (digests, direction), make=lambda: self._vector(digests, direction=direction)
        )

    def _vector(self, digests: Sequence[str], *, direction: Direction) -> NDArray[np.float32]:
        counted, *others = (
            np.frombuffer(self._store.read(digest), dtype=np.float32) for digest in digests
        )
        alike = [counted, *(other for other in others if len(other) == len(counted))]
        chosen = reselected(np.stack(alike).astype(np.float64), counted=0, direction=direction)
        return chosen.astype(np.float32)


def candidates_of(
    session: Session, challenge_id: int, /, *, phase: str, direction: Direction
) -> dict[int, list[str]]:
    """List the digests of the best MOST candidates of each team, by its id."""
    score = col(Candidate.score)
    best_first = score.desc() if direction is Direction.MAXIMIZE else score
    place = func.row_number().over(
        partition_by=col(Candidate.team_id),
        order_by=(best_first, col(Candidate.submission_id)),
    )
    numbered = (
        select(Candidate.team_id, Candidate.resamples, place.label("place"))
        .where(Candidate.challenge_id == challenge_id, Candidate.phase == phase)
        .subquery()
    )
    query = select(numbered.c.team_id, numbered.c.resamples).where(numbered.c.place <= MOST)
    found: dict[int, list[str]] = {}
    for team_id, digest in session.exec(query):
        found.setdefault(team_id, []).append(digest)
    return found
