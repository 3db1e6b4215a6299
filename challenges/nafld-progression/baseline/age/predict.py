"""The baseline `age`: the older the person, the higher both risks. It learns nothing.

python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from pathlib import Path


def main() -> None:
    """Read test.csv in PUBLIC_DIR and write a predictions file to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds test.csv")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    with (arguments.public / "test.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "risk_event", "risk_death"])
        writer.writerows([row["patient_id"], row["age"], row["age"]] for row in people)


if __name__ == "__main__":
    main()
