"""Files of labels, codes and objects: what is asked for is said, and what is sent is checked."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from tests.conftest import Participant, publish_changed
from tests.web.conftest import SLUG, Browser, Program

FORM = f"/challenges/{SLUG}/submit"
COLUMNS = "columns: {risk: {type: float}}"
TYPED = (
    "columns: {risk: {type: integer, min: 0, max: 9}, cell: {type: label, classes: [PNN, LY]}, "
    'codes: {type: codes, separator: "+", most: 4}}'
)
OBJECTS = (
    "columns: {x: {type: float}, y: {type: float}, risk: {type: float}}\n"
    "  objects: {arrays: {point: [x, y]}, most: 3}"
)
FRENCH = {"Accept-Language": "fr"}
IDS = [f"p{number:03}" for number in range(120)]


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def typed(*, cell: str = "LY", codes: str = "I10+J45") -> bytes:
    rows = [f"{name},3,{cell if name == 'p007' else 'PNN'},{codes}" for name in IDS]
    return "\n".join(["patient_id,risk,cell,codes", *rows]).encode()


def test_the_page_says_what_each_column_holds_with_lines_that_are_valid(
    hers: Browser, alices: Program, platform: Platform, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, COLUMNS, TYPED)

    page = " ".join(hers.get(FORM).text.split())

    assert "a whole number ≥ 0 ≤ 9</li>" in page
    assert "one of <code>PNN</code>, <code>LY</code>" in page
    assert "codes with “+” between them, the surest first; up to 4, or none" in page
    assert "p000,0,PNN,A1+B2" in page
    french = " ".join(hers.get(FORM, headers=FRENCH).text.split())
    assert "un nombre entier ≥ 0" in french
    assert "une des classes <code>PNN</code>" in french
    assert alices.submit(typed(codes="")).status_code == 201


def test_a_wrong_label_is_told_with_the_nearest_class_in_the_readers_language(
    hers: Browser, alices: Program, platform: Platform, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, COLUMNS, TYPED)

    answer = alices.submit(typed(cell="Ly"))

    assert answer.status_code == 422
    [problem] = answer.json["errors"]
    assert (problem["code"], problem["line"], problem["column"]) == ("unknown_label", 9, "cell")
    assert (problem["expected"], problem["repair"]) == (
        "one of PNN, LY",
        'write "LY", if that is meant',
    )
    hers.get("/?language=fr")
    page = hers.send(FORM, {"file": (io.BytesIO(typed(cell="Ly")), "p.csv")}).text
    for said in ("pas cette classe.", "un de PNN, LY", "ce que vous vouliez dire"):
        assert said in page


def test_rows_that_are_objects_are_checked_and_ids_may_have_none(
    hers: Browser, alices: Program, platform: Platform, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, COLUMNS, OBJECTS)
    header = b"patient_id,x,y,risk\n"

    page = " ".join(hers.get(FORM).text.split())
    template = hers.get(f"/challenges/{SLUG}/template.csv").text

    assert "one row for each object that you find" in page
    assert "may have up to 3 rows, or none" in page
    assert template == header.decode()
    assert alices.submit(header).status_code == 201
    assert alices.submit(header + b"p003,1,2,0.5\np003,3,4,0.25\n").status_code == 201
    refused = alices.submit(header + b"p003,1,2,0.5\n" * 4).json
    [problem] = refused["errors"]
    assert (problem["code"], problem["line"], problem["found"]) == (
        "too_many_objects",
        5,
        '4 rows of "p003"',
    )
