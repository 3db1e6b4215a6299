"""How long a submission takes from the accepted POST to the standing, and where the time goes."""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select

from bench.containers import import_numpy, scoring_options
from bench.courses import COURSES, Course
from bench.participants import submit, wait_for_standing
from challenge_platform.bootstrap import Platform
from challenge_platform.core import audit
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.result import Result
from challenge_platform.core.submission import Submission
from challenge_platform.vault import open_truth
from sandbox.engine import Engine
from sandbox.images.build import build_image
from sandbox.images.content import SCORING
from scorers import evaluate
from scorers.document import Timings
from tests.live import Live, running
from tests.waiting import wait_until

SUBMISSIONS = 30
WARM_UP = 2
COMMITS = 2
"""Transactions between POST and standing: the claim, and the end with scores and standing."""

SANDBOX_PARTS = ("create", "inspect", "attach", "start", "run", "end")


@dataclass(frozen=True)
class Timing:
    """The milliseconds of one part, one figure a submission."""

    name: str
    milliseconds: Sequence[float]

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """The 95th percentile, by the nearest rank."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


def measure() -> Iterator[str]:
    """Run a platform, submit a real file again and again, and give the lines of the tables."""
    image = build_image(SCORING, say=lambda line: print(line, file=sys.stderr))
    for course in COURSES:
        for ready in (2, 0):
            yield f"### `{course.slug}`, {'a sandbox is ready' if ready else 'no sandbox is ready'}"
            yield ""
            yield from _measure(course, ready=ready, image=image)
            yield ""


def _measure(course: Course, *, ready: int, image: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="challenge-bench-") as temporary:
        folder = Path(temporary)
        environment = {"CHALLENGE_WARM_SANDBOXES": str(ready)}
        with running(folder / "d", challenge=course.folder, environment=environment) as live:
            content = course.predictions(live.platform, folder)
            whole = Timing("POST accepted to standing", _submit_all(live, content, ready=ready))
            parts = _parts(live.platform)
            commit = Timing("one commit", _commits(live.platform))
            alone = Timing("the scoring function in this process", _alone(live, content))
            memory = _memory(live) if ready else {}
    hop = parts[0]
    floor = hop.p50 + COMMITS * commit.p50 + alone.p50
    timings = [whole, *parts, commit, alone]
    if not ready:
        timings.append(Timing("the same container alone, importing numpy", _containers(image)))
    yield "| part | p50, ms | p95, ms | p50 / scoring function |"
    yield "| --- | ---: | ---: | ---: |"
    for timing in timings:
        ratio = timing.p50 / alone.p50
        yield f"| {timing.name} | {timing.p50:.1f} | {timing.p95:.1f} | {ratio:.2f} |"
    yield ""
    yield (
        f"The floor (queue hop, {COMMITS} commits, scoring function) is {floor:.1f} ms; the whole "
        f"takes {whole.p50 - floor:.1f} ms more."
    )
    if memory:
        told = ", ".join(f"{name} {megabytes:.1f}" for name, megabytes in memory.items())
        yield f"Memory at rest, MB (PSS): {told}; together {sum(memory.values()):.1f}."
    else:
        yield f"The whole takes {whole.p50 / timings[-1].p50:.2f} times the container alone."


def _submit_all(live: Live, content: bytes, *, ready: int) -> list[float]:
    """Submit one file after the other, each as a new team, once sandboxes are ready."""
    found = []
    for number in range(WARM_UP + SUBMISSIONS):
        if number >= WARM_UP:
            wait_until(lambda: _ready(live) >= ready, seconds=60)
        submission_id, accepted = submit(live, content, name=f"bench-{number}")
        found.append(1000 * (wait_for_standing(live, submission_id) - accepted))
    return found[WARM_UP:]


def _ready(live: Live) -> int:
    return live.platform.runner.status().pool["ready"]


def _parts(platform: Platform) -> list[Timing]:
    """Take the parts from what the platform itself recorded of the same submissions."""
    with platform.database.reading() as session:
        query = select(Submission, Result).join(Result).order_by(Submission.received_at)  # type: ignore[arg-type]  # a column, which SQLModel types as its value
        rows = session.exec(query).all()[WARM_UP:]
    hops = [
        1000 * (submission.started_at - submission.received_at).total_seconds()
        for submission, _ in rows
        if submission.started_at
    ]
    recorded: list[Mapping[str, float]] = [result.timings for _, result in rows]
    inside = [1000 * sum(t[part] for part in Timings.model_fields) for t in recorded]
    return [
        Timing("… accepted to claimed (queue hop)", hops),
        *(
            Timing(f"… sandbox: {part}", [1000 * t[f"sandbox_{part}"] for t in recorded])
            for part in SANDBOX_PARTS
            if all(f"sandbox_{part}" in t for t in recorded)
        ),
        Timing("… of which in the scoring function", inside),
    ]


def _commits(platform: Platform) -> list[float]:
    found = []
    for _ in range(SUBMISSIONS):
        started = time.perf_counter()
        with platform.database.writing() as session:
            audit.record(session, action="bench", subject="bench", now=platform.clock())
        found.append(1000 * (time.perf_counter() - started))
    return found


def _alone(live: Live, content: bytes) -> list[float]:
    """Time the same scoring function on the same data, with no platform around it."""
    platform = live.platform
    with platform.database.reading() as session:
        challenge = find_challenge(session, live.slug)
    sealed = platform.store.read(challenge.version.truth_object)
    truth = open_truth(sealed, key=platform.keys.scoring.open(challenge.slug)).table
    found = []
    for _ in range(SUBMISSIONS):
        started = time.perf_counter()
        evaluate(challenge.definition.task, truth=truth, predictions=content, seed=1)
        found.append(1000 * (time.perf_counter() - started))
    return found


def _containers(image: str) -> list[float]:
    """Time a container of the same image and options that imports numpy and ends."""
    engine, found = Engine(), []
    try:
        options = scoring_options(engine, image=image)
        for _ in range(SUBMISSIONS):
            started = time.perf_counter()
            import_numpy(engine, options)
            found.append(1000 * (time.perf_counter() - started))
    finally:
        engine.close()
    return found


def _memory(live: Live) -> dict[str, float]:
    """Give the megabytes of each program: its proportional share of the pages it uses."""
    return {
        name: sum(proportional_set_size(pid) for pid in live.pids(name)) / 1e6
        for name in ("web", "worker", "launcher", "reaper", "redis")
    }


def proportional_set_size(pid: int, /) -> float:
    """Give the bytes of a process: the pages it alone uses, and its share of the others."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return 1024.0 * int(line.split()[1])
