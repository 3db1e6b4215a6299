"""One number for each row that no model should need, and what it is allowed to tell."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from scipy.stats import rankdata

from challenge_platform.preflight.natural import natural_order
from scorers.metric import Vector

FEWEST_APART = 5
"""Rows that differ from the commonest value, without which a feature tells too few apart."""

MOST_MARKS = 40
"""Different texts of which each is looked at by itself."""


class Kind(StrEnum):
    """What a feature is allowed to tell."""

    ORDER = "order"  # nothing at all: it is how the files were written
    MARK = "mark"  # nothing at all: what ids, names and tags are made of
    SHAPE = "shape"  # a little: sicker people are measured more often
    DETAIL = "detail"  # a little: how a value was written, such as its decimals


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One number for each row or id; `words` says what it is, and `table` of which file.

    `within` are groups of rows that alone are compared with each other: the decimals of a value
    follow from its size, so that they are looked at among values of about the same. A group below
    0 is compared with nothing.
    """

    name: str
    kind: Kind
    words: str
    values: Vector
    within: Vector | None = None
    table: str = ""

    @property
    def shown(self) -> str:
        """What it is, with the file that has it."""
        return f"{self.words} in {self.table}" if self.table else self.words

    @property
    def varies(self) -> bool:
        """Whether it tells some rows apart from the others."""
        if not len(self.values):
            return False
        commonest = np.unique(self.values, return_counts=True)[1].max()
        apart = len(self.values) - int(commonest)
        return apart >= min(FEWEST_APART, max(1, len(self.values) // 3))

    @cached_property
    def ranks(self) -> Vector:
        """Its ranks, each a part of the number of rows; itself, if rows are compared in groups."""
        if self.within is not None:
            return self.values
        ranks: Vector = rankdata(self.values) / (len(self.values) + 1)
        return ranks

    @cached_property
    def residual(self) -> Vector:
        """The feature less its mean in the group of the row."""
        if self.within is None:
            return self.values
        group = np.unique(self.within, return_inverse=True)[1]
        means = np.bincount(group, weights=self.values) / np.bincount(group)
        rest: Vector = self.values - means[group]
        return rest


def marks_of(
    cells: Sequence[str], /, *, name: str, words: str, kind: Kind = Kind.MARK
) -> Iterator[Feature]:
    """Yield the order of texts that mean nothing, and of each that is common whether it is it.

    >>> [each.words for each in marks_of(["a", "b", "c"] * 5, name="x", words="the first letter")]
    ['the first letter', "whether the first letter is 'a'", "whether the first letter is 'b'", \
"whether the first letter is 'c'"]
    """
    yield Feature(name=name, kind=kind, words=words, values=natural_order(cells))
    count: Mapping[str, int] = Counter(cells)
    common = sorted(text for text, number in count.items() if number >= FEWEST_APART)
    if not 2 < len(count) <= MOST_MARKS:  # noqa: PLR2004 -- of two texts the order says all
        return
    for text in common:
        yield Feature(
            name=name,
            kind=kind,
            words=f"whether {words} is {text!r}",
            values=np.array([cell == text for cell in cells], dtype=np.float64),
        )
