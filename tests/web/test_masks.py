"""Archives of masks from the form to the score: what is asked for is told, what is sent is read."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core import refusal
from challenge_platform.core.account import User
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.submission import State
from scorers.predictions.table import InvalidPredictions, read_predictions
from scorers.rasters.png import written
from scorers.tables import SubmissionDefinition
from tests.archives import zipped
from tests.changed import changed_challenge
from tests.conftest import Participant
from tests.web.conftest import IDS, SLUG, Browser, Program

FORM = f"/challenges/{SLUG}/submit"
FRENCH = {"Accept-Language": "fr"}
SHAPE = (6, 5)

MASK = '{type: mask, member: "masks/{id}.png", shape: [6, 5], labels: [1]}'
CHANGES = {
    "  truth: truth.csv\n": f"  truth: truth.zip\n  columns: {{cells: {MASK}}}\n",
    "  file: predictions.csv\n": "  format: archive\n  file: predictions.zip\n",
    "  columns: {risk: {type: float}}\n": f"  columns: {{cells: {MASK.replace('masks/', '')}}}\n",
    "{key: c, metric: harrell_c, params: {event: event, time: time, risk: risk}, primary: true}": (
        "{key: dice, metric: dice, params: {mask: cells, predicted: cells, labels: [1]}, "
        "primary: true}"
    ),
}
RECIPE = """
import io, zipfile
from pathlib import Path
import numpy as np
from scorers.rasters.png import written

ROWS = np.random.default_rng(0).integers(1, 6, 120)

def build(public: Path, /) -> bytes:
    ids = [f"p{number:03}" for number in range(120)]
    (public / "test.csv").write_text("\\n".join(["patient_id", *ids, ""]))
    rows = [f"{name},{'public' if number % 2 else 'private'}" for number, name in enumerate(ids)]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("truth.csv", "\\n".join(["patient_id,usage", *rows, ""]))
        for number, name in enumerate(ids):
            mask = np.zeros((6, 5), dtype=np.uint8)
            mask[: ROWS[number]] = 1
            archive.writestr(f"masks/{name}.png", written(mask))
    return stream.getvalue()
"""


@pytest.fixture(autouse=True)
def _of_masks(platform: Platform, alice: Participant, tmp_path: Path) -> None:
    """Ask for masks in the tiny challenge."""
    assert alice.team.name  # joined before the version that is sent to
    folder = changed_challenge(tmp_path, CHANGES, recipe=RECIPE)
    build_challenge(platform, folder, say=lambda _line: None)


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def marked(rows: int = 3, /) -> NDArray[np.uint8]:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[:rows] = 1
    return mask


def packed(**changed: bytes) -> bytes:
    files = {name: written(marked()) for name in IDS} | changed
    return zipped({f"{name}.png": content for name, content in files.items()})


WRONG = packed(p007=written(marked() * 255))


def test_the_page_says_which_files_the_archive_must_have(hers: Browser) -> None:
    page = " ".join(hers.get(FORM).text.split())
    files = hers.get(f"/challenges/{SLUG}/template.csv").text.splitlines()

    assert "A zip archive with these files for each id of test.csv, and no other." in page
    assert "<code>{id}.png</code> – cells, 6 × 5: <code>0</code> for the background" in page  # noqa: RUF001 -- the sign for multiplied by
    assert "Its first files, for example" in page
    assert "<code>p000.png</code>" in page
    assert files[:2] == ["patient_id,cells", "p000,p000.png"]
    assert len(files) == 121
    assert "Une archive zip avec ces fichiers" in hers.get(FORM, headers=FRENCH).text


def test_an_archive_is_scored_and_its_page_tells_the_dice(
    hers: Browser, alices: Program, platform: Platform
) -> None:
    answer = alices.submit(packed())
    assert answer.status_code == 201
    assert platform.evaluator.evaluate(answer.json["id"]) is State.SCORED

    told = alices.get(f"/submissions/{answer.json['id']}").json
    [score] = told["scores"]
    rows = np.random.default_rng(0).integers(1, 6, 120).tolist()
    # Three rows are marked where there are one to five: 2 x least / sum of both.
    by_hand = np.mean([2 * min(3, n) / (3 + n) for n in rows[1::2]])
    assert score["value"] == pytest.approx(by_hand, abs=5e-5)
    assert score["low"] < by_hand < score["high"]
    assert f"{by_hand:.4f}" in hers.get(f"/submissions/{answer.json['id']}").text
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )
    board = alices.get(f"/challenges/{SLUG}/leaderboard").json
    assert [row["scores"][0]["value"] for row in board["rows"]] == [score["value"]]


def test_a_wrong_mask_is_told_with_its_file_by_the_api_and_on_the_page(
    hers: Browser, alices: Program
) -> None:
    for path in ("validate", "submissions"):
        answer = alices.submit(WRONG, path=path)
        assert (answer.status_code, answer.json["total"]) == (422, 1)
        [problem] = answer.json["errors"]
        assert (problem["code"], problem["member"]) == ("unknown_label", "p007.png")
        assert (problem["found"], problem["expected"]) == ("the label 255", "one of 0, 1")

    page = hers.send(FORM, {"file": (io.BytesIO(WRONG), "p.zip")}).text
    assert "<code>p007.png</code>" in page
    hers.get("/?language=fr")
    page = hers.send(FORM, {"file": (io.BytesIO(WRONG), "p.zip")}).text
    assert "étiquette 255" in page
    assert "non sa luminosité" in page


def test_a_table_in_the_place_of_the_archive_is_refused_with_the_repair(alices: Program) -> None:
    [problem] = alices.submit(b"patient_id,cells\np000,1\n").json["errors"]

    assert (problem["code"], problem["found"]) == ("invalid_archive", "a text file")
    assert problem["repair"] == "pack the files, and nothing else, as a zip archive"


def test_what_a_program_wrote_wrongly_is_kept_with_its_file_but_not_of_hidden_input(
    alices: Program,
) -> None:
    document = alices.get(f"/challenges/{SLUG}").json["submission"]
    with pytest.raises(InvalidPredictions) as refused:
        read_predictions(
            packed(p008=b"no picture", p007=written(marked() * 255)),
            submission=SubmissionDefinition.model_validate(document),
            ids=IDS,
        )

    told = refusal.read(refusal.keep(refused.value, hidden=False))
    little = refusal.read(refusal.keep(refused.value, hidden=True))

    assert [each["member"] for each in told.problems] == ["p007.png", "p008.png"]
    assert [each["member"] for each in little.problems] == [None]
    earlier = refusal.keep(refused.value, hidden=False)
    for each in earlier["problems"]:
        del each["member"]  # as it was kept before there were archives of masks
    assert [each["member"] for each in refusal.read(earlier).problems] == [None, None]
