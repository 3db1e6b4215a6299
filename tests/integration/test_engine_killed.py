"""A dockerd killed while a platform runs code: it waits, or is refunded, and nothing is left."""

import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import docker
import pytest
from sqlmodel import func, select

from challenge_platform.core import quota
from challenge_platform.core.quota import LedgerEntry
from challenge_platform.core.result import Result
from challenge_platform.core.run import Stage
from challenge_platform.core.run_ids import run_id_of
from challenge_platform.core.submission import PATIENCE, find_submission
from sandbox.images.build import build_image
from sandbox.images.content import SELFTEST, image_tag
from tests.dockerd import Dockerd, needs_dockerd, running_dockerd
from tests.integration.test_programs_live import (
    HIDDEN_CELLS,
    LEASE_SECONDS,
    SLACK_SECONDS,
    begun,
    check_nothing_is_left,
    of_run,
    program,
)
from tests.live import Live, running
from tests.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow, needs_dockerd]

IN_PLACE_OF_THE_MACHINES = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount --bind "$0" /run && exec "$@"',
)
"""Becomes a command that finds the one socket of the folder that follows, and no other engine."""

POSTPONED_SECONDS = 60.0
SWEEP_SECONDS = 120.0


@pytest.fixture(scope="module")
def dockerd(scoring_image: str) -> Iterator[Dockerd]:
    """Give a dockerd that has the launcher's images."""
    runtime = build_image("python", say=print)
    with running_dockerd(images=[scoring_image, image_tag(SELFTEST), runtime]) as dockerd:
        yield dockerd


@pytest.fixture(scope="module")
def live(
    dockerd: Dockerd, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Live]:
    """Run a platform on that dockerd."""
    environment = {
        "CHALLENGE_LEASE": f"PT{LEASE_SECONDS:.0f}S",
        "CHALLENGE_REAPER_PERIOD": "PT0.5S",
        "CHALLENGE_WARM_SANDBOXES": "0",  # one that was ready is named after no run
    }
    folder = tmp_path_factory.mktemp("engine-killed")
    with running(
        folder / "d",
        challenge=shutil.copytree(HIDDEN_CELLS, folder / HIDDEN_CELLS.name),
        environment=environment,
        database_url=module_database_url,
        prefix=(*IN_PLACE_OF_THE_MACHINES, str(dockerd.own.socket.parent)),
    ) as live:
        yield live


@pytest.fixture
def engine(dockerd: Dockerd) -> Iterator[docker.DockerClient]:
    """Give that engine, as its operator sees it."""
    client = docker.DockerClient(f"unix://{dockerd.own.socket}")
    yield client
    client.close()


def kill_at(stage: str, *, live: Live, engine: docker.DockerClient, dockerd: Dockerd) -> str:
    """Submit code, kill the engine at a stage, and give the submission's id."""
    if stage == "hidden":
        submission_id, _ = begun(engine, live, seconds=5)
    else:
        submission_id = live.submit(program(5), kind="code")
        run_id = run_id_of(submission_id, Stage.SMOKE)
        wait_until(lambda: bool(of_run(engine, run_id)), seconds=SLACK_SECONDS, every=0.02)
    dockerd.end(signal.SIGKILL)
    return submission_id


def was_postponed(live: Live, submission_id: str) -> bool:
    """Whether the platform noticed that it has no engine."""
    with live.platform.database.reading() as session:
        found = find_submission(session, submission_id)
    return found.state == "queued" and found.token > 0


@pytest.mark.parametrize("stage", ["smoke", "hidden"])
def test_code_waits_for_an_engine_that_was_killed_and_is_then_scored_at_the_price_of_one(
    stage: str, live: Live, engine: docker.DockerClient, dockerd: Dockerd
) -> None:
    submission_id = kill_at(stage, live=live, engine=engine, dockerd=dockerd)
    wait_until(lambda: was_postponed(live, submission_id), seconds=POSTPONED_SECONDS)
    assert live.client.get("/healthz").is_success

    dockerd.start()

    live.wait_for(submission_id, state="scored", seconds=POSTPONED_SECONDS + SLACK_SECONDS)
    with live.platform.database.reading() as session:
        results = select(func.count()).where(Result.submission_id == submission_id)
        charged = select(LedgerEntry.amount).where(LedgerEntry.submission_id == submission_id)
        assert session.exec(results).one() == 1
        assert session.exec(charged).all() == [1]
        assert find_submission(session, submission_id).attempt == 1
    check_nothing_is_left(live, engine)


def test_code_whose_engine_stays_away_for_a_day_ends_as_ours_and_is_refunded(
    live: Live, engine: docker.DockerClient, dockerd: Dockerd
) -> None:
    submission_id = kill_at("hidden", live=live, engine=engine, dockerd=dockerd)
    wait_until(lambda: was_postponed(live, submission_id), seconds=POSTPONED_SECONDS)
    with live.platform.database.writing() as session:  # as if it had waited since yesterday
        found = find_submission(session, submission_id)
        found.received_at -= PATIENCE + timedelta(minutes=1)
        session.add(found)

    live.wait_for(submission_id, state="errored", seconds=POSTPONED_SECONDS + SLACK_SECONDS)

    assert live.submission(submission_id)["reason"]["code"] == "sandbox_unavailable"
    with live.platform.database.reading() as session:
        assert not quota.is_charged(session, submission_id=submission_id)
    dockerd.start()
    wait_until(lambda: is_swept(live, engine), seconds=SWEEP_SECONDS, every=0.5)
    check_nothing_is_left(live, engine)


def is_swept(live: Live, engine: docker.DockerClient) -> bool:
    """Whether the engine has no container of any run, and the launcher no note of one."""
    notes = live.platform.settings.launcher_address.with_suffix(".state") / "runs"
    return not engine.containers.list(all=True) and not list(Path(notes).glob("*.run"))
