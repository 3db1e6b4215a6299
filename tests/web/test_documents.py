"""Archives of JSON documents from the form to the score: what is asked for is told, and read."""

import io
import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core.account import User
from challenge_platform.core.submission import State
from tests.archives import zipped
from tests.changed import changed_challenge
from tests.conftest import Participant
from tests.web.conftest import IDS, SLUG, Browser, Program

FORM = f"/challenges/{SLUG}/submit"
FRENCH = {"Accept-Language": "fr"}
COLUMNS = (
    "{start: {type: integer}, end: {type: integer}, type: {type: label, classes: [NAME, DATE]}}"
)
ARRAYS = "{arrays: {spans: [start, end, type]}"
CHANGES = {
    "  truth: truth.csv\n": f"  truth: truth.csv\n  columns: {COLUMNS}\n  objects: {ARRAYS}}}\n",
    "  file: predictions.csv\n": "  format: archive\n  file: predictions.zip\n",
    "  columns: {risk: {type: float}}\n": (
        f'  member: "{{id}}.json"\n  columns: {COLUMNS}\n  objects: {ARRAYS}, most: 9}}\n'
    ),
    "{key: c, metric: harrell_c, params: {event: event, time: time, risk: risk}, primary: true}": (
        "{key: f1, metric: strict_entity_f1, params: {spans: spans, predicted: spans, "
        "types: [NAME, DATE]}, primary: true}"
    ),
}
RECIPE = """
from pathlib import Path

def build(public: Path, /) -> bytes:
    ids = [f"p{number:03}" for number in range(120)]
    (public / "test.csv").write_text("\\n".join(["patient_id", *ids, ""]))
    rows = [
        f"{name},{'public' if number % 2 else 'private'},{number},{number + 4},NAME"
        for number, name in enumerate(ids)
    ]
    return "\\n".join(["patient_id,usage,start,end,type", *rows, ""]).encode()
"""


@pytest.fixture(autouse=True)
def _of_spans(platform: Platform, alice: Participant, tmp_path: Path) -> None:
    """Ask for spans of text in the tiny challenge."""
    assert alice.team.name  # joined before the version that is sent to
    folder = changed_challenge(tmp_path, CHANGES, recipe=RECIPE)
    build_challenge(platform, folder, say=lambda _line: None)


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def packed(**changed: Any) -> bytes:
    right = {name: [{"spans": [n, n + 4, "NAME"]}] for n, name in enumerate(IDS)}
    return zipped({f"{n}.json": json.dumps(told).encode() for n, told in (right | changed).items()})


WRONG = packed(p007=[{"spans": [1, 4, "NAMES"]}])


def test_the_page_says_what_the_documents_must_hold(hers: Browser) -> None:
    page = " ".join(hers.get(FORM).text.split())
    files = hers.get(f"/challenges/{SLUG}/template.csv").text.splitlines()

    assert "A zip archive with these files for each id of test.csv, and no other." in page
    assert "<code>{id}.json</code> – JSON: a list of objects with these keys" in page  # noqa: RUF001 -- as the page has it
    assert "<code>spans</code> – a list of <code>start</code>, <code>end</code>" in page  # noqa: RUF001 -- as above
    assert "p000.json\n[{&#34;spans&#34;: [0, 0, &#34;NAME&#34;]}]" in hers.get(FORM).text
    assert files[:2] == ["patient_id,document", "p000,p000.json"]
    assert len(files) == 121
    assert "vide si rien n’est trouvé ; au plus 9" in hers.get(FORM, headers=FRENCH).text  # noqa: RUF001 -- as the page has it


def test_documents_are_scored_as_by_hand(alices: Program, platform: Platform) -> None:
    answer = alices.submit(packed(p001=[], p003=[{"spans": [3, 99, "NAME"]}]))
    assert answer.status_code == HTTPStatus.CREATED
    assert platform.evaluator.evaluate(answer.json["id"]) is State.SCORED

    told = alices.get(f"/submissions/{answer.json['id']}").json
    [score] = told["scores"]
    # Of the 60 public ids 58 are found, one is missed, one is found wrongly.
    assert score["value"] == pytest.approx(2 * 58 / (59 + 60), abs=5e-5)


def test_a_wrong_value_is_told_with_its_file_and_path_by_the_api_and_on_the_page(
    alices: Program, hers: Browser
) -> None:
    refused = alices.submit(WRONG)
    page = hers.send(FORM, {"file": (io.BytesIO(WRONG), "p.zip")})

    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "line" not in refused.json["errors"][0]
    [error] = refused.json["errors"]
    assert (error["member"], error["column"]) == ("p007.json", "$[0].spans[2]")
    assert error["code"] == "unknown_label"
    assert "<code>p007.json</code> <code>$[0].spans[2]</code>" in page.text
