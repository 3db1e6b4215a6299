"""Bad predictions files sent to the API: each named with its place and repair, nothing used."""

import pytest

from challenge_platform.bootstrap import Platform
from tests.web.bad_files import ACCEPTED, REFUSED
from tests.web.conftest import SLUG, Program


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
    content = "patient_id,risk\n" + "".join(f"p{number:03},x\n" for number in range(60))

    answer = alices.submit(content.encode())

    assert len(answer.json["errors"]) == 20
    assert answer.json["total"] == 60


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
