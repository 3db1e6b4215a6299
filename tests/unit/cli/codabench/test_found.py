"""What public bundles were found to hold, in bundles of our own; docs/how-to/import.md lists it."""

from pathlib import Path

import pytest
import yaml

from challenge_platform.errors import InvalidInput
from tests.unit.cli.codabench.bundles import Packed, imported

START = '"2026-10-01T08:00:00+00:00"'


def draft(packed: Packed, folder: Path, name: str = "challenge.yaml") -> dict[str, object]:
    """Import, and give a file of the draft."""
    imported(packed, to=folder / "draft")
    found: dict[str, object] = yaml.safe_load((folder / "draft" / name).read_text())
    return found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-10-01 8:05:00", "2026-10-01T08:05:00+00:00"),
        ("2026-10-1 00:00:00+00:00", "2026-10-01T00:00:00+00:00"),
        ("2026-10-1 9:45:00 +2", "2026-10-01T07:45:00+00:00"),
        ("2026-10-1", "2026-10-01T00:00:00+00:00"),
    ],
)
def test_a_day_or_an_hour_of_one_digit_is_read(
    cells: Packed, tmp_path: Path, written: str, meant: str
) -> None:
    phases = draft(cells.change(START, written), tmp_path)["phases"]

    assert isinstance(phases, list)
    assert phases[0]["opens"] == meant


def test_a_text_that_python_2_marked_as_one_is_a_text(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change("title: Grading of cells", "title: !!python/unicode 'Cells'")

    assert draft(packed, tmp_path)["title"] == {"en": "Cells", "fr": "Cells"}


def test_any_other_mark_of_python_is_refused(cells: Packed) -> None:
    packed = cells.change("title: Grading of cells", "title: !!python/object/apply:os.getcwd []")

    with pytest.raises(InvalidInput, match=r"competition\.yaml, line \d+, column \d+ is no YAML"):
        imported(packed)


def test_a_part_of_a_list_that_stands_too_far_right_is_told_with_its_line(cells: Packed) -> None:
    packed = cells.change("solutions:\n", "solutions:\n- index: 7\n  - index: 8\n")

    with pytest.raises(InvalidInput, match=r"line \d+, column 3 .*begin in the same column"):
        imported(packed)
