"""What tests of submitted programs share: the challenge with hidden input, and programs on it."""

import csv
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.run import ProgramRun, runs_of
from challenge_platform.core.submission import Kind, Submission, find_submission
from challenge_platform.core.upload import Accepted, Upload
from tests.archives import zipped
from tests.conftest import TINY, Participant
from tests.fakes import Clock, FakePrograms, Files

HIDDEN = TINY.parent / "hidden-cells"
AUDITED = TINY.parent / "audited-cells"
CANARY = "0.918273"
"""The size of a hidden cell, by which a test knows hidden data where it sees them."""


def publish_hidden(platform: Platform, /, *, folder: Path = HIDDEN) -> PublishedChallenge:
    """Publish a challenge whose test set nobody sees."""
    datadir.prepare(platform, slugs=[folder.name], separate=False)
    build_challenge(platform, folder, say=lambda _line: None)
    with platform.database.reading() as session:
        return find_challenge(session, folder.name)


def code(**others: bytes) -> bytes:
    """Make an archive with a main.py, and other files."""
    return zipped({"main.py": b"print('hello')\n", **others})


CODE = code()


def sizes(files: Files, /) -> dict[str, float]:
    """Predict by the size of each cell."""
    rows = csv.DictReader(io.StringIO(files["test.csv"].decode()))
    return {row["cell_id"]: float(row["size"]) for row in rows}


def good(files: Files, /) -> bytes:
    """Make valid predictions."""
    lines = [f"{name},{min(max(size / 4 + 0.5, 0), 1)}\n" for name, size in sizes(files).items()]
    return ("cell_id,probability\n" + "".join(lines)).encode()


@dataclass(frozen=True)
class Runs:
    """A platform whose sandboxes run one Python function as every team's program."""

    platform: Platform
    runner: FakePrograms
    challenge: PublishedChallenge
    clock: Clock

    def send(self, who: Participant, /, *, content: bytes = CODE) -> Accepted:
        """Submit code."""
        upload = Upload(
            content=content, filename="code.zip", kind=Kind.CODE, opened_at=self.clock()
        )
        return self.platform.uploads.submit(self.challenge.slug, upload, user_id=who.user.id)

    def end(self, who: Participant, /, *, content: bytes = CODE) -> Submission:
        """Submit code and take it to its end."""
        submission_id = self.send(who, content=content).submission_id
        self.platform.evaluator.evaluate(submission_id)
        return self.submission(submission_id)

    def submission(self, submission_id: str, /) -> Submission:
        """Read a submission."""
        with self.platform.database.reading() as session:
            return find_submission(session, submission_id)

    def runs(self, submission_id: str, /) -> list[ProgramRun]:
        """Read the runs of its program."""
        with self.platform.database.reading() as session:
            return runs_of(session, submission_id)


def with_programs(
    platform: Platform, /, *, runner: FakePrograms, clock: Clock, folder: Path = HIDDEN
) -> Runs:
    """Let a platform run programs by a fake, and wait by moving its clock."""
    wired = dataclasses.replace(
        platform, runner=runner, pause=lambda seconds: clock.advance(seconds=seconds)
    )
    return Runs(wired, runner, publish_hidden(wired, folder=folder), clock)
