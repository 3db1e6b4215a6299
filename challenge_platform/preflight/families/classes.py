"""Answers of a class for each row: one column, or a column for each class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from challenge_platform.preflight.families.family import Answer
from scorers.metric import Columns, Vector

Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Classes:
    """A class for each row: `place` is its place in `classes`, `known` where it is measured."""

    place: Places
    known: NDArray[np.bool_]
    classes: Sequence[str | int]
    predicted: str | Sequence[str]

    @classmethod
    def of(cls, truth: Columns, params: dict[str, Any], /, *, predicted: str) -> "Classes":
        """Read the truth of a metric whose param `predicted` names what it reads."""
        classes = params["classes"]
        label = truth[params["label"]]
        numbered = {value: number for number, value in enumerate(classes)}
        place = np.array([numbered.get(value, -1) for value in label.tolist()], dtype=np.intp)
        return cls(
            place=np.maximum(place, 0),
            known=place >= 0,
            classes=classes,
            predicted=params[predicted],
        )

    def perfect(self) -> Answer:
        """Tell the class of each row."""
        return self._told(self.place)

    def inverted(self) -> Answer:
        """Tell the class that is furthest in the list."""
        last = len(self.classes) - 1
        return self._told(np.where(2 * self.place > last, 0, last))

    def constant(self) -> Answer:
        """Tell the commonest class."""
        common = np.bincount(self.place[self.known], minlength=len(self.classes)).argmax()
        return self._told(np.full_like(self.place, common))

    def random(self, rng: Generator, /) -> Answer:
        """Tell any class."""
        return self._told(rng.integers(0, len(self.classes), len(self.place)))

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell as many rows of each class as there are, the classes in the order of the feature."""
        size = len(self.classes)
        count = np.bincount(self.place[self.known], minlength=size)
        total = np.bincount(self.place[self.known], weights=feature[self.known], minlength=size)
        order = np.argsort(total / np.maximum(count, 1), kind="stable")
        share = np.cumsum(count[order]) / max(1, count.sum())
        by_feature = np.argsort(feature, kind="stable")
        told = np.empty(len(feature), dtype=np.intp)
        position = (np.arange(len(feature)) + 0.5) / len(feature)
        told[by_feature] = order[np.minimum(np.searchsorted(share, position), size - 1)]
        return (self._told(told),)

    def _told(self, place: Places) -> Answer:
        if isinstance(self.predicted, str):
            return {self.predicted: np.array(self.classes)[place]}
        return {
            name: (place == number).astype(np.float64) for number, name in enumerate(self.predicted)
        }


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Yes or no of several labels: `true` is of shape (rows, labels), `known` where it is told.

    `scores` is whether any numbers do, larger being likelier; else they are 0 and 1.
    """

    true: NDArray[np.bool_]
    known: NDArray[np.bool_]
    predicted: Sequence[str]
    scores: bool = False

    @classmethod
    def of(cls, truth: Columns, params: dict[str, Any], /, *, predicted: str) -> "Labels":
        """Read the truth of a metric whose param `predicted` names what it reads."""
        told = np.stack([truth[name].astype(np.float64) for name in params["labels"]], axis=1)
        return cls(
            true=told == 1,
            known=(told == 1) | (told == 0),
            predicted=params[predicted],
            scores=predicted == "scores",
        )

    def perfect(self) -> Answer:
        """Tell each label of each row; where it is not known, no."""
        return self._told(self.true)

    def inverted(self) -> Answer:
        """Tell the opposite."""
        return self._told(~self.true)

    def constant(self) -> Answer:
        """Tell of each label how common it is, or yes where numbers are 0 and 1."""
        if not self.scores:
            return self._told(np.ones_like(self.true))
        share = self.true.sum(axis=0) / np.maximum(self.known.sum(axis=0), 1)
        return self._told(np.broadcast_to(share, self.true.shape))

    def random(self, rng: Generator, /) -> Answer:
        """Tell yes as often as it is true, of any rows."""
        drawn = rng.random(self.true.shape)
        share = self.true.sum(axis=0) / np.maximum(self.known.sum(axis=0), 1)
        return self._told(drawn if self.scores else drawn < share)

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell yes of the rows with the highest, or the lowest, feature: what suits each label."""
        told = np.empty(self.true.shape)
        for label in range(self.true.shape[1]):
            known, true = self.known[:, label], self.true[:, label]
            inside, outside = feature[true], feature[known & ~true]
            upward = not len(inside) or not len(outside) or inside.mean() >= outside.mean()
            signed = feature if upward else -feature
            if self.scores:
                told[:, label] = signed
                continue
            yes = round(len(signed) * true.sum() / max(1, known.sum()))
            told[:, label] = 0
            told[np.argsort(-signed, kind="stable")[:yes], label] = 1
        return (self._told(told),)

    def _told(self, table: NDArray[Any]) -> Answer:
        numbers = table.astype(np.float64)
        return {name: numbers[:, number] for number, name in enumerate(self.predicted)}
