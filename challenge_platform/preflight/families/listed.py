"""Answers of many things a row: codes or spans of a document; boxes, points, masks of an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from challenge_platform.preflight.families.family import Answer, neighbours
from scorers.metric import Columns, Vector

BOXES = {"true_boxes": "boxes", "true_labels": "labels", "true_points": "points"}
"""The params of detection that name the truth of what is predicted, and those of the prediction."""

SCORES = "scores"


@dataclass(frozen=True, kw_only=True)
class Lists:
    """A cell for each row and column, of some objects side by side or a mask; `empty` has none.

    That of masks is None: they are of the shapes of their images.
    """

    cells: Mapping[str, NDArray[Any]]
    empty: Mapping[str, Any]

    @classmethod
    def of_codes(cls, truth: Columns, params: dict[str, Any], /, *, most: int) -> "Lists":
        """Read the lists of codes of documents, of which `most` can be told."""
        lists = [list(codes)[:most] for codes in truth[params["coded"]]]
        return cls(cells={params["predicted"]: _boxed(lists)}, empty={params["predicted"]: []})

    @classmethod
    def of_objects(cls, truth: Columns, params: dict[str, Any], /) -> "Lists":
        """Read the objects of images, which are all told with the score 1."""
        cells = {
            params[told]: truth[params[true]]
            for true, told in BOXES.items()
            if true in params and told in params
        }
        first = next(iter(cells.values()))
        if SCORES in params:
            cells[params[SCORES]] = _boxed([np.ones(len(objects)) for objects in first])
        return cls(cells=cells, empty={name: column[0][:0] for name, column in cells.items()})

    @classmethod
    def of_masks(cls, truth: Columns, params: dict[str, Any], /) -> "Lists":
        """Read the masks of images, and of instances with classes the class of each."""
        masks, predicted = truth[params["mask"]], params["predicted"]
        cells: dict[str, NDArray[Any]] = {predicted: masks}
        empty: dict[str, Any] = {predicted: None}
        if (classes := params.get("predicted_classes")) is not None:
            cells[classes] = truth[params["mask_classes"]]
            empty[classes] = cells[classes][0][:0]
        return cls(cells=cells, empty=empty)

    @classmethod
    def of_spans(cls, truth: Columns, params: dict[str, Any], /) -> "Lists":
        """Read the spans of documents."""
        spans, predicted = truth[params["spans"]], params["predicted"]
        return cls(cells={predicted: spans}, empty={predicted: spans[0][:0]})

    def perfect(self) -> Answer:
        """Tell all objects of each row."""
        return dict(self.cells)

    def inverted(self) -> Answer | None:
        """Nothing is the opposite of a list."""
        return None

    def constant(self) -> Answer:
        """Tell no object of any row."""
        return {
            name: _blank(cells)
            if self.empty[name] is None
            else _boxed([self.empty[name]] * len(cells))
            for name, cells in self.cells.items()
        }

    def random(self, rng: Generator, /) -> Answer:
        """Tell of each row the objects of any other, with repetition."""
        rows = len(next(iter(self.cells.values())))
        return self._of(rng.integers(0, rows, rows))

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell of each row what is true of the one that is next to it by the feature."""
        return (self._of(neighbours(feature)),)

    def _of(self, rows: NDArray[np.intp]) -> Answer:
        return {
            name: fitted(column[rows], to=column) if self.empty[name] is None else column[rows]
            for name, column in self.cells.items()
        }


def _blank(masks: NDArray[Any]) -> NDArray[Any]:
    """Give a mask of the background for each, one for all of the same shape."""
    blank = {mask.shape: np.zeros(mask.shape, dtype=np.uint8) for mask in masks}
    return _boxed([blank[mask.shape] for mask in masks])


def fitted(masks: NDArray[Any], *, to: NDArray[Any]) -> NDArray[Any]:
    """Give masks in the shapes of others, cut off or with background around them."""
    cells = []
    for mask, other in zip(masks, to, strict=True):
        if mask.shape == other.shape:
            cells.append(mask)
            continue
        whole = np.asarray(mask)
        fitted = np.zeros(other.shape, dtype=whole.dtype)
        both = tuple(map(slice, map(min, mask.shape, other.shape)))
        fitted[both] = whole[both]
        cells.append(fitted)
    return _boxed(cells)


def _boxed(cells: Sequence[Any]) -> NDArray[Any]:
    """Give an array with a list or an array in each of its cells."""
    return np.fromiter(cells, dtype=np.object_, count=len(cells))
