"""Every hostile file against the readers alone: the verdict, its cost, and what is left behind."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.archive import ArchiveProblem
from scorers.predictions.problems import ProblemCode
from tests.uploads.case import ACCEPTED, Case
from tests.uploads.corpus import CASES, DOCUMENT, named, table

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 5, 256
each = pytest.mark.parametrize("case", CASES, ids=named)


@pytest.fixture(scope="module")
def judged() -> Mapping[str, Any]:
    """Judge all files in a program of their own."""
    command = [sys.executable, "-m", "tests.uploads.judge"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {judgement["name"]: judgement for judgement in lines}


def test_there_are_enough_files_of_every_kind_each_with_a_name_of_its_own() -> None:
    counts = Counter(case.format for case in CASES)

    assert counts["csv"] > 90
    assert min(counts["zip"], counts["tar"]) > 60
    assert min(counts["json"], counts["npy"], counts["image"]) > 14
    assert min(counts["masks"], counts["documents"]) > 50
    assert len({named(case) for case in CASES}) == len(CASES) > 300
    assert sum(case.verdict == ACCEPTED for case in CASES) > 30


@pytest.mark.parametrize("number", [3, -1])
def test_a_file_is_the_same_whenever_it_is_made(number: int) -> None:
    assert CASES[number].make() == CASES[number].make()


def test_the_documentation_has_the_table_of_the_files() -> None:
    assert table() in DOCUMENT.read_text()


@each
def test_a_file_gets_its_verdict_in_little_time_and_memory(
    case: Case, judged: Mapping[str, Any]
) -> None:
    judgement = judged[named(case)]

    assert case.verdict in judgement["told"][case.reader]
    assert judgement["seconds"] < SECONDS
    assert judgement["megabytes"] < MEGABYTES
    assert judgement["left"] == []


@each
def test_a_file_that_is_sent_as_something_else_is_refused(
    case: Case, judged: Mapping[str, Any]
) -> None:
    told = judged[named(case)]["told"]

    if case.reader == "predictions":
        assert set(told["code"]) <= set(ArchiveProblem)
    else:
        assert set(told["predictions"]) <= set(ProblemCode)


@each
def test_a_file_within_an_archive_of_code_is_bytes_that_nothing_reads(
    case: Case, judged: Mapping[str, Any]
) -> None:
    assert judged[named(case)]["within"]
