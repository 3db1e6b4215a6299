"""Probes of an audit: submissions of two teams that are alike, and signs of leaked answers."""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import atanh, isfinite, sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.audit.document import Duplicates, Leak, Likeness, Suspicion
from scorers.definition import MetricDefinition, Task
from scorers.document import Score
from scorers.metric import Columns, Combination, Direction, Vector
from scorers.predictions.table import Truth

SAME = 1e-9
"""Predictions as close as this are the same."""

FOLLOWS = 4.0
"""Standard errors beyond which a correlation with an order is told: 1 in 15,000 by chance."""

AS_TRUTH = 0.999
"""Rank correlation with a column of the truth from which on it is told."""

PERFECT = 0.001
"""Share of a metric's range within which a score is as good as the best possible."""

DIGITS = 6
"""Decimals of a statistic."""

FEWEST = 10
"""Rows that a correlation must rest on."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a team sent in: the digest of its bytes and its columns, in the order of the truth.

    `columns` are those of numbers: of others, bytes alone are compared.
    """

    team: str
    file: str
    digest: str
    columns: Columns

    @classmethod
    def of(cls, data: bytes, /, *, team: str, file: str, columns: Columns) -> Self:
        numbers = {name: column for name, column in columns.items() if column.dtype.kind == "f"}
        return cls(team=team, file=file, digest=sha256(data).hexdigest(), columns=numbers)


def find_duplicates(given: Sequence[Given], /, *, task: Task) -> list[Duplicates]:
    """Find submissions of different teams that are alike, each set in its strictest way only.

    Alike are the same bytes; columns that differ by at most 1e-9; and the same order of the rows
    (rank correlation 1) by every column that the primary metric reads, if one of them varies.
    """
    names = predicted_columns(task)
    found: list[Duplicates] = []
    told: set[tuple[str, ...]] = set()
    for kind, groups in (
        (Likeness.BYTES, _by_key(given, key=lambda one: one.digest)),
        (Likeness.PREDICTIONS, _close(given)),
        (Likeness.ORDER, _by_key(given, key=lambda one: _order_key(one, names=names))),
    ):
        for group in groups:
            files = tuple(one.file for one in group)
            if len({one.team for one in group}) > 1 and files not in told:
                told.add(files)
                found.append(Duplicates(kind=kind, files=files))
    return found


def _by_key(given: Sequence[Given], *, key: Callable[[Given], Hashable]) -> list[list[Given]]:
    groups: dict[Hashable, list[Given]] = {}
    for one in given:
        if (found := key(one)) is not None:
            groups.setdefault(found, []).append(one)
    return list(groups.values())


def _close(given: Sequence[Given]) -> list[list[Given]]:
    """Put each submission to the first whose columns are all within SAME of its own."""
    groups: list[list[Given]] = []
    for one in given:
        for group in groups:
            if one.columns and all(
                _same(one.columns[name], group[0].columns[name]) for name in one.columns
            ):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _same(first: Vector, second: Vector) -> bool:
    # One row tells most apart, and spares the rest.
    return bool(abs(first[0] - second[0]) <= SAME and (np.abs(first - second) <= SAME).all())


def _order_key(one: Given, *, names: Sequence[str]) -> bytes | None:
    """Digest the order of the rows, None if no column tells two rows apart."""
    places = [
        np.unique(one.columns[name], return_inverse=True)[1]
        for name in names
        if name in one.columns
    ]
    if not any(place.any() for place in places):
        return None
    return sha256(np.stack(places).astype("<i8").tobytes()).digest()


def find_leaks(
    given: Sequence[Given],
    /,
    *,
    task: Task,
    truth: Truth,
    scores: Mapping[str, Mapping[str, Score]],
) -> list[Leak]:
    """Look for signs that answers could be told: in the order of rows or ids, or in a submission.

    `scores` has the scores of each submission on the judged split, by its file. Rank correlations
    are Spearman's; how far one is from another is told by Fisher's transformation, in its standard
    errors of sqrt(2 / (n - 3)) for two of them and sqrt(1 / (n - 3)) for one (Fisher, Metron
    1921;1:3-32). The correlation of the truth is the largest of its columns that a metric reads.
    """
    answers = {
        name: column
        for name in truth_columns(task)
        if (column := truth.columns[name]).dtype.kind == "f" and _varies(column)
    }
    orders = _orders(truth)
    found = list(_truth_leaks(answers, orders=orders))
    for one in given:
        found += _order_leaks(one, answers=answers, orders=orders, names=predicted_columns(task))
        found += _copies(one, answers=answers)
        found += _perfect_scores(one, task=task, scores=scores[one.file])
    return found


def predicted_columns(task: Task, /) -> list[str]:
    """Return the columns of a submission that the primary metric reads, itself or by its parts."""
    by_key = {metric.key: metric for metric in task.scoring.metrics}

    def read(metric: MetricDefinition) -> Iterator[str]:
        if isinstance(metric.installed, Combination):
            for part in metric.params:
                yield from read(by_key[part])
        else:
            yield from _named(metric, metric.installed.prediction_columns)

    return list(dict.fromkeys(read(task.scoring.primary)))


