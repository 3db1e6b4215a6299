"""Undoing the filters of PNG, without a loop over pixels.

W3C's PNG specification, section 9.2: a filtered byte is the difference of a byte and of what its
neighbours foretell, a to the left, b above and c above to the left, modulo 256. The left one is
`step` bytes away.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int16]


def unfiltered(rows: Bytes, /, *, filters: Bytes, step: int) -> Bytes:
    """Return the bytes of an image, of shape (rows, bytes); `filters` has the filter of each row.

    A filter is one of 0 to 4. Nothing else is assumed of the bytes, so that any data take the same
    time for their size.
    """
    if not filters.any():
        return np.ascontiguousarray(rows)
    pixels = rows.reshape(len(rows), -1, step)
    if filters.max() < _AVERAGE:
        return _by_rows(pixels, filters).reshape(rows.shape)
    return _by_diagonals(pixels, filters).reshape(rows.shape)


def _by_rows(pixels: Bytes, filters: Bytes) -> Bytes:
    """Undo filters that look either to the left or above."""
    done = pixels.copy()
    for row, kind in enumerate(filters.tolist()):
        if kind == _SUB:
            np.cumsum(pixels[row], axis=0, dtype=np.uint8, out=done[row])
        elif kind == _UP and row:
            done[row] += done[row - 1]
    return done


def _by_diagonals(pixels: Bytes, filters: Bytes) -> Bytes:
    """Undo any filters: all pixels of a diagonal, from below left to above right, at once.

    All that foretells them lies on the two diagonals before. Row r of diagonal d is the pixel in
    column d - r; both are moved by one, so that what is outside of the image is 0.
    """
    height, width, step = pixels.shape
    row, column = np.arange(height)[:, None], np.arange(width)[None, :]
    skewed = np.zeros((height + width - 1, height, step), dtype=np.int16)
    skewed[row + column, row] = pixels
    done = np.zeros((height + width + 1, height + 1, step), dtype=np.int16)
    kinds = [(kind, (filters == kind)[:, None]) for kind in np.unique(filters).tolist()]
    for diagonal in range(height + width - 1):
        first, last = max(0, diagonal - width + 1), min(height, diagonal + 1)
        a = done[diagonal + 1, first + 1 : last + 1]
        b = done[diagonal + 1, first:last]
        c = done[diagonal, first:last]
        value = skewed[diagonal, first:last]
        for kind, rows in kinds:
            if kind:
                value = value + _foretold(kind, a, b, c) * rows[first:last]
        done[diagonal + 2, first + 1 : last + 1] = value & 0xFF
    image: Bytes = done[row + column + 2, row + 1].astype(np.uint8)
    return image


def _foretold(kind: int, a: Numbers, b: Numbers, c: Numbers) -> NDArray[np.integer[Any]]:
    if kind == _SUB:
        return a
    if kind == _UP:
        return b
    if kind == _AVERAGE:
        return (a + b) >> 1
    # The one of the three that is nearest to a + b - c; the first of equals.
    to_a, to_b = np.abs(b - c), np.abs(a - c)
    to_c = np.abs(a + b - c - c)
    return np.where((to_a <= to_b) & (to_a <= to_c), a, np.where(to_b <= to_c, b, c))
