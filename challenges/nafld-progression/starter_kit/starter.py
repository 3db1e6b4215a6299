"""A first model for `nafld-progression`: learn from train.csv, measure as we do, predict test.csv.

python starter.py PUBLIC_DIR predictions.csv

Start from here: change `features` and `fit`, and watch the printed scores. The model is a ridge
Poisson regression of events a year weighted by years, which is an exponential survival model.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer  # type: ignore[import-untyped]  # no stubs
from sklearn.linear_model import PoissonRegressor  # type: ignore[import-untyped]  # no stubs
from sklearn.pipeline import Pipeline, make_pipeline  # type: ignore[import-untyped]  # no stubs
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]  # no stubs

Array = NDArray[np.float64]
Row = Mapping[str, str]

COVARIATES = (
    *("age", "sex", "bmi", "sbp", "hdl", "smoke", "diabetes", "hypertension", "dyslipidemia"),
    *("angina", "atrial_fibrillation", "myocardial_infarction", "stroke", "heart_failure"),
)
FOLDS = 5


def main() -> None:
    """Print cross-validated scores of train.csv and write predictions for test.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds train.csv and test.csv")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train, test = read(arguments.public / "train.csv"), read(arguments.public / "test.csv")
    # Rows are in random order already, so that every fifth row is a random fold.
    scores = np.array([score(*fold(train, number)) for number in range(FOLDS)])
    c_event, c_death, total = scores.mean(axis=0)
    print(f"cross-validated: c_event {c_event:.3f}  c_death {c_death:.3f}  score {total:.3f}")  # noqa: T201 - for you to read
    write(arguments.out, test, risks=predict(train, test))


def read(path: Path, /) -> list[Row]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fold(rows: Sequence[Row], number: int, /) -> tuple[list[Row], list[Row]]:
    """Split `rows` into those to learn from and those to measure on."""
    held_out = set(range(number, len(rows), FOLDS))
    learn = [row for place, row in enumerate(rows) if place not in held_out]
    return learn, [rows[place] for place in sorted(held_out)]


def predict(train: Sequence[Row], rows: Sequence[Row], /) -> dict[str, Array]:
    """Learn both risks from `train` and predict them for `rows`."""
    at_risk = [row for row in train if row["at_risk"] == "1"]  # the others have no `event`
    event = fit(at_risk, event="event", time="event_time")
    death = fit(train, event="death", time="death_time")
    known = features(rows)
    return {"risk_event": event.predict(known), "risk_death": death.predict(known)}


def fit(rows: Sequence[Row], /, *, event: str, time: str) -> Pipeline:
    """Learn the rate of `event` from the covariates."""
    years = numbers(rows, time) / 365.25
    model = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), PoissonRegressor(alpha=0.01)
    )
    model.fit(features(rows), numbers(rows, event) / years, poissonregressor__sample_weight=years)
    return model


def features(rows: Sequence[Row], /) -> Array:
    """Turn the covariates into numbers, one column each; an empty cell is NaN."""
    return np.column_stack([numbers(rows, name) for name in COVARIATES])


def numbers(rows: Sequence[Row], column: str, /) -> Array:
    """Read one column as numbers."""
    codes = {"": "nan", "female": "0", "male": "1"}
    return np.array([float(codes.get(row[column], row[column])) for row in rows])


def score(train: Sequence[Row], held_out: Sequence[Row], /) -> tuple[float, float, float]:
    """Learn from `train` and return c_event, c_death and the score of `held_out`."""
    columns = ("at_risk", "event", "event_time", "death", "death_time")
    truth = {name: numbers(held_out, name) for name in columns}
    risks = predict(train, held_out)
    c_event = concordance(
        truth, risks, event="event", time="event_time", risk="risk_event", where="at_risk"
    )
    c_death = concordance(truth, risks, event="death", time="death_time", risk="risk_death")
    return c_event, c_death, 0.7 * c_event + 0.3 * c_death


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
