"""The baseline `frequent`: for each target the answer that most patients of train.csv have.

This is the dummy by which the score is rescaled. python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from pathlib import Path


def main() -> None:
    """Learn from train.csv in PUBLIC_DIR and write predictions for test.csv to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train = _read(arguments.public / "train.csv")
    targets = [name for name in train[0] if name.endswith("_Allergy") or "_Allergy_" in name]
    targets = [*targets, "Allergy_Present"]
    told = {}
    for target in targets:
        known = [row[target] for row in train if row[target] != "9"]
        told[target] = str(int(2 * known.count("1") > len(known)))
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["trustii_id", *targets], lineterminator="\n")
        writer.writeheader()
        for row in _read(arguments.public / "test.csv"):
            writer.writerow({"trustii_id": row["trustii_id"], **told})


def _read(path: Path, /) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
