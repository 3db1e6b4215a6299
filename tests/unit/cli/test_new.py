"""`challenge new`: a challenge made from a spreadsheet has no flaw, and its baseline is scored."""

import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from challenge_platform.cli import main
from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.flaws import find_flaws
from challenge_platform.core.definition_file import read_definition
from challenge_platform.spreadsheet.publishing import Places, publish_table
from scorers import evaluate

ROWS = 200


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Give a folder with a table that has targets of each kind, and a name for each patient."""
    draw = random.Random(7)  # noqa: S311 -- made-up rows
    header = "Case no,patient,name,age,Yes,grade,days"
    lines = [
        f"{number},P{number // 2},Person {number},{draw.randrange(20, 90)},"
        f"{draw.choice(['no', 'yes'])},{draw.randrange(4)},{draw.random() * 100:.2f}"
        for number in range(ROWS)
    ]
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "t.csv").write_text("\n".join([header, *lines]) + "\n")
    return tmp_path / "study"


def new(study: Path, *, target: str, slug: str = "my-cases") -> int:
    options = ["--table", "t.csv", "--id", "Case no", "--group", "patient", "--target", target]
    place = str(study.parent / "challenges")
    return main(["new", slug, "--from", str(study), *options, "--challenges", place])


@pytest.mark.parametrize(
    ("target", "metric", "score"),
    [
        ("Yes", "balanced_accuracy", 0.5),
        ("grade", "balanced_accuracy", 0.25),
        ("days", "mae", 25),
    ],
)
def test_a_challenge_made_from_a_table_has_no_flaw_and_its_baseline_is_scored(
    study: Path, target: str, metric: str, score: float
) -> None:
    assert new(study, target=target) == ExitCode.DONE
    folder = study.parent / "challenges" / "my-cases"
    assert [str(flaw) for flaw in find_flaws(folder, source=study)] == []
    definition = read_definition(folder / "challenge.yaml")
    table = definition.data.table
    assert table is not None
    public = study.parent / "public"
    public.mkdir()
    places = Places(public=public, hidden=public, sample=public)

    truth = publish_table(
        table, study, places, definition=definition, key=bytes(32), say=lambda _line: None
    )
    out = study.parent / "predictions.csv"
    program = folder / "baseline" / "simple" / "predict.py"
    subprocess.run([sys.executable, program, public, out], check=True)

    assert (public / "test.csv").read_text().startswith("Case no\n")
    assert [metric.metric for metric in definition.scoring.metrics] == [metric]
    found = evaluate(definition.task, truth=truth, predictions=out.read_bytes(), seed=1)
    assert found.splits["private"].metrics["score"].value == pytest.approx(score, rel=0.2)


def test_columns_that_nobody_named_are_dropped(study: Path) -> None:
    new(study, target="Yes")

    table = read_definition(study.parent / "challenges/my-cases/challenge.yaml").data.table
    assert table is not None
    assert table.features == ()
    assert table.drop == ("name", "age", "grade", "days")


@pytest.mark.parametrize(
    ("slug", "target", "message"),
    [
        ("My cases", "Yes", "'My cases' is not a name for addresses"),
        ("a" * 65, "Yes", "is not a name for addresses"),
        ("my-cases", "Yess", "has no column 'Yess', which --target names; it has Case no"),
        ("my-cases", "name", "has 200 different texts: neither numbers nor up to 30 classes"),
    ],
)
def test_what_cannot_be_made_is_told(
    study: Path, capsys: pytest.CaptureFixture[str], slug: str, target: str, message: str
) -> None:
    assert new(study, target=target, slug=slug) == ExitCode.USAGE
    assert message in capsys.readouterr().err
    assert not (study.parent / "challenges").exists()


def test_a_folder_that_exists_is_left_alone(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new(study, target="Yes")
    page = study.parent / "challenges/my-cases/pages/overview.en.md"
    page.write_text("Mine.")

    assert new(study, target="Yes") == ExitCode.USAGE
    assert "exists already; choose another name" in capsys.readouterr().err
    assert page.read_text() == "Mine."


def test_the_commands_that_come_next_can_be_typed_as_they_are_printed(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = study.rename(study.with_name("my study"))
    new(moved, target="Yes")

    lint = capsys.readouterr().out.splitlines()[1]
    assert main(shlex.split(lint)[1:]) == ExitCode.DONE


def test_a_target_that_holds_infinity_is_of_classes_and_of_no_numbers(study: Path) -> None:
    (study / "t.csv").write_text("Case no,patient,grade\na,p,1\nb,q,inf\n")
    new(study, target="grade")

    definition = read_definition(study.parent / "challenges/my-cases/challenge.yaml")
    assert definition.submission.columns["grade"].type == "label"


def test_a_challenge_of_masks_is_made_without_a_flaw(study: Path) -> None:
    (study / "masks").mkdir()
    table = study / "t.csv"
    table.write_text("photo,lesion\n" + "".join(f"D{n},m{n}.png\n" for n in range(40)))
    folder = study.parent / "challenges"
    options = ["--table", "t.csv", "--id", "photo", "--target", "lesion", "--masks", "masks"]

    done = main(["new", "skin", "--from", str(study), *options, "--challenges", str(folder)])

    assert done == ExitCode.DONE
    definition = read_definition(folder / "skin" / "challenge.yaml")
    assert definition.data.truth == "truth.zip"
    assert definition.submission.format == "archive"
    assert list(find_flaws(folder / "skin", source=study)) == []
