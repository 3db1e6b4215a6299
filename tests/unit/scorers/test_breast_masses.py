"""Real breast masses: a challenge of two classes is scored as scikit-learn does."""

import csv
import importlib.util
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from scorers import Task, evaluate
from scorers.document import Evaluation

FOLDER = Path(__file__).parents[2] / "data" / "breast-masses"


@pytest.fixture(scope="module")
def task() -> Task:
    return Task.from_challenge(yaml.safe_load((FOLDER / "challenge.yaml").read_text()))


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    spec = importlib.util.spec_from_file_location("recipe", FOLDER / "masses.py")
    assert spec is not None
    assert spec.loader is not None
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    made = recipe.build(tmp_path_factory.mktemp("public"))
    assert isinstance(made, bytes)
    return made


@pytest.fixture(scope="module")
def rows(truth: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(truth.decode())))


@pytest.fixture(scope="module")
def told(rows: list[dict[str, str]]) -> dict[str, float]:
    """Say for each mass how likely it is malignant: right more often than not, with ties."""
    malignant = np.array([row["malignant"] == "1" for row in rows])
    drawn = np.random.default_rng(3).normal(0.4 + 0.2 * malignant, 0.2)
    told = np.clip(drawn.round(1), 0, 1).tolist()
    return {row["mass_id"]: probability for row, probability in zip(rows, told, strict=True)}


@pytest.fixture(scope="module")
def evaluation(task: Task, truth: bytes, told: dict[str, float]) -> Evaluation:
    lines = [f"{name},{probability}\n" for name, probability in told.items()]
    predictions = ("mass_id,probability\n" + "".join(lines)).encode()
    return evaluate(task, truth=truth, predictions=predictions, seed=0)


@pytest.mark.parametrize(
    ("key", "reference"),
    [
        ("auroc", roc_auc_score),
        ("precision", average_precision_score),
        ("brier", brier_score_loss),
    ],
)
@pytest.mark.parametrize("split", ["public", "private"])
def test_each_split_has_the_score_of_scikit_learn(
    evaluation: Evaluation,
    rows: list[dict[str, str]],
    told: dict[str, float],
    key: str,
    reference: object,
    split: str,
) -> None:
    kept = [row for row in rows if row["usage"] == split]
    labels = [int(row["malignant"]) for row in kept]
    assert callable(reference)

    expected = reference(labels, [told[row["mass_id"]] for row in kept])

    assert evaluation.splits[split].metrics[key].value == pytest.approx(expected, rel=1e-12)


def test_the_subgroups_are_the_two_sizes_of_nuclei(
    evaluation: Evaluation, rows: list[dict[str, str]]
) -> None:
    found = evaluation.splits["public"].subgroups["nuclei"]

    public = [row["nuclei"] for row in rows if row["usage"] == "public"]
    assert {value: part.units for value, part in found.items()} == {
        "large": public.count("large"),
        "small": public.count("small"),
    }
