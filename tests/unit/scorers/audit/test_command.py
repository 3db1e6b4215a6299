"""`python -m scorers audit`: from a folder to a report."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from scorers.__main__ import main
from scorers.audit.document import Audit
from scorers.audit.report import report
from scorers.audit.words import plain_words
from tests.unit.scorers.audit.competition import Competition


@pytest.fixture
def folder(tmp_path: Path, challenge_yaml: dict[str, Any], competition: Competition) -> Path:
    challenge = {**challenge_yaml, "title": {"fr": "Devenir", "en": "Outcomes"}}
    (tmp_path / "challenge.yaml").write_text(yaml.safe_dump(challenge, sort_keys=False))
    (tmp_path / "truth.csv").write_bytes(competition.truth)
    (tmp_path / "submissions" / "Boule").mkdir(parents=True)
    for seed, file in enumerate(["Aorta.csv", "Boule/1.csv", "Boule/2.CSV"]):
        data = competition.file(competition.noisy(0.5 + seed, seed=seed))
        (tmp_path / "submissions" / file).write_bytes(data)
    (tmp_path / "submissions" / ".hidden").write_text("passed over")
    return tmp_path


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process: starting another takes longer than an audit."""
    monkeypatch.chdir(folder)

    def ran(*options: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["scorers", "audit", ".", *options])
        try:
            code = main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Done(code, *capsys.readouterr())

    return ran


def test_it_runs_without_the_platform(folder: Path) -> None:
    heavy = "{'challenge_platform', 'flask', 'docker', 'sqlmodel'} & set(sys.modules)"
    program = f"import sys; from scorers.__main__ import main; main(); print('loaded', {heavy})"

    done = subprocess.run(
        [sys.executable, "-c", program, "audit", folder],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.startswith("3 submissions of 2 teams")
    assert "loaded set()" in done.stdout


def test_teams_csv_says_who_is_not_ranked(folder: Path, run: Run) -> None:
    (folder / "teams.csv").write_text("team,state,reason\nAorta,not_eligible,our own\n")

    done = run("--format", "json")

    teams = json.loads(done.stdout)["teams"]
    assert [(team["team"], team["state"], team["reason"], team["rank"]) for team in teams] == [
        ("Boule", "ranked", None, 1),
        ("Aorta", "not_eligible", "our own", None),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("team;state\n", "teams.csv has the columns team;state; expected team, state"),
        ("", "teams.csv has the columns none"),
        (
            "team,state\nAorta,out\n",
            "teams.csv, line 2: the state is 'out'; expected one of ranked",
        ),
        ("team,state\nAorta\n", "teams.csv, line 2: the state is None"),
        ("team,state\nAorta,ranked,x\n", "teams.csv, line 2: expected team, state"),
        ("team,state\n,ranked\n", "teams.csv, line 2: expected team, state"),
        ("team,state\nAorta,ranked\nAorta,baseline\n", "teams.csv, line 3: Aorta is there twice"),
        ("team,team,state\na,Aorta,baseline\n", "teams.csv has the columns state, team"),
        (f"team,state\n{'a' * 140_000},baseline\n", "teams.csv cannot be read: field larger"),
        ("team,state\nZed,baseline\n", "teams.csv names Zed, who submitted nothing"),
    ],
)
def test_a_table_of_teams_that_is_wrong_ends_with_1(
    folder: Path, run: Run, content: str, says: str
) -> None:
    (folder / "teams.csv").write_text(content)

    done = run()

    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr


def test_a_table_of_teams_in_another_encoding_ends_with_1(folder: Path, run: Run) -> None:
    (folder / "teams.csv").write_bytes("team,state\nÉole,baseline\n".encode("latin-1"))

    assert "teams.csv is not UTF-8" in run().stderr


def test_the_command_writes_the_same_report_and_document_twice(folder: Path, run: Run) -> None:
    (folder / "submissions" / "Cor.zip").write_bytes(b"PK")
    (folder / "submissions" / "Dent").mkdir()

    first = run()
    second = run("--format", "json", "--output", "again.html")
    third = run("--format", "json", "--output", "again.html")

    assert (first.returncode, second.returncode) == (0, 0)
    text = (folder / "audit.html").read_text()
    assert (folder / "again.html").read_text() == text
    assert second.stdout == third.stdout
    document = json.loads(second.stdout)
    assert document["title"] == "Outcomes"
    assert [(team["team"], team["submissions"]) for team in document["teams"]] == [
        ("Aorta", 1),
        ("Boule", 2),
    ]
    assert [one["file"] for one in document["unscored"]] == ["Cor.zip", "Dent"]
    assert first.stdout.splitlines() == plain_words(Audit.from_json(second.stdout))
    assert report(Audit.from_json(second.stdout)) == text


def test_without_a_scorable_submission_it_ends_with_2(folder: Path, run: Run) -> None:
    for path in (folder / "submissions").glob("**/*.[cC]*"):
        path.write_text("nothing")

    done = run()

    assert (done.returncode, done.stdout) == (2, "")
    assert "Boule/2.CSV: " in done.stderr
    assert not (folder / "audit.html").exists()


@pytest.mark.parametrize(
    ("remove", "options", "says"),
    [
        ("challenge.yaml", [], "challenge.yaml is no file: put the challenge there, or name it by"),
        ("truth.csv", [], "--truth"),
        ("submissions", [], "submissions is no folder; expected one file for each team"),
        (None, ["--truth", "absent.csv"], "absent.csv"),
        (None, ["--output", "absent/report.html"], "absent"),
        (None, ["--seed", "x"], "--seed"),
    ],
)
def test_a_wrong_layout_ends_with_1_and_says_how_to_repair_it(
    folder: Path, run: Run, remove: str | None, options: list[str], says: str
) -> None:
    if remove:
        (folder / remove).rename(folder / "elsewhere")

    done = run(*options)

    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_folder_and_names_that_cannot_be_shown_are_refused(folder: Path, run: Run) -> None:
    (folder / "submissions").rename(folder / "elsewhere")
    (folder / "submissions").mkdir()
    empty = run()
    (folder / "submissions" / "a\nb.csv").write_text("")
    unseen = run()

    assert (empty.returncode, unseen.returncode) == (1, 1)
    assert "is empty: put one file for each team there" in empty.stderr
    assert r'"a\nb.csv" in submissions has characters that cannot be shown' in unseen.stderr
