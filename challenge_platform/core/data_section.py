"""The section `data` of challenge.yaml: a recipe, a table to be dealt, or files as they are."""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Discriminator, Field, GetCoreSchemaHandler, Tag, model_validator
from pydantic_core import CoreSchema, core_schema

from scorers.program import require_inside
from scorers.tables import Column, ColumnName, FileName, Objects, Section

TRAIN, TEST = "train.csv", "test.csv"
DICTIONARY = "dictionary.csv"
"""The public file that says what the columns of the others mean, where a challenge has one."""

KIT = "starter-kit.zip"
"""The public file that is no data: what a participant needs for a first submission."""

TRUTH = "truth.csv"
REFERENCE = "reference.zip"
"""The hidden truth that the organizers' own scoring program reads."""

USAGE = "usage"
"""The column of a table's truth that says `public` or `private`."""


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
        str | None, Field(description="Folder with one picture, PNG or JPEG, for each row.")
    ] = None
    file: Annotated[
        ColumnName | None,
        Field(description="Column with the name of a row's picture; by default that of `id`."),
    ] = None
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
        for path in filter(None, (self.table, self.files)):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise ValueError(
                    f"{path!r} is outside the folder; write where it is within it, or within the "
                    "folder that --from names"
                )
        if self.file is not None and self.files is None:
            raise ValueError("file names a column of pictures; name their folder in files too")
        if USAGE in (self.id, *self.truth_columns):
            raise ValueError(f"a column is called {USAGE!r}, as one of the truth; rename it")
        if unknown := set(self.columns) - {*self.targets, *self.subgroups}:
            raise ValueError(
                f"columns types {min(unknown)!r}, which is in neither targets nor subgroups"
            )
        return self

    def _named(self) -> Iterator[str]:
        yield self.id
        yield from (self.split.group,) if self.split.group not in (None, self.id) else ()
        yield from (self.file,) if self.file not in (None, self.id) else ()
        yield from self.targets
        yield from self.features
        yield from self.drop

    @property
    def archives(self) -> tuple[str, ...]:
        """The names of the archives of pictures, of train.csv's rows and of test.csv's."""
        return ("train_images.zip", "test_images.zip") if self.files else ()

    @property
    def unit(self) -> str:
        """The column that is resampled."""
        return self.split.group or self.id

    @property
    def truth_columns(self) -> tuple[str, ...]:
        """The columns of the truth that are in the table, without its id."""
        group = (self.unit,) if self.unit != self.id else ()
        strata = (self.split.stratify,) if self.split.stratify else ()
        return tuple(dict.fromkeys((*group, *self.targets, *self.subgroups, *strata)))


class Reference(Section):
    """The folders of reference data, with which the organizers' own scoring program scores."""

    public: Annotated[str, Field(min_length=1, description="That of the public board.")]
    private: Annotated[
        str | None,
        Field(
            min_length=1,
            description="That of the private board; without it, both boards have the same scores.",
        ),
    ] = None

    @model_validator(mode="after")
    def _is_in_the_folder(self) -> Self:
        for board, path in self.folders.items():
            require_inside(path, key=f"data.reference.{board}")
        return self

    @property
    def folders(self) -> dict[str, str]:
        """The folder of each part."""
        return {"public": self.public, **({"private": self.private} if self.private else {})}


class Files(Section):
    """Data without a program: files as they are, in `public/` and in folders of reference data.

    Only the organizers' own scoring program (`scoring.program`) can read such reference data.
    """

    reference: Reference
    public: Annotated[
        tuple[FileName, ...],
        Field(description="The files in `public/` that participants download, if there are any."),
    ] = ()


class Data(Section):
    """Where the data come from and which parts are public."""

    recipe: Annotated[
        str | None,
        Field(description="The Python file that makes the public files and the hidden truth."),
    ] = None
    table: Annotated[
        Table | None,
        Field(description="In place of a recipe: what was said of a table, whose keys see there."),
    ] = None
    reference: Annotated[
        Reference | None,
        Field(description="In place of a recipe: what was said of files as they are; see there."),
    ] = None
    public: Annotated[tuple[str, ...], Field(description="The files that participants download.")]
    input: Annotated[
        tuple[FileName, ...],
        Field(
            description="The hidden files that programs find in `/input`, kept encrypted. The "
            "recipe writes a public sample of each beside them. Without any, programs find the "
            "public files."
        ),
    ] = ()
    truth: Annotated[str, Field(description="Name of the hidden truth, which is kept encrypted.")]
    unit: Annotated[str, Field(description="Truth column with what is predicted and resampled.")]
    split: Annotated[str, Field(description="Truth column that says `public` or `private`.")]
    subgroups: Annotated[
        tuple[str, ...], Field(description="Truth columns by whose values scores are split too.")
    ] = ()
    columns: Annotated[
        dict[ColumnName, Column],
        Field(
            description="Truth columns with a type, without an empty cell; others are numbers if "
            "all their cells are numbers or empty, else text."
        ),
    ] = {}  # noqa: RUF012 -- pydantic copies it
    objects: Annotated[
        Objects | None,
        Field(
            description="Set if a row of the truth is an object of an id: `columns` are then those "
            "of the objects, empty in the one row of an id without any, and the others say the "
            "same in all rows of an id."
        ),
    ] = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if [self.recipe, self.table, self.reference].count(None) != 2:  # noqa: PLR2004 -- of three
            raise ValueError(
                "name in recipe the Python file that makes the data, in table a spreadsheet, or in "
                "reference what scoring.program reads"
            )
        if not self.public and self.reference is None:
            raise ValueError("public names no file; participants need one with the ids to predict")
        if KIT in self.public:
            raise ValueError(
                f"public names {KIT}, which the folder starter_kit is packed as; leave it out, or "
                "rename the file"
            )
        return self

    @classmethod
    def of_table(cls, table: Table, /) -> Self:
        """Give what is known of the data of a table."""
        return cls(
            table=table,
            public=(TRAIN, TEST, DICTIONARY, *table.archives),
            truth=TRUTH,
            unit=table.unit,
            split=USAGE,
            subgroups=table.subgroups,
            columns=table.columns,
        )

    @classmethod
    def of_files(cls, files: Files, /) -> Self:
        """Give what is known of files as they are: no row, and so no unit and no split."""
        reference, public = files.reference, files.public
        return cls(reference=reference, public=public, truth=REFERENCE, unit="", split="")


class AsWritten:
    """Lets the section be written in shorter forms; it is read, and kept, as `Data`."""

    def __get_pydantic_core_schema__(
        self, source: type[Data], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        forms = Annotated[
            Annotated[Data, Tag("(recipe)")]
            | Annotated[Table, Tag("(table)")]
            | Annotated[Files, Tag("(files)")],
            Discriminator(_form),
        ]
        schema = handler.generate_schema(forms)
        return core_schema.no_info_after_validator_function(_as_data, schema)


def _form(value: Any) -> str:  # noqa: ANN401 -- whatever the file holds
    given = value if isinstance(value, Mapping) else {}
    if isinstance(given.get("table"), str) or isinstance(value, Table):
        return "(table)"
    is_short = given.get("reference") is not None and "truth" not in given
    return "(files)" if is_short or isinstance(value, Files) else "(recipe)"


def _as_data(value: Data | Table | Files) -> Data:
    match value:
        case Table():
            return Data.of_table(value)
        case Files():
            return Data.of_files(value)
    return value
