"""A first model of the challenge `allergen-chip`: which groups of allergens have a high IgE.

    python starter.py PUBLIC_DIR predictions.csv

It learns a logistic regression a target on the sum of the levels of each group of components, tells
its macro F1 on a third held out, computed with the platform's own scorer, and writes predictions.
"""

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from scorers import get_metric

Row = Mapping[str, str]
Array = NDArray[np.float64]
Answers = dict[str, NDArray[np.int64]]

UNKNOWN = 9
PARTS = 3
CALLED = 0.4
"""Probability from which an allergy is told. F1 punishes what is missed: try others."""


def read(path: Path, /) -> list[Row]:
    """Read a CSV table as rows of text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def targets(dictionary: Sequence[Row], /) -> list[str]:
    """Give the 29 columns to predict."""
    return [row["name"] for row in dictionary if row["role"].startswith("target")]


def features(rows: Sequence[Row], /, *, dictionary: Sequence[Row]) -> Array:
    """Give the logarithm of the summed IgE of each group, of shape (rows, groups); change this."""
    groups: dict[str, list[str]] = {}
    for column in dictionary:
        for name in {column["group"], column["family"]} - {""}:
            groups.setdefault(name, []).append(column["name"])
    sums = [
        [sum(float(row[name]) for name in groups[group] if row[name]) for group in sorted(groups)]
        for row in rows
    ]
    logarithms: Array = np.log1p(np.array(sums))
    return logarithms


def predict(train: Sequence[Row], test: Sequence[Row], /, *, dictionary: Sequence[Row]) -> Answers:
    """Learn each target from the rows in which it is known, and predict it; change this too."""
    learn, ask = (features(rows, dictionary=dictionary) for rows in (train, test))
    told = {}
    for target in targets(dictionary):
        known = answers(train, target)
        rows = known != UNKNOWN
        if len(set(known[rows].tolist())) == 1:  # the two that are constant
            told[target] = np.full(len(test), known[rows][0])
            continue
        model = LogisticRegression(solver="newton-cholesky").fit(learn[rows], known[rows])
        told[target] = (model.predict_proba(ask)[:, 1] >= CALLED).astype(np.int64)
    return told


def answers(rows: Sequence[Row], target: str, /) -> NDArray[np.int64]:
    """Give the answers 0, 1 and 9 of a column."""
    return np.array([int(row[target]) for row in rows])


def hold_out(train: Sequence[Row], /, *, dictionary: Sequence[Row]) -> float:
    """Give the macro F1 of predictions for a third of the rows from the others."""
    rows = [row for place, row in enumerate(train) if place % PARTS == 0]
    rest = [row for place, row in enumerate(train) if place % PARTS != 0]
    prediction = predict(rest, rows, dictionary=dictionary)
    scored = targets(dictionary)[2:]  # without the two that are constant
    truth = {name: answers(rows, name) for name in scored}
    metric = get_metric("multilabel_macro_f1")
    score = metric(truth, prediction, labels=scored, predicted=scored, masked=UNKNOWN)
    return score if isinstance(score, float) else float("nan")  # nan where nothing can be measured


def write(path: Path, rows: Sequence[Row], /, *, told: Answers) -> None:
    """Write the predictions file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trustii_id", *told])
        for place, row in enumerate(rows):
            writer.writerow([row["trustii_id"], *(int(column[place]) for column in told.values())])


def main(public: Path, out: Path, /) -> None:
    """Tell what to expect, learn from train.csv and predict test.csv."""
    train, test = read(public / "train.csv"), read(public / "test.csv")
    dictionary = read(public / "dictionary.csv")
    print(f"macro F1 of a third held out: {hold_out(train, dictionary=dictionary):.3f}")  # noqa: T201 - it reports to a terminal
    write(out, test, told=predict(train, test, dictionary=dictionary))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
