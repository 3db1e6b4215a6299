"""The baseline `stiffness`: the mean of the ranks of liver stiffness and FIB-4 is both risks.

python predict.py PUBLIC_DIR OUT.csv

Both are the latest that are known of a person: median FibroScan stiffness in kPa, and FIB-4 = age
x AST / (platelets x sqrt(ALT)) (Sterling et al., Hepatology 2006;43:1317-1325). Who has none gets
the median rank.
"""

import argparse
import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

SLOTS = range(1, 6)  # the latest visit first


def main() -> None:
    """Read test.csv in PUBLIC_DIR and write a predictions file to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds test.csv")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    with (arguments.public / "test.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    of_stiffness = ranks([stiffness(person) for person in people])
    of_fib4 = ranks([fib4(person) for person in people])
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "risk_hepatic", "risk_death"])
        for person, *both in zip(people, of_stiffness, of_fib4, strict=True):
            risk = f"{sum(both) / 2:.9g}"
            writer.writerow([person["patient_id"], risk, risk])


def stiffness(person: Mapping[str, str], /) -> float | None:
    """Give the latest stiffness in kPa, None if there is none."""
    cells = (person[f"fibs_stiffness_med_BM_1_v{slot}"] for slot in SLOTS)
    return next((float(cell) for cell in cells if cell), None)


def fib4(person: Mapping[str, str], /) -> float | None:
    """Give the latest FIB-4 that can be computed, None if there is none."""
    for slot in SLOTS:
        cells = [person[f"{name}_v{slot}"] for name in ("years_before", "ast", "plt", "alt")]
        if all(cells):
            before, ast, plt, alt = map(float, cells)
            return (float(person["age"]) - before) * ast / (plt * math.sqrt(alt))
    return None


def ranks(values: Sequence[float | None], /) -> list[float]:
    """Give the mean rank of each value, from 0 to 1; one half to what is not known."""
    known = sorted(value for value in values if value is not None)
    places: dict[float, list[int]] = {}
    for place, value in enumerate(known):
        places.setdefault(value, []).append(place)
    last = len(known) - 1
    return [
        0.5 if value is None else sum(places[value]) / len(places[value]) / last for value in values
    ]


if __name__ == "__main__":
    main()
