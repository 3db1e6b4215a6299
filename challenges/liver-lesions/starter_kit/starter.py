"""A first model for `liver-lesions`: learn from the training slices, measure as we do, predict.

python starter.py PUBLIC_DIR predictions.zip

Start from here: change `contrast` and `lesions`, and watch the printed Dice. The model marks what
is darker than its surroundings by more than a margin, which is the best one on the training slices.
"""

import argparse
import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

Picture = NDArray[np.float64]
Mask = NDArray[np.bool_]

MARGINS = range(2, 21)
FOLDS = 5


def main() -> None:
    """Print the cross-validated Dice of the training slices and write masks of the test slices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the downloaded files")
    parser.add_argument("out", type=Path, help="the archive of masks to write")
    arguments = parser.parse_args()
    darker, masks = read_training(arguments.public)
    scores = cross_validated(darker, masks, patients=read_patients(arguments.public / "train.csv"))
    print(f"cross-validated Dice {np.mean(scores):.3f}")  # noqa: T201 - for you to read
    write(arguments.out, predict(arguments.public))


def read(path: Path, /) -> dict[str, Picture]:
    """Read the pictures of an archive, by the name of their slice."""
    pictures = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                pictures[name.removesuffix(".png")] = np.asarray(picture, dtype=np.float64)
    return pictures


def read_training(public: Path, /) -> tuple[dict[str, Picture], dict[str, Mask]]:
    """Read the contrast of the training slices, and their lesions."""
    images, masks = read(public / "train_images.zip"), read(public / "train_masks.zip")
    darker = {name: contrast(image) for name, image in images.items()}
    return darker, {name: mask > 0 for name, mask in masks.items()}


def read_patients(path: Path, /) -> dict[str, str]:
    """Read whose slices they are."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["image"]: row["patient"] for row in csv.DictReader(file)}


def contrast(image: Picture, /) -> Picture:
    """Give by how much each pixel is darker than its wider surroundings."""
    surroundings, near = (gaussian_filter(image, blur, truncate=2) for blur in (25, 2))
    darker: Picture = surroundings - near
    return darker


def lesions(darker: Picture, /, *, margin: float) -> Mask:
    """Give the pixels whose contrast is above a margin."""
    found: Mask = darker > margin
    return found


def fit(darker: Mapping[str, Picture], masks: Mapping[str, Mask], /) -> int:
    """Give the margin with the best mean Dice."""
    means = {
        margin: np.mean([dice(lesions(darker[n], margin=margin), m) for n, m in masks.items()])
        for margin in MARGINS
    }
    return max(means, key=means.__getitem__)


def predict(public: Path, /) -> dict[str, Mask]:
    """Learn from the training slices and give the lesions of the test slices."""
    margin = fit(*read_training(public))
    images = read(public / "test_images.zip")
    return {name: lesions(contrast(image), margin=margin) for name, image in images.items()}


def cross_validated(
    darker: Mapping[str, Picture], masks: Mapping[str, Mask], /, *, patients: Mapping[str, str]
) -> list[float]:
    """Give the Dice of each slice by what was learned from other patients' slices."""
    scores = []
    number = {
        patient: place % FOLDS for place, patient in enumerate(sorted(set(patients.values())))
    }
    for fold in range(FOLDS):
        held = [name for name in darker if number[patients[name]] == fold]
        known = [name for name in darker if number[patients[name]] != fold]
        margin = fit({name: darker[name] for name in known}, {name: masks[name] for name in known})
        scores += [dice(lesions(darker[name], margin=margin), masks[name]) for name in held]
    return scores


def dice(one: Mask, other: Mask, /) -> float:
    """Compute Dice as the platform does: 1 if both masks are empty."""
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else 1.0


def write(path: Path, masks: Mapping[str, Mask], /) -> None:
    """Write one PNG for each mask, of one channel: 1 in a lesion, else 0."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, mask in masks.items():
            stream = io.BytesIO()
            Image.fromarray(mask.astype(np.uint8)).save(stream, "PNG")
            archive.writestr(f"{name}.png", stream.getvalue())


if __name__ == "__main__":
    main()
