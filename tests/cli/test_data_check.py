"""`challenge data check` says what would stop a publication, and publishes nothing."""

import json
import shutil
from pathlib import Path

import pytest

from challenge_platform.cli import main
from challenge_platform.cli.exits import ExitCode
from tests.conftest import TINY


@pytest.fixture
def challenges(tmp_path: Path) -> Path:
    """Give a folder with the tiny challenge, and one whose rows are in the order of the truth."""
    shutil.copytree(TINY, tmp_path / TINY.name)
    leaky = shutil.copytree(TINY, tmp_path / "leaky")
    definition, recipe = leaky / "challenge.yaml", leaky / "data.py"
    definition.write_text(definition.read_text().replace(f"slug: {TINY.name}", "slug: leaky"))
    drawn = "times = rng.integers(1, 400, PATIENTS)"
    recipe.write_text(recipe.read_text().replace(drawn, "times = 1 + np.arange(PATIENTS)"))
    return tmp_path


def test_a_sound_challenge_is_told_with_its_probes_and_what_scores_can_tell(
    challenges: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["data", "check", TINY.name, "--challenges", str(challenges)])

    told = capsys.readouterr().out
    assert code == ExitCode.DONE
    assert "with 60 units and about 30 events, a score of about " in told
    assert f"{TINY.name}: 0 findings, 0 of which are accepted, and 0 stop the publication" in told


def test_what_would_stop_it_is_told_as_text_and_as_json_and_by_the_exit_code(
    challenges: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["data", "check", "leaky", "--challenges", str(challenges)]
    codes = [main(arguments), main([*arguments, "--format", "json"])]

    text, _, document = capsys.readouterr().out.partition("stop the publication\n")
    assert codes == [ExitCode.INVALID, ExitCode.INVALID]
    assert "block leak_row_order (c): " in text
    told = json.loads(document)
    assert told["blocked"]
    found = [finding["code"] for finding in told["findings"]]
    assert {"leak_row_order", "leak_id_order"} < set(found)
    assert all(code.startswith(("leak_row_", "leak_id_")) for code in found)
    assert told["power"]["units"] == 60
