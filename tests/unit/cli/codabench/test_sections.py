"""The draft of a bundle is scored by the bundle's own program."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from challenge_platform.core.definition_file import read_definition
from tests.unit.cli.codabench.bundles import Packed, answering, imported, imported_with

SECTIONS = ("data", "submission", "scoring")


def draft(packed: Packed, folder: Path, /, *, accept: tuple[str, ...] = ()) -> dict[str, Any]:
    """Import without running anything, and give challenge.yaml."""
    imported(packed, accept=("not-run", *accept), to=folder / "draft")
    found: dict[str, Any] = yaml.safe_load((folder / "draft" / "challenge.yaml").read_text())
    return found


def test_the_draft_names_the_program_its_reference_data_and_its_columns(
    cells: Packed, tmp_path: Path
) -> None:
    found = draft(cells, tmp_path)

    assert found["data"] == {"reference": {"public": "hidden/0/reference"}, "public": []}
    assert found["submission"]["format"] == "files"
    assert found["scoring"]["program"] == {
        "path": "scorer/0",
        "command": ["python3", "score.py", "/app/input", "/app/output"],
        "seconds": 600,
    }
    assert found["scoring"]["metrics"] == [
        {"key": "accuracy", "metric": "program", "direction": "maximize", "primary": True},
        {"key": "duration", "metric": "program", "direction": "minimize"},
    ]
    definition = read_definition(tmp_path / "draft" / "challenge.yaml")
    assert definition.scoring.primary.key == "accuracy"


@pytest.mark.parametrize(
    ("written", "metrics"),
    [
        (b'{"accuracy": 1, "Duration": 2}', {"accuracy": "accuracy", "duration": "Duration"}),
        (b'{"duration": 2}', {"duration": "duration"}),
    ],
)
def test_a_column_is_what_the_program_wrote_for_the_solution(
    cells: Packed, tmp_path: Path, written: bytes, metrics: dict[str, str]
) -> None:
    imported_with(cells, answering(written), to=tmp_path / "draft")

    scoring = read_definition(tmp_path / "draft" / "challenge.yaml").scoring
    assert {metric.key: metric.written_as for metric in scoring.metrics} == metrics
    assert scoring.primary.key == next(iter(metrics))


def test_what_becomes_public_is_packed_only_once_somebody_agreed(
    cells: Packed, tmp_path: Path
) -> None:
    cells.change(
        "    tasks: [0]\n  - index: 1",
        "    public_data: starting_kit\n    tasks: [0]\n  - index: 1",
    )

    assert draft(cells, tmp_path)["data"]["public"] == []
    agreed = draft(cells, tmp_path / "agreed", accept=("public-files",))
    assert agreed["data"]["public"] == ["files-0.zip"]
    assert (tmp_path / "agreed" / "draft" / "public" / "files-0.zip").is_file()


def test_a_bundle_without_a_program_leaves_the_sections_to_the_organizer(
    bundle: Callable[[str], Packed], tmp_path: Path
) -> None:
    packed = bundle("cells").change("    scoring_program: scorer/\n", "")

    assert not set(SECTIONS) & draft(packed, tmp_path).keys()
