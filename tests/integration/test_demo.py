"""The demo journey as a stranger runs it, on a machine whose clock is two years on, and again."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core.submission import State, Submission
from tests.live import free_port

pytestmark = [pytest.mark.docker, pytest.mark.redis]

YEARS = 2
SECOND_START_SECONDS = 300.0  # what the README promises is measured by hand; this only stops a hang

# libfaketime of Debian 12 hangs Python's locks, which wait on the monotonic clock. This shifts
# only the time of day.
SHIFT = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
#define SECONDS ({YEARS} * 365L * 86400L)
int clock_gettime(clockid_t id, struct timespec *at) {{
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, at);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += SECONDS;
    return result;
}}
int gettimeofday(struct timeval *at, void *zone) {{
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}}
time_t time(time_t *at) {{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}}
"""


@pytest.fixture(scope="module")
def later(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[dict[str, str]]:
    """Give an environment in which it is two years later."""
    compiler = shutil.which("cc")
    if compiler is None:
        reason = "a C compiler (cc) is needed to shift the clock: apt-get install gcc"
        if "CI" in os.environ:  # noqa: TID251 -- a test asks where it runs
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("clock")
    source, library = folder / "shift.c", folder / "shift.so"
    source.write_text(SHIFT)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    reachable = Path("/dev/shm") / f"challenge-shift-{os.getpid()}.so"  # noqa: S108 -- pytest's own folder is closed to other users
    shutil.copy(library, reachable)
    reachable.chmod(0o755)
    database = {"CHALLENGE_DATABASE_URL": module_database_url} if module_database_url else {}
    yield {**os.environ, **database, "COLUMNS": "120", "LD_PRELOAD": str(reachable)}  # noqa: TID251 -- for a child process
    reachable.unlink()


def run_demo(folder: Path, environment: dict[str, str]) -> tuple[str, float]:
    """Run the demo to its end and give what it printed and how long it took."""
    command = ["up", "--demo", "--exit", "--data-dir", str(folder), "--port", str(free_port())]
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "challenge_platform.cli", *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout, time.monotonic() - started


def test_the_demo_runs_two_years_on_and_again_on_the_same_folder(
    scoring_image: str, later: dict[str, str], tmp_path: Path
) -> None:
    assert scoring_image
    folder = tmp_path / "demo"

    first, _ = run_demo(folder, later)
    again, seconds = run_demo(folder, later)

    year = datetime.now(UTC).year
    assert re.search(rf"{year + YEARS}-\d\d-\d\d|{year + YEARS - 1}-12-31", first)
    for printed in (first, again):
        assert re.search(r"baseline +- +Age alone", printed)
        assert re.search(r"baseline +- +Gradient boosting", printed)
        assert re.search(r"^1 \[1, 1\] +1 +Demo participant", printed, flags=re.MULTILINE)
        assert re.search(r"age +score +0\.72 to 0\.74 +0\.7387 +yes", printed)
        assert "participant@demo.invalid" in printed
    assert seconds < SECOND_START_SECONDS
    assert passwords(first) == passwords(again)
    assert counted(folder) == {State.SCORED: 3}


def passwords(printed: str) -> list[str]:
    """Give the passwords that the demo printed."""
    return re.findall(r"@demo\.invalid +(\S+)$", printed, flags=re.MULTILINE)


def counted(folder: Path) -> dict[str, int]:
    """Count the submissions of each state."""
    platform = Platform.from_settings(Settings(data_dir=folder))
    with platform.database.reading() as session:
        query = select(Submission.state, func.count()).group_by(Submission.state)
        found = dict(session.exec(query).all())
    platform.database.close()
    return found
