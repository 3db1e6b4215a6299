"""The jury: marks that jurors give to teams, and the final ranking of a board with them.

Marks count for the private board of a phase. They may be entered before its reveal, by jurors who
cannot know a score then, and are shown with that board and never before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

import numpy as np
from sqlmodel import Field, Session, SQLModel, col, select

from challenge_platform.core import audit
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.entry_state import find_team
from challenge_platform.core.leaderboard import require_open_board
from challenge_platform.core.marking import Jury, JuryCriterion
from challenge_platform.core.ranking import place
from challenge_platform.core.standing import Standing
from challenge_platform.core.team import Team
from challenge_platform.database import UTCDateTime
from challenge_platform.errors import Conflict, InvalidInput
from scorers.composite.jury import final_score, jury_share
from scorers.ranking.entry_state import EntryState
from scorers.ranking.ranks import ranks

MARKED = "jury mark set"
"""What the audit trail calls it."""

MOST_LETTERS = 80
"""The length of a juror's name."""


class JuryMark(SQLModel, table=True):
    """What a juror gives a team for a criterion; the audit trail has what it was before."""

    __tablename__ = "jury_mark"

    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    phase: str = Field(primary_key=True, max_length=64)
    team_id: int = Field(foreign_key="team.id", primary_key=True)
    criterion: str = Field(primary_key=True, max_length=64)
    juror: str = Field(primary_key=True, max_length=MOST_LETTERS)
    mark: float
    marked_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class FinalRow:
    """A ranked team: its rank by the score alone, its mean marks, and its rank with the jury.

    `jury`, `final` and `final_rank` are None until the team has a mark for each criterion.
    """

    team: str
    rank: int
    score: float
    marks: Mapping[str, float | None]
    jurors: int
    jury: float | None
    final: float | None
    final_rank: int | None


