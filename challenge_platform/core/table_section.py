"""The section `data` of challenge.yaml where it is a table, dealt out without a program."""

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from scorers.tables import Column, ColumnName, MaskColumn, Section, masks_of

TRAIN, TEST = "train.csv", "test.csv"
DICTIONARY = "dictionary.csv"
"""The public file that says what the columns of the others mean, where a challenge has one."""

TRUTH, PACKED_TRUTH = "truth.csv", "truth.zip"
SIZES = ("height", "width")
"""The columns that are made of masks: how many pixels an image has along each axis."""

USAGE = "usage"
"""The column of a table's truth that says `public` or `private`."""

_IN_FILE_NAMES = re.compile(r"[A-Za-z0-9_-]{1,50}")


class Deal(Section):
    """How the rows of a table are dealt out to train.csv, and to the two boards of test.csv."""

    test: Annotated[float, Field(gt=0, lt=1, description="Part of the rows to predict.")]
    public: Annotated[
        float, Field(gt=0, lt=1, description="Part of these by which the public board is scored.")
    ]
    stratify: Annotated[
        ColumnName | None,
        Field(description="Column of whose values each part has the same share."),
    ] = None
    group: Annotated[
        ColumnName | None,
        Field(description="Column, such as the patient, whose rows stay together in one part."),
    ] = None
    seed: Annotated[int, Field(description="Another number deals anew and makes other ids.")] = 0

    @property
    def test_share(self) -> Fraction:
        """The part to predict, as it was written."""
        return Fraction(str(self.test))

    @property
    def public_share(self) -> Fraction:
        """The part of the rows to predict that the public board is scored by."""
        return Fraction(str(self.public))


def _without_id(schema: dict[str, Any]) -> None:
    """Let the id be left out of the file: the definition then takes that of the submission."""
    schema["required"].remove("id")


