"""States of boards as the worker would have built them, without the submissions behind them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board_state import BoardState, Judged, Leaderboard, Row
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.comparison import Comparison
from challenge_platform.core.definition import Board
from challenge_platform.core.feedback import Score
from scorers.ranking.entry_state import EntryState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENTS = Judged(unit="patient_id", units=1204, events={"c": 87})


def a_score(key: str, value: float | None, *, primary: bool = False, **changes: Any) -> Score:
    """Give a score with an interval of 0.04 on either side."""
    known = Score(
        key=key,
        primary=primary,
        direction="maximize",
        value=value,
        low=None if value is None else round(value - 0.04, 4),
        high=None if value is None else round(value + 0.04, 4),
        undefined="no_events" if value is None else None,
    )
    return replace(known, **changes)


def a_row(team: str, *, rank: int | None = 1, group: int | None = 1, **changes: Any) -> Row:
    """Give a team's row; its score falls with its rank."""
    value = changes.pop("value", round(0.8 - 0.001 * (rank or 0), 4))
    known = Row(
        rank=rank,
        rank_low=rank and max(1, rank - 2),
        rank_high=rank and rank + 2,
        group=group,
        team=team,
        scores=(a_score("c", value, primary=True),),
        entries=3,
        last_submission=NOW,
    )
    return replace(known, **changes)


def a_baseline(team: str, *, value: float = 0.7) -> Row:
    """Give the row of a baseline."""
    return replace(
        a_row(team, rank=None, group=None, value=value),
        rank_low=None,
        rank_high=None,
        state=EntryState.BASELINE,
        entries=1,
    )


def in_groups(*sizes: int) -> list[Row]:
    """Give the rows of teams in groups of these sizes, called team-1, team-2 and so on."""
    groups = [number for number, size in enumerate(sizes, 1) for _ in range(size)]
    return [a_row(f"team-{rank}", rank=rank, group=group) for rank, group in enumerate(groups, 1)]


def compared(
    low: float | None, high: float | None, *, difference: float = 0.05, baseline: str = "Age alone"
) -> Comparison:
    """Give the comparison of team-1 with a baseline."""
    return Comparison(team="team-1", other=baseline, difference=difference, low=low, high=high)


def a_board(rows: Sequence[Row], /, **changes: Any) -> Leaderboard:
    """Give a public board of the tiny challenge that was built; its number is 1."""
    known = Leaderboard(
        challenge="tiny-survival",
        phase="development",
        board=Board.PUBLIC,
        number=1,
        digest="0" * 64,
        built_at=NOW,
        version="",
        judged=PATIENTS,
        rows=tuple(rows),
        comparisons=(),
    )
    return replace(known, **changes)


def keep(
    platform: Platform,
    challenge: PublishedChallenge,
    board: Leaderboard,
    /,
    *,
    after: timedelta = timedelta(),
) -> Leaderboard:
    """Make a board the latest state of its kind, as it would have been built `after` NOW."""
    board = replace(board, version=challenge.version.digest, built_at=NOW + after)
    digest = platform.store.put(board.content()).digest
    with platform.database.writing() as session:
        session.add(
            BoardState(
                challenge_id=challenge.id,
                phase=board.phase,
                board=board.board,
                number=board.number,
                digest=digest,
                version_id=challenge.version_id,
                built_at=NOW + after,
            )
        )
    return replace(board, digest=digest)
