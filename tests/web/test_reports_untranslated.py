"""No report shows a word that was not translated."""

from pathlib import Path

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.core.challenge import find_challenge
from tests.conftest import Participant
from tests.web.boards import keep
from tests.web.conftest import SLUG, logged_in
from tests.web.marked_language import publish_marked, speak_marked
from tests.web.reported import ALL, Reported, a_full_board, fill
from tests.web.routes import known_values, unlimited_app
from tests.web.test_untranslated import marked_browser, untranslated


@pytest.fixture
def app(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Give the application without limits, which speaks the marked language."""
    return speak_marked(unlimited_app(platform), monkeypatch)


@pytest.mark.parametrize("disclosure", [ALL, "disclosure: [score]", "disclosure: []"])
def test_no_report_has_an_untranslated_word(
    disclosure: str, app: Flask, platform: Platform, alice: Participant, tmp_path: Path
) -> None:
    changed = {"concurrent: 5}": f"concurrent: 5, {disclosure}}}"}
    publish_marked(platform, tmp_path / "marked", changed=changed)
    sent = known_values(platform, alice, filename="p.csv")["id"]
    made = Reported(marked_browser(logged_in(app, alice.user)), platform, sent)
    answers = {"without a board": made.browser.get(made.address)}
    fill(made, "alice", "bob")
    answers["full"] = made.browser.get(made.address)
    made.keep()
    answers["empty"] = made.browser.get(made.address)
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    keep(platform, challenge, a_full_board())
    answers["board"] = made.browser.get(f"/challenges/{SLUG}/leaderboard/report")

    assert {answer.status_code for answer in answers.values()} == {200}
    assert untranslated(answers) == {}
