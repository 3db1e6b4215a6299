"""Every hostile file that was let through, taken off a real queue by a real worker."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from sqlmodel import select

from challenge_platform.core.account import User
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.upload import Upload
from tests.live import Live, running
from tests.uploads.case import ACCEPTED
from tests.uploads.corpus import SENT
from tests.uploads.served import challenge_folder
from tests.uploads.test_worker import Unchecked
from tests.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

MEGABYTES = 256
CASES = [case for case in SENT if case.reader == "predictions"]
UNDER_WAY = {State.QUEUED, State.RUNNING}


@pytest.fixture
def live(scoring_image: str, tmp_path: Path, database_url: str | None) -> Iterator[Live]:
    """Run a platform whose challenge takes files as large as these."""
    assert scoring_image
    folder = challenge_folder(tmp_path)
    with running(tmp_path / "d", challenge=folder, database_url=database_url) as live:
        yield live


class Memory:
    """Looks again and again how much memory the worker's processes have; `most` is in MB."""

    def __init__(self, live: Live) -> None:
        self.most = 0.0
        self._live, self._over = live, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.most = max([self.most, *map(memory, self._live.pids("worker"))])


def memory(pid: int) -> float:
    """Give the most memory that a process has had in MB, 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def test_a_worker_ends_each_in_its_state_with_little_memory(live: Live) -> None:
    platform = live.platform
    uploads = Unchecked(database=platform.database, store=platform.store, clock=platform.clock)
    with platform.database.reading() as session:
        alice = session.exec(select(User).where(User.name == "alice")).one()

    with Memory(live) as worker:
        sent = {}
        for case in CASES:
            upload = Upload(content=case.make(), filename="p.csv", opened_at=platform.clock())
            accepted = uploads.submit(live.slug, upload, user_id=alice.id)
            sent[accepted.submission_id] = case
        wait_until(lambda: not UNDER_WAY & set(states(live).values()), seconds=300, every=0.5)

    ends = states(live)
    wrong = {
        case.name: (ends[submission], case.verdict)
        for submission, case in sent.items()
        if (ends[submission] is State.SCORED) is not (case.verdict == ACCEPTED)
    }
    assert wrong == {}
    assert set(ends.values()) == {State.SCORED, State.REJECTED}
    assert 0 < worker.most < MEGABYTES


def states(live: Live) -> dict[str, State]:
    """Read the state of each submission."""
    with live.platform.database.reading() as session:
        return {each.id: each.state for each in session.exec(select(Submission))}
