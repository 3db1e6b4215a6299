"""The real files of TissueNet, for an organizer who has them, and what differs in them.

The folder holds `train_metadata.csv`, `train_labels.csv` and `train_annotations.csv` as the
challenge gave them, and `slides/`: for each labelled slide its TIFF file or its JPEG of 1/32 of the
size. The labels of the original test set were never published, so that labelled slides are divided
here: whole blocks, three of five to learn from and two to predict.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from files import ANNOTATIONS, CLASSES, LABELS, METADATA, Annotation, Slide, hashed, letters
from PIL import Image
from pyramid import pyramid

Row = Mapping[str, str]
Say = Callable[[str], None]

TABLES = {
    "train_metadata.csv": METADATA,
    "train_labels.csv": LABELS,
    "train_annotations.csv": ANNOTATIONS,
}
PUBLISHED = {
    "labelled slides": 1015,
    "slides of each class": [270, 288, 238, 219],
    "annotated regions of each class": [1923, 1405, 1230, 1368],
    "slides of each magnification": {"20": 356, "40": 659},
}
"""What the published files hold, counted in them."""

LARGEST_SIDE = 2048
"""Of what is taken of a slide, in pixels; the original has up to 150 times as many."""

LARGEST_LEVEL = 16384
"""Of the level that is reduced to it: JPEGs of 1/32 of the size have up to 9,200."""

SHOWN = 5  # differences that a message lists
SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg")


@dataclass(frozen=True, kw_only=True)
class Source:
    """The tables of the folder, by slide where there is one row a slide, and where slides are."""

    metadata: Mapping[str, Row]
    labels: Mapping[str, int]
    annotations: Mapping[str, Sequence[Row]]
    paths: Mapping[str, Path]

    def slides(self, names: Sequence[str], /, *, test: bool) -> Iterator[Slide]:
        """Read slides, those of the test set under names that tell no centre, unannotated."""
        for name in names:
            row = self.metadata[name]
            resolution = float(row["resolution"])
            yield Slide(
                filename=f"{letters(name)}.tif" if test else name,
                label=self.labels[name],
                centre=name.split("_")[0],
                width=int(row["width"]),
                height=int(row["height"]),
                resolution=resolution,
                magnification=int(row["magnification"]),
                data=_reduced(self.paths[name], resolution=resolution),
                annotations=[
                    Annotation(geometry=each["geometry"], lesion=int(each["annotation_class"]))
                    for each in ([] if test else self.annotations.get(name, []))
                ],
            )


def read_source(folder: Path, /, *, say: Say) -> tuple[Iterator[Slide], Iterator[Slide]]:
    """Read the real files: slides to learn from, and slides to predict.

    Says how the counts differ from the published ones, and builds all the same. Raises ValueError,
    naming file, what was found and what was expected, for files that cannot be used.
    """
    tables = {name: _table(folder / name, columns=columns) for name, columns in TABLES.items()}
    problems = [*_wrong_labels(tables), *_wrong_names(tables)]
    paths = {row["filename"]: _path(folder, row["filename"]) for row in tables["train_labels.csv"]}
    problems += [
        f"slides/{name}: there is no such file" for name, path in paths.items() if not path
    ]
    if problems:
        more = f", and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise ValueError(f"{folder}: {'; '.join(problems[:SHOWN])}{more}. Repair the files first.")
    for difference in differences(tables):
        say(f"differs from the published files: {difference}")
    source = Source(
        metadata={row["filename"]: row for row in tables["train_metadata.csv"]},
        labels={row["filename"]: _label(row) for row in tables["train_labels.csv"]},
        annotations=_by_slide(tables["train_annotations.csv"]),
        paths={name: path for name, path in paths.items() if path},
    )
    train, test = divide(list(source.labels))
    return source.slides(train, test=False), source.slides(test, test=True)


def differences(tables: Mapping[str, Sequence[Row]], /) -> Iterator[str]:
    """Tell how the counts differ from those of the published files."""
    labels = Counter(_label(row) for row in tables["train_labels.csv"])
    regions = Counter(row["annotation_class"] for row in tables["train_annotations.csv"])
    scanned = Counter(row["magnification"] for row in tables["train_metadata.csv"])
    found = {
        "labelled slides": len(tables["train_labels.csv"]),
        "slides of each class": [labels[label] for label in CLASSES],
        "annotated regions of each class": [regions[str(label)] for label in CLASSES],
        "slides of each magnification": dict(sorted(scanned.items())),
    }
    for name, expected in PUBLISHED.items():
        if found[name] != expected:
            yield f"{name}: {found[name]}, published {expected}"


def divide(names: Sequence[str], /) -> tuple[list[str], list[str]]:
    """Divide slides into those to learn from and those to predict, a block never into both."""
    ordered = sorted(names, key=lambda name: (hashed("block", _block(name)), hashed("row", name)))
    train: list[str] = []
    test: list[str] = []
    for place, (_, block) in enumerate(groupby(ordered, key=_block)):
        (test if place % 5 in (1, 3) else train).extend(block)
    return sorted(train, key=lambda name: hashed("row", name)), sorted(test, key=letters)


def _table(path: Path, *, columns: Sequence[str]) -> list[Row]:
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; TissueNet gave it with its slides")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    absent = [name for name in columns if rows and name not in rows[0]]
    if absent or not rows:
        raise ValueError(
            f"{path}: {len(rows)} rows, without the columns {absent}; expected "
            f"{list(columns)}, and others beside them are left out"
        )
    return rows


def _wrong_labels(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    for line, row in enumerate(tables["train_labels.csv"], start=2):
        cells = [row[str(label)] for label in CLASSES]
        if sorted(cells) != ["0", "0", "0", "1"]:
            yield f"train_labels.csv, line {line}: {cells}, expected one 1 and three 0"
    for line, row in enumerate(tables["train_annotations.csv"], start=2):
        lesion = row["annotation_class"]
        if lesion not in map(str, CLASSES):
            yield f"train_annotations.csv, line {line}: class {lesion!r}, expected 0 to 3"


def _wrong_names(tables: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    known = {row["filename"] for row in tables["train_metadata.csv"]}
    counts = Counter(row["filename"] for row in tables["train_labels.csv"])
    for name, count in counts.items():
        if count > 1:
            yield f"train_labels.csv: {name} is in {count} rows"
        if name not in known:
            yield f"train_metadata.csv: no row of {name}, which train_labels.csv has"


def _path(folder: Path, name: str) -> Path | None:
    stem = Path(name).stem
    found = (folder / "slides" / f"{stem}{suffix}" for suffix in SUFFIXES)
    return next((path for path in found if path.is_file()), None)


def _by_slide(rows: Sequence[Row]) -> dict[str, list[Row]]:
    by_slide: dict[str, list[Row]] = {}
    for row in rows:
        by_slide.setdefault(row["filename"], []).append(row)
    return by_slide


def _label(row: Row) -> int:
    return next((label for label in CLASSES if row[str(label)] == "1"), -1)


def _block(name: str) -> str:
    """Give centre and block: `C06_B108` of `C06_B108_S21.tif`."""
    return name.rsplit("_", 1)[0]


def _reduced(path: Path, *, resolution: float) -> bytes:
    """Give the largest level of a slide that is not too large, as a pyramid of its own.

    Where all are, the smallest is reduced by a whole factor.
    """
    with _any_size(), Image.open(path) as picture:
        for frame in range(getattr(picture, "n_frames", 1)):
            picture.seek(frame)
            if max(picture.size) <= LARGEST_SIDE:
                break
        if (side := max(picture.size)) > LARGEST_LEVEL:
            raise ValueError(
                f"{path}: its smallest level has {picture.size[0]} x {picture.size[1]} pixels, "
                f"more than {LARGEST_LEVEL}; put the JPEG of 1/32 of the size in its place"
            )
        reduced = picture.convert("RGB").reduce(-(-side // LARGEST_SIDE))
        return pyramid(reduced, levels=3, resolution=resolution)


@contextmanager
def _any_size() -> Iterator[None]:
    """Let Pillow open whole slides, of which a small level is read: it takes them for attacks."""
    most = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = most
