"""The organizer's tables that predictions are compared with: the ids to predict, and the truth."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Columns
from scorers.predictions.archive import Files, read_files, unpackable
from scorers.predictions.cells import read_column
from scorers.predictions.masks import read_masks
from scorers.predictions.numbers import NUMBERS_OR_NOTHING
from scorers.predictions.objects import gather, side_by_side
from scorers.predictions.problems import Findings, InvalidPredictions, InvalidTable, Problem
from scorers.predictions.rows import decode, split_row, split_rows
from scorers.predictions.sizes import Ids, read_sizes, shapes_of
from scorers.tables import MAX_PIXELS_IN_ALL, TRUTH_TABLE, MaskColumn, TruthTable

ARCHIVE_SIGNATURE = b"PK\x03\x04"
MAX_TABLE = 1 << 28
"""Bytes of the table in an archive of the truth."""

SPACING = "{name}_spacing"
"""The column of the truth with the mm between pixels, where the files of a mask tell them."""

Read = TypeVar("Read")
Cells = Mapping[str, Sequence[str]]
"""The cells of a table, by column."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A truth table: columns as metrics read them, aligned with `ids`.

    Columns without a declared type are of float64 (NaN where empty) or of text.
    """

    ids: tuple[str, ...]
    columns: Columns


def read_ids(data: bytes, /, *, id_column: str, sizes: Iterable[str] = ()) -> Ids:
    """Return the ids of a table such as test.csv, in its order, with what its columns `sizes` tell.

    Raises InvalidTable if the table cannot be read, an id is empty or there twice, or a size is
    none.
    """
    cells = _read_table(data)
    ids = _once(_ids(cells, column=id_column), column=id_column)
    return Ids.of(ids, sizes=read_sizes(cells, sizes))


def read_names(data: bytes, /) -> list[str]:
    """Return the names of the columns of a truth's table; raise InvalidTable if it is none."""
    return list(_read_table(_table_in(data) if data.startswith(ARCHIVE_SIGNATURE) else data))


def read_truth(data: bytes, /, *, table: TruthTable) -> Truth:
    """Return the truth, read as `table` says: a table or, with masks, an archive that has one.

    Raises InvalidTable if the table cannot be read, an id is empty or, unless rows are objects,
    there twice, a column is missing, a cell is not as its type says, or a mask is no mask.
    """
    cells = _read_table(_table_in(data) if table.masks else data)
    ids = _ids(cells, column=table.id)
    needed = [*table.text, *(name for name in table.columns if name not in table.masks)]
    missing = [name for name in needed if name not in cells]
    if missing:
        raise InvalidTable(f"the truth has no column {missing[0]}; it has {', '.join(cells)}")
    if table.objects is not None:
        return _read_objects(cells, named=ids, table=table)
    ids = Ids.of(_once(ids, column=table.id), sizes=read_sizes(cells, table.sizes))
    lines = range(2, len(ids) + 2)
    columns = _read_plain(cells, table=table) | _read_typed(cells, table=table, lines=lines)
    masks = _read_masks(data, ids=ids, table=table, known=columns) if table.masks else {}
    return Truth(ids=ids, columns=columns | masks)


def _table_in(data: bytes) -> bytes:
    """Return the table in an archive of the truth."""
    found: list[bytes] = []
    _read_files(
        lambda findings: read_files(
            data,
            wanted=[
                Files(
                    names=[TRUTH_TABLE],
                    largest=MAX_TABLE,
                    take=lambda _name, content: found.append(content),
                )
            ],
            findings=findings,
            others=True,
        )
    )
    return found[0]


def _read_masks(
    data: bytes, *, ids: Ids, table: TruthTable, known: Columns
) -> dict[str, NDArray[Any]]:
    """Return the masks of the truth, and their spacing where columns or files tell it."""
    pixels = sum(prod(shape) for mask in table.masks.values() for shape in shapes_of(mask, ids))
    if pixels > MAX_PIXELS_IN_ALL:
        raise InvalidTable(
            f"the masks of the truth have {pixels:,} pixels; at most {MAX_PIXELS_IN_ALL:,} are "
            "scored in the sandbox's time and memory: make the images smaller, or fewer"
        )
    members = [mask.member for mask in table.masks.values()]
    require_files(ids, members=members, table=TRUTH_TABLE, id=table.id)
    masks = _read_files(
        lambda findings: read_masks(
            data, masks=table.masks, ids=ids, findings=findings, others=True
        )
    )
    told = {
        name: _spacing(known, mask.spacing) for name, mask in table.masks.items() if mask.spacing
    }
    spacing = {SPACING.format(name=name): told[name] for name in told} | {
        SPACING.format(name=name): cells
        for name, cells in masks.spacing.items()
        if name not in told
    }
    if both := spacing.keys() & known.keys():
        raise InvalidTable(f"{TRUTH_TABLE} has a column {min(both)}, which the masks make")
    return {**masks.columns, **spacing}


def require_files(ids: Sequence[str], /, *, members: Iterable[str], table: str, id: str) -> None:  # noqa: A002 -- as in the definition
    """Raise InvalidTable for an id of which no archive that is sent in can have a file.

    `members` are the names of the files of an id, with `{id}` in them.
    """
    for member in members:
        found = unpackable(member.replace("{id}", name) for name in ids)
        if found is not None:
            raise InvalidTable(
                f"{table}, line {found[0] + 2}, column {id}: the file {member} of this id would "
                f"have {found[1]}, which no archive that is sent in can have; write the id in "
                "plain letters and digits (or, of other letters, as unicodedata.normalize('NFC', "
                "id) gives it), in the truth, its files and the public files alike"
            )


