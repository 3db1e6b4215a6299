"""The baseline `image_model`: violet spots, described by colours and shape, and two forests.

python predict.py PUBLIC_DIR OUT.csv

Stained nuclei and basophilic cytoplasm have more blue than green, red cells have not. Connected
spots of such pixels are candidates. Each is described by its size and shape, the colours in rings
around its middle, and how its chromatin varies. One forest of trees moves its edges to those of the
true box, another tells its class. What it learns from are the spots of the train pictures that lie
on a true box.
"""

import argparse
import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

Array = NDArray[np.float64]

CORNERS = ("x1", "y1", "x2", "y2")
HALF = 2  # pictures are read at half their size
SMALLEST = 500  # pixels of a spot at that size; platelets are smaller
VIOLET = 13.0  # by how much more blue than green it has, beyond what the glass has
RINGS = 9
OVERLAP = 0.25  # intersection over union from which a spot is taken to be of a true box
TREES = 200


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A candidate: the edges of its box in pixels of the picture, and its features."""

    box: Array
    features: Array


def main() -> None:
    """Learn from the pictures in PUBLIC_DIR and write the predictions for the test pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the archives of pictures")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    boxes, classes = learn(arguments.public)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["NAME", *CORNERS, "class"])
        for name, size, spots in pictures(arguments.public / "test_images.zip"):
            if not spots:
                continue
            described = np.array([spot.features for spot in spots])
            moved = np.array([spot.box for spot in spots]) + boxes.predict(described)
            told = classes.predict(described)
            for box, code in zip(inside(moved, size), told, strict=True):
                writer.writerow([name, *box, code])


def learn(public: Path, /) -> tuple[ExtraTreesRegressor, ExtraTreesClassifier]:
    """Learn how spots differ from the true boxes, and their classes."""
    true: Mapping[str, list[dict[str, str]]] = defaultdict(list)
    with (public / "train.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            true[row["NAME"]].append(row)
    described, moves, codes = [], [], []
    for name, _, spots in pictures(public / "train_images.zip"):
        known = np.array([[float(row[corner]) for corner in CORNERS] for row in true[name]])
        for spot in spots:
            overlap = _overlap(spot.box, known)
            if overlap.max() >= OVERLAP:
                place = int(overlap.argmax())
                described.append(spot.features)
                moves.append(known[place] - spot.box)
                codes.append(true[name][place]["class"])
    boxes = ExtraTreesRegressor(TREES // 4, min_samples_leaf=3, random_state=0, n_jobs=1)
    classes = ExtraTreesClassifier(
        TREES, min_samples_leaf=2, random_state=0, n_jobs=1, class_weight="balanced"
    )
    return boxes.fit(described, moves), classes.fit(described, codes)


def pictures(path: Path, /) -> Iterator[tuple[str, tuple[int, int], list[Spot]]]:
    """Yield the name, the size and the spots of each picture of an archive."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                half = np.asarray(picture.convert("RGB").reduce(HALF), dtype=np.float64)
                yield name, picture.size, spots_of(half)


def spots_of(pixels: Array, /) -> list[Spot]:
    """Find the spots of a picture at half its size."""
    glass = np.median(pixels[pixels.min(axis=2) > 205], axis=0)  # noqa: PLR2004 - bright
    if not np.isfinite(glass).all():
        glass = np.array([238.0, 234.0, 238.0])
    relative = pixels - glass
    violet = ndimage.uniform_filter(relative[:, :, 2] - relative[:, :, 1], 5) > VIOLET
    numbered, _ = ndimage.label(violet)
    found = []
    for number, place in enumerate(ndimage.find_objects(numbered), start=1):
        mask = numbered[place] == number
        if mask.sum() >= SMALLEST:
            rows, columns = place
            box = np.array([columns.start, rows.start, columns.stop, rows.stop], dtype=np.float64)
            found.append(Spot(box=box * HALF, features=_features(relative, box, mask)))
    return found


def inside(boxes: Array, size: tuple[int, int], /) -> list[list[int]]:
    """Round boxes to pixels within a picture, each with an area."""
    wide, tall = size
    low = np.clip(np.rint(boxes[:, :2]), 0, [wide - 1, tall - 1])
    high = np.clip(np.rint(boxes[:, 2:]), low + 1, [wide, tall])
    kept: list[list[int]] = np.hstack([low, high]).astype(int).tolist()
    return kept


def _features(relative: Array, box: Array, mask: NDArray[np.bool_]) -> Array:
    """Describe a spot: its shape, rings of colour around it, and the texture of its nucleus."""
    left, top, right, bottom = box
    wide, tall, area = right - left, bottom - top, float(mask.sum())
    y, x = np.nonzero(mask)
    middle_x, middle_y = x.mean() + left, y.mean() + top
    spread = np.sort(np.linalg.eigvalsh(np.cov(np.stack([x, y]))))
    radius = np.sqrt(area / np.pi)
    rows, columns = np.indices(relative.shape[:2])
    far = np.hypot(columns - middle_x, rows - middle_y) / radius
    ring = np.minimum((far * 5).astype(int), RINGS)  # up to 1.8 of its radius
    counts = np.maximum(np.bincount(ring.ravel(), minlength=RINGS + 1), 1)
    colours = [
        np.bincount(ring.ravel(), relative[:, :, part].ravel(), minlength=RINGS + 1) / counts
        for part in range(3)
    ]
    window = relative[int(top) : int(bottom), int(left) : int(right)][mask]
    green = relative[int(top) : int(bottom), int(left) : int(right), 1]
    dark = mask & (green < -95)  # noqa: PLR2004 - of nuclei
    fine = green - ndimage.uniform_filter(green, 3)
    coarse = ndimage.uniform_filter(green, 3) - ndimage.uniform_filter(green, 9)
    lobes = ndimage.label(ndimage.binary_erosion(dark, iterations=4))[1]
    return np.concatenate(
        [
            [
                wide,
                tall,
                area,
                area / (wide * tall),
                spread[0] / spread[1],
                dark.sum() / area,
                lobes,
            ],
            *(colour[:RINGS] for colour in colours),
            *(np.quantile(window[:, part], [0.05, 0.25, 0.5, 0.75, 0.95]) for part in range(3)),
            np.quantile(window[:, 0] - window[:, 2], [0.05, 0.5, 0.95, 0.99]),
            [_deviation(fine, mask), _deviation(coarse, mask)],
            [_deviation(fine, dark), _deviation(coarse, dark), _deviation(green, dark)],
        ]
    )


def _deviation(values: Array, mask: NDArray[np.bool_]) -> float:
    return float(values[mask].std()) if mask.any() else 0.0


def _overlap(box: Array, others: Array) -> Array:
    """Give the intersection over union of a box with others."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    share: Array = shared / (np.prod(box[2:] - box[:2]) + areas - shared)
    return share


if __name__ == "__main__":
    main()
