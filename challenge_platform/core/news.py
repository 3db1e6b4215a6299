"""What changed since a moment: a team's submissions and rank, its challenge and the phases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, func, select

from challenge_platform.core.board_state import BoardState, Leaderboard, Row, StateReader
from challenge_platform.core.challenge import ChallengeVersion, PublishedChallenge, Reveal
from challenge_platform.core.definition import Board
from challenge_platform.core.submission import OPEN_STATES, Submission
from challenge_platform.core.team import Team

MOST_ENDED = 5
"""So many of a team's ended submissions are told one by one."""


class Change(StrEnum):
    """What a new version of a challenge changed."""

    AGREEMENT = "agreement"
    FILES = "files"
    TRUTH = "truth"
    PHASES = "phases"
    SCORING = "scoring"
    TEXTS = "texts"


class Turn(StrEnum):
    """What happened to a phase."""

    OPENED = "opened"
    CLOSED = "closed"
    REVEALED = "revealed"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A submission of the team's that ended; `total` is how many did, the untold ones included."""

    at: datetime
    submission: Submission
    total: int


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The team's line of a board, as it was, or None before it had one, and as it is."""

    at: datetime
    phase: str
    board: Board
    before: Row | None
    after: Row


@dataclass(frozen=True, kw_only=True)
class Published:
    """The challenge has a new version; what it changed."""

    at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class PhaseTurned:
    """A phase opened or closed, or its private scores were revealed."""

    at: datetime
    phase: str
    turn: Turn


News = Ended | Moved | Published | PhaseTurned


@dataclass(frozen=True, kw_only=True)
class Taking:
    """A team that takes part in a challenge."""

    challenge: PublishedChallenge
    team: Team


def latest_states(
    session: Session, challenge_ids: Sequence[int], /, *, until: datetime
) -> dict[int, list[BoardState]]:
    """Give the state of every board as it was at a moment, by the challenge's id, in one query.

    Private boards have states only from their reveal on.
    """
    newest = (
        select(func.max(BoardState.id))
        .where(col(BoardState.challenge_id).in_(challenge_ids), col(BoardState.built_at) <= until)
        .group_by(col(BoardState.challenge_id), col(BoardState.phase), col(BoardState.board))
    )
    found: dict[int, list[BoardState]] = {}
    for state in session.exec(select(BoardState).where(col(BoardState.id).in_(newest))):
        found.setdefault(state.challenge_id, []).append(state)
    return found


def row_of(reader: StateReader, state: BoardState, /, *, team: Team) -> Row | None:
    """Give a team's line of a board as it stands, or None where it has none."""
    return _row(state, reader.read(state.digest), team=team)


def _row(state: BoardState, board: Leaderboard, *, team: Team) -> Row | None:
    """Find a team's line; in a state older than the team, its name is that of one that is gone."""
    if state.built_at < team.created_at:
        return None
    return next((row for row in board.rows if row.team == team.name), None)


def news_since(
    session: Session,
    reader: StateReader,
    taking: Sequence[Taking],
    /,
    *,
    since: datetime,
    now: datetime,
) -> dict[int, list[News]]:
    """Give the news of each challenge by its id, the latest first.

    There are as many queries for one challenge and submission as for many. Of the submissions that
    ended, the last MOST_ENDED of each team are told.
    """
    news: dict[int, list[News]] = {taken.challenge.id: [] for taken in taking}
    for events in (
        _ended(session, taking, since=since),
        _moved(session, reader, taking, since=since, now=now),
        _published(session, taking, since=since),
        _turned(taking, since=since, now=now),
        _revealed(session, taking, since=since),
    ):
        for challenge_id, event in events:
            news[challenge_id].append(event)
    return {
        key: sorted(found, key=lambda event: event.at, reverse=True) for key, found in news.items()
    }


def _ended(
    session: Session, taking: Sequence[Taking], *, since: datetime
) -> Iterator[tuple[int, News]]:
    team = col(Submission.team_id)
    place = func.row_number().over(partition_by=team, order_by=col(Submission.finished_at).desc())
    total = func.count().over(partition_by=team)
    ranked = (
        select(Submission.id, place.label("place"), total.label("total"))
        .where(
            team.in_([taken.team.id for taken in taking]),
            col(Submission.state).not_in(OPEN_STATES),
            col(Submission.finished_at) > since,
        )
        .subquery()
    )
    query = (
        select(Submission, ranked.c.total)
        .join(ranked, ranked.c.id == Submission.id)
        .where(ranked.c.place <= MOST_ENDED)
    )
    for submission, total in session.exec(query):
        if submission.finished_at is not None:
            yield (
                submission.challenge_id,
                Ended(at=submission.finished_at, submission=submission, total=total),
            )


