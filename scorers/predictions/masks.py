"""Masks of the ids, one file of an archive each, read into columns of little memory."""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from scorers.message import Message
from scorers.predictions.archive import Files, read_files
from scorers.predictions.problems import Findings, Problem, ProblemCode, visible
from scorers.predictions.sizes import shapes_of
from scorers.rasters.formats import reader_of
from scorers.rasters.raster import Fault, Raster, Shape, Unreadable
from scorers.tables import MAX_LABEL, MaskColumn

ROOM = 64 * 1024
"""Bytes of a file beside its labels."""

WIDEST = 8
"""Bytes of a label at most."""

MAX_NAMED = 20
"""Labels that a problem names."""

_CODES = {
    Fault.UNREADABLE: ProblemCode.UNREADABLE_MASK,
    Fault.TYPE: ProblemCode.WRONG_MASK_TYPE,
    Fault.SHAPE: ProblemCode.WRONG_MASK_SHAPE,
}


@dataclass(frozen=True, kw_only=True)
class PackedMask:
    """A mask, packed until it is measured: numpy unpacks it when it asks for an array.

    The masks of a challenge together would take a hundred times the memory of their files.
    """

    packed: bytes
    kind: np.dtype[Any]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, labels: NDArray[np.integer[Any]], /) -> Self:
        """Pack labels of 0 to 65,535."""
        kind = np.dtype(np.uint8 if labels.max() < 1 << 8 else np.uint16)
        packed = zlib.compress(labels.astype(kind).tobytes(), 1)
        return cls(packed=packed, kind=kind, shape=labels.shape)

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 -- numpy's protocol
    ) -> NDArray[np.integer[Any]]:
        """Return the labels; what numpy asks of objects that it makes arrays of."""
        del copy  # it always is one
        labels = np.frombuffer(zlib.decompress(self.packed), dtype=self.kind).reshape(self.shape)
        return labels if dtype is None else labels.astype(dtype)


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Columns of masks, and of their spacing in mm where all files of a column tell it."""

    columns: Mapping[str, NDArray[Any]]
    spacing: Mapping[str, NDArray[Any]]


def read_masks(
    content: bytes,
    /,
    *,
    masks: Mapping[str, MaskColumn],
    ids: Sequence[str],
    findings: Findings,
    others: bool = False,
    beside: Sequence[Files] = (),
) -> Masks:
    """Return the masks of `ids`, in their order; what is wrong with a file becomes a finding.

    `beside` are other files that are wanted too; `others` says that the archive may have some that
    are not. Ids of images of several sizes come with these (`Ids`). Raises InvalidPredictions if
    the archive itself cannot be read; where there are findings, the columns are not whole.
    """
    wanted = {
        column.file(unit): (name, place)
        for name, column in masks.items()
        for place, unit in enumerate(ids)
    }
    if len(wanted) != len(masks) * len(ids):
        raise ValueError("an id is asked for twice, or two masks are in one file")
    shapes = {name: shapes_of(column, ids) for name, column in masks.items()}
    columns = {name: np.empty(len(ids), dtype=np.object_) for name in masks}
    spacing = {name: np.empty(len(ids), dtype=np.object_) for name in masks}

    def take(file: str, data: bytes) -> None:
        name, place = wanted[file]
        raster = _read(
            data, column=masks[name], shape=shapes[name][place], file=file, findings=findings
        )
        if raster is not None:
            columns[name][place] = PackedMask.of(raster.labels)
            spacing[name][place] = raster.spacing

    pixels = max(map(math.prod, chain.from_iterable(shapes.values())), default=0)
    files = Files(names=wanted, largest=pixels * WIDEST + ROOM, take=take)
    read_files(content, wanted=[*beside, files], findings=findings, others=others)
    told = {n: cells for n, cells in spacing.items() if all(cell is not None for cell in cells)}
    return Masks(columns=columns, spacing=told)


def _read(
    data: bytes, *, column: MaskColumn, shape: Shape, file: str, findings: Findings
) -> Raster | None:
    """Return what a file holds, or None and a finding."""
    if findings.full:
        findings.count(1)  # it is not even looked at
        return None
    read = reader_of(file)
    assert read is not None, file  # noqa: S101 -- the definition was checked
    try:
        raster = read(data, shape=shape)
    except Unreadable as wrong:
        findings.add(
            Problem(
                code=_CODES[wrong.fault],
                member=visible(file),
                found=wrong.found,
                expected=wrong.expected,
                repair=wrong.repair,
            )
        )
        return None
    if (unknown := _unknown(raster.labels, column=column)) is not None:
        findings.add(_unknown_label(unknown, column=column, file=file))
        return None
    return raster


def _unknown(labels: NDArray[np.integer[Any]], *, column: MaskColumn) -> int | None:
    """Return a label that the challenge does not have; None if it has them all."""
    least, largest = int(labels.min()), int(labels.max())
    if least < 0 or largest > MAX_LABEL:
        return least if least < 0 else largest
    if column.labels is None:
        return None
    known = np.zeros(MAX_LABEL + 1, dtype=np.bool_)
    known[[0, *column.labels]] = True
    wrong = labels[~known[labels]]
    return int(wrong[0]) if wrong.size else None


def _unknown_label(label: int, *, column: MaskColumn, file: str) -> Problem:
    if column.labels is None:
        expected = Message("labels from 0 to {most:,}", most=MAX_LABEL)
    else:
        named = ", ".join(map(str, (0, *column.labels[:MAX_NAMED])))
        more = ", …" if len(column.labels) > MAX_NAMED else ""
        expected = Message("one of {classes}", classes=named + more)
    return Problem(
        code=ProblemCode.UNKNOWN_LABEL,
        member=visible(file),
        found=Message("the label {label}", label=label),
        expected=expected,
        repair=Message("write the label itself, and not its brightness or probability"),
    )
