"""Bad predictions files sent to the API: each named with its place and repair, nothing used."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from tests import conftest
from tests.conftest import TINY, Participant
from tests.web.bad_files import ACCEPTED, REFUSED
from tests.web.conftest import SLUG, Browser, Program, predictions

LARGE_BYTES = 200_000
LARGE_ROWS = 8_332
HEADING = b"patient_id,risk\n"


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_with_its_place_and_repair(case: str, alices: Program) -> None:
    content, code, line, column = REFUSED[case]

    answer = alices.submit(content)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_upload")
    problems = answer.json["errors"]
    assert answer.json["total"] >= len(problems) >= 1
    found = [(problem["code"], problem.get("line"), problem.get("column")) for problem in problems]
    assert (code, line, column) in found
    assert all(problem["expected"] and problem["repair"] for problem in problems)
    quota = alices.get(f"/challenges/{SLUG}").json["quota"]["development"]
    assert quota["used"] == 0


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_file_in_another_good_form_is_accepted(case: str, alices: Program) -> None:
    assert alices.submit(ACCEPTED[case]).status_code == 201


def test_at_most_twenty_problems_are_told_of_all_that_are_counted(alices: Program) -> None:
    content = "patient_id,risk\n" + "".join(f"p{number:03},x\n" for number in range(120))

    answer = alices.submit(content.encode())

    assert len(answer.json["errors"]) == 20
    assert answer.json["total"] == 120


def test_a_file_over_the_limit_of_the_challenge_is_refused_with_413(alices: Program) -> None:
    within_the_request = b"x" * 100_001

    answer = alices.submit(within_the_request)

    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")


@pytest.mark.usefixtures("alice")
def test_a_refused_file_leaves_nothing_in_the_store(alices: Program, platform: Platform) -> None:
    objects = platform.settings.objects_dir
    before = {path for path in objects.rglob("*") if path.is_file()}

    alices.submit(b"patient_id;risk\n")

    assert {path for path in objects.rglob("*") if path.is_file()} == before


@pytest.fixture
def large(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """Give a participant of the tiny challenge with so many patients that its files are large."""
    folder = tmp_path / SLUG
    shutil.copytree(TINY, folder)
    for name, small, big in (
        ("data.py", "PATIENTS = 120\n", f"PATIENTS = {LARGE_ROWS}\n"),
        ("challenge.yaml", "max_bytes: 100kB\n", f"max_bytes: {LARGE_BYTES}\n"),
    ):
        text = (folder / name).read_text()
        assert small in text
        (folder / name).write_text(text.replace(small, big))
    monkeypatch.setattr(conftest, "TINY", folder)
    alice: Participant = request.getfixturevalue("alice")
    return alice.user


def large_predictions() -> bytes:
    """Give a valid file just under the limit, in rows of 24 bytes."""
    names = (f"p{number:03}" for number in range(LARGE_ROWS))
    return HEADING + b"".join(f"{name},{'0.':0<{22 - len(name)}}\n".encode() for name in names)


def test_a_file_just_under_the_limit_in_short_rows_is_accepted_by_api_and_form(
    large: User, program: Callable[..., Program], browser: Callable[[User], Browser]
) -> None:
    content = large_predictions()
    assert LARGE_BYTES - 100 < len(content) <= LARGE_BYTES

    checked = program(large).submit(content, path="validate")
    submitted = browser(large).send(
        f"/challenges/{SLUG}/submit", {"file": (io.BytesIO(content), "p.csv")}
    )

    assert (checked.status_code, submitted.status_code) == (200, 303), checked.text


def test_a_form_of_too_many_parts_is_refused_for_its_parts(alices: Program) -> None:
    fields: dict[str, Any] = {f"field{number}": "x" for number in range(16)}

    answer = alices.submit(predictions(), **fields)

    assert (answer.status_code, answer.json["code"]) == (413, "request_entity_too_large")
    assert "more than 16 parts" in answer.json["detail"]
    assert "is over the" not in answer.json["detail"]


def test_a_body_over_the_limit_is_refused_for_its_bytes(alices: Program) -> None:
    answer = alices.submit(b"x" * 200_000)

    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")
    assert "the request is over the 165,536 bytes allowed here" in answer.json["detail"]
