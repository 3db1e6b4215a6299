"""Two hundred hostile files at a time against a real web process, which stays alive and says so."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx
import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.supervisor import web_command
from tests.conftest import TINY
from tests.live import free_port
from tests.uploads.case import ACCEPTED, Case
from tests.uploads.corpus import SENT
from tests.uploads.served import form
from tests.waiting import wait_until
from tests.web.conftest import Program

AT_ONCE = 200
HEALTH_SECONDS = 1.0
MEGABYTES = 1_000_000
HEAVY = [case for case in SENT if case.verdict != ACCEPTED and len(case.content) > MEGABYTES]
"""The files that cost most."""


@pytest.fixture
def address(platform: Platform, tmp_path: Path) -> Iterator[str]:
    """Serve the platform as `challenge up` does and give where."""
    bind = f"127.0.0.1:{free_port()}"
    settings = platform.settings.model_copy(update={"public_url": f"http://{bind}"})
    command = web_command(bind=bind, threads=settings.web_threads)
    environment = {**os.environ, **settings.environment()}  # noqa: TID251 -- what a child inherits
    log = tmp_path / "web.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until(lambda: healthy(f"http://{bind}"))
            yield f"http://{bind}"
        finally:
            process.terminate()
    assert "Traceback" not in log.read_text(), log.read_text()[-6000:]


def healthy(address: str) -> bool:
    return httpx.get(f"{address}/healthz", timeout=60).status_code == HTTPStatus.OK


@contextmanager
def watched(address: str, file: Path) -> Iterator[None]:
    """Ask for /healthz again and again, in a process that does nothing else; note each time."""
    over = get_context("fork").Event()
    watch = get_context("fork").Process(target=ask, args=(address, file, over))
    watch.start()
    yield
    over.set()
    watch.join()
    assert watch.exitcode == 0


def ask(address: str, file: Path, over: Event) -> None:
    # A client of its own for each request would read the machine's certificates each time.
    with file.open("w") as times, httpx.Client(headers={"Connection": "close"}) as client:
        while not over.wait(0.05):
            started = time.monotonic()
            client.get(f"{address}/healthz", timeout=60).raise_for_status()
            times.write(f"{time.monotonic() - started}\n")


def send(address: str, token: str, case: Case) -> int:
    """Send a file and give the status."""
    sent: dict[str, Any] = form(case.content, kind=case.reader)
    return httpx.post(
        f"{address}/api/v1/challenges/{TINY.name}/validate",
        content=sent["data"],
        headers={"Content-Type": sent["content_type"], "Authorization": f"Bearer {token}"},
        timeout=120,
    ).status_code


@pytest.mark.slow
def test_the_web_process_says_that_it_lives_while_it_reads_two_hundred_hostile_files(
    address: str, hers: Program, tmp_path: Path
) -> None:
    cases = [HEAVY[number % len(HEAVY)] for number in range(AT_ONCE)]

    file = tmp_path / "seconds"
    with watched(address, file), ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda case: send(address, hers.token, case), cases))

    seconds = [float(line) for line in file.read_text().split()]
    assert Counter(statuses) == {HTTPStatus.UNPROCESSABLE_ENTITY: AT_ONCE}
    assert len(seconds) > 10
    assert max(seconds) < HEALTH_SECONDS
