"""Programs on a whole platform whose processes are killed: each runs once, and nothing is left."""

import io
import shutil
import signal
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container
from sqlmodel import col, func, select

from challenge_platform.cli.launcher import installation
from challenge_platform.core import quota
from challenge_platform.core.quota import LedgerEntry
from challenge_platform.core.result import Result
from challenge_platform.core.run import Stage
from challenge_platform.core.run_ids import run_id_of
from challenge_platform.core.submission import OPEN_STATES, Submission, find_submission
from sandbox.images.build import build_image
from sandbox.options import LAUNCHER_LABEL, ROLE_LABEL, RUN_LABEL
from tests.live import Live, running
from tests.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.redis]

HIDDEN_CELLS = Path(__file__).parents[1] / "data" / "hidden-cells"
LEASE_SECONDS = 4.0
CANCEL_SECONDS = 10.0
SLACK_SECONDS = 120.0

# On the hidden cells, which are 120, it takes its time.
PROGRAM = """
import csv, time
from pathlib import Path

rows = list(csv.DictReader(Path("/input/test.csv").open()))
if len(rows) == 120:
    time.sleep({seconds})
lines = [f"{{row['cell_id']}},{{1 / (1 + 2.718281828 ** -float(row['size']))}}" for row in rows]
Path("/output/predictions.csv").write_text("\\n".join(["cell_id,probability", *lines, ""]))
"""


@pytest.fixture(scope="module")
def live(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Live]:
    """Run a platform whose challenge gives programs half an hour."""
    assert scoring_image
    build_image("python", say=print)
    folder = tmp_path_factory.mktemp("programs")
    challenge = shutil.copytree(HIDDEN_CELLS, folder / HIDDEN_CELLS.name)
    definition = challenge / "challenge.yaml"
    definition.write_text(definition.read_text().replace("seconds: 20", "seconds: 1800"))
    environment = {
        "CHALLENGE_LEASE": f"PT{LEASE_SECONDS:.0f}S",
        "CHALLENGE_REAPER_PERIOD": "PT0.5S",
        "CHALLENGE_WARM_SANDBOXES": "0",  # one that was ready is named after no run
    }
    with running(
        folder / "d",
        challenge=challenge,
        environment=environment,
        database_url=module_database_url,
    ) as live:
        yield live
        if left := under_way(live):  # of a test that failed, and would outlive the platform
            for submission_id in left:
                live.client.post(f"/api/v1/submissions/{submission_id}/cancel")
            time.sleep(CANCEL_SECONDS)


def under_way(live: Live) -> list[str]:
    """List the submissions that have not ended."""
    with live.platform.database.reading() as session:
        found = select(Submission.id).where(col(Submission.state).in_(OPEN_STATES))
        return list(session.exec(found))


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """Give the engine, as its operator sees it."""
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(autouse=True)
def _all_there(live: Live) -> None:
    """Wait until all that was killed is back."""
    names = ("web", "worker", "launcher", "redis", "reaper")
    wait_until(lambda: all(live.pids(name) for name in names))
    with live.platform.database.writing() as session:
        for entry in session.exec(select(LedgerEntry)):
            session.delete(entry)


def program(seconds: float) -> bytes:
    """Pack a program that takes so long on the hidden cells."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", PROGRAM.format(seconds=seconds))
    return packed.getvalue()


def containers(engine: docker.DockerClient, live: Live) -> list[Container]:
    """List the containers of the platform's launcher, ended ones too."""
    label = f"{LAUNCHER_LABEL}={launcher_of(live)}"
    found: list[Container] = engine.containers.list(all=True, filters={"label": label}, sparse=True)
    return found


def launcher_of(live: Live) -> str:
    """Give the name under which the launcher knows its own."""
    return installation(live.platform.settings.launcher_address.parent)


def of_run(engine: docker.DockerClient, run_id: str, *, role: str | None = "program") -> list[str]:
    """List the ids of the containers of a run."""
    labels = [f"{RUN_LABEL}={run_id}", *([f"{ROLE_LABEL}={role}"] if role else [])]
    found = engine.containers.list(all=True, filters={"label": labels}, sparse=True)
    return [str(each.id) for each in found]


def begun(engine: docker.DockerClient, live: Live, *, seconds: float) -> tuple[str, str]:
    """Submit a program, and give its id and that of its container once it runs on hidden cells."""
    submission_id = live.submit(program(seconds), kind="code")
    run_id = run_id_of(submission_id, Stage.HIDDEN)
    wait_until(lambda: bool(of_run(engine, run_id)), seconds=SLACK_SECONDS, every=0.1)
    return submission_id, of_run(engine, run_id)[0]


