"""What a metric declares about itself, and what it answers."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import UnionType
from typing import Any, Protocol, TypeVar, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message

Columns = Mapping[str, NDArray[Any]]
"""Arrays aligned by row, by column name."""

Params = Mapping[str, Any]
"""The `params` of a metric in challenge.yaml."""

Range = tuple[float, float]
"""The lowest and the highest value, infinite where there is none."""

Vector = NDArray[np.float64]
Amount = TypeVar("Amount", float, Vector)
Weights = NDArray[np.integer]
"""Shape (resamples, rows): how often each row occurs in each resample."""


class Direction(StrEnum):
    """Whether larger or smaller values are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"

    def gain(self, score: Amount, over: Amount, /) -> Amount:
        """Return by how much a score is better than another; above 0 if it is."""
        return score - over if self is Direction.MAXIMIZE else over - score


class Needs(StrEnum):
    """What a metric reads from a submission."""

    LABELS = "labels"  # a class of the challenge for each row
    SCORES = "scores"  # any real numbers, larger = more likely
    PROBABILITIES = "probabilities"  # numbers from 0 to 1
    VALUES = "values"  # numbers on the scale of the truth
    RISKS = "risks"  # any real numbers, larger = earlier event; the truth has times
    SURVIVAL = "survival"  # probabilities of no event up to each of some times
    BOXES = "boxes"  # boxes with classes and scores for each image
    POINTS = "points"  # points with scores for each image
    MASKS = "masks"  # an array of the image's shape for each image
    CODES = "codes"  # a list of codes for each document, the surest first
    SPANS = "spans"  # pieces of each document's text, with types
    METRICS = "metrics"  # the values of other metrics


class Method(StrEnum):
    """How the interval of a score is made of its resamples; see scorers.uncertainty.intervals."""

    PERCENTILE = "percentile"
    BCA = "bca"
    TRANSFORMED = "transformed"


class Reason(StrEnum):
    """Why a metric has no value."""

    NO_UNITS = "no_units"
    NO_EVENTS = "no_events"
    NO_COMPARABLE_PAIRS = "no_comparable_pairs"
    NO_POSITIVES = "no_positives"  # nothing in the truth that could be found
    NO_DETECTIONS = "no_detections"  # nothing in the prediction
    ONE_CLASS = "one_class"  # the truth does not vary
    CONSTANT = "constant"  # what must vary does not
    BEYOND_FOLLOW_UP = "beyond_follow_up"  # nobody was watched for so long
    NOT_CONVERGED = "not_converged"  # a fit has no solution
    UNDEFINED_PART = "undefined_part"
    TOO_FEW = "too_few"  # a subgroup or picture of too few units to be told
    TOO_MANY = "too_many"  # more pictures than a result has room for


class PictureKind(StrEnum):
    """What can be drawn of a metric's columns; `scorers.pictures` says how each is made."""

    ROC = "roc"
    PRECISION_RECALL = "precision_recall"
    CALIBRATION = "calibration"
    DECISION_CURVE = "decision_curve"
    KAPLAN_MEIER = "kaplan_meier"
    CONFUSION = "confusion"
    AGREEMENT = "agreement"
    FREE_RESPONSE = "free_response"


@dataclass(frozen=True)
class Undefined:
    """The answer of a metric that has no value on these data."""

    reason: Reason


class ParamsError(ValueError):
    """The `params` in challenge.yaml do not fit the metric."""


class InvalidColumns(ValueError):
    """The columns cannot be measured; the message names them and no value of theirs."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A rule of a metric that some rows of a prediction break: `rows` says which, by a flag each.

    `columns` are those that the metric reads; `expected` says what they should hold.
    """

    columns: tuple[str, ...]
    rows: NDArray[np.bool_]
    expected: Message
    repair: Message


class Rule(Protocol):
    """What a prediction must keep to be measured, whatever the truth is."""

    def broken(self, prediction: Columns, params: Params, /) -> Iterable[Broken]:
        """Tell for each column that the rule is about which rows break it.

        `prediction` has a row for each row of the file, boxes and points side by side, and its
        columns hold what their types say.
        """