def truth_columns(task: Task, /) -> list[str]:
    """Return the columns of the truth that a metric reads, those that leave rows out aside."""
    return list(
        dict.fromkeys(
            name
            for metric in task.scoring.metrics
            for name in _named(metric, [p for p in metric.installed.truth_columns if p != "where"])
        )
    )


def _named(metric: MetricDefinition, params: Sequence[str]) -> Iterator[str]:
    for param in params:
        value = metric.params.get(param)
        yield from (str(name) for name in (value if isinstance(value, list) else [value]) if name)


def _orders(truth: Truth) -> dict[str, Vector]:
    """Return the numbers of rows and, if they differ, the places of the ids in natural order."""
    rows = np.arange(len(truth.ids), dtype=np.float64)
    natural = sorted(range(len(truth.ids)), key=lambda row: _natural(truth.ids[row]))
    places = np.empty(len(rows))
    places[natural] = rows
    orders = {"order of rows": rows}
    return orders if (places == rows).all() else {**orders, "order of ids": places}


def _natural(text: str) -> list[tuple[int, str]]:
    """Sort p10 after p9: digits as numbers, the rest as text."""
    parts = re.split(r"([0-9]+)", text)
    return [
        (int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in parts
    ]


def _truth_leaks(answers: Columns, *, orders: Mapping[str, Vector]) -> Iterator[Leak]:
    for against, order in orders.items():
        for name, column in answers.items():
            rho, rows = _spearman(column, order)
            if rows < FEWEST:
                continue
            statistic = _fisher(rho) * sqrt(rows - 3)
            if statistic > FOLLOWS:
                yield Leak(
                    kind=Suspicion.TRUTH_FOLLOWS,
                    file=None,
                    column=name,
                    against=against,
                    statistic=round(statistic, DIGITS),
                    threshold=FOLLOWS,
                )


def _order_leaks(
    one: Given, *, answers: Columns, orders: Mapping[str, Vector], names: Sequence[str]
) -> Iterator[Leak]:
    for against, order in orders.items():
        if len(order) < FEWEST:
            continue
        honest = max((_fisher(_spearman(c, order)[0]) for c in answers.values()), default=0.0)
        for name in filter(one.columns.__contains__, names):
            rho, rows = _spearman(one.columns[name], order)
            statistic = (_fisher(rho) - honest) / sqrt(2 / (rows - 3))
            if statistic > FOLLOWS:
                yield Leak(
                    kind=Suspicion.FOLLOWS,
                    file=one.file,
                    column=name,
                    against=against,
                    statistic=round(statistic, DIGITS),
                    threshold=FOLLOWS,
                )


def _copies(one: Given, *, answers: Columns) -> Iterator[Leak]:
    for name, predicted in one.columns.items():
        for against, answer in answers.items():
            known = ~np.isnan(answer)
            if known.sum() < FEWEST:
                continue
            equals = _same(predicted[known], answer[known])
            rho = abs(_spearman(predicted, answer)[0])
            if equals or rho >= AS_TRUTH:
                yield Leak(
                    kind=Suspicion.EQUALS if equals else Suspicion.ORDERS,
                    file=one.file,
                    column=name,
                    against=against,
                    statistic=round(rho, DIGITS),
                    threshold=AS_TRUTH,
                )


def _perfect_scores(one: Given, *, task: Task, scores: Mapping[str, Score]) -> Iterator[Leak]:
    for metric in task.scoring.metrics:
        lowest, highest = task.scoring.ranges[metric.key]
        best = highest if metric.better is Direction.MAXIMIZE else lowest
        value = scores[metric.key].value
        if value is None or not isfinite(best):
            continue
        room = PERFECT * (highest - lowest) if isfinite(highest - lowest) else SAME
        if abs(value - best) <= room:
            yield Leak(
                kind=Suspicion.PERFECT,
                file=one.file,
                column=metric.key,
                against=f"{best:g}",
                statistic=round(value, DIGITS),
                threshold=round(room, DIGITS),
            )


def _varies(column: Vector) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 1 and bool((known != known[0]).any())


def _spearman(first: Vector, second: Vector) -> tuple[float, int]:
    """Return the rank correlation over the rows where both are known, and how many these are.

    It is 0 if one of them does not vary. Computed of twice the ranks, which are integers.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    rows = int(known.sum())
    one, other = (_centred_ranks(column[known]) for column in (first, second))
    spread = float((one * one).sum()) * float((other * other).sum())
    return (float((one * other).sum()) / sqrt(spread) if spread else 0.0), rows


def _centred_ranks(column: Vector) -> NDArray[np.int64]:
    """Return twice the mean-shared rank of each value, less the mean."""
    _, place, count = np.unique(column, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    doubled: NDArray[np.int64] = (2 * last - count + 1)[place] - (len(column) + 1)
    return doubled


def _fisher(rho: float) -> float:
    return atanh(min(abs(rho), 1 - 1e-12))
