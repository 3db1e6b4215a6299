"""A file that somebody may send, and what must become of it."""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from scorers.tables import (
    CodesColumn,
    Column,
    FloatColumn,
    LabelColumn,
    MaskColumn,
    SubmissionDefinition,
    SubmittedObjects,
)

Format = Literal["csv", "json", "zip", "tar", "npy", "image", "masks", "documents"]
Reader = Literal["predictions", "code"]

ACCEPTED = "accepted"
MAX_BYTES = 10_000_000
SIDE = 256
"""Pixels along each side of a mask."""
IDS = tuple(f"p{number:03}" for number in range(120))
MANY = tuple(f"p{number:06}" for number in range(100_000))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a challenge asks for: a row for each of `ids`, with these columns."""

    columns: dict[str, Column]
    ids: tuple[str, ...] = IDS
    objects: SubmittedObjects | None = None
    member: str | None = None

    @property
    def submission(self) -> SubmissionDefinition:
        """The challenge's definition of what is sent in."""
        return SubmissionDefinition(
            kinds=("predictions",),
            format="archive"
            if self.member or any(c.type == "mask" for c in self.columns.values())
            else "table",
            member=self.member,
            file="predictions.csv",
            ids="test.csv",
            id="patient_id",
            columns=self.columns,
            objects=self.objects,
            max_bytes=MAX_BYTES,
        )


NUMBER = Asked(columns={"risk": FloatColumn(type="float")})
NUMBERS = Asked(columns={"risk": FloatColumn(type="float")}, ids=MANY)
WIDE = Asked(
    columns={f"risk_{'x' * 180}_{number:03}": FloatColumn(type="float") for number in range(100)}
)
CLASS = Asked(
    columns={"label": LabelColumn(type="label", classes=("benign", "malignant", "unknown"))}
)
CODES = Asked(columns={"codes": CodesColumn(type="codes")})
BOXES = Asked(
    columns={name: FloatColumn(type="float") for name in ("x1", "y1", "x2", "y2")},
    objects=SubmittedObjects(arrays={"box": ("x1", "y1", "x2", "y2")}),
)


FOUND = Asked(
    columns={
        **{name: FloatColumn(type="float") for name in ("x1", "y1", "x2", "y2")},
        "label": LabelColumn(type="label", classes=("benign", "malignant")),
    },
    objects=SubmittedObjects(arrays={"box": ("x1", "y1", "x2", "y2")}, most=10_000),
    member="{id}.json",
)
LISTED = Asked(columns=CODES.columns, member="{id}.json")


def masks(ending: str, *, shape: tuple[int, ...]) -> Asked:
    """Ask for a mask of each id, with the label 1."""
    mask = MaskColumn(type="mask", member=f"{{id}}{ending}", shape=shape, labels=(1,))
    return Asked(columns={"mask": mask})


MASKS = masks(".png", shape=(SIDE, SIDE))
PACKED = masks(".npy", shape=(SIDE, SIDE))
VOLUMES = masks(".nii.gz", shape=(SIDE, SIDE, 1))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file and its verdict: ACCEPTED, or the code of a problem that must be told.

    `reader` is what reads it as it is meant; `asked` is what predictions are compared with. The
    content is made anew by the same `make` each time, and is always the same.
    """

    name: str
    format: Format
    verdict: str
    make: Callable[[], bytes] = field(repr=False)
    asked: Asked = field(default=NUMBER, repr=False)

    @property
    def reader(self) -> Reader:
        """Archives are meant as code, but for those of masks or JSON; all else as predictions."""
        return "code" if self.format in {"zip", "tar"} else "predictions"

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.make()


def noise(count: int) -> bytes:
    """Give bytes that cannot be packed, always the same."""
    return random.Random(count).randbytes(count)  # noqa: S311 -- it need not be a secret


def repeated(piece: bytes, *, times: int) -> bytes:
    """Give the bare deflated data of a piece many times over, in no time."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    whole = packing.compress(piece) + packing.flush(zlib.Z_FULL_FLUSH)
    return whole * times + b"\x03\x00"  # an empty last block