class Measure(Protocol):
    """One metric applied to one truth and one prediction, ready for any weights."""

    @property
    def value(self) -> float | Undefined:
        """The value with each row counted once."""

    @property
    def units(self) -> int:
        """Rows that the metric used."""

    @property
    def events(self) -> int | None:
        """Rows with the event, for a metric that has events."""

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights`, NaN where it is undefined."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What every metric says about itself.

    `direction` is None if the challenge has to say it. `exact` says that value and resamples are
    the same bytes on every machine (integer counts, and operations that IEEE 754 fixes);
    otherwise they agree to 1e-12. `reference` names the implementation that the tests compare
    with, `source` the paper and equation. `truth_columns` and `prediction_columns` are the params
    that name columns. `unit` says what a row of the columns is: the challenge resamples rows, or
    groups of them such as a patient's. `interval` is the method by which its intervals hold the
    true score most nearly as often as they should, if not the one that its range suggests, and
    `fewest` the units that they need, if more than others; a score that is `biased`, so that its
    resamples are further off than itself, has none.
    `pictures` are drawn of the same columns and params.
    `rules` are what a prediction must keep; one that keeps them can be measured.
    """

    key: str
    needs: Needs
    direction: Direction | None
    lowest: float
    highest: float
    undefined: str
    reference: str
    source: str
    exact: bool
    unit: str = "row"
    truth_columns: tuple[str, ...] = ()
    prediction_columns: tuple[str, ...] = ()
    interval: Method | None = None
    fewest: int | None = None
    biased: bool = False
    pictures: tuple[PictureKind, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Metric(Declaration):
    """A metric of predictions; `measure` takes truth, prediction and the params as keywords."""

    measure: Callable[..., Measure]

    def __call__(
        self, truth: Mapping[str, Any], prediction: Mapping[str, Any], /, **params: object
    ) -> float | Undefined:
        """Return the value; raise InvalidColumns if they cannot be measured."""
        return self.measure(truth, prediction, **params).value

    def check(self, params: Params, /) -> None:
        """Raise ParamsError if `measure` does not take `params`, by name or by simple type."""
        signature = inspect.signature(self.measure)
        try:
            signature.bind(None, None, **params)
        except TypeError as error:
            raise ParamsError(f"metric {self.key}, params: {error}") from None
        for name, value in params.items():
            kinds = _kinds(signature.parameters[name].annotation)
            if kinds and not isinstance(value, kinds):
                told = " or ".join(kind.__name__ for kind in kinds)
                raise ParamsError(f"metric {self.key}, params: {name} must be {told}")


def _kinds(annotation: object, /) -> tuple[type, ...]:
    """Return the types that an annotation allows: `list[float] | None` is list or NoneType."""
    if isinstance(annotation, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in _kinds(part))
    kind = get_origin(annotation) or annotation
    if kind is float:
        return (int, float)
    return (kind,) if isinstance(kind, type) and kind is not Any else ()


@dataclass(frozen=True, kw_only=True)
class Combination(Declaration):
    """A metric made of other metrics, computed alike for values and for vectors of resamples.

    `combine` takes the parts (arrays of one shape, NaN where undefined, by metric key) and the
    params as keywords.
    """

    combine: Callable[..., Vector]

    def __call__(
        self, truth: Mapping[str, Any], parts: Mapping[str, Any], /, **params: object
    ) -> float | Undefined:
        """Return the combination of `parts` (floats or Undefined, by key); `truth` is not read."""
        del truth
        arrays = {
            key: np.array([np.nan if isinstance(part, Undefined) else part])
            for key, part in parts.items()
        }
        value = float(self.combine(arrays, **params)[0])
        return Undefined(Reason.UNDEFINED_PART) if np.isnan(value) else value

    def check(self, params: Params, /) -> None:
        """Raise ParamsError unless `params` has one number for each of some parts."""
        if not params:
            raise ParamsError(f"metric {self.key}, params: there must be at least one")
        for part, number in params.items():
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise ParamsError(f"metric {self.key}, params: {part} must be a number")
            if not np.isfinite(number):
                raise ParamsError(f"metric {self.key}, params: {part} must be finite")
