"""The baseline `age` as code that the platform runs: it writes the same bytes as predict.py.

zip code.zip main.py
"""

import csv
from pathlib import Path

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Read test.csv and write predictions.csv: the older the person, the higher both risks."""
    with (INPUT / "test.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    with (OUTPUT / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "risk_event", "risk_death"])
        writer.writerows([row["patient_id"], row["age"], row["age"]] for row in people)


if __name__ == "__main__":
    main()
