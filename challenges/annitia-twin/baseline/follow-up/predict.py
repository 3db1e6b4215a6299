"""The baseline `follow-up`: a leak, shown on purpose. It knows nothing of medicine.

python predict.py PUBLIC_DIR OUT.csv

Visits stop at death, and the living are followed on, so that the shorter somebody was followed, the
surer is the death. When a risk is to be predicted, nobody knows how long there will be visits: the
score of this baseline says what the leak is worth, and nothing about anybody's risk.
"""

import argparse
import csv
from collections.abc import Mapping
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
        writer.writerow(["trustii_id", "risk_hepatic_event", "risk_death"])
        for person in people:
            risk = -followed(person)
            writer.writerow([person["trustii_id"], risk, risk])


def followed(person: Mapping[str, str], /) -> int:
    """Give the years from the first visit to the last."""
    ages = [int(person[f"Age_v{slot}"]) for slot in range(1, 23) if person[f"Age_v{slot}"]]
    return max(ages) - min(ages)


if __name__ == "__main__":
    main()
