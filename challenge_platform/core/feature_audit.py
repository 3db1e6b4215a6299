"""Audits of features: a program is run again on a changed table, and must predict the same.

Or must not: each check changes the cells of some columns and says whose predictions are to stay, or
to change. What is exchanged between rows keeps every byte of every cell, so that neither size nor
time nor any sum over a column tells the changed file from the given one. All is a pure function of
the table and of a secret seed.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from challenge_platform.core.features import AtMost, Features, MustUse, select
from scorers.message import Message
from scorers.predictions.table import Predictions

DECLARATION = "features.json"
"""The file in which a program lists the columns that it uses, of those that are counted."""

_CELL = re.compile(r'((?:"(?:[^"]|"")*")?[^,\r\n]*)(,|\r\n|\r|\n|\Z)')


class Rule(StrEnum):
    """What a check is about, in the order in which a broken one is told."""

    REPEATABLE = "features_repeatable"
    ALLOWED = "features_allowed"
    MUST_USE = "features_must_use"
    AT_MOST = "features_at_most"
    MISSING = "features_missing"


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A rule that a program broke, and of which column of predictions."""

    rule: Rule
    target: str | None
    found: Message
    expected: Message
    repair: Message


@dataclass(frozen=True, kw_only=True)
class Check:
    """A run on a changed table: what `broken` says when the predictions are not as the rule wants.

    With `share` the predictions of the target must change, in one row and in this share of the rows
    at least, by more than `by`; without, none of them may, nor may their order, by which small
    differences would rank people as well as large ones. `table` is None where the table is the
    given one.
    """

    table: bytes | None
    broken: Broken
    targets: tuple[str, ...] = ()
    share: float | None = None
    by: float = 0.0

    def holds(self, given: Predictions, changed: Predictions | None, /) -> bool:
        """Whether the rule is kept; `changed` is None where the run made no valid predictions."""
        if changed is None:
            return False
        both = [(given.columns[target], changed.columns[target]) for target in self.targets]
        moved = [_moved(before, after, by=self.by) for before, after in both]
        if self.share is None:
            return not any(moved) and all(_in_same_order(*pair) for pair in both)
        return all(part > 0 and part >= self.share for part in moved)


def _moved(before: object, after: object, *, by: float) -> float:
    """Give the share of the rows in which two columns differ, numbers by more than `by`."""
    first, second = np.asarray(before), np.asarray(after)
    if np.issubdtype(first.dtype, np.number):
        return float(np.mean(np.abs(first - second) > by))
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return float(np.mean([one != other for one, other in pairs]))


def _in_same_order(before: object, after: object) -> bool:
    """Whether two columns of numbers have the same ranks, ties included; of others nothing."""
    first, second = np.asarray(before), np.asarray(after)
    if not np.issubdtype(first.dtype, np.number):
        return True
    _, ranks = np.unique(first, return_inverse=True)
    _, others = np.unique(second, return_inverse=True)
    return np.array_equal(ranks, others)


@dataclass(frozen=True)
class Table:
    """The cells of a CSV table as they are written, quotes and line ends included."""

    cells: list[list[str]]
    ends: list[str]

    @classmethod
    def read(cls, content: bytes, /) -> "Table":
        """Read a table in UTF-8; raise ValueError when its rows are not of one length."""
        rows: list[list[str]] = [[]]
        ends: list[str] = []
        for cell, end in _CELL.findall(content.decode()):
            rows[-1].append(cell)
            if end != ",":
                ends.append(end)
                rows.append([])
        rows = [row for row in rows if row not in ([], [""])]
        if not rows or len({len(row) for row in rows}) > 1:
            raise ValueError("the rows of the table are not of one length")
        return cls(rows, ends[: len(rows)])

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        first, *others = self.cells[0]
        return [_unquoted(cell) for cell in (first.removeprefix("\ufeff"), *others)]

    def content(self) -> bytes:
        """Write the table as it was read."""
        lines = zip(self.cells, self.ends, strict=True)
        return "".join(",".join(row) + end for row, end in lines).encode()

    def with_exchanged(
        self, columns: Sequence[str], /, *, draws: random.Random, together: bool
    ) -> bytes:
        """Give each row the cells of another one in these columns.

        Of the same row in all of them if `together`, so that the columns still agree.
        """
        cells = [list(row) for row in self.cells]
        order = _cycle(len(cells) - 1, draws=draws)
        for place in self._places(columns):
            if not together:
                order = _cycle(len(cells) - 1, draws=draws)
            for row, other in enumerate(order, start=1):
                cells[row][place] = self.cells[other + 1][place]
        return Table(cells, self.ends).content()

    def with_emptied(
        self, columns: Sequence[str], /, *, draws: random.Random, share: float
    ) -> bytes:
        """Empty each cell of these columns with the probability `share`."""
        cells = [list(row) for row in self.cells]
        for place in self._places(columns):
            for row in cells[1:]:
                row[place] = "" if draws.random() < share else row[place]
        return Table(cells, self.ends).content()

    def _places(self, columns: Sequence[str]) -> Iterator[int]:
        return (place for place, name in enumerate(self.columns) if name in columns)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _cycle(count: int, *, draws: random.Random) -> list[int]:
    """Give a random order in which nobody keeps their place, by Sattolo's shuffle."""
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = draws.randrange(last)
        order[last], order[other] = order[other], order[last]
    return order


