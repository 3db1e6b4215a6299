"""Answers that need not be sent again, and must be once a release makes them otherwise."""

from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board_state import Leaderboard
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.web import freshness
from tests.web.boards import a_board, in_groups, keep
from tests.web.conftest import SLUG, Visitor

MADE_OF = (
    "core/feedback.py",
    "web/plain_words.py",
    "web/static/frame.css",
    "web/templates/challenges/list.html",
    "web/translations/fr/shared.po",
)


@pytest.fixture
def board(platform: Platform, challenge: PublishedChallenge) -> Leaderboard:
    """Give a board of three teams."""
    return keep(platform, challenge, a_board(in_groups(3)))


@pytest.mark.parametrize("changed", MADE_OF)
def test_a_release_that_changes_one_file_has_another_digest(changed: str, tmp_path: Path) -> None:
    for name in MADE_OF:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    before = freshness.digest_of(tmp_path)
    assert freshness.digest_of(tmp_path) == before

    (tmp_path / changed).write_text("as it is")

    assert freshness.digest_of(tmp_path) != before


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize(
    "address",
    [
        f"/challenges/{SLUG}/leaderboard",
        f"/challenges/{SLUG}/leaderboard.csv",
        f"/api/v1/challenges/{SLUG}/leaderboard",
    ],
)
def test_what_an_earlier_release_answered_is_sent_anew(
    address: str, anonymous: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    freshness.release_digest.cache_clear()
    monkeypatch.setattr(freshness, "digest_of", lambda _package: "earlier")
    known = {"If-None-Match": anonymous.get(address).headers["ETag"]}
    assert anonymous.get(address, headers=known).status_code == 304
    freshness.release_digest.cache_clear()
    monkeypatch.undo()

    assert anonymous.get(address, headers=known).status_code == 200
