"""The baseline `otsu`: what is darker than Otsu's threshold of its slice is a lesion.

python predict.py PUBLIC_DIR OUT.zip

It learns nothing (Otsu, IEEE Trans Syst Man Cybern 1979;9:62-66). A slice without a lesion has a
threshold too, so that half of its noise is taken for one.
"""

import argparse
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

BLUR = 2.0
"""Standard deviation of the blur before the threshold, in pixels."""


def main() -> None:
    """Read test_images.zip in PUBLIC_DIR and write one mask for each slice into OUT.zip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds test_images.zip")
    parser.add_argument("out", type=Path, help="the archive of masks to write")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.out, "w") as archive:
        for name, image in images(arguments.public / "test_images.zip"):
            blurred = gaussian_filter(image, BLUR)
            archive.writestr(zipfile.ZipInfo(name), png(blurred < threshold(blurred)))


def images(path: Path, /) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the name and the brightness of each picture of an archive."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                yield name, np.asarray(picture, dtype=np.float64)


def threshold(image: NDArray[np.float64], /) -> float:
    """Give the brightness that parts the pixels into two groups with the least variance within."""
    counts, edges = np.histogram(image, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (total / below - (total[-1] - total) / above) ** 2
    return float(middles[int(np.nanargmax(between))])


def png(mask: NDArray[np.bool_], /) -> bytes:
    """Write a mask as a grey PNG: 1 where it is, else 0."""
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


if __name__ == "__main__":
    main()
