"""`--weights`: an archive is sent once in parts, and later named by its digest."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.core.account import Scope
from challenge_platform.core.submission import find_submission
from tests.archives import zipped
from tests.cli.conftest import Done, Run
from tests.conftest import Participant, participant
from tests.core.programs import CODE, publish_hidden
from tests.core.test_weights import ARCHIVE
from tests.images import digest
from tests.served import serving


@pytest.fixture
def ann(platform: Platform) -> Participant:
    """Give a participant of the challenge that takes weights."""
    return participant(platform, publish_hidden(platform), name="ann")


@pytest.fixture
def address(platform: Platform) -> Iterator[str]:
    with serving(platform) as address:
        yield address


@pytest.fixture
def submit(run: Run, platform: Platform, ann: Participant, address: str, here: Path) -> Run:
    """Submit code, with more options, to a platform that is served."""
    (here / "code.zip").write_bytes(CODE)
    (here / "weights.zip").write_bytes(ARCHIVE)
    scopes, now = (Scope.READ, Scope.SUBMIT), platform.clock()
    with platform.database.writing() as session:
        token = account.issue_token(session, ann.user, name="cli", scopes=scopes, now=now)
    options = ("--url", address, "--token", token, "submit", "hidden-cells", "-m", "first")
    return lambda *more: run(*options, "--kind", "code", "-f", "code.zip", *more)


def weights_named(platform: Platform, done: Done) -> str | None:
    """Give the weights of a submission that was accepted."""
    assert done.code == 0, done
    found = re.search(r"Submission (\w+) was accepted", done.out)
    assert found is not None
    with platform.database.reading() as session:
        return find_submission(session, found[1]).weights


def test_an_archive_is_sent_once_and_then_named(submit: Run, platform: Platform) -> None:
    sha256 = digest(ARCHIVE)

    first = submit("--weights", "weights.zip")
    again = submit("--weights", "weights.zip")
    named = submit("--weights", sha256)

    assert [weights_named(platform, done) for done in (first, again, named)] == [sha256] * 3
    assert "sent weights.zip before; it is not sent again" in again.err
    assert "before" not in first.err + named.err


def test_a_wrong_archive_is_refused_here_and_where_it_is_not_checked_there(
    submit: Run, here: Path
) -> None:
    (here / "bad.zip").write_bytes(zipped({"../model.bin": b"x"}))

    checked = submit("--weights", "bad.zip")
    unchecked = submit("--weights", "bad.zip", "--no-check")

    assert (checked.code, unchecked.code) == (2, 2)
    for done in (checked, unchecked):
        assert "found a step up, “..”" in done.err
    assert "bad.zip was refused" in checked.err
    assert "member weights/../model.bin" in unchecked.err


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--weights", "none.zip"), 1, "there is no such file; give an archive"),
        (("--weights", "0" * 64), 1, "no submission of your team had weights"),
        (("--weights", "weights.zip", "--kind", "predictions"), 1, "are for code or an image"),
    ],
)
def test_weights_that_are_nowhere_or_for_nothing_are_told(
    submit: Run, more: tuple[str, ...], code: int, told: str
) -> None:
    done = submit(*more)

    assert done.code == code, done
    assert told in done.err
