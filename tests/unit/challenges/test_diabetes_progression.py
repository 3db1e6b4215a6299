"""The challenge `diabetes-progression`: the real table, dealt evenly, scored as elsewhere."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from challenge_platform.cli.recipe import RecipeOptions, run_recipe
from scorers import evaluate
from tests.unit.challenges.conftest import BuiltChallenge, Rows


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("diabetes-progression")


def _rows(data: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_every_patient_of_the_source_is_in_one_part(built: BuiltChallenge) -> None:
    train = _rows((built.made.public / "train.csv").read_bytes())
    truth = _rows(built.made.truth)
    answers = sorted(int(row["progression"]) for row in train + truth)
    usages = Counter(row["usage"] for row in truth)

    assert answers == sorted(load_diabetes().target.astype(int).tolist())
    assert len({row["patient_id"] for row in train + truth}) == 442
    assert (len(train), usages) == (221, {"public": 89, "private": 132})


def test_the_parts_have_the_same_range(built: BuiltChallenge) -> None:
    truth = _rows(built.made.truth)
    public, private = (
        [float(row["progression"]) for row in truth if row["usage"] == usage]
        for usage in ("public", "private")
    )

    for share in (10, 50, 90):
        assert abs(np.percentile(public, share) - np.percentile(private, share)) < 10


def test_a_row_has_the_values_of_its_patient(built: BuiltChallenge) -> None:
    table = load_diabetes(scaled=False)
    known = {
        tuple(np.round(row, 4).tolist()): int(answer)
        for row, answer in zip(table.data, table.target, strict=True)
    }
    train = _rows((built.made.public / "train.csv").read_bytes())

    for row in train:
        values = tuple(float(cell) for cell in list(row.values())[1:-1])
        assert known[values] == int(row["progression"])


def test_the_errors_are_those_of_scikit_learn(built: BuiltChallenge) -> None:
    truth = [row for row in _rows(built.made.truth) if row["usage"] == "private"]
    told = [100 + 3 * place for place in range(len(_rows(built.made.truth)))]
    ids = [row["patient_id"] for row in _rows(built.made.truth)]
    guess = dict(zip(ids, told, strict=True))
    lines = [f"{name},{value}" for name, value in guess.items()]
    file = "\n".join(["patient_id,progression", *lines, ""]).encode()

    found = evaluate(built.definition.task, truth=built.made.truth, predictions=file, seed=1)

    answers = [float(row["progression"]) for row in truth]
    guesses = [guess[row["patient_id"]] for row in truth]
    private = found.splits["private"].metrics
    assert private["mae"].value == pytest.approx(mean_absolute_error(answers, guesses))
    assert private["rmse"].value == pytest.approx(root_mean_squared_error(answers, guesses))


def test_another_table_is_refused(built: BuiltChallenge, tmp_path: Path) -> None:
    text = (built.folder / "data.py").read_text("utf-8").replace("67_243", "67_244")
    (tmp_path / "data.py").write_text(text, "utf-8")
    (tmp_path / "made").mkdir()

    with pytest.raises(ValueError, match="expected 442 and 67244"):
        run_recipe(
            tmp_path / "data.py",
            tmp_path / "made",
            definition=built.definition,
            options=RecipeOptions(say=print),
        )
