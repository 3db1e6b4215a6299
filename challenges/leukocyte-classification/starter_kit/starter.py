"""A first model for `leukocyte-classification`: one violet box a picture, and its colours.

python starter.py PUBLIC_DIR predictions.csv

Start from here: change `find`, `features` and `fit`, and watch the printed scores. In each picture
the box is around all that is violet; the class is that of a forest of trees on a few colours.
"""

import argparse
import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import ExtraTreesClassifier

Array = NDArray[np.float64]

CORNERS = ("x1", "y1", "x2", "y2")
FOLDS = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is found in a picture: the box around all violet, and the features of what is in it."""

    name: str
    box: list[int]
    features: Array


def main() -> None:
    """Print cross-validated scores of the train pictures and predict the test pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the archives of pictures")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    known, codes = train_set(arguments.public)
    print(f"cross-validated score {cross_validated(known, codes, arguments.public):.3f}")  # noqa: T201 - for you to read
    write(arguments.out, *predict(known, codes, arguments.public))


def train_set(public: Path, /) -> tuple[list[Found], list[str]]:
    """Read what is found in the train pictures, and the class of the first cell of each."""
    code = {row["NAME"]: row["class"] for row in reversed(read(public / "train.csv"))}
    known = list(pictures(public / "train_images.zip"))
    return known, [code[found.name] for found in known]


def predict(
    known: Sequence[Found], codes: Sequence[str], public: Path, /
) -> tuple[list[Found], list[str]]:
    """Learn from the train pictures and tell the class of what is found in the test pictures."""
    asked = list(pictures(public / "test_images.zip"))
    return asked, told(fit(known, codes), asked)


def read(path: Path, /) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pictures(path: Path, /) -> Iterator[Found]:
    """Yield what is found in each picture of an archive, without unpacking it."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                pixels = np.asarray(picture.convert("RGB").reduce(2), dtype=np.float64)
                yield find(name, pixels, size=picture.size)


def find(name: str, pixels: Array, /, *, size: tuple[int, int]) -> Found:
    """Find the box of what has more blue than green, beyond what the glass has."""
    tint = pixels[:, :, 2] - pixels[:, :, 1]
    violet = tint > np.median(tint) + 15
    rows, columns = (np.flatnonzero(violet.sum(axis=axis) > 8) for axis in (1, 0))  # noqa: PLR2004 - not a speck
    if not len(rows) or not len(columns):
        return Found(name=name, box=[92, 90, 278, 278], features=features(pixels, violet))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    box = [2 * left, 2 * top, min(2 * right, size[0]), min(2 * bottom, size[1])]
    return Found(name=name, box=[int(edge) for edge in box], features=features(pixels, violet))


def features(pixels: Array, violet: NDArray[np.bool_], /) -> Array:
    """Describe the violet pixels: how many, and quantiles of their colours."""
    inside = pixels[violet] if violet.any() else np.zeros((1, 3))
    colours = np.quantile(inside, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0).ravel()
    return np.append(colours, [violet.sum(), inside.std(axis=0).mean()])


def fit(known: Sequence[Found], codes: Sequence[str], /) -> ExtraTreesClassifier:
    """Learn the class of what is found."""
    model = ExtraTreesClassifier(100, min_samples_leaf=2, random_state=0)
    return model.fit(np.array([found.features for found in known]), codes)


def told(model: ExtraTreesClassifier, asked: Sequence[Found], /) -> list[str]:
    """Tell the class of what is found in each picture."""
    codes: list[str] = model.predict(np.array([found.features for found in asked])).tolist()
    return codes


def cross_validated(known: Sequence[Found], codes: Sequence[str], public: Path, /) -> float:
    """Measure the model as the platform does, each picture by a model that did not see it."""
    from scorers import get_metric  # noqa: PLC0415 - main.py runs where no scorer is

    guessed: dict[str, str] = {}
    for number in range(FOLDS):  # pictures are in random order already
        held = list(known[number::FOLDS])
        kept = [place for place in range(len(known)) if place % FOLDS != number]
        model = fit([known[place] for place in kept], [codes[place] for place in kept])
        guessed |= dict(zip([found.name for found in held], told(model, held), strict=True))
    boxes: dict[str, list[list[float]]] = {found.name: [] for found in known}
    labels: dict[str, list[str]] = {found.name: [] for found in known}
    for row in read(public / "train.csv"):
        boxes[row["NAME"]].append([float(row[corner]) for corner in CORNERS])
        labels[row["NAME"]].append(row["class"])
    value = get_metric("cytologia_giou_f1")(
        {"box": list(boxes.values()), "class": list(labels.values())},
        {
            "box": [[found.box] for found in known],
            "class": [[guessed[found.name]] for found in known],
        },
        true_boxes="box",
        true_labels="class",
        boxes="box",
        labels="class",
        classes=sorted({code for listed in labels.values() for code in listed}),
    )
    if not isinstance(value, float):
        raise SystemExit(f"the score is undefined: {value}")
    return value


def write(path: Path, found: Sequence[Found], codes: Sequence[str], /) -> None:
    """Write a predictions file: one row for each leukocyte that was found."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["NAME", *CORNERS, "class"])
        for each, code in zip(found, codes, strict=True):
            writer.writerow([each.name, *each.box, code])


if __name__ == "__main__":
    main()