def test_a_team_that_cancels_frees_the_container_within_ten_seconds(
    live: Live, engine: docker.DockerClient
) -> None:
    submission_id, _ = begun(engine, live, seconds=600)
    run_id = run_id_of(submission_id, Stage.HIDDEN)

    live.client.post(f"/api/v1/submissions/{submission_id}/cancel").raise_for_status()

    wait_until(lambda: not of_run(engine, run_id, role=None), seconds=CANCEL_SECONDS)
    assert live.submission(submission_id)["state"] == "cancelled"
    with live.platform.database.reading() as session:
        assert quota.is_charged(session, submission_id=submission_id)


def test_what_was_cancelled_while_its_worker_was_dead_is_killed_by_the_reaper(
    live: Live, engine: docker.DockerClient
) -> None:
    submission_id, _ = begun(engine, live, seconds=600)
    run_id = run_id_of(submission_id, Stage.HIDDEN)

    with live.paused("worker"):
        live.client.post(f"/api/v1/submissions/{submission_id}/cancel").raise_for_status()

        wait_until(lambda: not of_run(engine, run_id, role=None), seconds=CANCEL_SECONDS)


@pytest.mark.parametrize("seconds", [12, pytest.param(1200, marks=pytest.mark.slow)])
def test_a_program_survives_restarts_of_its_worker_and_launcher_and_runs_once(
    live: Live, engine: docker.DockerClient, seconds: float
) -> None:
    submission_id, container = begun(engine, live, seconds=seconds)
    run_id = run_id_of(submission_id, Stage.HIDDEN)
    started = time.monotonic()
    seen = {container}

    def is_scored() -> bool:
        seen.update(of_run(engine, run_id))
        return bool(live.submission(submission_id)["state"] == "scored")

    live.signal("worker", signal.SIGKILL)
    time.sleep(seconds / 4)
    live.signal("launcher", signal.SIGKILL)
    time.sleep(seconds / 4)
    live.signal("worker", signal.SIGTERM)
    wait_until(is_scored, seconds=seconds + SLACK_SECONDS, every=0.2)

    assert seen == {container}
    assert time.monotonic() - started >= seconds - 2
    with live.platform.database.reading() as session:
        results = select(func.count()).where(Result.submission_id == submission_id)
        assert session.exec(results).one() == 1
        assert quota.is_charged(session, submission_id=submission_id)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["worker", "launcher", "web", "redis", "reaper"])
@pytest.mark.parametrize("stage", ["queued", "smoke", "hidden", "paused"])
def test_a_process_killed_at_a_stage_leaves_a_score_and_nothing_else(
    live: Live, engine: docker.DockerClient, name: str, stage: str
) -> None:
    submission_id = live.submit(program(2), kind="code")
    if stage in ("smoke", "hidden"):
        run_id = f"{submission_id}-{stage}"
        wait_until(lambda: bool(of_run(engine, run_id)), seconds=SLACK_SECONDS)
    elif stage == "paused":  # the hidden run is over, and its time is made coarse
        run_id = run_id_of(submission_id, Stage.HIDDEN)
        wait_until(lambda: bool(of_run(engine, run_id)), seconds=SLACK_SECONDS)
        wait_until(lambda: not of_run(engine, run_id), seconds=SLACK_SECONDS)

    live.signal(name, signal.SIGKILL)

    live.wait_for(submission_id, state="scored", seconds=SLACK_SECONDS + LEASE_SECONDS)
    with live.platform.database.reading() as session:
        assert find_submission(session, submission_id).attempt <= 2
    check_nothing_is_left(live, engine)


def test_nothing_is_left_of_what_was_killed(live: Live, engine: docker.DockerClient) -> None:
    check_nothing_is_left(live, engine)


def check_nothing_is_left(live: Live, engine: docker.DockerClient) -> None:
    """Check that no program, holder, output volume or temporary file is left of any run."""

    def left() -> list[str]:
        labels = [each.attrs["Labels"] for each in containers(engine, live)]
        return [label[RUN_LABEL] for label in labels]

    wait_until(lambda: left() == [], seconds=SLACK_SECONDS)
    label = launcher_of(live)
    volumes = engine.volumes.list(filters={"label": f"{LAUNCHER_LABEL}={label}"})
    outputs = [
        each.name for each in volumes if (each.attrs.get("Options") or {}).get("type") == "tmpfs"
    ]
    assert outputs == []
    assert list(live.platform.store.scratch.iterdir()) == []
