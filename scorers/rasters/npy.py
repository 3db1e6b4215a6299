"""Reading an npy file: one array of integers, and never a pickle.

The layout is that of the document `numpy.lib.format`, versions 1.0 and 2.0, with the header exactly
as numpy writes it.
"""

import math
import re
import struct

import numpy as np

from scorers.message import Message
from scorers.rasters.raster import Raster, Shape, refuse, refuse_type, require_shape

SIGNATURE = b"\x93NUMPY"
_LENGTHS = {b"\x01\x00": struct.Struct("<H"), b"\x02\x00": struct.Struct("<I")}
_MOST_HEADER = 10_000
_HEADER = re.compile(
    r"\{'descr': (?P<type>.+), 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>[0-9, ]*)\), \} *\n"
)
_INTEGERS = re.compile(r"'(?:\|b1|[<>|][iu][1248])'")
_MOST_SHOWN = 40


def read_npy(content: bytes, /, *, shape: Shape) -> Raster:
    """Return the array of an npy file; raise Unreadable unless it has this shape, of integers."""
    length = _LENGTHS.get(content[6:8])
    if not content.startswith(SIGNATURE) or length is None:
        refuse(Message("another kind of file"), expected=_expected())
    start = 8 + length.size
    end = start + length.unpack_from(content.ljust(start, b"\0"), 8)[0]
    header = _HEADER.fullmatch(content[start : min(end, _MOST_HEADER)].decode("latin-1"))
    if header is None:
        refuse(Message("a header that cannot be read"), expected=_expected())
    if not _INTEGERS.fullmatch(header["type"]):
        refuse_type(header["type"][:_MOST_SHOWN])
    require_shape(_shape(header["shape"]), expected=shape)
    is_bool = header["type"] == "'|b1'"
    kind = np.dtype(np.uint8 if is_bool else header["type"].strip("'"))
    if len(content) - end != math.prod(shape) * kind.itemsize:
        refuse(Message("another number of bytes than its header says"), expected=_expected())
    flat = np.frombuffer(content, dtype=kind, offset=end)
    if is_bool and flat.size and flat.max() > 1:  # numpy takes it for true, others for a label
        refuse(
            Message("the byte {byte} in an array of bool", byte=int(flat.max())),
            expected=Message("0 or 1 in each byte of an array of bool"),
            repair=Message("convert the labels, for example by astype(np.uint8)"),
        )
    fortran = header["fortran"] == "True"
    labels = flat.reshape(shape, order="F") if fortran else flat.reshape(shape)
    return Raster(labels=np.ascontiguousarray(labels))


def _shape(told: str) -> Shape:
    """Read `(3, 4)`; what has too many digits for a size is no shape of any image."""
    sizes = [size.strip() for size in told.split(",") if size.strip()]
    return tuple(int(size) if size.isdigit() and len(size) < 19 else -1 for size in sizes)  # noqa: PLR2004 -- digits of an int64


def _expected() -> Message:
    return Message("an npy file of one array of integers, as np.save writes it")
