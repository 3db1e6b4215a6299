"""A program of a real challenge, sent in as code: run in its runtime, scored as at home."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.result import Result
from challenge_platform.core.run import ProgramRun, Stage, runs_of
from challenge_platform.core.submission import Kind, State, Submission
from challenge_platform.core.team import join
from challenge_platform.core.upload import Upload
from sandbox import End
from sandbox.images.build import build_image
from tests.live import launching

pytestmark = pytest.mark.docker

SLUG = "nafld-progression"
FOLDER = Path(__file__).parents[2] / "challenges" / SLUG
BASELINE = FOLDER / "baseline" / "age"


@pytest.fixture(scope="module")
def platform(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Platform]:
    """Give a platform with the real challenge and a launcher of its own."""
    assert scoring_image
    build_image("python", say=print)
    folder = tmp_path_factory.mktemp("code") / "d"
    settings = Settings(
        data_dir=folder, database_url=module_database_url, selftest=False, warm_sandboxes=0
    )
    platform = Platform.from_settings(settings)
    datadir.prepare(platform, slugs=[SLUG])
    build_challenge(platform, FOLDER, say=lambda _line: None)
    with launching(settings):
        yield platform
    platform.database.close()


@pytest.fixture(scope="module")
def submit(platform: Platform) -> Callable[[bytes, Kind], Submission]:
    """Give a function that submits and evaluates a file of a kind, as one participant."""
    now = platform.clock()
    with platform.database.writing() as session:
        challenge = find_challenge(session, SLUG)
        user = account.create_user(
            session,
            email="ann@example.org",
            name="ann",
            password="correct horse battery",  # noqa: S106 -- a test's account
            now=now,
        )
        version = challenge.definition.agreement.version
        join(session, challenge, user=user, agreement_version=version, now=now)

    def send(content: bytes, kind: Kind) -> Submission:
        upload = Upload(content=content, filename="file", kind=kind, opened_at=platform.clock())
        accepted = platform.uploads.submit(SLUG, upload, user_id=user.id)
        platform.evaluator.evaluate(accepted.submission_id)
        with platform.database.reading() as session:
            return session.get_one(Submission, accepted.submission_id)

    return send


@pytest.fixture(scope="module")
def predictions(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give the predictions of the age baseline, as its own program makes them."""
    public = tmp_path_factory.mktemp("public")
    with platform.database.reading() as session:
        files = find_challenge(session, SLUG).files
    for file in files:
        (public / file.name).write_bytes(platform.store.read(file.digest))
    out = public / "predictions.csv"
    subprocess.run([sys.executable, str(BASELINE / "predict.py"), public, out], check=True)
    return out.read_bytes()


def archive(**files: str) -> bytes:
    """Pack programs, each named without its suffix."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(f"{name}.py", text)
    return packed.getvalue()


def only_run(platform: Platform, submission: Submission) -> ProgramRun:
    with platform.database.reading() as session:
        [run] = runs_of(session, submission.id)
    return run


def test_the_baseline_as_code_gets_the_score_of_its_predictions(
    platform: Platform, submit: Callable[[bytes, Kind], Submission], predictions: bytes
) -> None:
    program = (BASELINE / "main.py").read_text()

    sent = [submit(predictions, Kind.PREDICTIONS), submit(archive(main=program), Kind.CODE)]

    assert [submission.state for submission in sent] == [State.SCORED, State.SCORED]
    with platform.database.reading() as session:
        at_home, as_code = (session.get_one(Result, each.id) for each in sent)
    assert at_home.public == as_code.public
    run = only_run(platform, sent[1])
    assert (run.stage, run.end, run.exit_code) == (Stage.PUBLIC, End.FINISHED, 0)
    assert run.timings.keys() >= {"create", "start", "run", "collect"}
