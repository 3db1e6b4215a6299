"""Submissions scored by the organizers' own program, in real sandboxes."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.codabench.importing import Scoring, import_bundle
from challenge_platform.cli.local_run import RUNTIME, local_runner
from challenge_platform.config import Settings
from challenge_platform.core.definition import Board
from challenge_platform.core.program_scoring import COLLECTED, limits_of
from challenge_platform.core.reference import pack, request
from challenge_platform.core.result import Result
from challenge_platform.core.submission import State
from challenge_platform.core.upload import Upload
from sandbox import End, Outcome, Run, Runner
from sandbox.engine import ENGINE_SOCKET
from sandbox.images.build import build_image
from scorers.program import ScoringProgram
from tests.archives import zipped
from tests.conftest import participant
from tests.core.scored import publish_scored
from tests.live import launching

pytestmark = pytest.mark.docker

CELLS = Path(__file__).parents[1] / "data" / "codabench" / "cells"
PROGRAM = ScoringProgram(
    path="program",
    command=("python3", "/app/program/score.py"),
    seconds=5,
    memory=128 << 20,
    scratch=32 << 20,
)
WRITES = """
import json, os, socket, sys, time
from pathlib import Path

answer = Path("/app/output/scores.json")
"""


@pytest.fixture(scope="module")
def image() -> str:
    """Give the image of the runtime of Python."""
    return build_image("python", say=print)


@pytest.fixture(scope="module")
def runner(image: str) -> Iterator[Runner]:
    """Give what runs programs on this machine."""
    with local_runner(ENGINE_SOCKET, image=image) as runner:
        yield runner


@pytest.fixture
def platform(tmp_path: Path, scoring_image: str, database_url: str | None) -> Iterator[Platform]:
    """Give a platform with a launcher of its own."""
    assert scoring_image
    settings = Settings(data_dir=tmp_path / "d", database_url=database_url)
    platform = Platform.from_settings(settings)
    datadir.prepare(platform, slugs=["grading-of-cells"], separate=False)
    with launching(settings):
        yield platform
    platform.database.close()


def files_of(folder: Path) -> dict[str, bytes]:
    """Read the files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@dataclass(frozen=True)
class Opened:
    """A runner that is open already, for an import that would open one."""

    runner: Runner

    def __enter__(self) -> Runner:
        """Give it."""
        return self.runner

    def __exit__(self, *_: object) -> None:
        """Leave it open."""


def test_an_imported_bundle_scores_a_submission_as_its_solution_was_scored(
    platform: Platform, runner: Runner, tmp_path: Path
) -> None:
    draft = tmp_path / "grading-of-cells"
    scoring = Scoring(runner=Opened(runner), runtime=RUNTIME, expected={"accuracy": 0.75})
    report = import_bundle(packed_cells(tmp_path), draft, scoring=scoring)
    finish(draft)

    challenge = publish_scored(platform, folder=draft)
    ann = participant(platform, challenge, name="ann")
    solution = {path.name: path.read_bytes() for path in (CELLS / "solution").iterdir()}
    upload = Upload(content=zipped(solution), filename="s.zip", opened_at=platform.clock())
    accepted = platform.uploads.submit(challenge.slug, upload, user_id=ann.user.id)

    assert platform.evaluator.evaluate(accepted.submission_id) is State.SCORED
    with platform.database.reading() as session:
        result = session.get_one(Result, accepted.submission_id)
    scores = {key: score["value"] for key, score in result.public["metrics"].items()}
    [expected] = report.scores.values()
    assert scores == expected == {"accuracy": 0.75, "duration": 1.5}


def packed_cells(folder: Path, /) -> Path:
    """Pack the bundle of cells."""
    path = folder / "cells.zip"
    files = [each for each in sorted(CELLS.rglob("*")) if each.is_file()]
    path.write_bytes(
        zipped({each.relative_to(CELLS).as_posix(): each.read_bytes() for each in files})
    )
    return path


