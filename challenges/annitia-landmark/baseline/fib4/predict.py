"""The baseline `fib4`: the latest FIB-4 that can be computed of a person is both risks.

python predict.py PUBLIC_DIR OUT.csv

FIB-4 = age x AST / (platelets x sqrt(ALT)), with AST and ALT in U/L and platelets in 10^9/L
(Sterling et al., Hepatology 2006;43:1317-1325). Who has none gets the median.
"""

import argparse
import csv
import math
from collections.abc import Mapping
from pathlib import Path
from statistics import median

SLOTS = range(1, 6)  # the latest visit first


def main() -> None:
    """Read test.csv in PUBLIC_DIR and write a predictions file to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds test.csv")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    with (arguments.public / "test.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    found = [fib4(person) for person in people]
    usual = median(value for value in found if value is not None)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "risk_hepatic", "risk_death"])
        for person, value in zip(people, found, strict=True):
            risk = f"{usual if value is None else value:.9g}"
            writer.writerow([person["patient_id"], risk, risk])


def fib4(person: Mapping[str, str], /) -> float | None:
    """Give the latest FIB-4 that can be computed, None if there is none."""
    for slot in SLOTS:
        cells = [person[f"{name}_v{slot}"] for name in ("years_before", "ast", "plt", "alt")]
        if all(cells):
            before, ast, plt, alt = map(float, cells)
            return (float(person["age"]) - before) * ast / (plt * math.sqrt(alt))
    return None


if __name__ == "__main__":
    main()
