"""The masks that go with a table, read as those of participants are, and written anew as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from challenge_platform.spreadsheet.sheet import Problems, Sheet
from scorers.column_types import MAX_PIXELS, MaskColumn
from scorers.rasters.formats import READERS, reader_of, shape_in
from scorers.rasters.png import written
from scorers.rasters.raster import Shape, Unreadable

MOST_LABEL = 255
"""The largest label of a PNG that is written here."""

AXES = 2

Mask = tuple[Shape, bytes]
"""The height and width of a mask, and the PNG that it is published as."""


def read_masks(
    found: Mapping[str, Sequence[Path]],
    /,
    *,
    columns: Mapping[str, MaskColumn],
    sheet: Sheet,
    problems: Problems,
) -> list[dict[str, Mask]]:
    """Give the mask of each row by its column; what is no mask of the row is a problem.

    `found` has the file of each row by the column that names it.
    """
    rows: list[dict[str, Mask]] = [{} for _ in sheet.lines]
    for name, paths in found.items():
        for row, (line, path) in enumerate(zip(sheet.lines, paths, strict=True)):
            mask = _read(path, column=columns[name], problems=problems)
            if mask is None:
                continue
            if any(shape != mask[0] for shape, _ in rows[row].values()):
                problems.add(
                    sheet.name,
                    row=line,
                    column=name,
                    what="its mask has another size than the others of the row",
                    repair="draw all masks of a row on pictures of one size",
                )
            rows[row][name] = mask
    return rows


def _read(path: Path, *, column: MaskColumn, problems: Problems) -> Mask | None:
    place = f"{path.parent.name}/{path.name}"
    read = reader_of(path.name.lower())
    if read is None:
        known = ", ".join(READERS)
        problems.add(
            place, what=f"is of a kind that is not read, which are {known}", repair="save it as PNG"
        )
        return None
    content = path.read_bytes()
    try:
        shape = shape_in(content, read=read)
        if len(shape) != AXES or not 0 < shape[0] * shape[1] <= MAX_PIXELS:
            problems.add(
                place,
                what=f"has the shape {' x '.join(map(str, shape))}",
                repair=f"save one flat picture of at most {MAX_PIXELS:,} pixels",
            )
            return None
        labels = read(content, shape=shape).labels
    except Unreadable as wrong:
        problems.add(
            place, what=f"holds {wrong.found}, expected {wrong.expected}", repair=str(wrong.repair)
        )
        return None
    held = np.unique(labels).tolist()
    known_labels = {0, *(column.labels or range(1, MOST_LABEL + 1))}
    if unknown := [label for label in held if label not in known_labels or label > MOST_LABEL]:
        problems.add(
            place,
            what=f"holds the label {unknown[0]}, which challenge.yaml does not list",
            repair="add it to labels (ImageJ writes 255 for what is marked), or draw the mask anew",
        )
        return None
    return (shape[0], shape[1]), written(labels)
