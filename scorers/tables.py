"""The tables of a challenge: what a predictions file holds, and how its truth is read."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from scorers.column_types import (
    INTEGER_DIGITS,
    MAX_CODES,
    MAX_LABEL,
    MAX_PIXELS,
    MAX_PIXELS_IN_ALL,
    CodesColumn,
    Column,
    ColumnName,
    FloatColumn,
    Integer,
    IntegerColumn,
    LabelColumn,
    MaskColumn,
    Section,
    Word,
    masks_of,
    require_different,
)
from scorers.models import ByteSize, Field, StringConstraints, WithJsonSchema, model_validator

__all__ = [
    "INTEGER_DIGITS",
    "MAX_CODES",
    "MAX_LABEL",
    "MAX_PIXELS",
    "MAX_PIXELS_IN_ALL",
    "TRUTH_TABLE",
    "CodesColumn",
    "Column",
    "ColumnName",
    "FileName",
    "FloatColumn",
    "Integer",
    "IntegerColumn",
    "LabelColumn",
    "MaskColumn",
    "Objects",
    "Section",
    "Size",
    "SubmissionDefinition",
    "SubmittedObjects",
    "TruthTable",
    "Word",
    "check_masks",
    "check_objects",
    "masks_of",
    "names_of",
]

Size = Annotated[
    ByteSize, WithJsonSchema({"type": ["integer", "string"], "examples": ["10MB", "4GiB", 1024]})
]
"""A number of bytes, or a text such as `10MB` (millions) or `4GiB` (powers of 1024)."""

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]

TRUTH_TABLE = "truth.csv"
"""The table in an archive of the truth, beside its masks."""


class Objects(Section):
    """A row is an object of a unit, such as a box in an image: units have several rows, or none.

    Metrics get for each unit what its objects hold: an array of as many rows as it has objects
    for each of `arrays`, and a list for each of the other columns, in the order of the file.
    """

    arrays: Annotated[
        dict[ColumnName, tuple[ColumnName, ...]],
        Field(description="Columns side by side under one name: `box: [x1, y1, x2, y2]`."),
    ] = {}  # noqa: RUF012 -- the default of a model, which pydantic copies


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
    object of an id. With `format: archive` the file is an archive. Of each id it has one file for
    each column of masks, and the JSON file `member` for the other columns, if there are any.
    """

    kinds: Annotated[
        tuple[Literal["predictions", "code", "container"], ...],
        Field(min_length=1, description="What may be sent in."),
    ]
    format: Annotated[
        Literal["table", "archive", "files"],
        Field(
            description="A CSV table; a zip with files of each id: masks, JSON, or both; or an "
            "archive of any files, which `scoring.program` reads."
        ),
    ] = "table"
    member: Annotated[
        str | None,
        StringConstraints(
            pattern=r"^[A-Za-z0-9._/-]*\{id\}[A-Za-z0-9._/-]*\.json$", max_length=100
        ),
        Field(
            description="With `format: archive`: name of the file of an id with all columns that "
            "are no masks, such as `{id}.json`. It is an object with a key for each column or, "
            "with `objects`, a list of them, empty for an id without any; of `arrays` each is one "
            "key, with a list."
        ),
    ] = None
    file: Annotated[FileName, Field(description="Usual name of the predictions file.")]
    ids: Annotated[
        FileName | Literal[""], Field(description="Public file that lists the ids to predict.")
    ] = ""
    id: Annotated[
        ColumnName | Literal[""], Field(description="Its id column, and that of the predictions.")
    ] = ""
    columns: Annotated[dict[ColumnName, Column], Field(description="The columns to predict.")] = {}  # noqa: RUF012 -- as above
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
    def _says_what_it_asks_for(self) -> Self:
        given = [name for name in ("ids", "id", "columns", "objects") if getattr(self, name)]
        if self.format != "files":
            for name in ("ids", "id", "columns"):
                if name not in given:
                    raise ValueError(f"{name} is missing, which says what is predicted; add it")
        elif given:
            raise ValueError(f"with format: files nothing reads {given[0]}; take it out")
        elif self.kinds != ("predictions",):
            raise ValueError(
                "format: files is sent, and not made by programs; kinds: [predictions]"
            )
        return self

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError("a kind is named twice")
        if self.id in self.columns:
            raise ValueError(f"{self.id} is the id column and cannot be predicted")
        check_objects(self.objects, columns=self.columns, others=[self.id])
        masks = check_masks(self.columns, objects=self.objects)
        if self.member is not None and self.format != "archive":
            raise ValueError("member: only an archive has files of ids; set format: archive")
        if self.format == "archive" and (self.member is None) != (len(masks) == len(self.columns)):
            raise ValueError(
                "with format: archive all columns are of type: mask, but for those of the JSON "
                "file that member names, such as {id}.json"
            )
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
    def sizes(self) -> tuple[str, ...]:
        """The columns of the table of ids that say how large the image of each is."""
        return sizes_of(self.masks)

    @property
    def plain(self) -> dict[str, Column]:
        """The columns that are no masks, by name."""
        return {name: c for name, c in self.columns.items() if not isinstance(c, MaskColumn)}

    @property
    def keys(self) -> list[str]:
        """The keys of an object in a document."""
        return names_of(self.plain, objects=self.objects)

    @property
    def members(self) -> list[str]:
        """The names of the files of an id in an archive, with `{id}` in them."""
        masks = [mask.member for mask in self.masks.values()]
        return [*masks, self.member] if self.member else masks

    def document(self, name: str, /) -> str:
        """Give the name of the document of an id; "" where there is none."""
        return (self.member or "").replace("{id}", name)

    def files(self, name: str, /) -> list[str]:
        """Give the names of the files of an id in an archive."""
        return [member.replace("{id}", name) for member in self.members]

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
    columns: dict[ColumnName, Column] = {}  # noqa: RUF012 -- as above
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

    @property
    def sizes(self) -> tuple[str, ...]:
        """The columns that say how large the image of each id is."""
        return sizes_of(self.masks)


def sizes_of(masks: Mapping[str, MaskColumn], /) -> tuple[str, ...]:
    """Return the columns that say how large images are, each once."""
    return tuple(dict.fromkeys(name for mask in masks.values() for name in mask.sizes))


def check_masks(
    columns: Mapping[str, Column], /, *, objects: Objects | None
) -> dict[str, MaskColumn]:
    """Return the columns of masks; raise ValueError if two are in one file, or objects have one."""
    masks = masks_of(columns)
    require_different(tuple(mask.member for mask in masks.values()), what="member")
    if masks and objects is not None:
        raise ValueError(f"{min(masks)}: a mask is of an id, and no column of its objects")
    return masks


def check_objects(
    objects: Objects | None, /, *, columns: Mapping[str, Column], others: list[str]
) -> None:
    """Raise ValueError unless objects have numbers and labels, each in one array at most."""
    if objects is None:
        return
    if lists := [name for name, column in columns.items() if isinstance(column, CodesColumn)]:
        raise ValueError(f"{lists[0]}: an object has no list of codes, only numbers and labels")
    counts = Counter(part for parts in objects.arrays.values() for part in parts)
    for part, count in counts.items():
        if part not in columns:
            raise ValueError(f"objects.arrays names {part}, which is no column of an object")
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
