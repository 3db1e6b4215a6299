"""The baseline `dummy`: nobody has an event, and everybody the prevalence of train.csv. Scores 0.

zip code.zip main.py
"""

import csv
from pathlib import Path

INPUT = Path("/input")
OUTPUT = Path("/output")


def main() -> None:
    """Read both tables of /input and write predictions.csv."""
    train, test = read(INPUT / "train.csv"), read(INPUT / "test.csv")
    severe = sum(row["OUTCOME SEVERITY"] == "1" for row in train) / len(train)
    with (OUTPUT / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trustii_id", "OUTCOME MACE", "OUTCOME SEVERITY"])
        writer.writerows([row["trustii_id"], 0, severe] for row in test)


def read(path: Path, /) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
