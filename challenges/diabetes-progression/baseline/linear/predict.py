"""The baseline `linear`: a linear regression of progression on all ten measurements.

python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, str]


def main() -> None:
    """Learn from train.csv in PUBLIC_DIR and write predictions for test.csv to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train, test = (_read(arguments.public / f"{name}.csv") for name in ("train", "test"))
    answers = np.array([float(row["progression"]) for row in train])
    slopes, *_ = np.linalg.lstsq(_features(train), answers, rcond=None)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "progression"])
        for row, value in zip(test, (_features(test) @ slopes).tolist(), strict=True):
            writer.writerow([row["patient_id"], f"{value:.6g}"])


def _features(rows: Sequence[Row], /) -> NDArray[np.float64]:
    """Give a 1 for the intercept and all measurements, of shape (rows, 11)."""
    names = [name for name in rows[0] if name not in {"patient_id", "progression"}]
    return np.array([[1.0, *(float(row[name]) for name in names)] for row in rows])


def _read(path: Path, /) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
