"""Leaderboards as anybody may read them: the latest state, the earlier ones, and the history."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import Session, col, select

from challenge_platform.core.board_state import (
    BoardState,
    Judged,
    Leaderboard,
    Row,
    StateReader,
)
from challenge_platform.core.challenge import PublishedChallenge, is_revealed
from challenge_platform.core.comparison import Comparison
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.feedback import rounded
from challenge_platform.core.standing import StandingChange
from challenge_platform.core.team import Team
from challenge_platform.errors import NotFound, Sealed
from scorers.ranking.entry_state import EntryState

__all__ = [
    "Comparison",
    "Curve",
    "Judged",
    "Leaderboard",
    "Row",
    "StateKey",
    "StateReader",
    "history",
    "latest",
    "latest_key",
    "never_built",
    "read_state",
    "require_open_board",
    "sealed",
    "shown_phase",
    "state",
    "states",
]


_NEWEST = (  # written once, as it is read at every request
    select(BoardState.number, BoardState.digest, BoardState.built_at)
    .where(
        col(BoardState.challenge_id) == bindparam("challenge"),
        col(BoardState.phase) == bindparam("phase"),
        col(BoardState.board) == bindparam("board"),
    )
    .order_by(col(BoardState.number).desc())
    .limit(1)
)


class StateKey(NamedTuple):
    """What names a state of a board; one that was never built has the number 0 and no time."""

    number: int
    digest: str
    built_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The scores that stood for a team: the time and the score of each improvement, in order."""

    team: str
    baseline: bool
    points: tuple[tuple[datetime, float], ...]


def shown_phase(challenge: PublishedChallenge, /, *, at: datetime) -> Phase:
    """Give the phase whose board is shown unless another is asked for.

    It is the one that opened last among those that are open, or else among all that have opened;
    before the first one opens, it is the first.
    """
    phases = sorted(challenge.definition.phases, key=lambda phase: phase.opens)
    opened = [phase for phase in phases if phase.opens <= at]
    going = [phase for phase in opened if phase.closes is None or at < phase.closes]
    return (going or opened or phases[:1])[-1]


def latest(
    session: Session,
    reader: StateReader,
    challenge: PublishedChallenge,
    /,
    *,
    phase: Phase,
    board: Board,
) -> Leaderboard:
    """Give a board as it stands; raise Sealed when it is private and not revealed."""
    require_open_board(session, challenge, phase=phase, board=board)
    key = _newest(session, challenge, phase=phase, board=board)
    if key is None:
        return never_built(challenge, phase=phase, board=board)
    return read_state(reader, key)


def latest_key(
    session: Session, challenge: PublishedChallenge, /, *, phase: Phase, board: Board
) -> StateKey:
    """Give what names the state that `latest` would give, without reading it."""
    require_open_board(session, challenge, phase=phase, board=board)
    key = _newest(session, challenge, phase=phase, board=board)
    if key is None:
        return StateKey(0, never_built(challenge, phase=phase, board=board).digest, None)
    return key


def state(
    session: Session,
    reader: StateReader,
    challenge: PublishedChallenge,
    /,
    *,
    phase: Phase,
    board: Board,
    number: int,
) -> Leaderboard:
    """Give a state of a board by its number; raise NotFound, or Sealed as `latest` does."""
    require_open_board(session, challenge, phase=phase, board=board)
    query = select(BoardState.number, BoardState.digest, BoardState.built_at).where(
        *_of(challenge, phase=phase, board=board), BoardState.number == number
    )
    found = session.exec(query).first()
    if found is None:
        raise NotFound(
            "the {board} board of phase {phase!r} has no state {number}",
            board=board,
            phase=phase.key,
            number=number,
        )
    return read_state(reader, StateKey(*found))


def states(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    phase: Phase,
    board: Board,
    page: int = 1,
    per_page: int = 100,
) -> list[StateKey]:
    """List what names the states of a board, the newest first; raise Sealed as `latest` does."""
    require_open_board(session, challenge, phase=phase, board=board)
    query = (
        select(BoardState.number, BoardState.digest, BoardState.built_at)
        .where(*_of(challenge, phase=phase, board=board))
        .order_by(col(BoardState.number).desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
    )
    return [StateKey(*found) for found in session.exec(query)]


def history(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    phase: Phase,
    board: Board,
    teams: Sequence[str],
    until: datetime | None = None,
) -> tuple[Curve, ...]:
    """Give the curves of these teams, in their order, up to a moment.

    It is empty where the phase does not disclose the score, and leaves out teams that never stood
    on the board, or were made later and have the name of one that is gone; raise Sealed as `latest`
    does.
    """
    require_open_board(session, challenge, phase=phase, board=board)
    if Disclosure.SCORE not in phase.disclosure:
        return ()
    query = (
        select(Team.name, Team.state, StandingChange.at, StandingChange.score)
        .join(StandingChange, col(StandingChange.team_id) == Team.id)
        .where(
            StandingChange.challenge_id == challenge.id,
            StandingChange.phase == phase.key,
            StandingChange.board == board,
            col(Team.name).in_(teams),
        )
        .order_by(col(StandingChange.at))
    )
    if until is not None:
        query = query.where(col(StandingChange.at) <= until, col(Team.created_at) <= until)
    points: dict[str, list[tuple[datetime, float]]] = {}
    baselines: dict[str, bool] = {}
    for team, state, at, score in session.exec(query):
        points.setdefault(team, []).append((at, rounded(score)))
        baselines[team] = state is EntryState.BASELINE
    return tuple(
        Curve(team=team, baseline=baselines[team], points=tuple(points[team]))
        for team in teams
        if team in points
    )


def require_open_board(
    session: Session, challenge: PublishedChallenge, /, *, phase: Phase, board: Board
) -> None:
    """Raise Sealed when the board is private and its phase has not been revealed."""
    if board is Board.PRIVATE and not is_revealed(session, challenge.id, phase=phase.key):
        raise sealed(phase)


def sealed(phase: Phase, /) -> Sealed:
    """Give the error of whoever asks for the private board of a phase that is not revealed."""
    return Sealed(
        "the private scores of phase {phase!r} are sealed until the organizer reveals them",
        phase=phase.key,
    )


def _of(
    challenge: PublishedChallenge, *, phase: Phase, board: Board
) -> tuple[ColumnElement[bool], ...]:
    return (
        col(BoardState.challenge_id) == challenge.id,
        col(BoardState.phase) == phase.key,
        col(BoardState.board) == board,
    )


def _newest(
    session: Session, challenge: PublishedChallenge, *, phase: Phase, board: Board
) -> StateKey | None:
    found = session.exec(
        _NEWEST, params={"challenge": challenge.id, "phase": phase.key, "board": board}
    ).first()
    return StateKey(*found) if found else None


def read_state(reader: StateReader, key: StateKey, /) -> Leaderboard:
    """Give the state that a key names, which its reader may see."""
    return replace(reader.read(key.digest), number=key.number, built_at=key.built_at)


def never_built(challenge: PublishedChallenge, /, *, phase: Phase, board: Board) -> Leaderboard:
    """Give the board before its first state, which has the number 0."""
    empty = Leaderboard(
        challenge=challenge.slug,
        phase=phase.key,
        board=board,
        number=0,
        digest="",
        built_at=None,
        version=challenge.version.digest,
        judged=None,
        rows=(),
        comparisons=(),
    )
    return replace(empty, digest=hashlib.sha256(empty.content()).hexdigest())
