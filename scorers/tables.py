"""The tables of a challenge: what a predictions file holds, and how its truth is read."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from scorers.rasters.formats import READERS, reader_of

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Size = Annotated[
    ByteSize, WithJsonSchema({"type": ["integer", "string"], "examples": ["10MB", "4GiB", 1024]})
]
"""A number of bytes, or a text such as `10MB` (millions) or `4GiB` (powers of 1024)."""

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]

Word = Annotated[str, StringConstraints(strict=True, pattern=r'^[^\s",]([^",\n\r]*[^\s",])?$')]
"""The name of a class or a code: a text without commas and quotes, and no space at its ends."""

INTEGER_DIGITS = 15
"""Digits of an integer: so many are exact in float64, by which most metrics compute."""

Integer = Annotated[StrictInt, Field(gt=-(10**INTEGER_DIGITS), lt=10**INTEGER_DIGITS)]

MAX_CODES = 1_000
"""Codes that a cell may hold at most."""

MAX_LABEL = 65_535
"""The largest label of a mask."""

MAX_PIXELS = 1 << 23
"""Pixels of one mask: distances between surfaces take 60 bytes each of the sandbox's memory."""

MAX_PIXELS_IN_ALL = 1 << 26
"""Pixels of all masks of a challenge's ids: distances take 0.4 us each of the sandbox's time."""

