"""Undoing the filters of PNG, fast for what programs write, and not slow for anything.

W3C's PNG specification, section 9.2: a filtered byte is the difference of a byte and of what its
neighbours foretell, a to the left, b above and c above to the left, modulo 256. The left one is
`step` bytes away.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4

_FEW = 150
"""Rows that are undone byte by byte; with more, diagonals are faster, whatever their length."""

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int16]


def unfiltered(rows: Bytes, /, *, filters: Bytes, step: int) -> Bytes:
    """Return the bytes of an image, of shape (rows, bytes); `filters` has the filter of each row.

    A filter is one of 0 to 4; of the bytes nothing is assumed.
    """
    if not filters.any():
        return np.ascontiguousarray(rows)
    pixels = rows.reshape(len(rows), -1, step)
    slow = np.count_nonzero(filters >= _AVERAGE) > _FEW
    undone = _by_diagonals(pixels, filters) if slow else _by_rows(pixels, filters)
    return undone.reshape(rows.shape)


def _by_rows(pixels: Bytes, filters: Bytes) -> Bytes:
    """Undo the filters of one row after the other."""
    done = pixels.copy()
    above = np.zeros_like(pixels[0])
    for row, kind in enumerate(filters.tolist()):
        if kind == _SUB:
            np.cumsum(pixels[row], axis=0, dtype=np.uint8, out=done[row])
        elif kind == _UP:
            done[row] += above
        elif kind:
            for byte in range(pixels.shape[2]):
                made = _one_by_one(pixels[row, :, byte].tolist(), above[:, byte].tolist(), kind)
                done[row, :, byte] = made
        above = done[row]
    return done


def _one_by_one(filtered: list[int], above: list[int], kind: int) -> list[int]:
    made = []
    a = c = 0
    for value, b in zip(filtered, above, strict=True):
        if kind == _AVERAGE:
            foretold = (a + b) >> 1
        else:
            to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - c - c)
            foretold = a if to_a <= to_b and to_a <= to_c else b if to_b <= to_c else c
        a, c = (value + foretold) & 0xFF, b
        made.append(a)
    return made


def _by_diagonals(pixels: Bytes, filters: Bytes) -> Bytes:
    """Undo all pixels of a diagonal, from below left to above right, at once.

    All that foretells them lies on the two diagonals before. Row r of diagonal d is the pixel in
    column d - r; of `done` both are moved on, so that what is outside of the image is 0.
    """
    height, width, step = pixels.shape
    filtered = np.zeros((height + width - 1, height, step), dtype=np.int16)
    _upright(filtered, shape=pixels.shape)[...] = pixels
    done = np.zeros((height + width + 1, height + 1, step), dtype=np.int16)
    kinds = [(kind, (filters == kind)[:, None]) for kind in range(_SUB, _PAETH + 1)]
    for diagonal in range(height + width - 1):
        first, last = max(0, diagonal - width + 1), min(height, diagonal + 1)
        a = done[diagonal + 1, first + 1 : last + 1]
        b = done[diagonal + 1, first:last]
        c = done[diagonal, first:last]
        value = filtered[diagonal, first:last]
        for kind, rows in kinds:
            np.add(value, _foretold(kind, a, b, c), out=value, where=rows[first:last])
        np.bitwise_and(value, 0xFF, out=done[diagonal + 2, first + 1 : last + 1])
    return _upright(done[2:, 1:], shape=pixels.shape).astype(np.uint8)


def _upright(skewed: Numbers, *, shape: tuple[int, ...]) -> Numbers:
    """Return the image in an array of diagonals and rows: the same memory, looked at by rows."""
    by_diagonal, by_row, by_byte = skewed.strides
    return as_strided(skewed, shape=shape, strides=(by_diagonal + by_row, by_diagonal, by_byte))


def _foretold(kind: int, a: Numbers, b: Numbers, c: Numbers) -> Numbers:
    if kind == _SUB:
        return a
    if kind == _UP:
        return b
    if kind == _AVERAGE:
        return (a + b) >> 1
    # The one of the three that is nearest to a + b - c; the first of equals.
    from_b, from_a = b - c, a - c
    to_a, to_b, to_c = np.abs(from_b), np.abs(from_a), np.abs(from_b + from_a)
    foretold = np.where(to_b <= to_c, b, c)
    np.copyto(foretold, a, where=to_a <= np.minimum(to_b, to_c))
    return foretold
