"""The recipe of `liver-lesions`: drawn slices with lesions become public files and a hidden truth.

Everything is synthetic: a seeded program draws it, and no person's image is in it or behind it. A
patient has two slices, of one scanner; ids come from a keyed hash and tell nothing.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from drawing import SCANNERS, Slice, draw

from scorers.rasters.png import written

Row = Mapping[str, str]

KEY = b"liver-lesions/1"
SEED = 20_261_122
PATIENTS = {"train": 40, "public": 60, "private": 80}
SLICES = 2
EPOCH = (1980, 1, 1, 0, 0, 0)
KNOWN = ("image", "patient", "scanner", "spacing_mm")
BANDS = ((1, "none"), (150, "small"), (10**9, "large"))
"""Names of the lesions' area in mm2, by the first bound that it is below."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A slice, and what is known of it."""

    row: Row
    drawn: Slice


def build(public: Path, /) -> bytes:
    """Write the public files into `public` and return the hidden truth, a ZIP archive.

    It has truth.csv, with a line for each line of test.csv in the same order, and a mask for each.
    Two runs give the same bytes.
    """
    cases = sorted(_cases(), key=lambda case: _hash("row", case.row["image"]))
    train = [case for case in cases if case.row["usage"] == "train"]
    test = [case for case in cases if case.row["usage"] != "train"]
    for name, part in (("train", train), ("test", test)):
        (public / f"{name}.csv").write_bytes(_csv((case.row for case in part), columns=KNOWN))
        (public / f"{name}_images.zip").write_bytes(_zip(_images(part)))
    (public / "train_masks.zip").write_bytes(_zip(_masks(train)))
    (public / "dictionary.csv").write_bytes(Path(__file__).with_name("columns.csv").read_bytes())
    table = _csv((case.row for case in test), columns=(*KNOWN, "usage", "lesion_area"))
    return _zip({"truth.csv": table, **_masks(test)})


def _cases() -> Iterable[Case]:
    """Draw every slice of every patient, one patient after the other."""
    patients = [usage for usage, count in PATIENTS.items() for _ in range(count)]
    for number, usage in enumerate(patients):
        rng = np.random.Generator(np.random.PCG64([SEED, number]))
        name = sorted(SCANNERS)[int(rng.integers(len(SCANNERS)))]
        scanner = SCANNERS[name]
        spacing = scanner.spacing[int(rng.integers(len(scanner.spacing)))]
        contrast = int(rng.integers(16, 41))
        for place in range(SLICES):
            drawn = draw(rng, scanner=scanner, spacing=spacing, contrast=contrast)
            area = int(drawn.mask.sum()) * spacing**2 // 10_000
            yield Case(
                row={
                    "image": "s" + _hash("image", f"{number}/{place}")[:10],
                    "patient": "p" + _hash("patient", str(number))[:10],
                    "scanner": name,
                    "spacing_mm": f"{spacing // 100}.{spacing % 100:02}",
                    "usage": usage,
                    "lesion_area": next(band for bound, band in BANDS if area < bound),
                },
                drawn=drawn,
            )


def _images(cases: Sequence[Case]) -> dict[str, bytes]:
    return {f"{case.row['image']}.png": written(case.drawn.image) for case in cases}


def _masks(cases: Sequence[Case]) -> dict[str, bytes]:
    return {f"{case.row['image']}.png": written(case.drawn.mask) for case in cases}


def _hash(purpose: str, text: str) -> str:
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=KEY, digest_size=16).hexdigest()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Store files without a time: they are packed already."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return stream.getvalue()


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
