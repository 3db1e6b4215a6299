"""The challenge `icd10-coding`: terms of the real classification, in one half each."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.cli.recipe import RecipeOptions, run_recipe
from scorers import evaluate
from scorers.tables import CodesColumn
from tests.unit.challenges.conftest import BuiltChallenge, Rows


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("icd10-coding")


def _rows(data: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def _read(built: BuiltChallenge, name: str) -> Rows:
    return _rows((built.made.public / name).read_bytes())


def _terms(rows: Rows) -> list[str]:
    return [part.strip() for row in rows for part in row["text"].split(";")]


def test_no_term_is_in_both_halves_and_none_is_lost(built: BuiltChallenge) -> None:
    train, test = _terms(_read(built, "train.csv")), _terms(_read(built, "test.csv"))

    assert len({*train, *test}) == len(train) + len(test) == 2165
    assert len(train) == 1299


def test_every_code_is_declared_titled_and_learnable(built: BuiltChallenge) -> None:
    column = built.definition.submission.columns["codes"]
    assert isinstance(column, CodesColumn)
    titled = [row["code"] for row in _read(built, "codes.csv")]
    learned = {code for row in _read(built, "train.csv") for code in row["codes"].split("|")}
    asked = {code for row in _rows(built.made.truth) for code in row["codes"].split("|")}

    assert list(column.classes or ()) == titled
    assert learned == asked == set(titled)


def test_a_text_has_the_codes_that_the_classification_gives_its_terms(
    built: BuiltChallenge,
) -> None:
    truth = {row["document_id"]: row["codes"] for row in _rows(built.made.truth)}
    texts = {row["text"]: truth[row["document_id"]] for row in _read(built, "test.csv")}

    # As the tabular list has them: K00.2, A52.74 and Q87.19.
    assert texts["Dens evaginatus"] == "K00.2"
    assert texts["Late syphilitic peritonitis"] == "A52.7"
    assert texts["Cockayne syndrome"] == "Q87.1"


def test_a_wrong_code_of_the_right_category_is_half_right(built: BuiltChallenge) -> None:
    truth = "document_id,usage,size,codes\na,public,1 terms,A52.0\n"

    found = evaluate(
        built.definition.task,
        truth=truth.encode(),
        predictions=b"document_id,codes\na,A52.7\n",
        seed=1,
    ).splits["public"]

    assert found.metrics["hierarchical_f1"].value == 0.5
    assert found.metrics["f1"].value == 0


def test_another_release_of_the_classification_is_refused(
    built: BuiltChallenge, tmp_path: Path
) -> None:
    text = (built.folder / "data.py").read_text("utf-8").replace("FEWEST = 8", "FEWEST = 9")
    (tmp_path / "data.py").write_text(text, "utf-8")
    (tmp_path / "made").mkdir()

    with pytest.raises(ValueError, match="It is another release"):
        run_recipe(
            tmp_path / "data.py",
            tmp_path / "made",
            definition=built.definition,
            options=RecipeOptions(say=print),
        )