class Table(Section):
    """Data without a program: a spreadsheet of labels and, if there are any, a folder of pictures.

    The platform deals its rows out, gives them ids that tell nothing, and makes `train.csv`,
    `test.csv`, `dictionary.csv`, one ZIP archive of pictures for each, and the hidden truth.
    """

    model_config = ConfigDict(json_schema_extra=_without_id)

    table: Annotated[str, Field(description="The spreadsheet, .xlsx, or a .csv file.")]
    sheet: Annotated[
        str | None, Field(description="Sheet of the spreadsheet; by default its first.")
    ] = None
    id: Annotated[
        ColumnName,
        Field(description="Column that names each row; by default the one of `submission.id`."),
    ]
    files: Annotated[
        str | None, Field(description="Folder with the pictures, PNG or JPEG, of each row.")
    ] = None
    file: Annotated[
        ColumnName | tuple[ColumnName, ...] | None,
        Field(
            description="Column with the name of a row's picture; by default that of `id`. "
            "Several, `[front, back]`, if a row has several pictures."
        ),
    ] = None
    masks: Annotated[
        str | None,
        Field(
            description="Folder with the masks, PNG, TIFF or npy, of the targets of `type: mask`: "
            "each of these columns has the name of a row's mask."
        ),
    ] = None
    hidden: Annotated[
        bool,
        Field(
            description="Keep test.csv and its pictures from participants: programs alone see "
            "them, and people a sample made of train.csv."
        ),
    ] = False
    targets: Annotated[
        tuple[ColumnName, ...],
        Field(min_length=1, description="Columns to predict: in train.csv, hidden of test.csv."),
    ]
    features: Annotated[
        tuple[ColumnName, ...],
        Field(description="Columns that are published of all rows; `*` stands for any letters."),
    ] = ()
    drop: Annotated[
        tuple[ColumnName, ...],
        Field(description="Columns that are not published; `*` stands for any letters."),
    ] = ()
    describe: Annotated[
        dict[ColumnName, str], Field(description="What columns mean, for dictionary.csv.")
    ] = {}  # noqa: RUF012 -- pydantic copies it
    split: Annotated[Deal, Field(description="How rows are dealt out.")]
    subgroups: Annotated[
        tuple[ColumnName, ...],
        Field(description="Columns, published or not, by whose values scores are split too."),
    ] = ()
    columns: Annotated[
        dict[ColumnName, Column],
        Field(description="Targets and subgroups with a type; they then have no empty cell."),
    ] = {}  # noqa: RUF012 -- pydantic copies it

    @model_validator(mode="after")
    def _has_one_role_a_column(self) -> Self:
        for name, count in Counter(self._named()).items():
            if count > 1:
                raise ValueError(
                    f"the column {name!r} has two roles; name it once in id, split.group, file, "
                    "targets, features or drop"
                )
        if not self.table.lower().endswith((".xlsx", ".csv")):
            raise ValueError(f"table is {self.table!r}; name a .xlsx or a .csv file")
        for path in filter(None, (self.table, self.files, self.masks)):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise ValueError(
                    f"{path!r} is outside the folder; write where it is within it, or within the "
                    "folder that --from names"
                )
        if self.file is not None and self.files is None:
            raise ValueError("file names a column of pictures; name their folder in files too")
        self._check_pictures()
        if USAGE in (self.id, *self.truth_columns):
            raise ValueError(f"a column is called {USAGE!r}, as one of the truth; rename it")
        if unknown := set(self.columns) - {*self.targets, *self.subgroups}:
            raise ValueError(
                f"columns types {min(unknown)!r}, which is in neither targets nor subgroups"
            )
        return self

    def _check_pictures(self) -> None:
        if len(self.file_columns) > 1:
            for name in self.file_columns:
                if not _IN_FILE_NAMES.fullmatch(name):
                    raise ValueError(
                        f"the column {name!r} becomes part of names of files; rename it in letters "
                        "a to z, digits, - and _"
                    )
        if bool(self.mask_targets) != (self.masks is not None):
            raise ValueError(
                "masks names the folder of the targets of type: mask; say both, or neither"
            )
        for name, mask in self.mask_targets.items():
            if name not in self.targets:
                raise ValueError(f"{name} is of type: mask; name it in targets")
            if not mask.member.endswith(".png") or mask.shape != SIZES or mask.spacing is not None:
                raise ValueError(
                    f"the masks of {name} are published as PNG, each in its own size; write "
                    'member: "{id}.png" and shape: [height, width] here and in submission.columns, '
                    "and no spacing, or write a recipe"
                )

    def _named(self) -> Iterator[str]:
        yield self.id
        yield from (self.split.group,) if self.split.group not in (None, self.id) else ()
        yield from (name for name in self.file_columns if name != self.id)
        yield from self.targets
        yield from self.features
        yield from self.drop

    @property
    def archives(self) -> tuple[str, ...]:
        """The names of the archives of pictures, of train.csv's rows and of test.csv's."""
        return ("train_images.zip", "test_images.zip") if self.files else ()

    @property
    def file_columns(self) -> tuple[str, ...]:
        """The columns with the names of pictures, but for the id by default."""
        if self.file is None:
            return ()
        return (self.file,) if isinstance(self.file, str) else self.file

    @property
    def mask_targets(self) -> dict[str, MaskColumn]:
        """The columns that are masks."""
        return masks_of(self.columns)

    @property
    def plain_targets(self) -> tuple[str, ...]:
        """The targets that are cells of the table, and not the names of masks."""
        return tuple(name for name in self.targets if name not in self.mask_targets)

    @property
    def mask_archives(self) -> tuple[str, ...]:
        """The name of the archive of the masks of train.csv's rows."""
        return ("train_masks.zip",) if self.mask_targets else ()

    @property
    def sizes(self) -> tuple[str, ...]:
        """The columns that are made, with the pixels of masks along each axis."""
        return SIZES if self.mask_targets else ()

    @property
    def public(self) -> tuple[str, ...]:
        """The files that participants download."""
        names = (TRAIN, TEST, DICTIONARY, *self.archives, *self.mask_archives)
        return tuple(name for name in names if name not in self.input)

    @property
    def input(self) -> tuple[str, ...]:
        """The hidden files of programs."""
        return (TEST, *self.archives[1:]) if self.hidden else ()

    @property
    def unit(self) -> str:
        """The column that is resampled."""
        return self.split.group or self.id

    @property
    def truth_columns(self) -> tuple[str, ...]:
        """The columns of the truth that are in the table, without its id."""
        group = (self.unit,) if self.unit != self.id else ()
        strata = (self.split.stratify,) if self.split.stratify else ()
        named = dict.fromkeys((*group, *self.targets, *self.subgroups, *strata))
        return tuple(name for name in named if name not in self.mask_targets)
