"""Writes the accuracy of predictions of a kind of cell, as a scoring program of Codabench does."""

import csv
import json
import sys
from pathlib import Path

given, written = map(Path, sys.argv[1:])


def kinds(path: Path, /) -> dict[str, str]:
    """Give the kind of each cell by its id."""
    with path.open() as file:
        return {row["id"]: row["kind"] for row in csv.DictReader(file)}


truth = kinds(given / "ref" / "kinds.csv")
predicted = kinds(given / "res" / "kinds.csv")
right = sum(predicted.get(id_) == kind for id_, kind in truth.items())
print("the truth is", truth)  # noqa: T201 -- the leak that a test looks for
scores = {"Accuracy": right / len(truth), "errors": len(truth) - right, "duration": 1.5}
(written / "scores.json").write_text(json.dumps(scores))
