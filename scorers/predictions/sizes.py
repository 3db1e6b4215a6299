"""The sizes of images that are not all of one size, which columns of the table of ids tell."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from scorers.column_types import MAX_PIXELS, MAX_SIDE, MaskColumn
from scorers.predictions.problems import InvalidTable
from scorers.rasters.raster import Shape

_SIDE = re.compile(r"[1-9][0-9]{0,4}")


class Ids(tuple[str, ...]):  # noqa: SLOT001 -- a tuple has no room for slots
    """The ids of a table in its order, and what columns of it say of the sizes of their images."""

    sizes: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, ids: Iterable[str], /, *, sizes: Mapping[str, Sequence[int]]) -> Self:
        """Make ids with the sizes of each, by the names of the columns."""
        made = cls(ids)
        made.sizes = sizes
        return made


def read_sizes(
    cells: Mapping[str, Sequence[str]], names: Iterable[str], /
) -> dict[str, tuple[int, ...]]:
    """Return the pixels that each of some columns tells; raise InvalidTable where it does not."""
    sizes = {}
    for name in names:
        if name not in cells:
            raise InvalidTable(
                f"the table has no column {name}, which shape names; it has {', '.join(cells)}"
            )
        for row, cell in enumerate(cells[name]):
            if not _SIDE.fullmatch(cell) or int(cell) > MAX_SIDE:
                raise InvalidTable(
                    f"line {row + 2} of the table, column {name}: expected how many pixels the "
                    f"image has along this axis, from 1 to {MAX_SIDE:,}, written such as 512"
                )
        sizes[name] = tuple(map(int, cells[name]))
    return sizes


def shapes_of(column: MaskColumn, ids: Sequence[str], /) -> list[Shape]:
    """Return the shape of the mask of each id; raise InvalidTable if one has too many pixels.

    Raises TypeError if the ids come without the sizes that the column names.
    """
    if not column.sizes:
        fixed = tuple(side for side in column.shape if isinstance(side, int))
        return [fixed] * len(ids)
    if not isinstance(ids, Ids):
        raise TypeError(f"the ids come without the columns {', '.join(column.sizes)}")
    sides = [ids.sizes[s] if isinstance(s, str) else [s] * len(ids) for s in column.shape]
    shapes: list[Shape] = list(zip(*sides, strict=True))
    for row, shape in enumerate(shapes):
        if math.prod(shape) > MAX_PIXELS:
            raise InvalidTable(
                f"line {row + 2} of the table: an image of {math.prod(shape):,} pixels; a mask has "
                f"at most {MAX_PIXELS:,}: make the image smaller"
            )
    return shapes
