"""Reading a NIfTI-1 file of one volume strictly, plain or within one gzip member.

The layout is that of the header `nifti1.h` (Cox et al., NIfTI-1 Data Format, 2004). The labels come
in the order of the file, x first, as nibabel gives them. Position and orientation are not read.
"""

import math
import struct
from dataclasses import dataclass

import numpy as np

from scorers.message import Message
from scorers.rasters.raster import (
    GZIP,
    Raster,
    Shape,
    inflate,
    refuse,
    refuse_type,
    require_shape,
)

_SIZE = 348
_MOST_ABOUT = 64 * 1024
"""Bytes of extensions that may stand between the header and the voxels."""

_TYPES = {2: "u1", 4: "i2", 8: "i4", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_OTHER_TYPES = {16: "float32", 64: "float64", 32: "complex64", 128: "RGB"}
_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""The mm of each unit of length; unknown ones are taken for mm, as programs do."""

_MOST_AXES = 7
_WIDEST = 8
"""Bytes of the widest integers."""


@dataclass(frozen=True, kw_only=True)
class _Header:
    order: str
    shape: Shape
    kind: int
    steps: tuple[float, ...]
    start: int
    slope: float
    intercept: float
    units: int

    @property
    def is_plain(self) -> bool:
        """Whether the labels are the numbers of the file, unscaled."""
        return self.intercept == 0 and (self.slope in (0, 1) or math.isnan(self.slope))


def read_packed_nifti(content: bytes, /, *, shape: Shape) -> Raster:
    """Return the volume of a .nii.gz; raise Unreadable unless it is of integers of this shape."""
    most = _SIZE + _MOST_ABOUT + math.prod(shape) * _WIDEST
    plain = inflate(content, form=GZIP, most=most)
    if plain is None:
        refuse(
            Message("gzip data that are cut off, damaged, or more than the image has"),
            expected=_expected(),
        )
    return read_nifti(plain, shape=shape)


def read_nifti(content: bytes, /, *, shape: Shape) -> Raster:
    """Return the volume of a .nii; raise Unreadable unless it is of integers of this shape."""
    header = _header(content)
    if header.kind not in _TYPES:
        refuse_type(_OTHER_TYPES.get(header.kind, str(header.kind)))
    if not header.is_plain:
        refuse(
            Message("labels that are scaled when they are read"),
            expected=_expected(),
            repair=Message("save integers, with a slope of 1 and an intercept of 0"),
        )
    found = header.shape
    while len(found) > len(shape) and found[-1] == 1:
        found = found[:-1]
    require_shape(found, expected=shape)
    kind = np.dtype(header.order + _TYPES[header.kind])
    data = content[header.start :]
    if not _SIZE + 4 <= header.start <= _SIZE + _MOST_ABOUT or len(data) != (
        math.prod(shape) * kind.itemsize
    ):
        refuse(Message("another number of bytes than its header says"), expected=_expected())
    labels = np.frombuffer(data, dtype=kind).reshape(shape, order="F")
    return Raster(labels=np.ascontiguousarray(labels), spacing=_spacing(header, axes=len(shape)))


def _header(content: bytes) -> _Header:
    order = next((o for o in "<>" if content[:4] == struct.pack(f"{o}i", _SIZE)), None)
    if order is None or len(content) < _SIZE + 4 or content[344:348] != b"n+1\0":
        refuse(Message("another kind of file"), expected=_expected())
    axes, *sizes = struct.unpack_from(f"{order}8h", content, 40)
    if not 1 <= axes <= _MOST_AXES or min(sizes[:axes]) < 1:
        refuse(Message("a header that cannot be read"), expected=_expected())
    steps = struct.unpack_from(f"{order}7f", content, 80)
    start, slope, intercept = struct.unpack_from(f"{order}3f", content, 108)
    if not math.isfinite(start) or start != int(start):
        refuse(Message("a header that cannot be read"), expected=_expected())
    return _Header(
        order=order,
        shape=tuple(sizes[:axes]),
        kind=struct.unpack_from(f"{order}h", content, 70)[0],
        steps=steps,
        start=int(start),
        slope=slope,
        intercept=intercept,
        units=content[123] & 0x07,
    )


def _spacing(header: _Header, *, axes: int) -> tuple[float, ...] | None:
    """Give the distances in mm; None where the file does not tell them all."""
    scale = _MM.get(header.units)
    steps = header.steps[:axes]
    if scale is None or not all(math.isfinite(step) and step > 0 for step in steps):
        return None
    # The shortest decimal that is this float32: what was written as 0.8 is 0.8.
    return tuple(float(str(np.float32(step))) * scale for step in steps)


def _expected() -> Message:
    return Message("a whole NIfTI-1 file of one volume of integers")
