"""The real files of CytologIA, for an organizer who has them, and what differs in them.

The folder holds `train.csv` (NAME, x1, y1, x2, y2, class) and `images/` with its pictures. If it
holds `test.csv` with boxes and classes too, these are the ones to predict; else pictures of
train.csv are divided, seven to learn from and three to predict, copies of a picture together.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from files import TRAIN, Cell, Picture, hashed
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from twin import BOXES

Row = Mapping[str, str]
Say = Callable[[str], None]
Boxes = dict[str, list[Row]]
Shades = NDArray[np.int16]

PUBLISHED = {"boxes": sum(BOXES.values()), "pictures": 48417, "negative coordinates": 356}
"""What the published training file holds, counted in it."""

PARTS_OF_TEN = 7  # to learn from, where no boxes to predict are given
ALIKE = 5  # shades, of 256, by which a part of a picture may differ in a copy of it
SHOWN = 5  # problems that a message lists
CORNERS = ("x1", "y1", "x2", "y2")


def read_source(folder: Path, /, *, say: Say) -> tuple[Iterator[Picture], Iterator[Picture]]:
    """Read the real files: pictures to learn from, and pictures to predict.

    Says how counts differ from the published ones, and which boxes it clips. Raises ValueError,
    naming file, line, what was found and what was expected, for files that cannot be used.
    """
    train = _read(folder, "train.csv")
    for difference in differences(train):
        say(f"differs from the published files: {difference}")
    if (folder / "test.csv").is_file() and "class" in _header(folder / "test.csv"):
        asked = _read(folder, "test.csv")
        return _pictures(folder, train, say=say), _pictures(folder, asked, say=say, clip=True)
    say("no test.csv with classes: pictures of train.csv are divided, seven and three of ten")
    learn, asked = divide(folder, train)
    return _pictures(folder, learn, say=say), _pictures(folder, asked, say=say, clip=True)


def differences(boxes: Boxes, /) -> Iterator[str]:
    """Tell how the counts differ from those of the published training file."""
    rows = [row for listed in boxes.values() for row in listed]
    classes = Counter(row["class"] for row in rows)
    found = {
        "boxes": len(rows),
        "pictures": len(boxes),
        "negative coordinates": sum(min(_corners(row)) < 0 for row in rows),
    }
    for name, expected in PUBLISHED.items():
        if found[name] != expected:
            yield f"{name}: {found[name]}, published {expected}"
    for code, expected in BOXES.items():
        if classes[code] != expected:
            yield f"boxes of {code}: {classes[code]}, published {expected}"


def divide(folder: Path, boxes: Boxes, /) -> tuple[Boxes, Boxes]:
    """Divide pictures into those to learn from and those to predict; copies stay together."""
    names = sorted(boxes)
    first = _first_copies([_shades(folder / "images" / name) for name in names])
    kept = {
        name: int(hashed("divide", names[place])[:8], 16) % 10 < PARTS_OF_TEN
        for name, place in zip(names, first, strict=True)
    }
    learn = {name: rows for name, rows in boxes.items() if kept[name]}
    return learn, {name: rows for name, rows in boxes.items() if not kept[name]}


def _read(folder: Path, name: str) -> Boxes:
    path = folder / name
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; CytologIA gave it with its pictures")
    if absent := [column for column in TRAIN if column not in _header(path)]:
        raise ValueError(f"{path} lacks the columns {absent}; expected {list(TRAIN)}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    if problems := list(islice(_wrong(folder, rows), SHOWN)):
        raise ValueError(f"{path}: {'; '.join(problems)}. Repair the file first.")
    boxes: Boxes = {}
    for row in rows:
        boxes.setdefault(row["NAME"], []).append(row)
    return boxes


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def _wrong(folder: Path, rows: Sequence[Row]) -> Iterator[str]:
    there = (
        {path.name for path in (folder / "images").iterdir()}
        if (folder / "images").is_dir()
        else set()
    )
    for line, row in enumerate(rows, start=2):
        if row["class"] not in BOXES:
            yield f"line {line}: class {row['class']!r}, expected one of {', '.join(BOXES)}"
        if row["NAME"] not in there:
            yield f"line {line}: there is no images/{row['NAME']}"
        try:
            x1, y1, x2, y2 = _corners(row)
        except ValueError:
            yield f"line {line}: {[row[corner] for corner in CORNERS]}, expected four numbers"
            continue
        if x1 >= x2 or y1 >= y2:
            yield f"line {line}: the box {x1, y1, x2, y2}, expected x1 < x2 and y1 < y2"


def _corners(row: Row) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (round(float(row[corner])) for corner in CORNERS)
    return x1, y1, x2, y2


def _pictures(folder: Path, boxes: Boxes, *, say: Say, clip: bool = False) -> Iterator[Picture]:
    """Read pictures; boxes to predict are clipped to them, since a file is refused otherwise.

    Says which boxes to predict have nothing within their picture, and are left out.
    """
    for name in sorted(boxes, key=lambda name: hashed("order", name)):
        data = (folder / "images" / name).read_bytes()
        wide, tall = _size(folder / "images" / name)
        cells = []
        for row in boxes[name]:
            x1, y1, x2, y2 = _corners(row)
            if clip:
                x1, y1, x2, y2 = max(x1, 0), max(y1, 0), min(x2, wide), min(y2, tall)
            if x1 >= x2 or y1 >= y2:
                say(f"{name}: the box {_corners(row)} is outside its {wide} x {tall} pixels")
                continue
            cells.append(Cell(code=row["class"], box=(x1, y1, x2, y2)))
        yield Picture(name=name, data=data, cells=cells, laboratory="unknown")


def _size(path: Path) -> tuple[int, int]:
    try:
        with Image.open(path) as picture:
            return picture.size
    except (OSError, UnidentifiedImageError) as error:
        raise ValueError(f"{path} is no picture that can be read: {error}") from error


def _first_copies(shades: Sequence[Shades]) -> list[int]:
    """Give for each picture the place of the first one that looks the same, itself if none does.

    Only pictures of almost the same mean shade are compared.
    """
    all_shades = np.array(shades)
    means = all_shades.mean(axis=1)
    first = list(range(len(shades)))
    order = np.argsort(means, kind="stable")
    starts = np.searchsorted(means[order], means[order] - ALIKE / 2)
    for position, place in enumerate(order.tolist()):
        near = order[starts[position] : position]
        apart = np.abs(all_shades[near] - all_shades[place]).max(axis=1)
        if (alike := near[apart <= ALIKE]).size:
            first[place] = first[int(alike[0])]
    return first


def _shades(path: Path) -> Shades:
    """Give how bright each of 16 x 16 parts of a picture is."""
    with Image.open(path) as picture:
        small = picture.convert("L").resize((16, 16), Image.Resampling.BOX)
    return np.frombuffer(small.tobytes(), dtype=np.uint8).astype(np.int16)
