"""A small survival challenge, and its files on a disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.core.definition import ChallengeDefinition
from tests.unit.preflight.small import SURVIVAL, Rows, csv_text, document


@pytest.fixture
def survival() -> ChallengeDefinition:
    return ChallengeDefinition.model_validate(
        document(metrics=SURVIVAL, predicted={"risk": {"type": "float"}})
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Rows], tuple[Path, Path, bytes]]:
    """Give the function that deals a cohort out to train.csv, test.csv and the truth."""

    def write_rows(rows: Rows) -> tuple[Path, Path, bytes]:
        public, hidden = tmp_path / "public", tmp_path / "input"
        for folder in (public, hidden):
            folder.mkdir()
        answers = ("death", "death_time", "death_age_occur")
        test = rows[::3]
        train = [row for place, row in enumerate(rows) if place % 3]
        asked = [{k: v for k, v in row.items() if k not in answers} for row in test]
        kept = [{k: v for k, v in row.items() if k != "death_time"} for row in train]
        (public / "train.csv").write_text(csv_text(kept))
        (public / "test.csv").write_text(csv_text(asked))
        truth = [
            {
                "id": row["id"],
                "usage": ("public", "private")[place % 2],
                "death": row["death"],
                "death_time": row["death_time"],
            }
            for place, row in enumerate(test)
        ]
        return public, hidden, csv_text(truth).encode()

    return write_rows
