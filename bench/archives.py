"""What an archive of 200 masks costs to be read, at upload as where it is scored."""

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorers.predictions.table import read_predictions
from scorers.tables import MaskColumn, SubmissionDefinition

IDS = tuple(f"s{number:03}" for number in range(200))
SIDES = (256, 512, 1024)
MEGABYTE = 1_000_000

Mask = NDArray[np.uint8]


def measure() -> Iterator[str]:
    """Give the lines of the table; each archive is read in a process of its own."""
    empty = _read([])["megabytes"]
    yield "| 200 masks | pixels | archive | seconds | per mask | memory |"
    yield "|---|---:|---:|---:|---:|---:|"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.zip"
        for side in SIDES:
            for name, (ending, write) in WRITERS.items():
                write_archive(file, side=side, ending=ending, write=write)
                told = _read([str(file), ending, str(side)])
                yield (
                    f"| {name} | {side} × {side} | {file.stat().st_size / MEGABYTE:.1f} MB "  # noqa: RUF001 -- the sign for multiplied by
                    f"| {told['seconds']:.2f} | {1000 * told['seconds'] / len(IDS):.1f} ms "
                    f"| {told['megabytes'] - empty:.0f} MB |"
                )


def _read(arguments: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.archives", *arguments]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 -- ourselves
    told: dict[str, float] = json.loads(done.stdout)
    return told


def blobs(side: int, /, *, seed: int) -> Mask:
    """Draw a mask of twenty discs."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    mask = np.zeros((side, side), dtype=np.uint8)
    for row, column, radius in rng.integers((0, 0, 2), (side, side, side // 10), size=(20, 3)):
        mask[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = 1
    return mask


def pillow(mask: Mask, /) -> bytes:
    """Write a PNG as Pillow does, which chooses a filter for each row."""
    stream = io.BytesIO()
    Image.fromarray(mask).save(stream, "PNG")
    return stream.getvalue()


def npy(mask: Mask, /) -> bytes:
    """Write an npy file."""
    stream = io.BytesIO()
    np.save(stream, mask)
    return stream.getvalue()


WRITERS: dict[str, tuple[str, Callable[[Mask], bytes]]] = {
    "PNG by Pillow": (".png", pillow),
    "npy": (".npy", npy),
}


def write_archive(file: Path, /, *, side: int, ending: str, write: Callable[[Mask], bytes]) -> None:
    """Write an archive of masks."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, unit in enumerate(IDS):
            archive.writestr(f"{unit}{ending}", write(blobs(side, seed=number % 10)))


def read(file: str, ending: str, side: str, /) -> None:
    """Read an archive as the platform does."""
    shape = int(side), int(side)
    column = MaskColumn(type="mask", member=f"{{id}}{ending}", shape=shape, labels=(1,))
    asked = SubmissionDefinition(
        kinds=("predictions",),
        format="archive",
        file="predictions.zip",
        ids="test.csv",
        id="image",
        columns={"mask": column},
    )
    read_predictions(Path(file).read_bytes(), submission=asked, ids=IDS)


if __name__ == "__main__":
    started = time.perf_counter()
    if sys.argv[1:]:
        read(*sys.argv[1:])
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "megabytes": memory}))
