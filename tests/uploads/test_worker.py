"""Every hostile file where a worker meets it: let through at upload, or written by a program."""

from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.submission import Kind, Reason, State, find_submission
from challenge_platform.core.upload import Checked, Upload, Uploads
from tests.conftest import TINY, Participant
from tests.fakes import Clock, FakePrograms
from tests.uploads.case import ACCEPTED, Case
from tests.uploads.corpus import SENT, named
from tests.uploads.zips import MAIN, archive

SCORED = (State.SCORED, Reason.COMPLETE)
REJECTED = (State.REJECTED, Reason.PREDICTIONS_REFUSED)
each = pytest.mark.parametrize(
    "case", [case for case in SENT if case.reader == "predictions"], ids=named
)


class Unchecked(Uploads):
    """Lets every file through, as if it was sent before its fault was known."""

    def check(self, challenge: PublishedChallenge, upload: Upload, /) -> Checked:
        """Let it through."""
        del challenge, upload
        return Checked()


def end_of(platform: Platform, upload: Upload, /, *, who: Participant) -> tuple[State, Reason]:
    """Submit a file unchecked and take it to its end."""
    uploads = Unchecked(database=platform.database, store=platform.store, clock=platform.clock)
    accepted = uploads.submit(TINY.name, upload, user_id=who.user.id)
    platform.evaluator.evaluate(accepted.submission_id)
    with platform.database.reading() as session:
        ended = find_submission(session, accepted.submission_id)
    assert ended.reason is not None
    return ended.state, ended.reason


@pytest.fixture(autouse=True)
def _next_day(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the team its quota again, and a folder in which nothing may appear."""
    clock.advance(days=2)
    monkeypatch.chdir(tmp_path)


@each
def test_a_file_that_was_let_through_is_scored_or_rejected_and_no_fault_of_ours(
    case: Case, platform: Platform, alice: Participant, tmp_path: Path
) -> None:
    upload = Upload(content=case.make(), filename="p.csv", opened_at=platform.clock())

    assert end_of(platform, upload, who=alice) == (SCORED if case.verdict == ACCEPTED else REJECTED)
    assert list(tmp_path.iterdir()) == []


@each
def test_a_file_that_a_program_wrote_is_scored_or_rejected_and_no_fault_of_ours(
    case: Case, platform: Platform, alice: Participant, programs: FakePrograms, tmp_path: Path
) -> None:
    content = case.make()
    programs.program = lambda _files: content
    upload = Upload(
        content=archive([MAIN]), filename="c.zip", kind=Kind.CODE, opened_at=platform.clock()
    )

    assert end_of(platform, upload, who=alice) == (SCORED if case.verdict == ACCEPTED else REJECTED)
    assert list(tmp_path.iterdir()) == []
