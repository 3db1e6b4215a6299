"""The table of a board: which rows a reader asked for, in which order, page and groups."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from urllib.parse import urlencode

from challenge_platform.core.leaderboard import Leaderboard, Row
from challenge_platform.errors import InvalidInput, NotFound
from scorers.metric import Direction
from scorers.ranking.entry_state import EntryState

PER_PAGE = 100
BY_RANK, SCORE = "rank", "score"
LONGEST_SEARCH = 80


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a reader asked for: teams by a part of their name, an order, and a page of them."""

    q: str = ""
    sort: str = BY_RANK
    page: int = 1

    def query(self, fixed: Mapping[str, str], /, **changes: str | int) -> str:
        """Give the query of an address that asks for this with some changes, after `fixed`."""
        asked = replace(self, **changes)  # type: ignore[arg-type]  # as checked as Wanted is
        found = {name: value for name, value in vars(asked).items() if value != _NOTHING[name]}
        return urlencode({**fixed, **found})


_NOTHING = vars(Wanted())


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A row and its place on the whole board, counted from 1, by which it can be linked to."""

    place: int
    row: Row


class Kind(StrEnum):
    """Why rows are shown in one block."""

    GROUP = "group"
    ABOVE = "above"
    BELOW = "below"
    UNCOMPARED = "uncompared"
    UNRANKED = "unranked"
    DISQUALIFIED = "disqualified"


@dataclass(frozen=True, kw_only=True)
class Block:
    """Neighbours on a page: a group, as far as it is on the page, with the baselines among it.

    `teams` counts the whole group. Baselines and teams that are not eligible are ABOVE before the
    first ranked team, and BELOW after the last one; DISQUALIFIED teams come after all. Teams past
    those for which groups are computed are UNCOMPARED; those without a rank are UNRANKED.
    """

    kind: Kind
    group: int | None
    teams: int
    head: str
    continued: bool
    rows: tuple[Placed, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A page of what was found; in one block without a heading unless in the order of ranks."""

    wanted: Wanted
    found: int
    pages: int
    rows: tuple[Placed, ...]
    blocks: tuple[Block, ...]
    columns: Mapping[str, str]

    @property
    def first(self) -> int:
        """The number of the page's first row among those found."""
        return (self.wanted.page - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        """The number of the page's last row among those found."""
        return self.first + len(self.rows) - 1

    @property
    def grouped(self) -> bool:
        """Whether rows stand in the order of ranks, so that groups are neighbours."""
        return self.wanted.sort == BY_RANK

    @property
    def widest(self) -> int:
        """The greatest rank that a picture of this page's rank intervals has to hold."""
        ranks = [row.row.rank_high or row.row.rank or 1 for row in self.rows]
        return max(ranks, default=1)

    def next_sort(self, column: str, /) -> str:
        """Give the order that the heading of a column leads to: its usual one, or the reverse."""
        usual = self.columns[column]
        return _reverse(usual) if self.wanted.sort == usual else usual

    def direction(self, column: str, /) -> str | None:
        """Give the value of `aria-sort` of a column, None when rows are not sorted by it."""
        if self.wanted.sort.removeprefix("-") != column:
            return None
        return "descending" if self.wanted.sort.startswith("-") else "ascending"


def read_wanted(*, q: str, sort: str, page: int) -> Wanted:
    """Take a reader's wish, with the search as a name would be written."""
    plain = " ".join(unicodedata.normalize("NFKC", q).split())
    return Wanted(q=plain[:LONGEST_SEARCH], sort=sort, page=page)


def table_of(board: Leaderboard, wanted: Wanted, /) -> Table:
    """Search, sort and cut a board; raise InvalidInput without such a column, NotFound a page."""
    columns, wanted = sortable(board), replace(wanted, sort=_with_key(board, wanted.sort))
    if wanted.sort.removeprefix("-") not in columns:
        raise InvalidInput(
            "the board cannot be sorted by {sort!r}; it can by {known}, each with a minus "
            "before it for the reverse",
            sort=wanted.sort[:80],
            known=", ".join(columns),
        )
    placed = [Placed(place=index, row=row) for index, row in enumerate(board.rows, 1)]
    kinds = dict(zip((one.place for one in placed), _kinds(board.rows), strict=True))
    if wanted.q:
        sought = _look(wanted.q)
        placed = [one for one in placed if sought in _look(one.row.team)]
    placed = _sorted(placed, sort=wanted.sort, values=_values(board))
    pages = max(1, -(-len(placed) // PER_PAGE))
    if wanted.page > pages:
        raise NotFound(
            "there is no page {page} here: the last is {pages}", page=wanted.page, pages=pages
        )
    start = (wanted.page - 1) * PER_PAGE
    shown = placed[start : start + PER_PAGE]
    before = kinds[placed[start - 1].place] if start else None
    return Table(
        wanted=wanted,
        found=len(placed),
        pages=pages,
        rows=tuple(shown),
        blocks=tuple(_blocks(board.rows, shown, kinds=kinds, before=before)),
        columns=columns,
    )


def page_of(place: int, /) -> int:
    """Give the page on which a row of the board stands, in the order of ranks."""
    return 1 + (place - 1) // PER_PAGE


def sortable(board: Leaderboard, /) -> dict[str, str]:
    """Give the columns that a board can be sorted by, each with its usual order."""
    scores = board.rows[0].scores if board.rows else ()
    usual = {score.key: _usual(score.key, direction=score.direction) for score in scores}
    return {**usual, BY_RANK: BY_RANK, "team": "team", "entries": "-entries", "last": "-last"}


def _usual(column: str, *, direction: str) -> str:
    return f"-{column}" if direction == Direction.MAXIMIZE else column


def _reverse(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"


def _with_key(board: Leaderboard, sort: str) -> str:
    """Take `score` for the primary metric, whatever its key, unless another is called so."""
    scores = board.rows[0].scores if board.rows else ()
    if sort.removeprefix("-") != SCORE or SCORE in [score.key for score in scores]:
        return sort
    primary = next((score.key for score in scores if score.primary), SCORE)
    return sort.replace(SCORE, primary)


Value = float | str | datetime | None


def _values(board: Leaderboard) -> dict[str, Callable[[Placed], Value]]:
    """Give what rows are sorted by; a column of the table comes before a metric of its name."""
    scores = board.rows[0].scores if board.rows else ()
    return {
        **{score.key: _metric(score.key) for score in scores},
        BY_RANK: lambda one: one.place,
        "team": lambda one: _look(one.row.team),
        "entries": lambda one: one.row.entries,
        "last": lambda one: one.row.last_submission,
    }


def _metric(key: str) -> Callable[[Placed], Value]:
    def value(one: Placed) -> Value:
        return next((score.value for score in one.row.scores if score.key == key), None)

    return value


def _sorted(
    placed: Sequence[Placed], *, sort: str, values: Mapping[str, Callable[[Placed], Value]]
) -> list[Placed]:
    """Sort by a column, what has no value last either way; equal ones stay in the board's order."""
    value = values[sort.removeprefix("-")]
    there = [one for one in placed if value(one) is not None]
    there.sort(key=value, reverse=sort.startswith("-"))  # type: ignore[arg-type]  # not None here
    return [*there, *(one for one in placed if value(one) is None)]


def _kinds(rows: Sequence[Row]) -> Iterator[tuple[Kind, int | None]]:
    """Say in which block each row is; baselines and the like among teams follow those before."""
    block: tuple[Kind, int | None] = (Kind.ABOVE, None)
    teams = sum(row.state is EntryState.RANKED for row in rows)
    for row in rows:
        if row.state is EntryState.DISQUALIFIED:
            block = (Kind.DISQUALIFIED, None)
        elif row.state is EntryState.RANKED:
            teams -= 1
            kind = Kind.UNRANKED if row.rank is None else Kind.UNCOMPARED
            block = (kind, None) if row.group is None else (Kind.GROUP, row.group)
        elif teams == 0 and block[0] is not Kind.ABOVE:
            block = (Kind.BELOW, None)
        yield block


def _blocks(
    rows: Sequence[Row],
    shown: Sequence[Placed],
    *,
    kinds: Mapping[int, tuple[Kind, int | None]],
    before: tuple[Kind, int | None] | None,
) -> Iterator[Block]:
    teams: dict[tuple[Kind, int | None], list[str]] = {}
    for place, row in enumerate(rows, 1):
        if row.state in (EntryState.RANKED, EntryState.DISQUALIFIED):
            teams.setdefault(kinds[place], []).append(row.team)
    for found, members in groupby(shown, key=lambda one: kinds[one.place]):
        kind, group = found
        names = teams.get(found, [])
        yield Block(
            kind=kind,
            group=group,
            teams=len(names),
            head=names[0] if names else "",
            continued=found == before,
            rows=tuple(members),
        )
        before = None


def _look(text: str) -> str:
    """Give what a search compares: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))
