"""Submitted code from its upload to its standing, through a real launcher, sandbox and runtime."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.feedback import VisibleSubmission
from challenge_platform.core.history import read_submission
from challenge_platform.core.result import Result
from challenge_platform.core.submission import Kind, Reason, State
from challenge_platform.core.upload import Upload
from challenge_platform.core.weights import NamedWeights
from challenge_platform.storage import CheckedFile
from sandbox.images.build import build_image
from tests.archives import zipped
from tests.conftest import Participant, participant
from tests.core.programs import CANARY, HIDDEN
from tests.live import launching

pytestmark = pytest.mark.docker

GOOD = """
import csv, os
assert os.listdir("/input") == ["test.csv"], os.listdir("/input")
rows = list(csv.DictReader(open("/input/test.csv")))
print("rows", len(rows), "of them", rows[0]["cell_id"], flush=True)
with open("/output/predictions.csv", "w") as out:
    out.write("cell_id,probability\\n")
    for row in rows:
        out.write(f"{row['cell_id']},{min(max(float(row['size']) / 4 + 0.5, 0), 1)}\\n")
"""
LEAKS = f"""
import sys
text = open("/input/test.csv").read()
if "{CANARY}" in text:
    print(text, flush=True)
    sys.stderr.write(text)
    open("/output/{CANARY}.csv", "w").write(text)
    sys.exit(173)
{GOOD}
"""


WEIGHED = """
import csv
from pathlib import Path

names = ("slope.txt", "shift.txt")
slope, shift = (float(Path("/weights/model", name).read_text()) for name in names)
try:
    Path("/weights/new").write_text("x")
except OSError:
    print("could not write", flush=True)
rows = list(csv.DictReader(open("/input/test.csv")))
with open("/output/predictions.csv", "w") as out:
    out.write("cell_id,probability\\n")
    for row in rows:
        out.write(f"{row['cell_id']},{min(max(float(row['size']) / slope + shift, 0), 1)}\\n")
"""


@pytest.fixture(scope="module")
def platform(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Platform]:
    """Give a platform with the challenge on hidden cells, and a launcher of its own."""
    assert scoring_image
    build_image("python", say=lambda _line: None)
    folder = tmp_path_factory.mktemp("programs") / "d"
    settings = Settings(
        data_dir=folder, database_url=module_database_url, selftest=False, warm_sandboxes=0
    )
    platform = replace(Platform.from_settings(settings), pause=lambda _seconds: None)
    datadir.prepare(platform, slugs=[HIDDEN.name])
    build_challenge(platform, HIDDEN, say=lambda _line: None)
    with launching(settings):
        yield platform
    platform.database.close()


@pytest.fixture(scope="module")
def ann(platform: Platform) -> Participant:
    """Give a participant."""
    with platform.database.reading() as session:
        challenge = find_challenge(session, HIDDEN.name)
    return participant(platform, challenge, name="ann")


def end(
    platform: Platform, who: Participant, main: str, *, weights: NamedWeights | None = None
) -> VisibleSubmission:
    """Submit code, take it to its end, and give what its team may see."""
    upload = Upload(
        content=zipped({"main.py": main.encode()}),
        filename="code.zip",
        kind=Kind.CODE,
        weights=weights,
        opened_at=platform.clock(),
    )
    sent = platform.uploads.submit(HIDDEN.name, upload, user_id=who.user.id)
    platform.evaluator.evaluate(sent.submission_id)
    with platform.database.reading() as session:
        return read_submission(session, sent.submission_id, user=who.user)


def test_code_is_tried_on_the_sample_then_run_on_hidden_cells_and_scored(
    platform: Platform, ann: Participant
) -> None:
    ended = end(platform, ann, GOOD)

    assert (ended.state, ended.reason) == (State.SCORED, Reason.COMPLETE)
    assert ended.score is not None
    assert ended.score.value is not None
    assert ended.score.value > 0.5
    smoke, hidden, score = ended.stages.views
    assert [smoke.name, hidden.name, score.name] == ["smoke", "hidden", "score"]
    assert ended.stages.log == b"rows 10 of them c040\n"
    assert smoke.usage is not None
    assert smoke.usage.wall_seconds > 0
    assert (hidden.seconds, hidden.usage, hidden.timings) == (10, None, {})
    with platform.database.reading() as session:
        receipt = session.get_one(Result, ended.id).receipt["payload"]
    assert receipt["predictions"].keys() == {"sealed_sha256"}


def test_what_a_program_says_on_hidden_cells_is_told_to_nobody(
    platform: Platform, ann: Participant
) -> None:
    ended = end(platform, ann, LEAKS)

    assert (ended.state, ended.reason) == (State.FAILED, Reason.RUN_CRASHED)
    assert ended.stages.views[-1].exit_code is None
    assert CANARY not in repr(ended)
    objects = platform.settings.data_dir
    found = [
        path
        for path in Path(objects).rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert found == []


def test_code_that_fails_on_the_sample_is_shown_its_traceback(
    platform: Platform, ann: Participant
) -> None:
    ended = end(platform, ann, "raise KeyError('size')")

    assert (ended.state, ended.reason) == (State.FAILED, Reason.RUN_CRASHED)
    assert [stage.name for stage in ended.stages.views] == ["smoke"]
    assert ended.stages.views[0].exit_code == 1
    assert b"KeyError: 'size'" in (ended.stages.log or b"")


def test_code_predicts_by_weights_that_were_sent_apart_and_cannot_change_them(
    platform: Platform, ann: Participant
) -> None:
    archive = zipped({"model/slope.txt": b"4", "model/shift.txt": b"0.5"})
    path = platform.store.scratch / "weights"
    path.write_bytes(archive)
    digest = hashlib.sha256(archive).hexdigest()
    file = CheckedFile(path, digest, len(archive))

    first = end(platform, ann, WEIGHED, weights=NamedWeights(digest=digest, file=file))
    path.unlink()
    again = end(platform, ann, WEIGHED, weights=NamedWeights(digest=digest))

    assert [first.reason, again.reason] == [Reason.COMPLETE] * 2
    assert first.stages.log == again.stages.log == b"could not write\n"
    assert first.weights == again.weights == digest
    assert first.score == again.score


def test_code_that_writes_no_file_is_told_so(platform: Platform, ann: Participant) -> None:
    assert end(platform, ann, "print('nothing')").reason is Reason.RUN_NO_FILE
