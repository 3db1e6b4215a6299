"""The files of `leukocyte-classification`, from pictures that were drawn or read."""

import csv
import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEY = b"leukocyte-classification/1"
TRAIN = ("NAME", "x1", "y1", "x2", "y2", "class")
TEST = ("NAME",)
TRUTH = ("NAME", "usage", "laboratory", "cells", "x1", "y1", "x2", "y2", "class")
YEAR_ONE = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP archive can tell
EVERY = 1000  # pictures from one line of progress to the next

Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A leukocyte: its class, and the corners of its box in pixels from the top left."""

    code: str
    box: Box


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of a smear: its file, its leukocytes, and the laboratory that made it."""

    name: str
    data: bytes
    cells: Sequence[Cell]
    laboratory: str

    def rows(self) -> list[Mapping[str, object]]:
        """Give the rows of its leukocytes."""
        corners = ("x1", "y1", "x2", "y2")
        return [
            {
                "NAME": self.name,
                "laboratory": self.laboratory,
                "cells": "one" if len(self.cells) == 1 else "several",
                "class": cell.code,
                **dict(zip(corners, cell.box, strict=True)),
            }
            for cell in self.cells
        ]


def write_files(
    public: Path,
    /,
    *,
    train: Iterable[Picture],
    test: Iterable[Picture],
    source: str,
    say: Callable[[str], None],
) -> bytes:
    """Write all public files and return the hidden truth, one row for each leukocyte to find.

    Pictures are written as they come, so that one at a time is in memory.
    """
    learn = _archive(public / "train_images.zip", train, say=say)
    asked = _archive(public / "test_images.zip", test, say=say)
    (public / "train.csv").write_bytes(table(learn, columns=TRAIN))
    names = dict.fromkeys(str(row["NAME"]) for row in asked)
    (public / "test.csv").write_bytes(table([{"NAME": name} for name in names], columns=TEST))
    dictionary = Path(__file__).with_name("columns.csv").read_bytes()
    (public / "dictionary.csv").write_bytes(dictionary)
    (public / "SOURCE.txt").write_text(source, encoding="utf-8")
    usages = split(asked)
    truth = [{**row, "usage": usages[str(row["NAME"])]} for row in asked]
    return table(truth, columns=TRUTH)


SYNTHETIC = (
    "SYNTHETIC DATA. Every picture was drawn by a program: no cell of any person is in it.\n"
    "DONNÉES SYNTHÉTIQUES. Chaque image a été dessinée par un programme : aucune cellule humaine.\n"
)
REAL = (
    "Pictures and boxes of CytologIA, as the organizer of this platform holds them.\n"
    "Images et boîtes de CytologIA, telles que l'organisateur de la plateforme les a.\n"
)


def _archive(
    path: Path, pictures: Iterable[Picture], /, *, say: Callable[[str], None]
) -> list[Mapping[str, object]]:
    """Write the pictures into a ZIP archive, not compressed again; give the rows of their cells."""
    rows: list[Mapping[str, object]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for count, picture in enumerate(pictures, start=1):
            archive.writestr(zipfile.ZipInfo(picture.name, YEAR_ONE), picture.data)
            rows += picture.rows()
            if count % EVERY == 0:
                say(f"{path.name}: {count} pictures")
    return rows


def split(rows: Sequence[Mapping[str, object]], /) -> dict[str, str]:
    """Give each test picture its usage, half of them public, by the class of the first cell."""
    first = {str(row["NAME"]): str(row["class"]) for row in reversed(rows)}
    by_class: dict[str, list[str]] = defaultdict(list)
    for name in sorted(first, key=lambda name: hashed("split", name)):
        by_class[first[name]].append(name)
    inorder = [name for code in sorted(by_class) for name in by_class[code]]
    return {name: ("public", "private")[place % 2] for place, name in enumerate(inorder)}


def hashed(purpose: str, text: str, /) -> str:
    """Give a keyed hash, in whose order nothing of what was hashed is seen."""
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=KEY, digest_size=16).hexdigest()


def file_name(key: str, /) -> str:
    """Give a name of the original's form, `cf7734a2-b.jpg`, in which nothing of `key` is seen."""
    digest = hashed("name", key)
    return f"{digest[:8]}-{digest[8]}.jpg"


def table(rows: Iterable[Mapping[str, object]], /, *, columns: Sequence[str]) -> bytes:
    """Give a CSV table in UTF-8; other columns of the rows are left out."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
