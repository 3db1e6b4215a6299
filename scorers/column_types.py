"""The types of columns: what a cell of a table, or a file of an archive, may hold."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from scorers.models import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictInt,
    StringConstraints,
    model_validator,
)
from scorers.rasters.formats import READERS, reader_of

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(strict=True, pattern=r'^[^\s",]([^",\n\r]*[^\s",])?$')]
"""The name of a class or a code: a text without commas and quotes, and no space at its ends."""

INTEGER_DIGITS = 15
"""Digits of an integer: so many are exact in float64, by which most metrics compute."""

Integer = Annotated[StrictInt, Field(gt=-(10**INTEGER_DIGITS), lt=10**INTEGER_DIGITS)]

MAX_CODES = 1_000
"""Codes that a cell may hold at most."""

MAX_LABEL = 65_535
"""The largest label of a mask."""

MAX_SIDE = 65_535
"""Pixels along one axis of a mask."""

MAX_PIXELS = 1 << 23
"""Pixels of one mask: distances between surfaces take 60 bytes each of the sandbox's memory."""

MAX_PIXELS_IN_ALL = 1 << 26
"""Pixels of all masks of a challenge's ids: distances take 0.4 us each of the sandbox's time."""


class Section(BaseModel):
    """A part of challenge.yaml: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FloatColumn(Section):
    """A column of finite numbers; `min` and `max` are themselves allowed."""

    type: Annotated[Literal["float"], Field(description="Numbers such as 0.25, -3 or 1.5e-3.")]
    min: Annotated[FiniteFloat | None, Field(description="Least value, itself allowed.")] = None
    max: Annotated[FiniteFloat | None, Field(description="Largest value, itself allowed.")] = None

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        _require_room(self.min, self.max)
        return self


class IntegerColumn(Section):
    """A column of whole numbers; with `min` 0 and `max` 1 it says no or yes."""

    type: Annotated[Literal["integer"], Field(description="Whole numbers such as 12 or -3.")]
    min: Annotated[Integer | None, Field(description="Least value, itself allowed.")] = None
    max: Annotated[Integer | None, Field(description="Largest value, itself allowed.")] = None

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        _require_room(self.min, self.max)
        return self


class LabelColumn(Section):
    """A column with one class a row."""

    type: Annotated[Literal["label"], Field(description="One of the classes.")]
    classes: Annotated[
        tuple[Word, ...] | tuple[StrictInt, ...],
        Field(min_length=2, description="All texts or all integers, as metrics have them too."),
    ]

    @model_validator(mode="after")
    def _has_different_classes(self) -> Self:
        require_different(self.classes, what="class")
        return self


class CodesColumn(Section):
    """A column with a list of codes in a cell, the surest first; an empty cell is no code."""

    type: Annotated[Literal["codes"], Field(description="Codes, the surest first, or nothing.")]
    separator: Annotated[
        Literal["|", ";", "+", "/", " "], Field(description="What stands between two codes.")
    ] = "|"
    classes: Annotated[
        tuple[Word, ...] | None,
        Field(min_length=1, description="The codes there are; any text is one when unset."),
    ] = None
    most: Annotated[int, Field(ge=1, le=MAX_CODES, description="Most codes of a cell.")] = 100

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        require_different(self.classes or (), what="code")
        for code in self.classes or ():
            if self.separator in code:
                raise ValueError(f"the code {code} has the separator {self.separator!r} in it")
        return self


class MaskColumn(Section):
    """A column of masks: of each id a file of an archive, with a label for each pixel."""

    type: Annotated[Literal["mask"], Field(description="A label for each pixel of an image.")]
    member: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9._/-]*\{id\}[A-Za-z0-9._/-]*$", max_length=100),
        Field(
            description="Name of the file of an id, such as `{id}.png`; its ending says what it "
            f"is: {', '.join(READERS)}."
        ),
    ]
    shape: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=MAX_SIDE)] | ColumnName, ...],
        Field(
            min_length=2,
            max_length=3,
            description="Pixels along each axis, height and width, or of NIfTI x, y and z: "
            "`[512, 512]` for all images or, where each has its own, the columns that say how "
            "many, `[height, width]`, of the table of ids and of the truth.",
        ),
    ]
    labels: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=MAX_LABEL)], ...] | None,
        Field(
            min_length=1,
            description="What a mask holds beside 0, the background; when unset the masks are of "
            f"instances, numbered in any way up to {MAX_LABEL:,}.",
        ),
    ] = None
    spacing: Annotated[
        tuple[ColumnName, ...] | None,
        Field(
            description="In data.columns: the truth columns with the mm between pixels along each "
            "axis. Metrics then find them as `<name>_spacing`, as those of NIfTI files."
        ),
    ] = None

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if reader_of(self.member) is None:
            raise ValueError(
                f"member: {self.member} must end with one of {', '.join(READERS)}, which are read"
            )
        if math.prod(side for side in self.shape if isinstance(side, int)) > MAX_PIXELS:
            raise ValueError(f"shape: a mask has at most {MAX_PIXELS:,} pixels")
        if self.spacing is not None and len(self.spacing) != len(self.shape):
            raise ValueError("spacing: one column for each axis of shape, in its order")
        require_different(self.labels or (), what="label")
        return self

    @property
    def sizes(self) -> tuple[str, ...]:
        """The columns that say how many pixels an image has; none where all are of one size."""
        return tuple(side for side in self.shape if isinstance(side, str))

    def file(self, name: str, /) -> str:
        """Give the name of the file of an id."""
        return self.member.replace("{id}", name)


Column = Annotated[
    FloatColumn | IntegerColumn | LabelColumn | CodesColumn | MaskColumn,
    Field(discriminator="type"),
]
"""One column of a table or, of masks, of the archive that has one file an id for it."""


def masks_of(columns: Mapping[str, Column], /) -> dict[str, MaskColumn]:
    """Return the columns that are masks, by name."""
    return {name: column for name, column in columns.items() if isinstance(column, MaskColumn)}


def require_different(words: tuple[str, ...] | tuple[int, ...], /, *, what: str) -> None:
    """Raise ValueError if one of some words, of which each is a `what`, is there twice."""
    for word, count in Counter(words).items():
        if count > 1:
            raise ValueError(f"the {what} {word} is named twice")


def _require_room(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"min {low} is larger than max {high}")
