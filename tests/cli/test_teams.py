"""`challenge team`: organizers say how teams take part, on the platform's own database."""

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import main, teams
from challenge_platform.core.team import Team
from scorers.ranking.entry_state import EntryState
from tests.conftest import Participant

SLUG = "tiny-survival"


@pytest.fixture(autouse=True)
def on_this_platform(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands use the test's platform; that they give root up is tested elsewhere."""
    monkeypatch.setattr(teams, "prepared_platform", lambda _folder: platform)


def test_a_team_is_disqualified_with_a_reason_and_listed_so(
    platform: Platform, alice: Participant, capsys: pytest.CaptureFixture[str]
) -> None:
    done = main(["team", "state", SLUG, "alice", "disqualified", "--reason", "Two accounts."])

    assert done == 0
    with platform.database.reading() as session:
        assert session.get_one(Team, alice.team.id).state is EntryState.DISQUALIFIED
    assert main(["team", "list", SLUG]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == [
        "alice",
        "disqualified",
        "Two",
        "accounts.",
    ]


@pytest.mark.usefixtures("alice")
def test_a_disqualification_without_a_reason_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["team", "state", SLUG, "alice", "disqualified"]) != 0

    assert "everybody may read" in capsys.readouterr().err
