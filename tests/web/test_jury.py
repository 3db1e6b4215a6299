"""The final ranking with a jury: below the private board, as CSV, and by the API."""

import csv
import io
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from tests.conftest import Participant, publish_changed
from tests.core.test_jury import RANKING, mark
from tests.core.test_leaderboard import best_sign, build, open_phase, score
from tests.web.conftest import API, SLUG, Visitor

BOARD = f"/challenges/{SLUG}/leaderboard"
TIMES = "\N{MULTIPLICATION SIGN}"
FINAL = f"{BOARD}/development/final.csv"


@pytest.fixture
def judged(platform: Platform, challenge: PublishedChallenge, tmp_path: Path) -> PublishedChallenge:
    """Give the tiny challenge with a jury, published anew."""
    publish_changed(platform, tmp_path / "judged", "phases:", RANKING)
    with platform.database.reading() as session:
        return find_challenge(session, challenge.slug)


@pytest.fixture
def marked(
    platform: Platform, judged: PublishedChallenge, alice: Participant, bob: Participant
) -> PublishedChallenge:
    """Have Alice first by her score, and Bob first by the jury; nothing is revealed yet."""
    best, worst = best_sign(platform, judged)
    score(platform, alice, sign=best)
    score(platform, bob, sign=worst)
    build(platform, judged)
    for who, clarity in ((alice, 0.0), (bob, 4.5)):
        mark(platform, judged, who.team.name, mark=clarity)
    mark(platform, judged, bob.team.name, criterion="speed", mark=10)
    return judged


def test_nothing_of_a_jury_is_told_before_the_reveal(
    anonymous: Visitor, marked: PublishedChallenge
) -> None:
    public = anonymous.get(BOARD)
    private = anonymous.get(f"{BOARD}?board=private")

    assert marked.definition.ranking.jury is not None
    assert "Final ranking" not in public.text + private.text
    assert anonymous.get(FINAL).status_code == 403
    assert anonymous.get(f"{API}/challenges/{SLUG}/final").status_code == 403


def test_the_private_board_shows_both_rankings_and_changes_with_a_mark(
    platform: Platform, anonymous: Visitor, marked: PublishedChallenge, alice: Participant
) -> None:
    open_phase(platform, marked)
    page = anonymous.get(f"{BOARD}?board=private")

    mark(platform, marked, alice.team.name, criterion="speed", mark=10)
    headers = {"If-None-Match": page.headers["ETag"]}
    later = anonymous.get(f"{BOARD}?board=private", headers=headers)

    assert "Final ranking with the jury" in page.text
    assert f"0.8 {TIMES} score + 0.2 {TIMES} jury" in page.text
    assert "Clarity, of 5" in page.text
    assert "Some teams have no mark yet" in page.text
    assert later.status_code == 200
    assert "Some teams have no mark yet" not in later.text
    assert "Final ranking" not in anonymous.get(BOARD + "?board=public").text


def test_the_page_speaks_french(
    platform: Platform, anonymous: Visitor, marked: PublishedChallenge
) -> None:
    open_phase(platform, marked)

    page = anonymous.get(f"{BOARD}?board=private", headers={"Accept-Language": "fr"})

    assert "Classement final avec le jury" in page.text
    assert f"0,8 {TIMES} score + 0,2 {TIMES} jury" in page.text
    assert "Clarté, sur 5" in page.text


def test_the_file_and_the_api_have_both_ranks_and_the_mean_marks(
    platform: Platform,
    anonymous: Visitor,
    marked: PublishedChallenge,
    alice: Participant,
    bob: Participant,
) -> None:
    mark(platform, marked, alice.team.name, criterion="speed", mark=1, juror="Juror Two")
    open_phase(platform, marked)

    answer = anonymous.get(FINAL)
    document = anonymous.get(f"{API}/challenges/{SLUG}/final?phase=development").json

    rows = {row["team"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    told = {row["team"]: row for row in document["rows"]}
    assert document["share"] == 0.2
    assert [one["key"] for one in document["criteria"]] == ["clarity", "speed"]
    assert document["criteria"][0]["title"] == {"en": "Clarity", "fr": "Clarté"}
    assert rows.keys() == told.keys() == {alice.team.name, bob.team.name}
    assert told[bob.team.name]["marks"] == {"clarity": 4.5, "speed": 10}
    assert told[alice.team.name]["jurors"] == 2
    assert told[alice.team.name]["rank"] == 1
    for team, row in rows.items():
        assert float(row["final"]) == told[team]["final"]
        assert int(row["final_rank"]) == told[team]["final_rank"]
        expected = 0.8 * float(row["score"]) + 0.2 * float(row["jury"])
        assert float(row["final"]) == pytest.approx(expected)
