"""Answers of a number for each row: an amount, or a score or probability of yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from challenge_platform.preflight.families.family import (
    Answer,
    binned_mean,
    flags,
    matched,
    measured,
    ranked,
)
from scorers.metric import Columns, Needs, Vector


@dataclass(frozen=True, kw_only=True)
class YesOrNo:
    """Whether each row has the label, told as 0 or 1, as a score or as a probability."""

    true: NDArray[np.bool_]
    known: NDArray[np.bool_]
    predicted: str
    needs: Needs

    @classmethod
    def of(
        cls, truth: Columns, params: dict[str, Any], /, *, predicted: str, needs: Needs
    ) -> "YesOrNo":
        """Read the truth of a metric whose param `predicted` names what it reads."""
        true = flags(truth, params["label"])
        known = measured(truth, params.get("where"), rows=len(true))
        return cls(true=true & known, known=known, predicted=params[predicted], needs=needs)

    def perfect(self) -> Answer:
        """Tell 1 where it is true."""
        return {self.predicted: self.true.astype(np.float64)}

    def inverted(self) -> Answer:
        """Tell 0 where it is true."""
        return {self.predicted: (~self.true).astype(np.float64)}

    def constant(self) -> Answer:
        """Tell how common it is, or yes where numbers are 0 and 1."""
        share = self.true.sum() / max(1, self.known.sum())
        told = 1.0 if self.needs is Needs.LABELS else share
        return {self.predicted: np.full(len(self.true), told)}

    def random(self, rng: Generator, /) -> Answer:
        """Tell any number from 0 to 1."""
        drawn = rng.random(len(self.true))
        return {self.predicted: np.round(drawn) if self.needs is Needs.LABELS else drawn}

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell the feature itself, or what is as common among those with about the same."""
        outcome = self.true.astype(np.float64)
        match self.needs:
            case Needs.SCORES:
                ranks = ranked(feature)
                return {self.predicted: ranks}, {self.predicted: 1 - ranks}
            case Needs.LABELS:
                told = (matched(feature, outcome), matched(-feature, outcome))
                return tuple({self.predicted: one} for one in told)
            case _:
                return ({self.predicted: binned_mean(feature, outcome)},)


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """An amount for each row, on the scale of the truth."""

    value: Vector
    known: NDArray[np.bool_]
    predicted: str

    @classmethod
    def of(cls, truth: Columns, params: dict[str, Any], /, *, above_zero: bool) -> "Amounts":
        """Read the truth; an amount that has to be above 0 is a little so where it is 0."""
        value = truth[params["value"]].astype(np.float64)
        known = np.isfinite(value) & measured(truth, params.get("where"), rows=len(value))
        filled = np.where(known, value, np.median(value[known]))
        least = 1e-12 if above_zero else -np.inf
        return cls(value=np.maximum(filled, least), known=known, predicted=params["predicted"])

    def perfect(self) -> Answer:
        """Tell the amount of each row."""
        return {self.predicted: self.value}

    def inverted(self) -> Answer:
        """Tell the least where it is the most, and so on."""
        return {self.predicted: self.value.max() + self.value.min() - self.value}

    def constant(self) -> Answer:
        """Tell the median."""
        return {self.predicted: np.full(len(self.value), np.median(self.value[self.known]))}

    def random(self, rng: Generator, /) -> Answer:
        """Tell any amount between the least and the most."""
        low, high = self.value.min(), self.value.max()
        return {self.predicted: rng.uniform(low, high, len(self.value))}

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell the amounts that there are, in the order of the feature."""
        told = matched(feature, self.value), matched(-feature, self.value)
        return tuple({self.predicted: one} for one in told)
