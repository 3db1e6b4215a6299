"""Metrics that combine other metrics of the same challenge."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from scorers.metric import Combination, Needs, Params, ParamsError, Vector


def weighted_sum(parts: Mapping[str, Vector], /, **weights: float) -> Vector:
    """Return the sum of `weights[key] * parts[key]`, NaN where a part is.

    The terms are added one by one in the order of `weights`, so the sum has the same bytes for a
    value and for a vector of resamples, and on every machine. Raises ParamsError if a weight
    refers to no part.

    Three quarters of 0.8 and a quarter of 0.4 are 0.6 + 0.1.

    >>> parts = {"c_event": np.array([0.8]), "c_death": np.array([0.4])}
    >>> weighted_sum(parts, c_event=0.75, c_death=0.25).round(6).tolist()
    [0.7]
    """
    unknown = [key for key in weights if key not in parts]
    if unknown:
        raise ParamsError(f"weighted_sum refers to {unknown[0]}, which is no part")
    shape = np.broadcast_shapes(*(np.shape(parts[key]) for key in weights))
    total = np.zeros(shape)
    for key, weight in weights.items():
        total = total + weight * parts[key]
    return total


WEIGHTED_SUM = Combination(
    key="weighted_sum",
    needs=Needs.METRICS,
    direction=None,
    lowest=-np.inf,
    highest=np.inf,
    undefined="a part is undefined: the whole is",
    reference="the formula",
    source="the challenge's own definition",
    exact=True,
    combine=weighted_sum,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """How one metric counts: `weight` times clip((x - dummy) / (perfect - dummy), low, high).

    As it stands it counts x itself; `dummy` 1 and `perfect` 0 give 1 - x.
    """

    weight: float
    dummy: float = 0.0
    perfect: float = 1.0
    low: float = -np.inf
    high: float = np.inf

    def __post_init__(self) -> None:
        """Raise ParamsError if the numbers make no sense together."""
        if not np.isfinite([self.weight, self.dummy, self.perfect]).all():
            raise ParamsError("weight, dummy and perfect must be finite")
        if self.dummy == self.perfect:
            raise ParamsError("dummy and perfect are the same, which rescales nothing")
        if not self.low < self.high:
            raise ParamsError("low must be smaller than high")

    @classmethod
    def read(cls, key: str, given: object, /) -> Self:
        """Return the part that a mapping in challenge.yaml describes, or raise ParamsError."""
        names = [field.name for field in fields(cls)]
        if not isinstance(given, Mapping) or "weight" not in given:
            raise ParamsError(f"params: {key} must have a weight, such as {{weight: 0.5}}")
        if unknown := [name for name in given if name not in names]:
            raise ParamsError(f"params: {key} has {unknown[0]}, but may have {', '.join(names)}")
        for name, number in given.items():
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise ParamsError(f"params: {name} of {key} must be a number")
        try:
            return cls(**given)
        except ParamsError as error:
            raise ParamsError(f"params: {key}: {error}") from None

    def __call__(self, values: Vector, /) -> Vector:
        """Return what the values of the metric count."""
        rescaled = (values - self.dummy) / (self.perfect - self.dummy)
        counted: Vector = self.weight * np.clip(rescaled, self.low, self.high)
        return counted


def rescaled_sum(parts: Mapping[str, Vector], /, **params: Mapping[str, float]) -> Vector:
    """Return the weighted sum of rescaled metrics, NaN where one of them is.

    Each param has the key of an earlier metric and a mapping with its `weight` and, if they are
    not to stay as they are, the `dummy` value that shall become 0, the `perfect` one that shall
    become 1 (1 when unset), and the ends `low` and `high` to which the result is clipped. For a
    loss `perfect` is 0; 1 - x has `dummy` 1 and `perfect` 0. The sum is
    sum of weight x clip((x - dummy) / (perfect - dummy), low, high), added in the order of the
    params, so it has the same bytes for a value and for a vector of resamples. Raises ParamsError
    if a param is no such mapping or refers to no part.

    0.8 lies half way from 0.6 to 1. The loss 0.3 is three quarters of the way from 0 to 0.4, so it
    counts a quarter: 0.5 x 0.5 + 0.5 x 0.25.

    >>> parts = {"f1": np.array([0.8]), "loss": np.array([0.3])}
    >>> how = {"f1": {"weight": 0.5, "dummy": 0.6}}
    >>> how["loss"] = {"weight": 0.5, "dummy": 0.4, "perfect": 0}
    >>> rescaled_sum(parts, **how).round(6).tolist()
    [0.375]
    """
    if unknown := [key for key in params if key not in parts]:
        raise ParamsError(f"rescaled_sum refers to {unknown[0]}, which is no part")
    total = np.zeros(np.broadcast_shapes(*(np.shape(parts[key]) for key in params)))
    for key, given in params.items():
        total = total + Part.read(key, given)(parts[key])
    return total


class Rescaling(Combination):
    """A combination whose params are mappings that say how each part counts."""

    def check(self, params: Params, /) -> None:
        """Raise ParamsError unless each of some params describes a part."""
        if not params:
            raise ParamsError(f"metric {self.key}, params: there must be at least one")
        for key, given in params.items():
            Part.read(key, given)


RESCALED_SUM = Rescaling(
    key="rescaled_sum",
    needs=Needs.METRICS,
    direction=None,
    lowest=-np.inf,
    highest=np.inf,
    undefined="a part is undefined: the whole is",
    reference="the formula",
    source="the challenge's own definition",
    exact=True,
    combine=rescaled_sum,
)
