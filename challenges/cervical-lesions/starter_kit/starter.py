"""A first model for `cervical-lesions`: colours of a slide, and the class that costs least.

python starter.py PUBLIC_DIR submission.csv

Start from here: change `features` and `fit`, and watch the printed score. The features are how many
pixels of the smallest level have each colour; the model is a logistic regression.
"""

import argparse
import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

Array = NDArray[np.float64]
Classes = NDArray[np.intp]
Row = Mapping[str, str]

CLASSES = [0, 1, 2, 3]
COSTS = np.array([[0, 0.1, 0.7, 1], [0.1, 0, 0.3, 0.7], [0.7, 0.3, 0, 0.3], [1, 0.7, 0.3, 0]])
LEVEL = 1  # of the pyramid: 0 is the largest, 2 the smallest
BINS = 6  # of each of red, green and blue
FOLDS = 5


def main() -> None:
    """Print the cross-validated score of the train slides and predict the test slides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the archives of slides")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    known, labels = train_set(arguments.public)
    print(f"cross-validated score {cross_validated(known, labels):.3f}; class 1 alone has 0.752")  # noqa: T201 - for you to read
    write(arguments.out, predict(known, labels, arguments.public))


def train_set(public: Path, /) -> tuple[Array, Classes]:
    """Read the features and the class of each train slide."""
    rows = read(public / "train_labels.csv")
    label = {row["filename"]: next(k for k in CLASSES if row[str(k)] == "1") for row in rows}
    known = dict(slides(public / "train_slides.zip"))
    return np.array(list(known.values())), np.array([label[name] for name in known])


def predict(known: Array, labels: Classes, public: Path, /) -> dict[str, int]:
    """Learn from the train slides and give the class of each test slide, by its name."""
    asked = dict(slides(public / "test_slides.zip"))
    told = cheapest(fit(known, labels), np.array(list(asked.values())))
    return dict(zip(asked, told.tolist(), strict=True))


def read(path: Path, /) -> list[Row]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def slides(path: Path, /) -> Iterator[tuple[str, Array]]:
    """Yield the name and the features of each slide of an archive, without unpacking it."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                picture.seek(LEVEL)
                yield name, features(picture.convert("RGB"))


def features(picture: Image.Image, /) -> Array:
    """Give the share of the pixels that have each colour, of BINS³ colours."""
    bins = np.asarray(picture, dtype=np.intp) * BINS // 256
    colour = (bins[:, :, 0] * BINS + bins[:, :, 1]) * BINS + bins[:, :, 2]
    counts = np.bincount(colour.ravel(), minlength=BINS**3)
    share: Array = np.sqrt(counts / colour.size)
    return share


def fit(known: Array, labels: Classes, /) -> Pipeline:
    """Learn the probability of each class."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=2000))
    model.fit(known, labels)
    return model


def cheapest(model: Pipeline, asked: Array, /) -> Classes:
    """Give the class of the smallest expected cost."""
    cost = model.predict_proba(asked) @ COSTS[model.classes_]
    told: Classes = cost.argmin(axis=1)
    return told


def cross_validated(known: Array, labels: Classes, /) -> float:
    """Measure the model as the platform does, each slide by a model that did not see it."""
    from scorers import get_metric  # noqa: PLC0415 - main.py runs where no scorer is

    told = np.zeros(len(labels), dtype=np.intp)
    fold = np.arange(len(labels)) % FOLDS  # slides are in random order already
    for number in range(FOLDS):
        model = fit(known[fold != number], labels[fold != number])
        told[fold == number] = cheapest(model, known[fold == number])
    value = get_metric("cost_score")(
        {"label": labels},
        {"told": told},
        label="label",
        predicted="told",
        classes=CLASSES,
        costs=COSTS.tolist(),
    )
    if not isinstance(value, float):
        raise SystemExit(f"the score is undefined: {value}")
    return value


def write(path: Path, told: Mapping[str, int], /) -> None:
    """Write a predictions file: one row for each slide, with exactly one 1."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["filename", *CLASSES])
        for name, label in told.items():
            writer.writerow([name, *(int(label == each) for each in CLASSES)])


if __name__ == "__main__":
    main()