def finish(draft: Path, /) -> None:
    """Do what the import leaves to an organizer: the French, and a phase that is open."""
    file = draft / "challenge.yaml"
    document = yaml.safe_load(file.read_text())
    for texts in (*document["pages"].values(), document["agreement"]["file"]):
        french = texts["en"].replace(".en.", ".fr.")
        (draft / french).write_text("À traduire.\n")
        texts["fr"] = french
    always = {"key": "development", "opens": "2020-01-01T00:00:00+00:00", "limit": {"n": 5}}
    file.write_text(yaml.safe_dump({**document, "phases": [always]}))


def run_hostile(runner: Runner, program: str, /, *, folder: Path, **given: bytes) -> Outcome:
    """Run a program on a submission, as the platform does."""
    for name, content in {"program/score.py": program, "public/truth.txt": "monocyte"}.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(content)
    truth = pack({name: folder / name for name in ("program", "public")})
    archive = request(truth, board=Board.PUBLIC, command=PROGRAM.command, given=given)
    return runner.run(
        Run(
            id=uuid.uuid4().hex,
            runtime=RUNTIME,
            limits=limits_of(PROGRAM),
            input=archive,
            collect=COLLECTED,
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("does", "end"),
    [
        ("sys.exit(1)", End.CRASHED),
        ("pass", End.CRASHED),
        ("answer.symlink_to('/app/input/ref/truth.txt')", End.CRASHED),
        ("os.mkfifo(answer)", End.CRASHED),
        ("answer.mkdir()", End.CRASHED),
        ("answer.write_text('[' * 100_000)", End.CRASHED),
        ("time.sleep(60)", End.TIMED_OUT),
        ("held = bytearray(1 << 30)", End.OUT_OF_MEMORY),
        ("answer.open('wb').write(bytes(64 << 20))", End.CRASHED),
        ("os.mkfifo('/output/scores')", End.CRASHED),
        ("Path('/output/scores').symlink_to('/etc/passwd'); os._exit(0)", End.CRASHED),
    ],
)
def test_a_program_that_misbehaves_gives_no_scores_and_harms_nobody(
    runner: Runner, tmp_path: Path, does: str, end: End
) -> None:
    outcome = run_hostile(runner, WRITES + does, folder=tmp_path)

    assert (outcome.end, outcome.file) == (end, None)


@pytest.mark.slow
def test_a_program_reaches_no_network_and_says_what_it_likes_to_the_log_alone(
    runner: Runner, tmp_path: Path
) -> None:
    program = (
        WRITES
        + """
print(Path("/app/input/ref/truth.txt").read_text())
print(Path("/app/input/res/attack.txt").read_text(), file=sys.stderr)
reached = 1
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    reached = 0
answer.write_text(json.dumps({"reached": reached}))
"""
    )
    outcome = run_hostile(runner, program, folder=tmp_path, **{"attack.txt": b"</pre><script>"})

    assert outcome.file == b'{"reached": 0}'
    assert b"monocyte" in outcome.log
    assert b"</pre><script>" in outcome.log


@pytest.mark.slow
def test_predictions_that_run_code_in_the_program_change_scores_and_nothing_else(
    runner: Runner, tmp_path: Path
) -> None:
    """A program that unpickles lets a participant write the score: documented, and contained."""
    program = (
        WRITES
        + """
import pickle

score = pickle.loads(Path("/app/input/res/model.pkl").read_bytes())
answer.write_text(json.dumps({"accuracy": score}))
"""
    )
    runs = "(__import__('os').system('ls /input /weights; touch /usr/x'), 1)[1]"
    attack = f"cbuiltins\neval\n(V{runs}\ntR.".encode()

    outcome = run_hostile(runner, program, folder=tmp_path, **{"model.pkl": attack})

    assert outcome.file == b'{"accuracy": 1}'
    assert b"No such file" in outcome.log
    assert b"Read-only file system" in outcome.log
