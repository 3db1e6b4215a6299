"""The section `data` of challenge.yaml: a recipe, a table to be dealt, or files as they are."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, GetCoreSchemaHandler, Tag, model_validator
from pydantic_core import CoreSchema, core_schema

from challenge_platform.core.table_section import PACKED_TRUTH, TRUTH, USAGE, Table
from scorers.program import require_inside
from scorers.tables import Column, ColumnName, FileName, Objects, Section

KIT = "starter-kit.zip"
"""The public file that is no data: what a participant needs for a first submission."""

REFERENCE = "reference.zip"
"""The hidden truth that the organizers' own scoring program reads."""


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
            public=table.public,
            input=table.input,
            truth=PACKED_TRUTH if table.mask_targets else TRUTH,
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
