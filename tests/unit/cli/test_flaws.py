"""What `challenge lint` finds in a challenge's folder, all of it at once and with its place."""

import json
import shutil
from pathlib import Path

import pytest

from challenge_platform.cli import main
from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.flaws import find_flaws, require_flawless
from challenge_platform.errors import InvalidInput

DATA = Path(__file__).parents[2] / "data"
SHIPPED = sorted((Path(__file__).parents[3] / "challenges").glob("*/challenge.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the tiny challenge, without a flaw."""
    return shutil.copytree(DATA / "tiny-survival", tmp_path / "tiny-survival")


def change(path: Path, old: str, new: str) -> int:
    """Replace a text of a file, and give the line where it was."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def told(folder: Path) -> list[str]:
    return [str(flaw).removeprefix(f"{folder}/") for flaw in find_flaws(folder)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_challenge_has_no_flaw(path: Path) -> None:
    assert [str(flaw) for flaw in find_flaws(path.parent)] == []


def test_every_flaw_is_told_at_once_with_its_line_column_and_repair(folder: Path) -> None:
    yaml = folder / "challenge.yaml"
    first = change(yaml, "title:", "titel:")
    second = change(yaml, "resamples:", "resample:")
    third = change(yaml, "opens: 2020-01-01T00:00:00+00:00", "opens: 2020-01-01T00:00:00")
    (folder / "pages").joinpath("overview.fr.md").write_text("\n")

    flaws = told(folder)

    assert f"challenge.yaml:{first}:1: titel: unknown key; did you mean 'title'?" in flaws
    assert any(
        flaw.startswith(f"challenge.yaml:{second}:3: scoring.resample: unknown key")
        for flaw in flaws
    )
    assert any(
        flaw.startswith(f"challenge.yaml:{third}:")
        and "phases.0.opens" in flaw
        and "offset" in flaw
        for flaw in flaws
    )
    assert "pages/overview.fr.md: is empty; write what participants must know" in flaws
    assert any(": title: Field required; add this key" in flaw for flaw in flaws)


@pytest.mark.parametrize(
    ("old", "new", "flaw"),
    [
        ("metric: harrell_c", "metric: harel_c", "did you mean harrell_c?"),
        ("board: public", "board: publik", "found 'publik'; did you mean 'public'?"),
        ("max_size: 3", "max_size: many", "found 'many'; write a whole number"),
        ("recipe: data.py", "recipe: dat.py", "there is no file 'dat.py'; did you mean 'data.py'?"),
        ("recipe: data.py", "recipe: ../data.py", "is outside the folder; copy the file into it"),
        ("slug: tiny-survival", "slug: tiny", "called 'tiny-survival', and not 'tiny'"),
        (
            "slug: tiny-survival",
            "slug: tiny-survival\nslug: tiny-survival",
            "the key is there twice",
        ),
    ],
)
def test_a_wrong_value_is_told_on_its_line_with_a_suggestion(
    folder: Path, old: str, new: str, flaw: str
) -> None:
    line = change(folder / "challenge.yaml", old, new) + new.count("\n")

    found = told(folder)

    assert len(found) == 1
    assert found[0].startswith(f"challenge.yaml:{line}:")
    assert flaw in found[0]


def test_a_file_that_is_no_yaml_is_told_with_the_place_where_it_stops_being(folder: Path) -> None:
    line = change(folder / "challenge.yaml", "teams: {", "teams: [")

    assert told(folder)[0].startswith(f"challenge.yaml:{line}:")


def test_aliases_that_would_make_too_many_parts_are_told_and_not_written_out(
    folder: Path,
) -> None:
    levels = ["x0: &x0 [k, k]", *(f"x{n}: &x{n} [{f'*x{n - 1}, ' * 30}]" for n in range(1, 6))]
    change(folder / "challenge.yaml", "teams: {", "\n".join([*levels, "teams: {"]))

    [flaw] = told(folder)
    assert "more than 100,000 parts" in flaw


def test_a_date_that_there_is_not_is_told_with_its_place(folder: Path) -> None:
    line = change(folder / "challenge.yaml", "opens: 2020-01-01T", "opens: 2020-13-01T")

    [flaw] = told(folder)
    assert flaw.startswith(f"challenge.yaml:{line}:31: cannot be read as YAML: month must be in 1")


def test_a_quoted_text_is_not_told_for_the_date_that_there_is_not(folder: Path) -> None:
    change(folder / "challenge.yaml", "teams: {", "note: '2020-13-01'\nteams: {")
    line = change(folder / "challenge.yaml", "opens: 2020-01-01T", "opens: 2020-13-01T")

    [flaw] = told(folder)
    assert flaw.startswith(f"challenge.yaml:{line}:31: ")


def test_a_date_that_there_is_not_is_told_in_a_list_that_has_itself_within(folder: Path) -> None:
    line = change(folder / "challenge.yaml", "teams: {", "x: &x [*x, 2020-13-01]\nteams: {")

    [flaw] = told(folder)
    assert flaw.startswith(f"challenge.yaml:{line}:12: cannot be read as YAML: month must be in 1")


@pytest.mark.parametrize(
    ("old", "new", "flaw"),
    [
        ("def build(public: Path, /)", "def build(public: Path, /", "data.py:10:27: is not Python"),
        ("def build(", "def make(", "data.py: has no function `build`; write def build(public"),
        ("(public: Path, /)", "(public, hidden, sample, /)", "takes 3 folders, and is given 1"),
        ("(public: Path, /)", "(public, /, *, scal)", "'scal', which no recipe is given; did you"),
    ],
)
def test_a_recipe_that_cannot_run_is_told_before_it_is_run(
    folder: Path, old: str, new: str, flaw: str
) -> None:
    change(folder / "data.py", old, new)

    [found] = told(folder)
    assert flaw in found


def test_a_baseline_without_its_program_is_told(folder: Path) -> None:
    yaml = folder / "challenge.yaml"
    yaml.write_text(
        yaml.read_text() + "baselines:\n  - {name: Age, path: baseline/age}\n"
        "  - {name: Sex, path: baseline/sex}\n"
    )
    (folder / "baseline" / "sex").mkdir(parents=True)
    (folder / "baseline" / "sex" / "predict.py").write_text("import csv,\n")

    missing, wrong = told(folder)[1], told(folder)[0]

    assert "baseline/sex/predict.py:1:" in wrong
    assert "baselines.0.path: there is no file 'baseline/age/predict.py'" in missing


def test_a_table_is_looked_into_where_it_lies(tmp_path: Path, folder: Path) -> None:
    yaml = folder / "challenge.yaml"
    text = yaml.read_text()
    start, end = text.index("data:\n"), text.index("submission:\n")
    section = (
        "data:\n  table: t.csv\n  targets: [tme, event]\n  features: [age]\n"
        "  split: {test: 0.5, public: 0.5}\n"
    )
    yaml.write_text(text[:start] + section + text[end:])
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "t.csv").write_text("patient_id,time,event,age,name\na,1,0,40,Ann\n")

    [elsewhere] = told(folder)
    assert "data.table: there is no file" in elsewhere
    assert elsewhere.endswith("if it lies elsewhere, name its folder by --from")
    [found] = find_flaws(folder, source=tmp_path / "study")
    assert "has no column 'tme', which data.targets names; did you mean time?" in found.what
    assert "does not say whether to publish time, name" in found.what


def test_what_lint_finds_stops_a_build(folder: Path) -> None:
    (folder / "pages" / "overview.en.md").write_text("")
    change(folder / "data.py", "def build(", "def make(")

    with pytest.raises(InvalidInput) as refused:
        require_flawless(folder)

    assert "overview.en.md: is empty" in str(refused.value)
    assert "data.py: has no function `build`" in str(refused.value)


def test_the_command_ends_with_2_and_prints_what_programs_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(folder)]) == ExitCode.DONE
    line = change(folder / "challenge.yaml", "title:", "titel:")
    capsys.readouterr()

    code = main(["lint", str(folder), "--format", "json"])

    [missing, unknown] = json.loads(capsys.readouterr().out)
    assert code == ExitCode.INVALID
    assert missing["what"] == "Field required"
    assert unknown == {
        "file": str(folder / "challenge.yaml"),
        "line": line,
        "column": 1,
        "key": "titel",
        "what": "unknown key",
        "repair": "did you mean 'title'?",
    }
