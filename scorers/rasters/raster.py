"""What a file of a mask holds, why it may be unreadable, and inflating no more than is asked."""

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message

ZLIB = zlib.MAX_WBITS
GZIP = zlib.MAX_WBITS + 16

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Raster:
    """The labels of an image, and the mm between neighbouring pixels along each axis, if told."""

    labels: NDArray[np.integer[Any]]
    spacing: tuple[float, ...] | None = None


class Fault(StrEnum):
    """What is wrong with a file of a mask."""

    UNREADABLE = "unreadable"  # it is damaged, or of a kind that is not read here
    TYPE = "type"  # it holds something else than integers
    SHAPE = "shape"  # it has another shape than the image


class Unreadable(Exception):
    """A file is no mask of the image; what was found, what was expected, and how to repair it.

    `shape` is the shape that a file of another shape states.
    """

    shape: Shape | None = None

    def __init__(
        self, fault: Fault, /, *, found: Message, expected: Message, repair: Message
    ) -> None:
        self.fault, self.found, self.expected, self.repair = fault, found, expected, repair
        super().__init__(f"found {found}, expected {expected}; {repair}")


def refuse(found: Message, /, *, expected: Message, repair: Message | None = None) -> NoReturn:
    """Raise Unreadable for a file that is damaged, or of a kind that is not read."""
    again = repair or Message("write the file again, and look at it with another program")
    raise Unreadable(Fault.UNREADABLE, found=found, expected=expected, repair=again)


def refuse_type(found: str, /) -> NoReturn:
    """Raise Unreadable for numbers that are no integers; `found` names their type."""
    raise Unreadable(
        Fault.TYPE,
        found=Message("values of the type {type}", type=found),
        expected=Message("whole numbers, such as uint8"),
        repair=Message("round the labels and convert them, for example by astype(np.uint8)"),
    )


def require_shape(found: Shape, /, *, expected: Shape) -> None:
    """Raise Unreadable unless a file says that it has the shape of the image."""
    if found != expected:
        unreadable = Unreadable(
            Fault.SHAPE,
            found=Message("the shape {shape}", shape=_told(found)),
            expected=Message("the shape {shape}, that of the image", shape=_told(expected)),
            repair=Message("predict a label for each pixel of the image, at its own size"),
        )
        unreadable.shape = found
        raise unreadable


def _told(shape: Shape) -> str:
    return " × ".join(map(str, shape)) or "()"  # noqa: RUF001 -- the sign for multiplied by


def inflate(data: bytes, /, *, form: int, most: int) -> bytes | None:
    """Give what was compressed; None if it is damaged, over `most` bytes, or others follow it.

    Never more than `most` + 1 bytes are made, whatever the data say.
    """
    inflating = zlib.decompressobj(form)
    try:
        content = inflating.decompress(data, most + 1)
    except zlib.error:
        return None
    whole = inflating.eof and not inflating.unused_data and len(content) <= most
    return content if whole else None
