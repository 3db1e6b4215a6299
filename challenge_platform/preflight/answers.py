"""Answers that are published: a column that says, in any words, what is to be predicted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.chance import moments
from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.natural import natural_order
from challenge_platform.preflight.tables import Table, numbers, times
from challenge_platform.preflight.target import Target, association
from scorers.metric import Vector
from scorers.predictions.table import Truth

PERFECT = 0.95
"""Of the way from chance to the perfect score: from there on a column is the answer."""

SAME = 0.98
"""The same of how far a column goes with one of the truth's, where only some ids have a cell."""

FEWEST = 10
"""Ids with a cell, without which a column says nothing."""

MOST_CODES, FEWEST_EACH = 40, 5
"""Different texts of a column that may be codes of an answer, and rows of each on average."""

SURE_P = 1e-3
"""The probability by chance, for all columns of a table together."""

_SIGNS = re.compile(r"[|;,\s]+")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a column of a table says of each id to predict: its cells, none of some ids."""

    table: str
    column: str
    cells: Sequence[Sequence[str]]

    @property
    def first(self) -> list[str]:
        """The first cell of each id, blank where there is none."""
        return [cells[0] if cells else "" for cells in self.cells]


def find_answers(
    bench: Bench, tables: Sequence[Table], /, *, targets: Sequence[Target], skip: Sequence[str]
) -> Iterator[Finding]:
    """Find columns that alone score as the truth does, in any table that names the ids to predict.

    `targets` are the answers in the order of the truth, and `skip` columns that name people.
    """
    for table in tables:
        said = list(_said_of(table, bench.truth, skip=skip))
        for one in said:
            why = _listed(one, bench.truth) or _told(bench, one, targets, tried=len(said))
            if why is not None:
                yield Finding(
                    code="answer_published",
                    severity=Severity.BLOCK,
                    about=one.table,
                    message=f"the column says what is to be predicted: {why}",
                    repair="leave it out of what is published, or empty its cells for the ids to "
                    "predict",
                    file=one.table,
                    column=one.column,
                )


def _said_of(table: Table, truth: Truth, *, skip: Sequence[str]) -> Iterator[Said]:
    """Yield the columns of a table by the one of its own that names most ids to predict."""
    asked = set(truth.ids)
    found = {name: len(asked & set(cells)) for name, cells in table.columns.items()}
    key = max(found, key=lambda name: (name in skip, found[name]), default="")
    if found.get(key, 0) < FEWEST:
        key = max(found, key=lambda name: found[name], default="")
    if found.get(key, 0) < FEWEST:
        return
    rows: dict[str, list[int]] = {each: [] for each in truth.ids}
    for row, cell in enumerate(table.columns[key]):
        if cell in rows:
            rows[cell].append(row)
    for name, cells in table.columns.items():
        if name != key and name not in skip:
            shown = [[cells[row] for row in each if cells[row].strip()] for each in rows.values()]
            if sum(map(bool, shown)) >= FEWEST:
                yield Said(table=table.name, column=name, cells=shown)


def _told(bench: Bench, said: Said, targets: Sequence[Target], *, tried: int) -> str | None:
    """Say why a column is an answer by its numbers or codes, None if it is not."""
    cells = said.first
    there = np.array([bool(cell) for cell in cells])
    for target in targets:
        known = there & target.known
        outcome = np.where(known, target.ranks, np.nan)
        if known.sum() < FEWEST or len(np.unique(target.outcome[known])) < 2:  # noqa: PLR2004 -- nothing to tell
            continue
        for values in _readings(cells, outcome, known=known):
            if moments(values, outcome).p * tried * len(targets) > SURE_P:
                continue
            gain, words = association(values[known], target.outcome[known])
            if gain >= SAME and target.answers:
                return f"it {words} {target.column} of the truth, in {int(known.sum())} rows"
            if (why := _scored(bench, np.where(there, values, np.median(values)))) is not None:
                return why
    return None


def _readings(
    cells: Sequence[str], outcome: Vector, *, known: NDArray[np.bool_]
) -> Iterator[Vector]:
    """Yield what cells may mean: numbers or dates, the order of texts, codes of the outcome."""
    told = times(cells)
    values = natural_order(cells) if told is None else np.array(told, dtype=np.float64)
    yield np.where(np.isfinite(values), values, np.nanmedian(values))
    codes, place = np.unique(cells, return_inverse=True)
    if len(codes) <= min(MOST_CODES, known.sum() / FEWEST_EACH):
        total = np.bincount(place[known], weights=outcome[known], minlength=len(codes))
        means = total / np.maximum(np.bincount(place[known], minlength=len(codes)), 1)
        yield means[place]


def _scored(bench: Bench, values: Vector) -> str | None:
    """Say what a column scores by the challenge's own metrics, None if it is not near the best."""
    perfect = bench.answer(lambda family: family.perfect())
    plain = bench.answer(lambda family: family.constant())
    if bench.unknown or perfect is None or plain is None:
        return None
    best, least = bench.values(perfect), bench.values(plain)
    for found in map(bench.values, bench.guesses(values)):
        for key in bench.keys:
            better = bench.direction(key)
            whole = better.gain(best[key], least[key])
            if whole > 0 and better.gain(found[key], least[key]) >= PERFECT * whole:
                return f"alone it scores {found[key]:.4g} by {key}; the best is {best[key]:.4g}"
    return None


def _listed(said: Said, truth: Truth) -> str | None:
    """Say which list of the truth, such as codes or the sides of boxes, a column repeats."""
    for name, values in truth.columns.items():
        if values.dtype != np.object_ or not len(values) or isinstance(values[0], str | None):
            continue
        for part, lists in _parts(values).items():
            if _chance(lists) > 0.5:  # noqa: PLR2004 -- most are the same anyway
                continue
            pairs = [
                (_signs(cells), wanted)
                for cells, wanted in zip(said.cells, lists, strict=True)
                if cells and wanted
            ]
            same = sum(cells == wanted for cells, wanted in pairs)
            if len(pairs) >= FEWEST and same >= PERFECT * len(pairs):
                return f"it is {name}{part} of the truth in {same} of {len(pairs)} rows"
    return None


def _parts(values: NDArray[Any]) -> Mapping[str, list[tuple[str, ...]]]:
    """Give the texts and numbers in each row's list, in order; of boxes those of each side."""
    arrays = [np.asarray(value) for value in values]
    if any(array.ndim > 2 for array in arrays):  # noqa: PLR2004 -- masks
        return {}
    width = max((array.shape[1] for array in arrays if array.ndim == 2), default=0)  # noqa: PLR2004 -- boxes
    if not width:
        return {"": [_signs([str(each) for each in array.tolist()]) for array in arrays]}
    if width > 6:  # noqa: PLR2004 -- a mask: boxes have four or six sides
        return {}
    return {
        f"[{side}]": [
            _signs([str(each) for each in array[:, side]]) if array.ndim > 1 else ()
            for array in arrays
        ]
        for side in range(width)
    }


def _signs(cells: Sequence[str]) -> tuple[str, ...]:
    """Split cells into codes, write numbers in one way, and put all in one order."""
    signs = [sign for cell in cells for sign in _SIGNS.split(cell) if sign]
    told = numbers(signs)
    return tuple(sorted(signs if told is None else [f"{each:.6g}" for each in told]))


def _chance(lists: Sequence[tuple[str, ...]]) -> float:
    """Give how often two rows have the same list."""
    count = Counter(each for each in lists if each)
    whole = sum(count.values())
    return sum((number / whole) ** 2 for number in count.values()) if whole else 1.0
