"""The challenge `nafld-progression`, built once a session from the real tables."""

import csv
import importlib.util
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

Rows = list[dict[str, str]]


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
