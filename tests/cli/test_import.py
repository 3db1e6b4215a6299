"""`challenge import`: a bundle's own scoring program in the sandbox, and what the command tells."""

import json
import zipfile
from pathlib import Path

import pytest

from challenge_platform.cli.exits import ExitCode
from tests.cli.conftest import Run

BUNDLES = Path(__file__).parents[1] / "data" / "codabench"


@pytest.fixture
def cells(here: Path) -> Path:
    """Give the bundle of cells, packed."""
    path = here / "cells.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted((BUNDLES / "cells").rglob("*")):
            if each.is_file():
                archive.write(each, each.relative_to(BUNDLES / "cells"))
    return path


@pytest.mark.docker
def test_the_solution_gets_its_score_from_the_bundles_own_program(run: Run, cells: Path) -> None:
    done = run("import", str(cells), "--expect", "accuracy=0.75", "--to", "draft")

    assert done.code == ExitCode.DONE, done.err
    written = json.loads((cells.parent / "draft" / "report.json").read_text())
    assert written["scores"] == {
        "Solution 0 on Cells of the first ward": {"accuracy": 0.75, "duration": 1.5}
    }


@pytest.mark.docker
def test_another_score_than_was_expected_needs_a_decision(run: Run, cells: Path) -> None:
    done = run("import", str(cells), "--expect", "accuracy=0.8")

    assert done.code == ExitCode.INVALID
    assert "accuracy was to be 0.8, and the program gave 0.75" in done.out


@pytest.mark.docker
def test_a_scoring_program_has_no_network_and_cannot_change_what_it_is_given(
    run: Run, cells: Path
) -> None:
    hostile = (
        "import json, socket\n"
        "from pathlib import Path\n"
        "found = {'net': 0, 'written': 0}\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), timeout=1)\n    found['net'] = 1\n"
        "except OSError:\n    pass\n"
        "try:\n    Path('/app/input/ref/kinds.csv').write_text('x')\n    found['written'] = 1\n"
        "except OSError:\n    pass\n"
        "found |= {'accuracy': 0, 'duration': 0}\n"
        "Path('/app/output/scores.json').write_text(json.dumps(found))\n"
    )
    changed = cells.with_name("hostile.zip")
    with zipfile.ZipFile(cells) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, hostile if name == "scorer/score.py" else source.read(name))

    done = run("import", str(changed), "--to", "draft")

    assert done.code == ExitCode.DONE, done.out
    [scores] = json.loads((cells.parent / "draft/report.json").read_text())["scores"].values()
    assert (scores["net"], scores["written"]) == (0, 0)


def test_without_docker_the_report_says_what_was_not_shown(run: Run, cells: Path) -> None:
    done = run("import", "--no-run", "--report", str(cells))

    assert done.code == ExitCode.INVALID
    assert "# Import of cells.zip" in done.out
    assert "`--accept not-run` takes this decision" in done.out
    assert run("import", "--no-run", "--accept", "not-run", str(cells)).code == ExitCode.DONE


def test_a_folder_that_is_there_is_not_written_to(run: Run, cells: Path) -> None:
    (cells.parent / "draft").mkdir()

    done = run("import", "--no-run", str(cells), "--to", "draft")

    assert done.code == ExitCode.USAGE
    assert "draft is there already" in done.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--accept", "anything"], "there is no such decision"),
        (["--expect", "accuracy"], "write KEY=VALUE"),
    ],
)
def test_wrong_options_are_told_with_what_is_right(
    run: Run, cells: Path, options: list[str], told: str
) -> None:
    done = run("import", "--no-run", str(cells), *options)

    assert (done.code, told in done.err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("given", ["0.75", "accuracy", "accuracy=high"])
def test_an_expected_score_that_is_not_a_key_and_a_number_is_refused(
    run: Run, cells: Path, given: str
) -> None:
    done = run("import", str(cells), "--no-run", "--expect", given)

    assert done.code == ExitCode.USAGE
    assert f"--expect {given}: write KEY=VALUE, such as accuracy=0.75" in done.err
