"""A first model for `cardiomyopathy-scores` that keeps all rules about features.

python starter.py PUBLIC_DIR predictions.csv

It learns from train.csv and predicts the sample of test.csv, which is hidden itself: the platform
runs main.py on it. Two ridge logistic regressions: severity from age, sex and genes; events from
the clinical columns too, cut into classes as frequent as in train.csv. Change `SEVERITY_FROM`,
`EVENTS_FROM` and `fit`; keep features.json up to date.
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

MACE, SEVERITY = "OUTCOME MACE", "OUTCOME SEVERITY"
PRIORITY = tuple(f"SNP{number}" for number in range(1, 76))
# Severity may be made from nothing but age, sex and genes.
SEVERITY_FROM = ("Age_Baseline", "Genre", "Variant.Pathogene", *PRIORITY)
# Events may be made from all, with one of SNP1 to SNP75 at least and 100 SNPs at most.
EVENTS_FROM = (
    *("Age_Baseline", "Epaiss_max", "Diam_OG", "TVNS", "ATCD_MS", "SYNCOPE", "FEVG"),
    *PRIORITY,
)
FOLDS = 5


def main() -> None:
    """Print cross-validated scores of train.csv and write predictions for the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds train.csv and sample/")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    train = read(arguments.public / "train.csv")
    test = read(arguments.public / "sample" / "test.csv")
    qwk, skill, total = scores(train)
    print(f"cross-validated: qwk_mace {qwk:.3f}  rll_severity {skill:.3f}  score {total:.3f}")  # noqa: T201 - for you to read
    write(arguments.out, test, found=predict(train, test))


def read(path: Path, /) -> list[Row]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def predict(train: Sequence[Row], rows: Sequence[Row], /) -> dict[str, Array]:
    """Learn from `train` and predict both outcomes of `rows`."""
    severe = np.array([row[SEVERITY] == "1" for row in train])
    grades = np.array([int(row[MACE]) for row in train])
    severity = fit(train, severe, columns=SEVERITY_FROM)
    events = fit(train, grades > 0, columns=EVENTS_FROM)
    # A class for each risk, as frequent as in train.csv: the cuts come from train.csv alone, so
    # that nobody's class depends on who else is predicted.
    learned = events.predict_proba(features(train, EVENTS_FROM))[:, 1]
    cuts = np.quantile(learned, [np.mean(grades <= 0), np.mean(grades <= 1)])
    hazard = events.predict_proba(features(rows, EVENTS_FROM))[:, 1]
    return {
        MACE: np.searchsorted(cuts, hazard, side="right").astype(float),
        SEVERITY: severity.predict_proba(features(rows, SEVERITY_FROM))[:, 1],
    }


def fit(rows: Sequence[Row], happened: NDArray[np.bool_], /, *, columns: Sequence[str]) -> Pipeline:
    """Learn the probability of an outcome from some columns."""
    model = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(C=0.002)
    )
    return model.fit(features(rows, columns), happened)


def features(rows: Sequence[Row], columns: Sequence[str], /) -> Array:
    """Turn cells into numbers; an empty cell is NaN."""
    return np.array([[float(row[name] or "nan") for name in columns] for row in rows])


def scores(train: Sequence[Row], /) -> tuple[float, float, float]:
    """Give qwk_mace, rll_severity and the score of what was learned from other people.

    Every fifth row is a fold; all are pooled.
    """
    from scorers import get_metric  # noqa: PLC0415 - main.py runs where no scorer is

    found = {name: np.zeros(len(train)) for name in (MACE, SEVERITY)}
    for number in range(FOLDS):
        held_out = list(range(number, len(train), FOLDS))
        rest = [row for place, row in enumerate(train) if place % FOLDS != number]
        for name, values in predict(rest, [train[place] for place in held_out]).items():
            found[name][held_out] = values
    truth = {name: np.array([float(row[name]) for row in train]) for name in (MACE, SEVERITY)}
    qwk = get_metric("weighted_kappa")(
        truth, found, label=MACE, predicted=MACE, classes=[0, 1, 2], weights="quadratic"
    )
    skill = get_metric("weighted_log_loss_skill")(
        truth, found, label=SEVERITY, probability=SEVERITY, weights=[1.5, 1.0], dummy=117 / 347
    )
    if not (isinstance(qwk, float) and isinstance(skill, float)):
        raise SystemExit(f"a metric is undefined: {qwk}, {skill}")
    return qwk, skill, 0.7 * qwk + 0.3 * skill


def write(path: Path, rows: Sequence[Row], /, *, found: Mapping[str, Array]) -> None:
    """Write a predictions file: one line for each of `rows`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trustii_id", MACE, SEVERITY])
        for row, grade, severe in zip(rows, found[MACE], found[SEVERITY], strict=True):
            writer.writerow([row["trustii_id"], int(grade), f"{severe:.9g}"])


if __name__ == "__main__":
    main()
