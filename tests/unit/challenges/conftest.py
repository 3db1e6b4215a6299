"""Challenges built once a session: any of them by its slug, and `nafld-progression` in detail."""

import csv
import importlib.util
import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

from challenge_platform.cli.recipe import Made, RecipeOptions, run_recipe
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.publication import SAMPLE

Rows = list[dict[str, str]]

CHALLENGES = Path(__file__).parents[3] / "challenges"
# What is too big to be built in whole for each run of the tests.
SCALES: dict[str, float] = {"cervical-lesions": 0.03, "leukocyte-classification": 0.02}


@dataclass(frozen=True, kw_only=True)
class BuiltChallenge:
    """A challenge of the repository: its folder, what its recipe made, what is downloaded of it."""

    folder: Path
    definition: ChallengeDefinition
    made: Made
    download: Path


@pytest.fixture(scope="session")
def challenge_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BuiltChallenge]:
    """Give the function that builds a challenge of this slug, once a session."""

    @cache
    def build(slug: str) -> BuiltChallenge:
        folder = CHALLENGES / slug
        definition = read_definition(folder / "challenge.yaml")
        made = run_recipe(
            folder / (definition.data.recipe or ""),
            tmp_path_factory.mktemp(slug),
            definition=definition,
            options=RecipeOptions(say=print, scale=SCALES.get(slug, 1)),
        )
        download = tmp_path_factory.mktemp(slug) / "download"
        shutil.copytree(made.public, download)
        if definition.data.input:
            shutil.copytree(made.sample, download / SAMPLE)
        return BuiltChallenge(folder=folder, definition=definition, made=made, download=download)

    return build


@pytest.fixture(scope="session")
def folder() -> Path:
    return Path(__file__).parents[3] / "challenges" / "nafld-progression"


@pytest.fixture(scope="session")
def recipe(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("nafld_progression_data", folder / "data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def source(recipe: ModuleType) -> dict[str, list[Any]]:
    """Give the rows of the three tables, in the columns that the recipe reads."""
    return {name: recipe.source(name) for name in recipe.SHAPES}


@pytest.fixture(scope="session")
def built(recipe: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """Give the folder of public files and the hidden truth of one build."""
    public = tmp_path_factory.mktemp("nafld") / "public"
    return public, recipe.build(public)


@pytest.fixture(scope="session")
def read() -> Callable[[bytes], Rows]:
    """Give the function that reads the rows of a CSV table."""
    return lambda data: list(csv.DictReader(io.StringIO(data.decode(), newline="")))


@pytest.fixture(scope="session")
def people(built: tuple[Path, bytes], read: Callable[[bytes], Rows]) -> Rows:
    """Give everybody with their endpoints and usage, in the order of train.csv, then test.csv."""
    public, truth = built
    train = [row | {"usage": "train"} for row in read((public / "train.csv").read_bytes())]
    test = zip(read((public / "test.csv").read_bytes()), read(truth), strict=True)
    return train + [known | hidden for known, hidden in test]


@pytest.fixture(scope="session")
def concordances() -> Callable[[Rows, Sequence[float], Sequence[float]], tuple[float, float]]:
    """Give the function that measures both endpoints with scikit-survival, our reference."""

    def measure(rows: Rows, event: Sequence[float], death: Sequence[float]) -> tuple[float, float]:
        first = [place for place, row in enumerate(rows) if row["at_risk"] == "1"]
        return (
            _concordance([rows[place] for place in first], [event[place] for place in first]),
            _concordance(rows, death, flag="death", time="death_time"),
        )

    return measure


def _concordance(
    rows: Rows, risk: Sequence[float], *, flag: str = "event", time: str = "event_time"
) -> float:
    happened = np.array([row[flag] == "1" for row in rows])
    times = np.array([float(row[time]) for row in rows])
    return float(concordance_index_censored(happened, times, np.asarray(risk, dtype=float))[0])
