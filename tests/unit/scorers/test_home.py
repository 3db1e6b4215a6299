"""Participants compute the platform's score at home, with the same package."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scorers.definition import Task
from scorers.document import Evaluation
from scorers.evaluation import evaluate


@pytest.fixture
def home(tmp_path: Path, challenge_yaml: dict[str, Any], truth: bytes, predictions: bytes) -> Path:
    (tmp_path / "challenge.yaml").write_text(
        yaml.safe_dump({"schema": "challenge/1", **challenge_yaml})
    )
    (tmp_path / "truth.csv").write_bytes(truth)
    (tmp_path / "predictions.csv").write_bytes(predictions)
    return tmp_path


def run(
    home: Path,
    /,
    *options: str,
    challenge: str = "challenge.yaml",
    predictions: str = "predictions.csv",
) -> subprocess.CompletedProcess[str]:
    files = [challenge, predictions, "--truth", "truth.csv"]
    return subprocess.run(
        [sys.executable, "-m", "scorers", "evaluate", *files, *options],
        cwd=home,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def test_the_score_at_home_is_the_platforms(
    home: Path, task: Task, truth: bytes, predictions: bytes
) -> None:
    done = run(home, "--seed", "4", "--format", "json")

    here = evaluate(task, truth=truth, predictions=predictions, seed=4)
    assert (done.returncode, done.stderr) == (0, "")
    assert Evaluation.from_json(done.stdout).splits == here.splits


def test_the_challenge_that_was_downloaded_with_the_data_does_as_well(
    home: Path, challenge_yaml: dict[str, Any]
) -> None:
    downloaded = {"slug": "x", "metrics": [], "definition": challenge_yaml}
    (home / "challenge.json").write_text(json.dumps(downloaded))

    done = run(home, challenge="challenge.json")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run(home).stdout


def test_the_table_shows_every_metric_with_its_interval(home: Path) -> None:
    done = run(home)

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert [line.split()[:2] for line in lines[1:]] == [
        [key, split] for split in ("public", "private") for key in ("c_event", "c_death", "score")
    ]
    assert all(" to " in line for line in lines[1:])


def test_truth_without_a_split_is_scored_as_a_whole(home: Path, truth: bytes) -> None:
    rows = [line.split(",") for line in truth.decode().splitlines()]
    unsplit = "\n".join(",".join([row[0], *row[2:]]) for row in rows)
    (home / "truth.csv").write_text(unsplit)

    done = run(home, "--format", "json")

    assert "has no column usage" in done.stderr
    assert list(json.loads(done.stdout)["splits"]) == ["all"]


def test_the_scores_of_subgroups_stand_below(
    home: Path, challenge_yaml: dict[str, Any], truth: bytes
) -> None:
    data = {**challenge_yaml["data"], "subgroups": ["sex"]}
    (home / "challenge.yaml").write_text(yaml.safe_dump({**challenge_yaml, "data": data}))
    head, *lines = truth.decode().splitlines()
    sexed = [f"{head},sex", *(f"{line},{'fm'[i % 2]}" for i, line in enumerate(lines))]
    (home / "truth.csv").write_text("\n".join(sexed))

    done = run(home)

    told = [line.split() for line in done.stdout.splitlines()]
    assert told[7] == []
    assert told[8][-1] == "subgroup"
    assert [(line[0], line[1], line[-1]) for line in told[9:]] == [
        (key, split, f"sex={value}")
        for split in ("public", "private")
        for value in "fm"
        for key in ("c_event", "c_death", "score")
    ]


def test_truth_without_the_columns_of_subgroups_and_strata_is_scored_without_them(
    home: Path, challenge_yaml: dict[str, Any]
) -> None:
    asked = {
        **challenge_yaml,
        "data": {**challenge_yaml["data"], "subgroups": ["sex", "event"]},
        "scoring": {**challenge_yaml["scoring"], "stratify": "centre"},
    }
    (home / "challenge.yaml").write_text(yaml.safe_dump(asked))

    done = run(home, "--format", "json")

    assert "has no column sex: no scores by it" in done.stderr
    assert "has no column centre: units are drawn from all together" in done.stderr
    public = Evaluation.from_json(done.stdout).splits["public"]
    assert {column: list(values) for column, values in public.subgroups.items()} == {
        "event": ["0", "1"]
    }


def test_an_undefined_metric_is_shown_with_its_reason(home: Path, truth: bytes) -> None:
    rows = [line.split(",") for line in truth.decode().splitlines()]
    nobody = [rows[0], *([*row[:5], "0", row[6]] for row in rows[1:])]
    (home / "truth.csv").write_text("\n".join(map(",".join, nobody)))

    done = run(home)

    assert done.stdout.count(" undefined ") == 4
    assert "no_events" in done.stdout
    assert "undefined_part" in done.stdout


def test_invalid_predictions_end_with_2_and_their_problems(home: Path) -> None:
    (home / "predictions.csv").write_text("patient_id;risk_event;risk_death\n")

    done = run(home)

    assert (done.returncode, done.stdout) == (2, "")
    assert "semicolons" in done.stderr


def test_ids_that_are_not_those_of_the_truth_end_with_1(home: Path, truth: bytes) -> None:
    (home / "test.csv").write_bytes(truth)
    (home / "short.csv").write_text("patient_id\np00000\nnew\n")

    same = run(home, "--ids", "test.csv")
    other = run(home, "--ids", "short.csv")

    assert same.returncode == 0
    assert (other.returncode, other.stdout) == (1, "")
    assert "1 are missing, 299 are unknown" in other.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"predictions": "absent.csv"}, "absent.csv"),
        ({"challenge": "truth.csv"}, "no challenge.yaml"),
        ({"challenge": "empty.yaml"}, "submission"),
    ],
)
def test_wrong_files_end_with_1_and_are_named(home: Path, given: dict[str, str], says: str) -> None:
    (home / "empty.yaml").write_text("schema: challenge/1\n")

    done = run(home, **given)

    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["challenge.yaml"], "PREDICTIONS, --truth"),
        (["challenge.yaml", "predictions.csv"], "--truth"),
        (["challenge.yaml", "predictions.csv", "--truth", "truth.csv", "--seed", "x"], "--seed"),
    ],
)
def test_wrong_use_ends_with_1_and_says_what(home: Path, words: list[str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scorers", "evaluate", *words],
        cwd=home,
        capture_output=True,
        check=False,
        text=True,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_command_the_usage_is_shown(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scorers"], cwd=home, capture_output=True, check=False, text=True
    )

    assert done.returncode == 1
    assert "{evaluate,audit,serve}" in done.stderr
