"""The surface between the voxels of a mask and the rest, in pieces of known size."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector
from scorers.segmentation.masks import Mask

Corner = tuple[int, ...]
Edge = frozenset[Corner]
Triangle = tuple[int, int, int]

RING = ((0, 0), (0, 1), (1, 1), (1, 0))
"""The corners of a square in turn."""


def surface_codes(mask: Mask, /) -> NDArray[np.uint8]:
    """Return which of the 4 (or 8) voxels around each corner of the grid are in the mask.

    The result is one longer than the mask along each axis, since what is outside of the image is
    not in the mask. Bit i of a code stands for the i-th corner of a cell, the last axis fastest.
    """
    padded = np.pad(mask, 1)
    codes = np.zeros([size - 1 for size in padded.shape], dtype=np.uint8)
    for bit, corner in enumerate(product((0, 1), repeat=mask.ndim)):
        around = tuple(
            slice(start, start + size) for start, size in zip(corner, codes.shape, strict=True)
        )
        codes |= padded[around].astype(np.uint8) << np.uint8(bit)
    return codes


def surface_sizes(spacing: tuple[float, ...], /) -> Vector:
    """Return the size of the surface in a cell by its code: a length in 2-D, an area in 3-D.

    `spacing` is in mm along each axis, so the sizes are in mm or square mm.
    """
    codes, pieces = _table(len(spacing))
    sides = (pieces[:, 1:] - pieces[:, :1]) * np.array(spacing)
    sizes = np.zeros(2**2 ** len(spacing))
    np.add.at(sizes, codes, _sizes(sides))
    return sizes


@cache
def _table(dimensions: int) -> tuple[NDArray[np.intp], Vector]:
    """Return the pieces of surface in a cell, one point a row, and the code that each belongs to.

    The surface goes through the midpoints of the edges of which one end is in the mask. Corners
    across a face from each other are kept apart, those of the fewer kind; in 3-D each loop around
    the cell is spanned by the triangles of the largest area at equal spacing. This gives the table
    of Nikolov et al. (J Med Internet Res 2021;23:e26151, the package surface-distance).
    """
    cells = 2**dimensions
    corners = list(product((0, 1), repeat=dimensions))
    codes, pieces = [], []
    for code in range(2**cells):
        inside = {corner for bit, corner in enumerate(corners) if code >> bit & 1}
        fewer = inside if 2 * len(inside) <= cells else set(corners) - inside
        found = list(_pieces(frozenset(fewer), dimensions=dimensions))
        codes += [code] * len(found)
        pieces += found
    return np.array(codes), np.array(pieces)


def _pieces(inside: frozenset[Corner], *, dimensions: int) -> Iterator[Vector]:
    """Yield the segments (2-D) or triangles (3-D) of a cell, one point a row."""
    segments = [pair for ring in _faces(dimensions) for pair in _segments(ring, inside)]
    if dimensions == len(RING[0]):
        yield from (np.array([_middle(edge) for edge in pair]) for pair in segments)
        return
    for loop in _loops(segments):
        points = np.array([_middle(edge) for edge in loop])
        spanned = [points[np.array(told)] for told in _triangulations(0, len(loop) - 1)]
        yield from max(spanned, key=lambda triangles: round(_area(triangles), 9))


def _faces(dimensions: int) -> Iterator[tuple[Corner, ...]]:
    """Yield the square faces of a cell, each as its corners in turn; in 2-D the cell itself."""
    if dimensions == len(RING[0]):
        yield RING
        return
    for axis, side in product(range(dimensions), (0, 1)):
        yield tuple((*corner[:axis], side, *corner[axis:]) for corner in RING)


def _segments(ring: tuple[Corner, ...], inside: frozenset[Corner]) -> Iterator[tuple[Edge, Edge]]:
    """Yield where the surface crosses a face: pairs of cut edges, around each run inside."""
    edges = [frozenset(pair) for pair in pairwise((*ring, ring[0]))]
    entries = [i for i in range(4) if ring[i] in inside and ring[i - 1] not in inside]
    if entries:
        order = edges[entries[0] - 1 :] + edges[: entries[0] - 1]
        cut = [edge for edge in order if len(edge & inside) == 1]
        yield from zip(cut[::2], cut[1::2], strict=True)


def _loops(segments: list[tuple[Edge, Edge]]) -> Iterator[list[Edge]]:
    """Yield the closed loops of the segments; every cut edge is in two of them."""
    neighbours: dict[Edge, list[Edge]] = {}
    for one, other in segments:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    while neighbours:
        edge = next(iter(neighbours))
        loop: list[Edge] = []
        while edge in neighbours:
            loop.append(edge)
            ahead = neighbours.pop(edge)
            edge = next((other for other in ahead if other in neighbours), loop[0])
        yield loop


def _triangulations(first: int, last: int) -> list[list[Triangle]]:
    """Return all ways to span the polygon of the points `first` to `last` by triangles."""
    if last - first < 2:  # noqa: PLR2004 -- two points span nothing
        return [[]]
    return [
        [*left, *right, (first, middle, last)]
        for middle in range(first + 1, last)
        for left in _triangulations(first, middle)
        for right in _triangulations(middle, last)
    ]


def _middle(edge: Edge) -> Vector:
    middle: Vector = np.array(list(edge)).mean(axis=0)
    return middle


def _area(triangles: Vector) -> float:
    return float(_sizes(triangles[:, 1:] - triangles[:, :1]).sum())


def _sizes(sides: Vector) -> Vector:
    """Return lengths of segments (one side each) or areas of triangles (two sides each)."""
    if sides.shape[1] == 1:
        length: Vector = np.sqrt((sides[:, 0] ** 2).sum(axis=1))
        return length
    normals = np.cross(sides[:, 0], sides[:, 1])
    area: Vector = np.sqrt((normals**2).sum(axis=1)) / 2
    return area