@dataclass(frozen=True, kw_only=True)
class FinalRanking:
    """Both rankings of a private board: teams by their final rank, then those without one."""

    challenge: str
    phase: str
    share: float
    criteria: tuple[JuryCriterion, ...]
    rows: tuple[FinalRow, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every ranked team has its marks."""
        return all(row.final is not None for row in self.rows)


def mark(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    phase: str,
    team: str,
    criterion: str,
    mark: float,
    juror: str,
    now: datetime,
) -> None:
    """Set what a juror gives a team for a criterion, and record it with what it was before.

    Raise Conflict where the challenge has no jury, NotFound without such a team, InvalidInput for a
    phase, a criterion, a mark or a name that cannot be.
    """
    jury = _jury(challenge)
    challenge.definition.phase(phase)
    _check(jury, criterion=criterion, mark=mark)
    juror = " ".join(juror.split())
    if not 0 < len(juror) <= MOST_LETTERS:
        raise InvalidInput(
            "a juror has a name of at most {most} letters, by which the mark is recorded",
            most=MOST_LETTERS,
        )
    found = find_team(session, challenge, team)
    if found.state is EntryState.BASELINE:
        raise InvalidInput("{team!r} is a baseline, which no jury marks", team=found.name)
    key = (challenge.id, phase, found.id, criterion, juror)
    kept = session.get(JuryMark, key, with_for_update=True)
    before = None if kept is None else kept.mark
    if kept is None:
        kept = JuryMark(
            challenge_id=challenge.id,
            phase=phase,
            team_id=found.id,
            criterion=criterion,
            juror=juror,
            mark=mark,
            marked_at=now,
        )
    kept.mark, kept.marked_at = mark, now
    session.add(kept)
    audit.record(
        session,
        action=MARKED,
        subject=f"team {found.id}",
        now=now,
        challenge=challenge.slug,
        phase=phase,
        criterion=criterion,
        juror=juror,
        before=before,
        after=mark,
    )


def marks_of(
    session: Session, challenge: PublishedChallenge, /, *, phase: str
) -> list[tuple[str, JuryMark]]:
    """List the marks of a phase with the name of the team, by team, criterion and juror."""
    query = (
        select(Team.name, JuryMark)
        .join(Team, col(Team.id) == JuryMark.team_id)
        .where(JuryMark.challenge_id == challenge.id, JuryMark.phase == phase)
        .order_by(Team.name, JuryMark.criterion, JuryMark.juror)
    )
    return [(name, found) for name, found in session.exec(query)]


def final_ranking(
    session: Session, challenge: PublishedChallenge, /, *, phase: Phase
) -> FinalRanking | None:
    """Give both rankings of the phase's private board; None where no jury or no score is told.

    Raise Sealed when the phase has not been revealed.
    """
    jury = challenge.definition.ranking.jury
    if jury is None:
        return None
    require_open_board(session, challenge, phase=phase, board=Board.PRIVATE)
    if Disclosure.SCORE not in phase.disclosure:
        return None
    query = (
        select(Team.name, Standing)
        .join(Team, col(Team.id) == Standing.team_id)
        .where(
            Standing.challenge_id == challenge.id,
            Standing.phase == phase.key,
            Standing.board == Board.PRIVATE,
            Team.state == EntryState.RANKED,
        )
    )
    given: dict[str, list[JuryMark]] = {}
    for team, one in marks_of(session, challenge, phase=phase.key):
        given.setdefault(team, []).append(one)
    standings = dict(session.exec(query).all())
    places = place(challenge, list(standings.values())).tolist()
    rows = rank_finally(
        {team: standing.score for team, standing in standings.items()},
        given,
        places=dict(zip(standings, places, strict=True)),
        jury=jury,
        tolerance=challenge.definition.ranking.tolerance,
    )
    return FinalRanking(
        challenge=challenge.slug,
        phase=phase.key,
        share=jury.share,
        criteria=jury.criteria,
        rows=rows,
    )


def rank_finally(
    scores: Mapping[str, float],
    given: Mapping[str, Sequence[JuryMark]],
    /,
    *,
    places: Mapping[str, int],
    jury: Jury,
    tolerance: float,
) -> tuple[FinalRow, ...]:
    """Rank teams with the marks that were `given` to each; `places` are by the scores alone."""
    if not scores:
        return ()
    teams = sorted(scores)
    marks = {team: _means(given.get(team, ()), jury=jury) for team in teams}
    shares = {team: _share(marks[team], jury=jury) for team in teams}
    finals = {
        team: None
        if share is None
        else final_score(scores[team], dummy=0, jury=share, weight=1 - jury.share)
        for team, share in shares.items()
    }
    together = _placed([finals[team] for team in teams], tolerance=tolerance)
    rows = [
        FinalRow(
            team=team,
            rank=places[team],
            score=scores[team],
            marks=marks[team],
            jurors=len({one.juror for one in given.get(team, ())}),
            jury=shares[team],
            final=finals[team],
            final_rank=final_rank,
        )
        for team, final_rank in zip(teams, together, strict=True)
    ]
    last = len(rows) + 1
    return tuple(sorted(rows, key=lambda row: (row.final_rank or last, row.rank, row.team)))


def _jury(challenge: PublishedChallenge) -> Jury:
    jury = challenge.definition.ranking.jury
    if jury is None:
        raise Conflict(
            "{challenge} has no jury; its challenge.yaml would need ranking.jury with a share and "
            "criteria",
            challenge=challenge.slug,
        )
    return jury


def _check(jury: Jury, *, criterion: str, mark: float) -> None:
    highest = {one.key: one.max for one in jury.criteria}
    if criterion not in highest:
        raise InvalidInput(
            "the jury has no criterion {key!r}; there is {known}",
            key=criterion[:80],
            known=", ".join(highest),
        )
    if not 0 <= mark <= highest[criterion]:
        raise InvalidInput(
            "{criterion} is marked from 0 to {highest}, not {mark}",
            criterion=criterion,
            highest=f"{highest[criterion]:g}",
            mark=f"{mark:g}",
        )


def _means(given: Sequence[JuryMark], *, jury: Jury) -> dict[str, float | None]:
    """Give the mean mark of each criterion over the jurors who marked it, None without any.

    Marks that a later version of the challenge does not know, or has no room for, are left out.
    """
    means: dict[str, float | None] = {}
    for criterion in jury.criteria:
        fitting = [one for one in given if one.criterion == criterion.key]
        marks = [one.mark for one in fitting if one.mark <= criterion.max]
        means[criterion.key] = fmean(marks) if marks else None
    return means


def _share(means: Mapping[str, float | None], *, jury: Jury) -> float | None:
    """Give what the jury gives, from 0 to 1; None unless each criterion has a mark.

    The mean of means is that of the jurors' shares where all jurors marked all criteria.
    """
    known = {key: value for key, value in means.items() if value is not None}
    if len(known) < len(means):
        return None
    return jury_share([known], criteria=jury.measured)


def _placed(scores: Sequence[float | None], *, tolerance: float) -> list[int | None]:
    """Rank scores, the highest first; without a score there is no rank."""
    numbers = np.array([np.nan if score is None else score for score in scores])
    return [rank or None for rank in ranks(numbers, tolerance=tolerance).tolist()]