def checks(
    features: Features,
    /,
    *,
    content: bytes,
    id_column: str,
    targets: Sequence[str],
    seed: int,
    declared: bytes | None,
) -> list[Check] | Broken:
    """Give the runs by which a program is audited on a table, in an order that the seed decides.

    `declared` is the program's list of features, None where it has none. A list that breaks a rule
    by itself is given back as broken. Raises ValueError for a table that lacks the rules' columns.
    """
    table = Table.read(content)
    columns = [column for column in table.columns if column != id_column]
    draws = random.Random(seed)  # noqa: S311 - secret by its seed
    found = [_repeated(targets, tolerance=features.tolerance)]
    for target, patterns in features.allowed.items():
        allowed = select(patterns, among=columns)
        other = [column for column in columns if column not in allowed]
        changed = table.with_exchanged(other, draws=draws, together=False)
        found.append(_allowed(target, changed, patterns=patterns, tolerance=features.tolerance))
    for must in features.must_use:
        chosen = select(must.columns, among=columns)
        changed = table.with_exchanged(chosen, draws=draws, together=True)
        found.append(_must_use(must, changed, tolerance=features.tolerance))
    for most in features.at_most:
        counted = select(most.columns, among=columns)
        listed = _listed(declared, rule=most, counted=counted)
        if isinstance(listed, Broken):
            return listed
        other = [column for column in counted if column not in listed]
        changed = table.with_emptied(other, draws=draws, share=1)
        found.append(_at_most(most, changed, tolerance=features.tolerance))
    if features.missing:
        changed = table.with_emptied(columns, draws=draws, share=features.missing)
        found.append(_missing(changed))
    draws.shuffle(found)
    return found


def first_broken(broken: Sequence[Broken], /) -> Broken | None:
    """Give the one that is told: a program that is not repeatable is told so first."""
    rules = list(Rule)
    return min(broken, key=lambda one: rules.index(one.rule), default=None)


def _repeated(targets: Sequence[str], *, tolerance: float) -> Check:
    broken = Broken(
        rule=Rule.REPEATABLE,
        target=None,
        found=Message("two runs on the same files made different predictions"),
        expected=Message("the same predictions each time"),
        repair=Message(
            "give every random number a fixed seed, compute with one thread, and read neither the "
            "clock nor the times of files"
        ),
    )
    return Check(table=None, broken=broken, targets=tuple(targets), by=tolerance)


def _allowed(target: str, table: bytes, *, patterns: Sequence[str], tolerance: float) -> Check:
    broken = Broken(
        rule=Rule.ALLOWED,
        target=target,
        found=Message("{target} depends on columns that it may not be made from", target=target),
        expected=Message("predictions from {columns} alone", columns=", ".join(patterns)),
        repair=Message(
            "leave the other columns out of the model of {target}, and out of how missing values "
            "are filled in for it",
            target=target,
        ),
    )
    return Check(table=table, broken=broken, targets=(target,), by=tolerance)


def _must_use(rule: MustUse, table: bytes, *, tolerance: float) -> Check:
    columns = ", ".join(rule.columns)
    broken = Broken(
        rule=Rule.MUST_USE,
        target=rule.target,
        found=Message("{target} hardly depends on {columns}", target=rule.target, columns=columns),
        expected=Message(
            "at least {percent:g} % of the predictions to change with these columns",
            percent=100 * rule.share,
        ),
        repair=Message(
            "give the model of {target} at least one of these columns, such that it matters",
            target=rule.target,
        ),
    )
    return Check(
        table=table,
        broken=broken,
        targets=(rule.target,),
        share=rule.share,
        by=max(rule.by, tolerance),
    )


def _at_most(rule: AtMost, table: bytes, *, tolerance: float) -> Check:
    broken = Broken(
        rule=Rule.AT_MOST,
        target=rule.target,
        found=Message(
            "{target} depends on columns that {file} does not list",
            target=rule.target,
            file=DECLARATION,
        ),
        expected=Message("the same predictions where these columns are empty"),
        repair=_DECLARE,
    )
    return Check(table=table, broken=broken, targets=(rule.target,), by=tolerance)


def _missing(table: bytes) -> Check:
    broken = Broken(
        rule=Rule.MISSING,
        target=None,
        found=Message("no valid predictions where some cells are empty"),
        expected=Message("a finite prediction for every id"),
        repair=Message(
            "fill in missing values before the model sees them, and try it with empty cells at home"
        ),
    )
    return Check(table=table, broken=broken)


_DECLARE = Message(
    "list every such column under the name of the target, in /output/features.json or in "
    "features.json at the root of the archive"
)


def _listed(
    declared: bytes | None, /, *, rule: AtMost, counted: Sequence[str]
) -> set[str] | Broken:
    """Give the counted columns that a program says it uses for a target, or what is wrong."""
    named = _read_list(declared, target=rule.target)
    if named is None:
        found = Message("no list of the columns that {target} is made from", target=rule.target)
    elif (used := named & set(counted)) and len(used) > rule.n:
        found = Message("more columns are listed for {target}", target=rule.target)
    else:
        return used
    return Broken(
        rule=Rule.AT_MOST,
        target=rule.target,
        found=found,
        expected=Message(
            "at most {most} of {columns}", most=rule.n, columns=", ".join(rule.columns)
        ),
        repair=_DECLARE,
    )


def _read_list(declared: bytes | None, *, target: str) -> set[str] | None:
    try:
        document: Mapping[str, Any] = json.loads(declared or b"")
        return {str(column) for column in document[target]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
