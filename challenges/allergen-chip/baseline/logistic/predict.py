"""The baseline `logistic`: a logistic regression a target, on the highest IgE of each group.

python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

Array = NDArray[np.float64]
Row = Mapping[str, str]

UNKNOWN = "9"
CALLED = 0.4
"""Probability from which a target is told: below a half, because F1 punishes what is missed."""

POSITIVE = 0.35
"""kU/L, the usual limit."""

FAMILIES = ("Respiratory", "Food", "Venom")


def main() -> None:
    """Learn from train.csv in PUBLIC_DIR and write predictions for test.csv to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train, test, columns = (
        _read(arguments.public / f"{name}.csv") for name in ("train", "test", "dictionary")
    )
    targets = [row["name"] for row in columns if row["role"].startswith("target")]
    groups: dict[str, list[str]] = {}
    for column in columns:
        for name in {column["group"], column["family"]} - {""}:
            groups.setdefault(name, []).append(column["name"])
    features = _features([*train, *test], groups=groups)
    # One thread, because the order of a parallel sum, and so its last bits, depends on the machine.
    with threadpool_limits(1):
        told = {
            target: _learn(features, [row[target] for row in train], count=len(train))
            for target in targets
        }
    _climb(told)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trustii_id", *targets])
        for place, row in enumerate(test):
            writer.writerow([row["trustii_id"], *(int(told[name][place]) for name in targets)])


def _features(rows: Sequence[Row], /, *, groups: Mapping[str, Sequence[str]]) -> Array:
    """Give the logarithm of the highest level of each group, whether any is above 0.35, the age."""
    columns = []
    for names in (groups[name] for name in sorted(groups)):
        highest = np.array(
            [max((float(row[n]) for n in names if row[n]), default=0) for row in rows]
        )
        columns += [np.log10(highest + 0.01), (highest >= POSITIVE).astype(float)]
    columns.append(np.array([float(row["Age"]) for row in rows]) / 50)
    return np.stack(columns, axis=1)


def _learn(features: Array, known: Sequence[str], *, count: int) -> NDArray[np.bool_]:
    """Predict a target for the rows after the first `count`, whose known answers are learned."""
    places = [place for place, answer in enumerate(known) if answer != UNKNOWN]
    answers = np.array([known[place] == "1" for place in places])
    if answers.all() or not answers.any():
        return np.full(len(features) - count, bool(answers.any()))
    model = LogisticRegression(C=0.3, solver="newton-cholesky").fit(features[places], answers)
    told: NDArray[np.bool_] = model.predict_proba(features[count:])[:, 1] >= CALLED
    return told


def _climb(told: dict[str, NDArray[np.bool_]], /) -> None:
    """Tell a family where one of its types is told, and an allergy where a family is."""
    for family in FAMILIES:
        types = [told[name] for name in told if name.startswith(f"Type_of_{family}_")]
        told[f"{family}_Allergy"] |= np.any(types, axis=0)
    told["Allergy_Present"] |= np.any([told[f"{family}_Allergy"] for family in FAMILIES], axis=0)
    told["Severe_Allergy"] &= told["Allergy_Present"]


def _read(path: Path, /) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
