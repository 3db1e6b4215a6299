"""A first model for `annitia-landmark`: learn from train.csv, predict test.csv.

python starter.py PUBLIC_DIR predictions.csv

Start from here: change `features` and `fit`, and watch the printed scores. The model is a ridge
logistic regression on the latest known value of a few signs.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

Array = NDArray[np.float64]
Row = Mapping[str, str]

SIGNS = ("fibs_stiffness_med_BM_1", "fibrotest_BM_2", "BMI", "plt", "ggt", "gluc_fast")
SLOTS = range(1, 6)  # the latest visit first
FOLDS = 5


def main() -> None:
    """Print cross-validated scores of train.csv and write predictions for test.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds train.csv and test.csv")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train, test = read(arguments.public / "train.csv"), read(arguments.public / "test.csv")
    c_hepatic, c_death, total = scores(train)
    print(f"cross-validated: c_hepatic {c_hepatic:.3f}  c_death {c_death:.3f}  score {total:.3f}")  # noqa: T201 - for you to read
    write(arguments.out, test, risks=predict(train, test))


def read(path: Path, /) -> list[Row]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def predict(train: Sequence[Row], rows: Sequence[Row], /) -> dict[str, Array]:
    """Learn both risks from `train` and predict them for `rows`."""
    known = [row for row in train if row["death"]]  # of the others nobody knows
    hepatic = fit(train, target="hepatic")
    death = fit(known, target="death")
    seen = features(rows)
    return {
        "risk_hepatic": hepatic.predict_proba(seen)[:, 1],
        "risk_death": death.predict_proba(seen)[:, 1],
    }


def fit(rows: Sequence[Row], /, *, target: str) -> Pipeline:
    """Learn the probability of `target`."""
    model = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(C=0.05)
    )
    return model.fit(features(rows), [row[target] == "1" for row in rows])


def features(rows: Sequence[Row], /) -> Array:
    """Turn people into numbers: age, and the latest known value of each sign."""
    ages = [float(row["age"]) for row in rows]
    signs = [np.log1p([latest(row, sign) for row in rows]) for sign in SIGNS]
    return np.column_stack([ages, *signs])


def latest(row: Row, sign: str, /) -> float:
    """Give the latest known value, NaN if there is none."""
    cells = (row[f"{sign}_v{slot}"] for slot in SLOTS)
    return next((float(cell) for cell in cells if cell), float("nan"))


def scores(train: Sequence[Row], /) -> tuple[float, float, float]:
    """Give c_hepatic, c_death and the score of risks that were learned from other people.

    Every fifth row is a fold. All are pooled: one fold has some five liver events only.
    """
    risks = {name: np.zeros(len(train)) for name in ("risk_hepatic", "risk_death")}
    for number in range(FOLDS):
        held_out = list(range(number, len(train), FOLDS))
        rest = [row for place, row in enumerate(train) if place % FOLDS != number]
        for name, found in predict(rest, [train[place] for place in held_out]).items():
            risks[name][held_out] = found
    columns = ("hepatic", "hepatic_time", "death", "death_time", "death_known")
    truth = {name: np.array([float(row[name] or "nan") for row in train]) for name in columns}
    c_hepatic = concordance(truth, risks, event="hepatic", time="hepatic_time", risk="risk_hepatic")
    c_death = concordance(
        truth, risks, event="death", time="death_time", risk="risk_death", where="death_known"
    )
    return c_hepatic, c_death, 0.7 * c_hepatic + 0.3 * c_death


def concordance(truth: Mapping[str, Array], risks: Mapping[str, Array], /, **columns: str) -> float:
    """Compute Harrell's C as the platform does."""
    from scorers import get_metric  # noqa: PLC0415 - main.py runs where no scorer is

    value = get_metric("harrell_c")(truth, risks, **columns)
    if not isinstance(value, float):
        raise SystemExit(f"Harrell's C is undefined: {value}")
    return value


def write(path: Path, rows: Sequence[Row], /, *, risks: Mapping[str, Array]) -> None:
    """Write a predictions file: one line for each of `rows`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", *risks])
        for row, *values in zip(rows, *risks.values(), strict=True):
            writer.writerow([row["patient_id"], *(f"{value:.9g}" for value in values)])


if __name__ == "__main__":
    main()