TRUTH_TABLE = "truth.csv"
"""The table in an archive of the truth, beside its masks."""


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
        _require_different(self.classes, what="class")
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
        _require_different(self.classes or (), what="code")
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
        tuple[Annotated[StrictInt, Field(ge=1, le=65_535)], ...],
        Field(
            min_length=2,
            max_length=3,
            description="Pixels along each axis: `[height, width]`; of NIfTI `[x, y, z]`.",
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
        if self.pixels > MAX_PIXELS:
            raise ValueError(f"shape: a mask has at most {MAX_PIXELS:,} pixels")
        if self.spacing is not None and len(self.spacing) != len(self.shape):
            raise ValueError("spacing: one column for each axis of shape, in its order")
        _require_different(self.labels or (), what="label")
        return self

    @property
    def pixels(self) -> int:
        """How many labels a mask has."""
        return math.prod(self.shape)

    def file(self, name: str, /) -> str:
        """Give the name of the file of an id."""
        return self.member.replace("{id}", name)


Column = Annotated[
    FloatColumn | IntegerColumn | LabelColumn | CodesColumn | MaskColumn,
    Field(discriminator="type"),
]
"""One column of a table or, of masks, of the archive that has one file an id for it."""


class Objects(Section):
    """A row is an object of a unit, such as a box in an image: units have several rows, or none.

    Metrics get for each unit what its objects hold: an array of as many rows as it has objects
    for each of `arrays`, and a list for each of the other columns, in the order of the file.
    """

    arrays: Annotated[
        dict[ColumnName, tuple[ColumnName, ...]],
        Field(description="Columns side by side under one name: `box: [x1, y1, x2, y2]`."),
    ] = {}


class SubmittedObjects(Objects):
    """A row is an object of an id, such as a box in an image: ids have several rows, or none.

    Metrics get for each id what its objects hold: an array of as many rows as it has objects for
    each of `arrays`, and a list for each of the other columns, in the order of the file.
    """

    most: Annotated[int, Field(ge=1, le=10_000, description="Most objects of one id.")] = 100
    most_in_all: Annotated[
        int, Field(ge=1, le=2_000_000, description="Most objects of the whole file.")
    ] = 200_000


class SubmissionDefinition(Section):
    """What participants send in.

    `ids` names the public file with the ids to predict and `id` its id column, which the
    predictions file `file` must have too, beside `columns`. A row is an id or, with `objects`, an
    object of an id. With `format: archive` the file is an archive, all columns are masks, and of
    each id it has one file for each.
    """

    kinds: Annotated[
        tuple[Literal["predictions", "code", "container"], ...],
        Field(min_length=1, description="What may be sent in."),
    ]
    format: Annotated[
        Literal["table", "archive"],
        Field(description="A CSV table, or a zip with one file of each id: then all are masks."),
    ] = "table"
    file: Annotated[FileName, Field(description="Usual name of the predictions file.")]
    ids: Annotated[FileName, Field(description="Public file that lists the ids to predict.")]
    id: Annotated[ColumnName, Field(description="Its id column, and that of the predictions.")]
    columns: Annotated[
        dict[ColumnName, Column], Field(min_length=1, description="The columns to predict.")
    ]
    objects: Annotated[
        SubmittedObjects | None,
        Field(description="Set if a row is an object of an id, such as a box in an image."),
    ] = None
    max_bytes: Annotated[
        Size, Field(gt=0, description="Largest predictions file, such as `10MB`.")
    ] = ByteSize(10_000_000)
    source: Annotated[
        Literal["none", "optional", "required"],
        Field(description="Whether a notebook or archive is sent along; kept, never executed."),
    ] = "none"

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError("a kind is named twice")
        if self.id in self.columns:
            raise ValueError(f"{self.id} is the id column and cannot be predicted")
        check_objects(self.objects, columns=self.columns, others=[self.id])
        masks = check_masks(self.columns, objects=self.objects)
        if self.format == "archive" and len(masks) < len(self.columns):
            raise ValueError("with format: archive all columns are of type: mask")
        if spaced := [name for name, mask in masks.items() if mask.spacing is not None]:
            raise ValueError(f"{spaced[0]}: spacing is of the truth; say it in data.columns")
        if self.format == "table" and masks:
            raise ValueError(f"{min(masks)}: a mask is no cell of a table; set format: archive")
        return self

    @property
    def masks(self) -> dict[str, MaskColumn]:
        """The columns that are masks, by name."""
        return masks_of(self.columns)

    @property
    def names(self) -> list[str]:
        """The columns that metrics read: those of the file, `arrays` in place of theirs."""
        return names_of(self.columns, objects=self.objects)


class TruthTable(Section):
    """How the truth is read.

    `columns` are read by their types; other columns are numbers if all their cells are numbers or
    empty, and else text, as those of `text` always are. With `objects`, `columns` are those of the
    objects, and the others say the same in all rows of an id.
    """

    id: ColumnName
    text: tuple[ColumnName, ...] = ()
    columns: dict[ColumnName, Column] = {}
    objects: Objects | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for name in (self.id, *self.text):
            if name in self.columns:
                raise ValueError(f"{name} is always text and has no type in data.columns")
        if self.objects is not None and not self.columns:
            raise ValueError("data.objects needs data.columns: the types of what an object has")
        check_objects(self.objects, columns=self.columns, others=[self.id, *self.text])
        check_masks(self.columns, objects=self.objects)
        return self

    @property
    def masks(self) -> dict[str, MaskColumn]:
        """The columns that are masks, by name; with any, the truth is an archive."""
        return masks_of(self.columns)


def masks_of(columns: Mapping[str, Column], /) -> dict[str, MaskColumn]:
    """Return the columns that are masks, by name."""
    return {name: column for name, column in columns.items() if isinstance(column, MaskColumn)}


def check_masks(
    columns: Mapping[str, Column], /, *, objects: Objects | None
) -> dict[str, MaskColumn]:
    """Return the columns of masks; raise ValueError if two are in one file, or objects have one."""
    masks = masks_of(columns)
    _require_different(tuple(mask.member for mask in masks.values()), what="member")
    if masks and objects is not None:
        raise ValueError(f"{min(masks)}: a mask is of an id, and no column of its objects")
    return masks


def check_objects(
    objects: Objects | None, /, *, columns: Mapping[str, Column], others: list[str]
) -> None:
    """Raise ValueError unless the arrays are of columns of numbers, each in one array only."""
    if objects is None:
        return
    if lists := [name for name, column in columns.items() if isinstance(column, CodesColumn)]:
        raise ValueError(f"{lists[0]}: an object has no list of codes, only numbers and labels")
    numbers = {
        name for name, column in columns.items() if isinstance(column, FloatColumn | IntegerColumn)
    }
    counts = Counter(part for parts in objects.arrays.values() for part in parts)
    for part, count in counts.items():
        if part not in numbers:
            raise ValueError(f"objects.arrays names {part}, which is no column of numbers")
        if count > 1:
            raise ValueError(f"objects.arrays names {part} twice")
    for name, parts in objects.arrays.items():
        if not parts or name in columns or name in others:
            raise ValueError(f"objects.arrays: {name} must be a new name for some columns")


def names_of(columns: Mapping[str, Column], /, *, objects: Objects | None) -> list[str]:
    """Return the names that metrics read, `arrays` in place of their columns."""
    arrays = {} if objects is None else objects.arrays
    within = {part for parts in arrays.values() for part in parts}
    return [*arrays, *(name for name in columns if name not in within)]


def _require_room(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"min {low} is larger than max {high}")


def _require_different(words: tuple[str, ...] | tuple[int, ...], *, what: str) -> None:
    for word, count in Counter(words).items():
        if count > 1:
            raise ValueError(f"the {what} {word} is named twice")
