"""The landmark variant of ANNITIA's twin: nothing but the covariates tells what comes after."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

from challenge_platform.cli.recipe import RecipeOptions, run_recipe
from tests.unit.challenges.conftest import BuiltChallenge

Rows = list[dict[str, str]]
ENDPOINTS = {"hepatic", "hepatic_time", "death", "death_time", "death_known"}

# With 48 liver events, and 50 deaths, the standard deviation of a C that says nothing is 0.04.
SAYS_NOTHING = pytest.approx(0.5, abs=0.08)


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("annitia-landmark")


@pytest.fixture(scope="module")
def people(built: BuiltChallenge) -> Rows:
    """Give everybody with their endpoints, in the order of train.csv, then test.csv."""
    train, test = (
        _rows((built.made.public / name).read_bytes()) for name in ("train.csv", "test.csv")
    )
    truth = _rows(built.made.truth)
    return train + [known | hidden for known, hidden in zip(test, truth, strict=True)]


def _rows(content: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _measure(people: Rows, risk: Sequence[float]) -> list[float]:
    """Measure C for the liver and for death with scikit-survival."""
    found = []
    for event in ("hepatic", "death"):
        known = [place for place, row in enumerate(people) if row[event]]
        had = np.array([people[place][event] == "1" for place in known])
        time = np.array([float(people[place][f"{event}_time"]) for place in known])
        measured = concordance_index_censored(had, time, np.asarray(risk, dtype=float)[known])
        found.append(float(measured[0]))
    return found


def test_the_files_have_the_stated_figures(built: BuiltChallenge, people: Rows) -> None:
    test = _rows((built.made.public / "test.csv").read_bytes())

    assert (len(people), len(test)) == (1267, 633)
    assert sum(row["hepatic"] == "1" for row in people) == 48
    assert sum(row["death"] == "1" for row in people) == 50
    assert ENDPOINTS.isdisjoint(test[0])
    assert min(float(row["hepatic_time"]) for row in people) > 0


def test_nothing_is_older_than_the_first_visit_nor_newer_than_day_0(people: Rows) -> None:
    cells = {row[f"years_before_v{slot}"] for row in people for slot in range(1, 6)} - {""}

    assert min(map(float, cells)) >= 0
    assert max(map(float, cells)) == 2


def test_neither_the_order_of_rows_nor_that_of_ids_tells_anything(people: Rows) -> None:
    train = 634
    rows = [*range(train), *range(len(people) - train)]
    ids = [int(row["patient_id"][1:], 16) for row in people]

    assert _measure(people, rows) == [SAYS_NOTHING, SAYS_NOTHING]
    assert _measure(people, ids) == [SAYS_NOTHING, SAYS_NOTHING]


def test_neither_the_number_of_visits_nor_that_of_empty_cells_tells_anything(
    people: Rows,
) -> None:
    visits = [sum(row[f"years_before_v{k}"] != "" for k in range(1, 6)) for row in people]
    empty = [sum(cell == "" for name, cell in row.items() if name[-3:-1] == "_v") for row in people]

    assert _measure(people, visits) == [SAYS_NOTHING, SAYS_NOTHING]
    assert _measure(people, empty) == [SAYS_NOTHING, SAYS_NOTHING]


def test_the_dictionary_describes_every_column(built: BuiltChallenge, people: Rows) -> None:
    lines = _rows((built.made.public / "dictionary.csv").read_bytes())

    assert [line["name"] for line in lines] == list(people[0])
    assert all(line["meaning_en"] and line["meaning_fr"] for line in lines)


def test_a_second_build_gives_the_same_bytes(built: BuiltChallenge, tmp_path: Path) -> None:
    again = run_recipe(
        built.folder / "data.py",
        tmp_path,
        definition=built.definition,
        options=RecipeOptions(say=print),
    )

    assert hashlib.sha256(again.truth).digest() == hashlib.sha256(built.made.truth).digest()
    for path in built.made.public.iterdir():
        assert (again.public / path.name).read_bytes() == path.read_bytes()
