"""How many submissions a minute come through, against the containers that they need alone."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.containers import import_numpy, make_and_remove, scoring_options
from bench.courses import COURSES
from bench.participants import POLL_SECONDS, post, standing
from sandbox.engine import Engine
from sandbox.images.build import build_image
from sandbox.images.content import SCORING
from sandbox.options import Options
from tests.live import Live, running, token

BURST = 200
AT_ONCE = 16
CONTAINERS = 40
CORES = 2
WAIT_SECONDS = 600.0


def measure() -> Iterator[str]:
    """Send a burst of submissions, each of another team, and give the lines of the table."""
    image = build_image(SCORING, say=lambda line: print(line, file=sys.stderr))
    made = _rate(make_and_remove, image=image)
    ready = _rate(import_numpy, image=image)
    yield "| what | a minute | burst / this |"
    yield "| --- | ---: | ---: |"
    yield f"| containers made and removed, {CORES} at a time | {made:.0f} | |"
    yield f"| … that import numpy in between | {ready:.0f} | |"
    for course in COURSES:
        with tempfile.TemporaryDirectory(prefix="challenge-bench-") as temporary:
            folder = Path(temporary)
            with running(folder / "d", challenge=course.folder) as live:
                rate, waits = _burst(live, course.predictions(live.platform, folder))
        yield (
            f"| {course.slug}: a burst of {BURST}, of which {len(waits)} scored | {rate:.0f} | "
            f"{rate / made:.2f}, {rate / ready:.2f} |"
        )
        ordered = sorted(waits)
        p95 = ordered[round(0.95 * len(ordered)) - 1]
        p50 = statistics.median(waits)
        yield f"| … seconds to the standing: p50 {p50:.1f}, p95 {p95:.1f} | | |"


def _burst(live: Live, content: bytes) -> tuple[float, list[float]]:
    """Give the submissions a minute, and how long each waited for its standing."""
    bearers = [token(live.platform, live.slug, name=f"bench-{n}") for n in range(BURST)]
    with ThreadPoolExecutor(AT_ONCE) as senders:
        accepted = dict(senders.map(lambda bearer: post(live, content, bearer=bearer), bearers))
    stood: dict[str, float] = {}
    first = min(accepted.values())
    while len(stood) < BURST and time.perf_counter() - first < WAIT_SECONDS:
        for found in standing(live, accepted.keys() - stood.keys()):
            stood[found] = time.perf_counter()
        time.sleep(10 * POLL_SECONDS)
    waits = [stood[found] - accepted[found] for found in stood]
    return 60 * len(stood) / (max(stood.values()) - first), waits


def _rate(use: Callable[[Engine, Options], None], *, image: str) -> float:
    """Give how many containers a minute are made, used and removed, some at a time."""
    engine = Engine()
    options = scoring_options(engine, image=image)
    started = time.perf_counter()
    with ThreadPoolExecutor(CORES) as makers:
        list(makers.map(lambda _: use(engine, options), range(CONTAINERS)))
    seconds = time.perf_counter() - started
    engine.close()
    return 60 * CONTAINERS / seconds
