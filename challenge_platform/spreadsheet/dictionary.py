"""The dictionary of a table's public files: what each column is, and what it holds."""

import csv
import io
import math
from collections.abc import Mapping, Sequence

from challenge_platform.core.table_section import SIZES, TEST, TRAIN, Table

HEADER = ("column", "file", "role", "type", "values", "empty", "description")
_MADE = dict(zip(SIZES, ("Rows of pixels of the mask.", "Pixels of a row of it."), strict=True))

MOST_VALUES = 20
"""Values of a column of text that are listed; of more, only their number is told."""


def described(
    table: Table,
    /,
    *,
    features: Sequence[str],
    train: Sequence[Mapping[str, str]],
    test: Sequence[Mapping[str, str]],
) -> bytes:
    """Write dictionary.csv: a line for each column of train.csv, in its order.

    What targets hold is told of train.csv alone; of the others both files are public.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    both = f"{TRAIN} {TEST}"
    picture = " Its picture has this name in the archive." if table.files else ""
    if len(table.file_columns) > 1:
        ends = ", ".join(f"_{column}" for column in table.file_columns)
        picture = f" Its pictures have this name in the archive, and the ends {ends}."
    names = {table.id: f"The row.{picture}"}
    writer.writerow(
        (table.id, both, "id", "text", "", 0, table.describe.get(table.id, names[table.id]))
    )
    if table.unit != table.id:
        told = table.describe.get(table.unit, "Rows with the same value belong together.")
        writer.writerow((table.unit, TRAIN, "group", "text", "", 0, told))
    for role, columns, rows, file in (
        ("feature", features, [*train, *test], both),
        ("size", table.sizes, [*train, *test], both),
        ("target", table.plain_targets, train, TRAIN),
    ):
        for column in columns:
            held = [row[column] for row in rows]
            kind, values = _held([cell for cell in held if cell])
            empty = sum(not cell for cell in held)
            told = table.describe.get(column, _MADE.get(column, "") if role == "size" else "")
            writer.writerow((column, file, role, kind, values, empty, told))
    for column in table.mask_targets:
        told = table.describe.get(column, "The mask of the row, by its name in the archive.")
        writer.writerow((column, table.mask_archives[0], "target", "mask", "", 0, told))
    return text.getvalue().encode()


def _held(cells: Sequence[str]) -> tuple[str, str]:
    """Give the type of a column, `number` or `text`, and its range or its values."""
    if cells and all(number(cell) is not None for cell in cells):
        low, high = (pick(cells, key=lambda cell: number(cell) or 0.0) for pick in (min, max))
        return "number", f"{low} to {high}"
    values = sorted(set(cells))
    if len(values) > MOST_VALUES:
        return "text", f"{len(values)} values"
    return "text", "; ".join(values)


def number(cell: str, /) -> float | None:
    """Give the finite number that a cell holds; None if it holds anything else."""
    try:
        found = float(cell)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in cell else None
