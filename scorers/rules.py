"""Rules that a prediction must keep whatever the truth is, which metrics declare.

A prediction that keeps the rules of a metric can be measured; what is wrong then is the truth.
They are checked when a file is sent in, of all its rows, so that nobody learns which are measured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message
from scorers.metric import Broken, Columns, Params, Vector

Rows = NDArray[np.bool_]

NAMED = 20
"""Classes that a rule names."""

WIDTH = 4
"""Numbers of a box."""

SPAN = 3
"""What a span has: start, end and type."""


@dataclass(frozen=True, kw_only=True)
class Within:
    """The numbers of the columns that `param` names are from `low` to `high`, or above `low`."""

    param: str
    low: float = -np.inf
    high: float = np.inf
    above: bool = False

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        for name in numeric(prediction, named(params, self.param)):
            column = prediction[name]
            low = column > self.low if self.above else column >= self.low
            yield Broken(
                columns=(name,),
                rows=~(low & (column <= self.high)),
                expected=self._expected(),
                repair=Message("clip the predictions to the range"),
            )

    def _expected(self) -> Message:
        if self.above:
            return Message("a number above {low:g}", low=self.low)
        return Message("a number from {low:g} to {high:g}", low=self.low, high=self.high)


def probability(param: str, /) -> Within:
    """Return the rule that columns hold numbers from 0 to 1."""
    return Within(param=param, low=0, high=1)


@dataclass(frozen=True, kw_only=True)
class ZeroOrOne:
    """The columns that `param` names hold 0 or 1."""

    param: str

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        for name in numeric(prediction, named(params, self.param)):
            yield Broken(
                columns=(name,),
                rows=~np.isin(prediction[name], (0, 1)),
                expected=Message("0 or 1"),
                repair=Message("write 1 for yes and 0 for no"),
            )


@dataclass(frozen=True, kw_only=True)
class SumToOne:
    """The columns that `param` names sum to 1 in each row, within `tolerance`."""

    param: str
    tolerance: float

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        names = numeric(prediction, named(params, self.param))
        if not names:
            return
        total = np.stack([prediction[name] for name in names], axis=1).sum(axis=1)
        yield Broken(
            columns=names,
            rows=np.abs(total - 1) > self.tolerance,
            expected=Message("numbers that sum to 1"),
            repair=Message("divide the probabilities of the row by their sum"),
        )


@dataclass(frozen=True, kw_only=True)
class NeverRise:
    """The columns that `param` names fall or stay from each to the next, within `tolerance`."""

    param: str
    tolerance: float

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        names = numeric(prediction, named(params, self.param))
        for before, after in pairwise(names):
            yield Broken(
                columns=(before, after),
                rows=prediction[after] > prediction[before] + self.tolerance,
                expected=Message("a probability that does not rise with time"),
                repair=Message("replace it by the smallest up to this time"),
            )


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """The columns that `param` names hold what the param `classes` lists, if it is given."""

    param: str
    classes: str = "classes"

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        classes: Any = params.get(self.classes)
        for name in named(params, self.param) if classes else ():
            yield Broken(
                columns=(name,),
                rows=_unknown(prediction[name], classes=set(classes)),
                expected=Message("one of {classes}", classes=_listed(classes)),
                repair=Message("write it exactly as the challenge does"),
            )


@dataclass(frozen=True, kw_only=True)
class OneClass:
    """The column that `param` names holds a class; of several columns, one a class, one holds 1.

    The others hold 0 then. A row without any 1 or with two is no answer: which class was meant by
    them would be a guess.
    """

    param: str

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        if isinstance(params.get(self.param), str):
            yield from OneOf(param=self.param).broken(prediction, params)
            return
        names = numeric(prediction, named(params, self.param))
        if not names:
            return
        cells = np.stack([prediction[name] for name in names], axis=1)
        yield Broken(
            columns=names,
            rows=~(np.isin(cells, (0, 1)).all(axis=1) & ((cells == 1).sum(axis=1) == 1)),
            expected=Message("1 in exactly one of these columns and 0 in the others"),
            repair=Message("write 1 for the class that you mean and 0 for all others"),
        )


@dataclass(frozen=True, kw_only=True)
class HaveAnArea:
    """The boxes in the column that `param` names have one; the param `box_format` says how.

    `usual` is the format of a metric whose challenge does not give that param.
    """

    param: str = "boxes"
    usual: str = "xywh"

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        for name in named(params, self.param):
            boxes: Vector = prediction[name]
            if boxes.ndim != 2 or boxes.shape[1] != WIDTH or boxes.dtype.kind not in "iuf":  # noqa: PLR2004 -- a table of boxes
                continue  # the challenge's own mistake, which the metric tells
            corners = params.get("box_format", self.usual) == "xyxy"
            size = boxes[:, 2:] - boxes[:, :2] if corners else boxes[:, 2:]
            flat: Rows = size.min(axis=1) <= 0
            yield Broken(
                columns=(name,),
                rows=flat,
                expected=Message("a box with the smaller corner first")
                if corners
                else Message("a box with a width and a height above 0"),
                repair=Message("remove the box, or exchange its corners")
                if corners
                else Message("remove the box"),
            )


@dataclass(frozen=True, kw_only=True)
class AreSpans:
    """The spans in the column that `param` names are of some text, and of the types of `types`.

    A span is its start, its end and its type.
    """

    param: str = "predicted"

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        types: Any = params["types"]
        for name in named(params, self.param):
            spans = prediction[name]
            if spans.ndim != 2 or spans.shape[1] != SPAN:  # noqa: PLR2004 -- a table of spans
                continue  # the challenge's own mistake, which the metric tells
            start, end, kind = spans.T
            yield Broken(
                columns=(name,),
                rows=np.array(
                    (start < 0) | (start >= end) | (start % 1 != 0) | (end % 1 != 0), dtype=np.bool_
                ),
                expected=Message("whole numbers: a start of at least 0 and an end after it"),
                repair=Message("count characters from 0; the end is the one after the last"),
            )
            yield Broken(
                columns=(name,),
                rows=np.array([word not in types for word in kind], dtype=np.bool_),
                expected=Message("a type of {classes}", classes=_listed(types)),
                repair=Message("write it exactly as the challenge does"),
            )


@dataclass(frozen=True, kw_only=True)
class ZeroOrOneInHierarchy:
    """All columns that the param `parents` names, children and parents, hold 0 or 1."""

    def broken(self, prediction: Columns, params: Params, /) -> Iterator[Broken]:
        """Tell the rows that break the rule."""
        parents: Any = params["parents"]
        above = [[told] if isinstance(told, str) else told for told in parents.values()]
        names = dict.fromkeys([*parents, *(name for listed in above for name in listed)])
        yield from ZeroOrOne(param="all").broken(prediction, {"all": list(names)})


def named(params: Params, param: str, /) -> tuple[str, ...]:
    """Return the columns that a param names: one, some or, where it is not given, none."""
    given = params.get(param)
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def numeric(prediction: Columns, names: tuple[str, ...], /) -> tuple[str, ...]:
    """Return the names if the prediction has them all as numbers, else none.

    A challenge that asks for something else has a mistake, which is not its participants' to
    repair: the metric tells it.
    """
    there = all(name in prediction and prediction[name].dtype.kind in "iuf" for name in names)
    return names if there else ()


def _unknown(column: NDArray[Any], *, classes: set[object]) -> Rows:
    """Return which rows hold, or list, what is no class."""
    if column.dtype == np.object_:
        return np.array([not classes.issuperset(cell) for cell in column], dtype=np.bool_)
    values, inverse = np.unique(column, return_inverse=True)
    strange = np.array([value not in classes for value in values.tolist()], dtype=np.bool_)
    return strange[inverse]


def _listed(classes: Mapping[str, object] | list[object]) -> str:
    told = [str(each) for each in list(classes)[:NAMED]]
    return ", ".join(told) + (", …" if len(classes) > NAMED else "")
