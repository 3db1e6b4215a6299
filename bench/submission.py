"""How long a submission takes from the accepted POST to the standing, and where the time goes."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import audit
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.evaluation import Result
from challenge_platform.core.standing import Standing
from challenge_platform.core.submission import Submission
from challenge_platform.vault import open_truth
from sandbox.images.build import build_image
from sandbox.images.content import SCORING
from scorers import evaluate
from tests.live import Live, running, token

SUBMISSIONS = 30
WARM_UP = 2
POLL_SECONDS = 0.001
CHALLENGE = Path(__file__).parents[1] / "challenges" / "nafld-progression"
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
    """Run a platform, submit a real file again and again, and give the lines of the table."""
    build_image(SCORING, say=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="challenge-bench-") as temporary:
        folder = Path(temporary)
        with running(folder / "d", challenge=CHALLENGE) as live:
            content = _predictions(live.platform, folder)
            waited = [
                _submit_and_wait(live, content, number) for number in range(WARM_UP + SUBMISSIONS)
            ]
            timings = [
                Timing("POST accepted -> standing updated", waited[WARM_UP:]),
                *_parts(live.platform),
                Timing("one commit (BEGIN IMMEDIATE, fsync)", _commits(live.platform)),
                Timing("scoring function, in this process", _in_process(live.platform, content)),
            ]
            memory = _memory(live)
    reference = timings[-1].p50
    yield f"{SUBMISSIONS} submissions of {CHALLENGE.name}, one worker, cold sandbox"
    yield f"{'part':<44}{'p50 ms':>9}{'p95 ms':>9}{'x scoring':>11}"
    for timing in timings:
        ratio = timing.p50 / reference
        yield f"{timing.name:<44}{timing.p50:>9.1f}{timing.p95:>9.1f}{ratio:>11.2f}"
    yield ""
    yield f"{'memory at rest (PSS)':<44}{'MB':>9}"
    for name, megabytes in memory.items():
        yield f"{name:<44}{megabytes:>9.1f}"
    yield f"{'all':<44}{sum(memory.values()):>9.1f}"


def _predictions(platform: Platform, folder: Path) -> bytes:
    """Compute the age baseline from the public files."""
    with platform.database.reading() as session:
        challenge = find_challenge(session, CHALLENGE.name)
    public = folder / "public"
    public.mkdir()
    for file in challenge.files:
        (public / file.name).write_bytes(platform.store.read(file.digest))
    out = public / "predictions.csv"
    program = CHALLENGE / "baseline" / "age" / "predict.py"
    subprocess.run([sys.executable, program, public, out], check=True)  # noqa: S603 -- our own baseline
    return out.read_bytes()


def _submit_and_wait(live: Live, content: bytes, number: int) -> float:
    """Submit as a new team; give the milliseconds from the answer 201 to the team's standing."""
    bearer = token(live.platform, live.slug, name=f"bench-{number}")
    with httpx.Client(
        base_url=live.client.base_url, headers={"Authorization": f"Bearer {bearer}"}
    ) as client:
        answer = client.post(
            f"/api/v1/challenges/{live.slug}/submissions",
            files={"file": ("p.csv", content, "text/csv")},
        )
        started = time.perf_counter()
        answer.raise_for_status()
    submission_id = answer.json()["id"]
    while True:
        with live.platform.database.reading() as session:
            query = select(Standing).where(Standing.submission_id == submission_id)
            if session.exec(query).first():
                return 1000 * (time.perf_counter() - started)
        time.sleep(POLL_SECONDS)


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
    return [
        Timing("  accepted -> claimed (commit, queue hop)", hops),
        *(
            Timing(f"  sandbox: {part}", [1000 * t[f"sandbox_{part}"] for t in recorded])
            for part in SANDBOX_PARTS
            if all(f"sandbox_{part}" in t for t in recorded)
        ),
        Timing(
            "  scoring function, in the sandbox",
            [1000 * (t["read"] + t["score"] + t["resample"]) for t in recorded],
        ),
    ]


def _commits(platform: Platform) -> list[float]:
    found = []
    for _ in range(SUBMISSIONS):
        started = time.perf_counter()
        with platform.database.writing() as session:
            audit.record(session, action="bench", subject="bench", now=platform.clock())
        found.append(1000 * (time.perf_counter() - started))
    return found


def _in_process(platform: Platform, content: bytes) -> list[float]:
    """Time the same scoring function on the same data, with no platform around it."""
    with platform.database.reading() as session:
        challenge = find_challenge(session, CHALLENGE.name)
    sealed = platform.store.read(challenge.version.truth_object)
    truth = open_truth(sealed, ring=platform.keys.scoring, slug=challenge.slug).table
    found = []
    for _ in range(SUBMISSIONS):
        started = time.perf_counter()
        evaluate(challenge.definition.task, truth=truth, predictions=content, seed=1)
        found.append(1000 * (time.perf_counter() - started))
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