def _spacing(known: Columns, names: Sequence[str]) -> NDArray[Any]:
    """Return the numbers of some columns side by side, a tuple for each row."""
    for name in names:
        if name not in known or known[name].dtype.kind != "f" or not (known[name] > 0).all():
            raise InvalidTable(f"{TRUTH_TABLE} has no column {name} of mm, all above 0")
    rows = zip(*(known[name].tolist() for name in names), strict=True)
    return np.fromiter(rows, dtype=np.object_)


def _read_files(read: Callable[[Findings], Read]) -> Read:
    """Read from the truth's archive; raise InvalidTable for the first of what is wrong."""
    findings = Findings()
    try:
        made = read(findings)
        findings.stop_if_any()
    except InvalidPredictions as invalid:
        first = invalid.problems[0]
        where = "" if first.member is None else f", {first.member}"
        raise InvalidTable(
            f"the archive of the truth{where}: {first.code}, the first of {invalid.total} "
            f"problems; expected {first.expected}"
        ) from None
    return made


def _read_plain(cells: Cells, *, table: TruthTable) -> dict[str, NDArray[Any]]:
    """Read the columns without a declared type."""
    as_text = {table.id, *table.text}
    return {
        name: np.array(column) if name in as_text else _numbers_or_text(column)
        for name, column in cells.items()
        if name not in table.columns
    }


def _read_typed(
    cells: Cells, *, table: TruthTable, lines: Sequence[int]
) -> dict[str, NDArray[Any]]:
    findings = Findings()
    columns = {
        name: read_column(cells[name], column=column, name=name, lines=lines, findings=findings)
        for name, column in table.columns.items()
        if not isinstance(column, MaskColumn)
    }
    if findings.total:
        first = findings.kept[0]
        raise InvalidTable(
            f"line {first.line} of the truth, column {first.column}: {first.code}, in the first of "
            f"{findings.total} such cells; expected {first.expected}"
        )
    return columns


def _read_objects(cells: Cells, *, named: tuple[str, ...], table: TruthTable) -> Truth:
    """Gather the rows of each id; one row whose objects' cells are empty has no object."""
    ids = tuple(dict.fromkeys(named))
    place = {name: number for number, name in enumerate(ids)}
    unit = np.array([place[name] for name in named], dtype=np.intp)
    empty = np.all([[not cell for cell in cells[name]] for name in table.columns], axis=0)
    alone = np.bincount(unit)[unit] == 1
    _refuse(empty & ~alone, "has no object, but its id has other rows")
    filled = np.flatnonzero(~empty)
    kept = {name: [cells[name][row] for row in filled.tolist()] for name in table.columns}
    typed = _read_typed(kept, table=table, lines=[row + 2 for row in filled.tolist()])
    columns = side_by_side(typed, objects=table.objects)
    return Truth(
        ids=ids,
        columns=_of_units(_read_plain(cells, table=table), unit=unit)
        | gather(columns, unit=unit[filled], count=len(ids)),
    )


def _of_units(columns: Columns, *, unit: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """Return the columns that say the same in all rows of a unit, one row a unit."""
    first = np.unique(unit, return_index=True)[1]
    for name, column in columns.items():
        repeated = column[first][unit]
        same = repeated == column
        if column.dtype.kind == "f":
            same |= np.isnan(repeated) & np.isnan(column)
        _refuse(~same, f"says something else in column {name} than the first row of its id")
    return {name: column[first] for name, column in columns.items()}


def _refuse(wrong: NDArray[np.bool_], why: str) -> None:
    if wrong.any():
        raise InvalidTable(f"line {int(wrong.argmax()) + 2} of the truth {why}")


def _numbers_or_text(cells: Sequence[str]) -> NDArray[Any]:
    if NUMBERS_OR_NOTHING.fullmatch("\n".join(cells) + "\n"):
        return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    return np.array(cells)


def _read_table(data: bytes) -> dict[str, Sequence[str]]:
    """Return the columns of an organizer's table by name."""
    text = decode(data)
    if isinstance(text, Problem):
        raise InvalidTable(f"the table is no CSV text: {text.code}")
    lines = text.split("\n")
    header = split_row(lines[0])
    if not header or len(set(header)) != len(header):
        raise InvalidTable("line 1 of the table is no header of different column names")
    if len(lines) == 1:
        raise InvalidTable("the table has a header but no rows")
    findings = Findings()
    rows = split_rows(lines[1:], header=header, findings=findings)
    if findings.total:
        first = findings.kept[0]
        raise InvalidTable(f"line {first.line} of the table is no row: {first.code}")
    return dict(zip(header, rows.columns, strict=True))


def _ids(table: Cells, *, column: str) -> tuple[str, ...]:
    if column not in table:
        raise InvalidTable(f"the table has no id column {column}; it has {', '.join(table)}")
    ids = tuple(table[column])
    if "" in ids:
        raise InvalidTable(f"line {ids.index('') + 2} of the table has no id in column {column}")
    return ids


def _once(ids: tuple[str, ...], *, column: str) -> tuple[str, ...]:
    if len(set(ids)) != len(ids):
        raise InvalidTable(f"an id is twice in column {column} of the table")
    return ids
