"""Each process killed with SIGKILL in each state: the submission ends scored once, without help."""

import signal
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress

import docker
import pytest
from docker.errors import APIError
from docker.models.containers import Container
from sqlmodel import func, select

from challenge_platform.cli.launcher import installation
from challenge_platform.core.quota import LedgerEntry
from challenge_platform.core.result import Result
from challenge_platform.core.submission import Submission
from sandbox.options import LAUNCHER_LABEL
from tests.core.test_submission import predictions
from tests.live import Live, running
from tests.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.redis]

PROGRAMS = ("web", "worker", "launcher", "redis", "reaper")
LEASE_SECONDS = 4.0
REAPER_SECONDS = 0.5

# Its scorer begins once it is released, so that a submission is running for as long as a test says.
HELD = """
FROM {image}
ENTRYPOINT ["sh", "-c", "until [ -e /tmp/released ]; do sleep 0.05; done; \\
exec python3 -m scorers serve"]
"""


@pytest.fixture(scope="module")
def live(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Live]:
    """Run a platform whose scorer waits until it is released."""
    held = "challenge-platform/test-held-scoring:latest"
    engine = docker.from_env()
    folder = tmp_path_factory.mktemp("held")
    (folder / "Dockerfile").write_text(HELD.format(image=scoring_image))
    engine.images.build(path=str(folder), tag=held, rm=True)
    environment = {
        "CHALLENGE_SCORING_IMAGE": held,
        "CHALLENGE_LEASE": f"PT{LEASE_SECONDS:.0f}S",
        "CHALLENGE_REAPER_PERIOD": f"PT{REAPER_SECONDS}S",
        "CHALLENGE_WARM_SANDBOXES": "0",  # each scorer waits in the sandbox of its own run
    }
    try:
        folder = tmp_path_factory.mktemp("kills") / "d"
        with running(folder, environment=environment, database_url=module_database_url) as live:
            yield live
    finally:
        engine.images.remove(held, force=True)
        engine.close()


@pytest.fixture(autouse=True)
def _fresh(live: Live) -> None:
    """Wait until all that was killed is back, and give the team its quota back."""
    wait_until(lambda: all(live.pids(name) for name in PROGRAMS))
    with live.platform.database.writing() as session:
        for entry in session.exec(select(LedgerEntry)):
            session.delete(entry)


def sandboxes(live: Live) -> list[Container]:
    """List the containers of the platform's launcher, ended ones too."""
    label = f"{LAUNCHER_LABEL}={installation(live.platform.settings.launcher_address.parent)}"
    with closing(docker.from_env()) as engine:
        found: list[Container] = engine.containers.list(
            all=True, filters={"label": label}, sparse=True
        )
        return found


def wait_until_scored(live: Live, submission_id: str) -> None:
    """Release every scorer that waits, until a submission is scored."""

    def is_scored() -> bool:
        for sandbox in sandboxes(live):
            with suppress(APIError):  # it does not run yet, or no longer
                sandbox.exec_run(["touch", "/tmp/released"])  # noqa: S108  the sandbox's own
        return bool(live.submission(submission_id)["state"] == "scored")

    wait_until(is_scored)


def check_scored_once(live: Live, submission_id: str) -> None:
    """Let it be scored, and check the database: one result, one charge, no refund."""
    wait_until_scored(live, submission_id)
    with live.platform.database.reading() as session:
        results = select(func.count()).where(Result.submission_id == submission_id)
        charged = select(LedgerEntry.amount).where(LedgerEntry.submission_id == submission_id)
        assert session.exec(results).one() == 1
        assert session.exec(charged).all() == [1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_killed_while_the_submission_is_queued(live: Live, name: str) -> None:
    with live.paused("worker"):
        submission_id = live.submit(predictions())
        assert live.submission(submission_id)["state"] == "queued"

        live.signal(name, signal.SIGKILL)

    check_scored_once(live, submission_id)


@pytest.mark.parametrize("name", PROGRAMS)
def test_killed_while_the_submission_is_running(live: Live, name: str) -> None:
    submission_id = live.submit(predictions())
    live.wait_for(submission_id, state="running")
    wait_until(lambda: sandboxes(live) != [])

    live.signal(name, signal.SIGKILL)

    check_scored_once(live, submission_id)


@pytest.mark.parametrize("name", PROGRAMS)
def test_killed_just_after_the_score_the_board_still_shows_it(live: Live, name: str) -> None:
    submission_id = live.submit(predictions())
    wait_until_scored(live, submission_id)
    entries = scored_entries(live)

    live.signal(name, signal.SIGKILL)

    wait_until(lambda: board_entries(live) == entries)
    check_scored_once(live, submission_id)


def test_a_client_that_repeats_a_lost_request_is_charged_once(live: Live) -> None:
    key = uuid.uuid4().hex
    first = live.submit(predictions(), key=key)
    live.signal("web", signal.SIGKILL)
    repeated: list[str] = []

    def try_again() -> bool:
        repeated.append(live.submit(predictions(), key=key))
        return True

    wait_until(try_again)

    assert repeated == [first]
    check_scored_once(live, first)


def test_with_redis_down_a_submission_is_accepted_and_later_scored(live: Live) -> None:
    with live.paused("redis"):
        submission_id = live.submit(predictions())
        assert live.submission(submission_id)["state"] == "queued"

    check_scored_once(live, submission_id)


def test_no_container_of_ours_is_left(live: Live) -> None:
    wait_until(lambda: sandboxes(live) == [])


def scored_entries(live: Live) -> int:
    """Count the team's scored submissions in the database."""
    with live.platform.database.reading() as session:
        return session.exec(select(func.count()).select_from(Result).join(Submission)).one()


def board_entries(live: Live) -> int:
    """Read the entries that the leaderboard shows for the team."""
    answer = live.client.get("/api/v1/challenges/tiny-survival/leaderboard")
    answer.raise_for_status()
    rows = answer.json()["rows"]
    return int(rows[0]["entries"]) if rows else 0
