"""The formats in which a mask may come, by the ending of the file's name."""

from collections.abc import Mapping
from typing import Protocol

from scorers.rasters.nifti import read_nifti, read_packed_nifti
from scorers.rasters.npy import read_npy
from scorers.rasters.png import read_png
from scorers.rasters.raster import Raster, Shape, Unreadable
from scorers.rasters.tiff import read_tiff


class Reader(Protocol):
    """Reads a file of one format."""

    def __call__(self, content: bytes, /, *, shape: Shape) -> Raster:
        """Return what a file holds; raise Unreadable unless it is a mask of this shape."""


READERS: Mapping[str, Reader] = {
    ".png": read_png,
    ".npy": read_npy,
    ".tif": read_tiff,
    ".nii": read_nifti,
    ".nii.gz": read_packed_nifti,
}


def reader_of(name: str, /) -> Reader | None:
    """Give the reader of a file by the ending of its name; None if it has none."""
    return next((read for ending, read in READERS.items() if name.endswith(ending)), None)


_OF_NO_IMAGE = (65_535, 0)


def shape_in(content: bytes, /, *, read: Reader) -> Shape:
    """Give the shape that a file states, no pixel read; raise Unreadable if it cannot be read."""
    try:
        return read(content, shape=_OF_NO_IMAGE).labels.shape
    except Unreadable as other:
        if other.shape is None:
            raise
        return other.shape
