"""`challenge jury`: organizers enter marks and read both rankings, on the platform's database."""

from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import jury, main
from challenge_platform.core.challenge import PublishedChallenge
from tests.conftest import Participant, publish_changed
from tests.core.test_jury import RANKING
from tests.core.test_leaderboard import best_sign, build, open_phase, score

SLUG = "tiny-survival"
OF = ["--phase", "development"]


@pytest.fixture(autouse=True)
def on_this_platform(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands use the test's platform; that they give root up is tested elsewhere."""
    monkeypatch.setattr(jury, "prepared_platform", lambda _folder: platform)


@pytest.fixture
def judged(platform: Platform, challenge: PublishedChallenge, tmp_path: Path) -> PublishedChallenge:
    """Give the tiny challenge with a jury, published anew."""
    publish_changed(platform, tmp_path / "judged", "phases:", RANKING)
    return challenge


def mark(team: str, /, *, criterion: str, value: str) -> int:
    """Enter a mark of Dr Martin."""
    given = ["--team", team, "--criterion", criterion, "--mark", value, "--juror", "Dr Martin"]
    return main(["jury", "mark", SLUG, *OF, *given])


@pytest.mark.usefixtures("judged", "alice")
def test_a_mark_is_entered_and_listed_with_who_gave_it_and_when(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mark("alice", criterion="clarity", value="3.5") == 0
    assert capsys.readouterr().out == "alice: clarity 3.5 by Dr Martin\n"

    assert main(["jury", "marks", SLUG, *OF]) == 0
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown.split()[:5] == ["alice", "clarity", "3.5", "Dr", "Martin"]
    assert f"{platform.clock():%Y-%m-%d %H:%M} UTC" in shown


@pytest.mark.usefixtures("judged", "alice")
def test_a_mark_that_cannot_be_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert mark("alice", criterion="clarity", value="6") == 1

    assert "clarity is marked from 0 to 5, not 6" in capsys.readouterr().err


@pytest.mark.usefixtures("judged")
def test_both_rankings_are_shown_after_the_reveal_and_refused_before(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    capsys: pytest.CaptureFixture[str],
) -> None:
    best, worst = best_sign(platform, challenge)
    score(platform, alice, sign=best)
    score(platform, bob, sign=worst)
    build(platform, challenge)
    for criterion, value in (("clarity", "5"), ("speed", "10")):
        assert mark("alice", criterion=criterion, value=value) == 0

    assert main(["jury", "final", SLUG, *OF]) != 0
    assert "sealed" in capsys.readouterr().err
    open_phase(platform, challenge)

    assert main(["jury", "final", SLUG, *OF]) == 0
    first, second = (line.split() for line in capsys.readouterr().out.splitlines()[-2:])
    assert (first[0], first[1], first[3], first[5]) == ("1", "alice", "1", "1.0000")
    assert (second[0], second[1], second[2], second[5]) == ("-", "bob", "-", "-")


def test_a_challenge_without_a_jury_has_no_final_ranking(
    challenge: PublishedChallenge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jury", "final", challenge.slug, *OF]) != 0

    assert "ranking.jury is missing" in capsys.readouterr().err
