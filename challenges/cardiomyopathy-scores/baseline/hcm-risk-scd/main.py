"""The baseline `hcm-risk-scd`: the published risk of sudden cardiac death, cut as the ESC does.

zip code.zip main.py

O'Mahony et al., Eur Heart J 2014;35:2010-2020. The score predicts sudden death at five years, not
the events of this challenge, and uses no gene. Its gradient is in mmHg; here it is 0 or 1, which is
taken as 0 or 60 mmHg. Below 4 % is MACE 0, from 6 % on MACE 2. For severity, which it says nothing
of, everybody gets the prevalence of train.csv.
"""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

INPUT = Path("/input")
OUTPUT = Path("/output")

GRADIENT = 60.0  # mmHg, where the file says 1
INTERMEDIATE, HIGH = 0.04, 0.06
USUAL = {"Epaiss_max": 19.0, "Diam_OG": 41.0, "Age_Baseline": 51.0}  # where a cell is empty


def main() -> None:
    """Read both tables of /input and write predictions.csv."""
    train, test = read(INPUT / "train.csv"), read(INPUT / "test.csv")
    severe = sum(row["OUTCOME SEVERITY"] == "1" for row in train) / len(train)
    with (OUTPUT / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trustii_id", "OUTCOME MACE", "OUTCOME SEVERITY"])
        writer.writerows([row["trustii_id"], grade(of_row(row)), severe] for row in test)


def read(path: Path, /) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_row(row: Mapping[str, str], /) -> float:
    """Give the risk of a line of the table; a missing value is the usual one, or no."""

    def cell(name: str) -> float:
        return float(row[name] or USUAL.get(name, 0.0))

    index = prognostic_index(
        age=cell("Age_Baseline"),
        thickness=cell("Epaiss_max"),
        atrium=cell("Diam_OG"),
        gradient=GRADIENT * cell("Gradient"),
        family=cell("ATCD_MS"),
        tachycardia=cell("TVNS"),
        syncope=cell("SYNCOPE"),
    )
    return risk(index)


def prognostic_index(
    *,
    age: float,
    thickness: float,
    atrium: float,
    gradient: float,
    family: float,
    tachycardia: float,
    syncope: float,
) -> float:
    """Give the prognostic index: years, mm, mm, mmHg, then 0 or 1 three times."""
    return (
        0.15939858 * thickness
        - 0.00294271 * thickness**2
        + 0.0259082 * atrium
        + 0.00446131 * gradient
        + 0.4583082 * family
        + 0.82639195 * tachycardia
        + 0.71650361 * syncope
        - 0.01799934 * age
    )


def risk(index: float, /) -> float:
    """Give the probability of sudden cardiac death within five years."""
    return float(1 - 0.998 ** math.exp(index))


def grade(probability: float, /) -> int:
    """Give the class of the ESC: 0 low, 1 intermediate, 2 high."""
    return int(probability >= INTERMEDIATE) + int(probability >= HIGH)


if __name__ == "__main__":
    main()
