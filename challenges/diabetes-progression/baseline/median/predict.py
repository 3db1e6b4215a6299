"""The baseline `median`: everybody gets the median progression of train.csv.

No constant has a smaller mean absolute error there. python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from pathlib import Path
from statistics import median


def main() -> None:
    """Learn from train.csv in PUBLIC_DIR and write predictions for test.csv to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    middle = median(float(row["progression"]) for row in _read(arguments.public / "train.csv"))
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "progression"])
        test = _read(arguments.public / "test.csv")
        writer.writerows([row["patient_id"], f"{middle:g}"] for row in test)


def _read(path: Path, /) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