def _moved(
    session: Session,
    reader: StateReader,
    taking: Sequence[Taking],
    *,
    since: datetime,
    now: datetime,
) -> Iterator[tuple[int, News]]:
    ids = [taken.challenge.id for taken in taking]
    states, earlier = (latest_states(session, ids, until=until) for until in (now, since))
    for taken in taking:
        key = taken.challenge.id
        before = {(state.phase, state.board): state for state in earlier.get(key, [])}
        for state in states.get(key, []):
            old = before.get((state.phase, state.board))
            if old is not None and old.digest == state.digest:
                continue
            # Each reader was here last at another time; kept, such states would displace the board.
            was = _row(old, reader.read_once(old.digest), team=taken.team) if old else None
            row = row_of(reader, state, team=taken.team)
            if row is not None and (was is None or (was.rank, was.group) != (row.rank, row.group)):
                yield (
                    key,
                    Moved(
                        at=state.built_at,
                        phase=state.phase,
                        board=state.board,
                        before=was,
                        after=row,
                    ),
                )


def _published(
    session: Session, taking: Sequence[Taking], *, since: datetime
) -> Iterator[tuple[int, News]]:
    changed = {
        taken.challenge.id: taken.challenge.version
        for taken in taking
        if taken.challenge.version.published_at > since
    }
    last = (
        select(func.max(ChallengeVersion.id))
        .where(
            col(ChallengeVersion.challenge_id).in_(changed),
            col(ChallengeVersion.published_at) <= since,
        )
        .group_by(col(ChallengeVersion.challenge_id))
    )
    query = select(ChallengeVersion).where(col(ChallengeVersion.id).in_(last))
    for old in session.exec(query):
        new = changed[old.challenge_id]
        yield (
            old.challenge_id,
            Published(at=new.published_at, changes=changes_between(old, new)),
        )


def changes_between(old: ChallengeVersion, new: ChallengeVersion, /) -> tuple[Change, ...]:
    """Say what of a challenge differs between two of its versions."""

    def judges(version: ChallengeVersion) -> list[object]:
        keys = ("submission", "scoring", "ranking", "data", "limits")
        return [version.definition.get(key) for key in keys]

    def agreement(version: ChallengeVersion) -> list[object]:
        return [version.definition["agreement"]["version"], version.texts["agreement"]]

    def texts(version: ChallengeVersion) -> list[object]:
        others = {name: text for name, text in version.texts.items() if name != "agreement"}
        return [version.definition["title"], others]

    told = {
        Change.AGREEMENT: agreement(old) != agreement(new),
        Change.FILES: old.files != new.files,
        Change.TRUTH: old.truth_commitment != new.truth_commitment,
        Change.PHASES: old.definition["phases"] != new.definition["phases"],
        Change.SCORING: judges(old) != judges(new),
        Change.TEXTS: texts(old) != texts(new),
    }
    return tuple(change for change, is_so in told.items() if is_so)


def _turned(
    taking: Sequence[Taking], *, since: datetime, now: datetime
) -> Iterator[tuple[int, News]]:
    for taken in taking:
        for phase in taken.challenge.definition.phases:
            for at, turn in ((phase.opens, Turn.OPENED), (phase.closes, Turn.CLOSED)):
                if at is not None and since < at <= now:
                    yield taken.challenge.id, PhaseTurned(at=at, phase=phase.key, turn=turn)


def _revealed(
    session: Session, taking: Sequence[Taking], *, since: datetime
) -> Iterator[tuple[int, News]]:
    query = select(Reveal).where(
        col(Reveal.challenge_id).in_([taken.challenge.id for taken in taking]),
        col(Reveal.revealed_at) > since,
    )
    for reveal in session.exec(query):
        yield (
            reveal.challenge_id,
            PhaseTurned(at=reveal.revealed_at, phase=reveal.phase, turn=Turn.REVEALED),
        )
