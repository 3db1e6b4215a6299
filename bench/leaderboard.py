"""How fast the leaderboard of a large challenge is built and served, by page and by API."""

import hashlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlmodel import Session, select

from bench.load import Load
from bench.submission import proportional_set_size
from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.supervisor import web_command
from challenge_platform.config import Settings
from challenge_platform.core import account, standing
from challenge_platform.core.account import User
from challenge_platform.core.board import build_board
from challenge_platform.core.candidate import Candidates
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import StateReader, latest
from challenge_platform.core.submission import Kind, Reason, State, Submission
from challenge_platform.core.team import Membership, Team
from scorers.ranking.entry_state import EntryState
from tests.live import descendants, free_port
from tests.waiting import wait_until

TEAMS = 2_000
SUBMISSIONS = 20_000
CONNECTIONS = 16
REQUESTS = 150
WARM_UP = 4
BUILDS = 3
CHALLENGE = Path(__file__).parents[1] / "challenges" / "nafld-progression"
PHASE = "development"
RESAMPLES = 1_000
UNITS = 500
EVENTS = 40


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An address that is timed, and how."""

    name: str
    path: str
    conditional: bool = False
    signed_in: bool = False


API = f"/api/v1/challenges/{CHALLENGE.name}/leaderboard"
PAGE = f"/challenges/{CHALLENGE.name}/leaderboard"
ASKED = (
    Asked(name="GET /healthz (reference)", path="/healthz"),
    Asked(name="API, 200", path=API),
    Asked(name="API, 304", path=API, conditional=True),
    Asked(name="page, 200", path=PAGE),
    Asked(name="page, 304", path=PAGE, conditional=True),
    Asked(name="page, signed in, 200", path=PAGE, signed_in=True),
    Asked(name="page, signed in, 304", path=PAGE, conditional=True, signed_in=True),
)
EMAIL = "reader@example.org"
PASSWORD = "correct horse battery"  # noqa: S105 -- of an account that lives as long as the run


def measure() -> Iterator[str]:
    """Fill a platform, build its board, serve it to many at once, and give the lines of a table."""
    with tempfile.TemporaryDirectory(prefix="challenge-bench-") as temporary:
        port = free_port()
        settings = Settings(data_dir=Path(temporary), public_url=f"http://127.0.0.1:{port}")
        platform = Platform.from_settings(settings)
        datadir.prepare(platform, slugs=[CHALLENGE.name], separate=False)
        build_challenge(platform, CHALLENGE, say=lambda line: print(line, file=sys.stderr))
        fill(platform)
        _reader(platform)
        yield f"{SUBMISSIONS:,} scored submissions of {TEAMS:,} teams on SQLite"
        yield from _building(platform)
        yield ""
        with serving(settings, port=port) as pid:
            before = _megabytes(pid)
            yield from _serving(settings.public_url)
            yield ""
            yield f"memory of web (PSS): {before:.0f} MB at rest, {_megabytes(pid):.0f} MB after"


def fill(platform: Platform, /, *, teams: int = TEAMS, submissions: int = SUBMISSIONS) -> None:
    """Make teams and their scored submissions, each offered to the board as a worker would."""
    rng = np.random.default_rng(1)
    skill = rng.normal(0.74, 0.02, size=teams)
    hard = rng.normal(0, 0.02, size=RESAMPLES)  # what is hard for all teams in a resample
    started = platform.clock() - timedelta(days=60)
    vectors: dict[str, bytes] = {}
    with platform.database.writing() as session:
        challenge = find_challenge(session, CHALLENGE.name)
        members = [_team(session, challenge, number, at=started) for number in range(teams)]
        for number in range(submissions):
            score = float(rng.normal(skill[number % teams], 0.01))
            vector = (score + hard + rng.normal(0, 0.005, size=RESAMPLES)).astype(np.float32)
            digest = hashlib.sha256(vector.tobytes()).hexdigest()
            vectors[digest] = vector.tobytes()
            at = started + timedelta(minutes=4 * number)
            submission = _submission(challenge, members[number % teams], at=at)
            session.add(submission)
            session.flush()
            standing.offer(
                session,
                challenge,
                submission=submission,
                scores=_scores(challenge, score),
                resamples=digest,
                units=UNITS,
                store=platform.store,
                now=at + timedelta(seconds=1),
            )
            session.flush()
            session.expunge_all()
    for content in vectors.values():
        platform.store.put(content)


def _team(
    session: Session, challenge: PublishedChallenge, number: int, *, at: datetime
) -> tuple[int, int]:
    """Make a person and their team, the first a baseline; give the ids of both."""
    name = f"Team {number}" if number else "Age alone"
    user = User(
        email=f"team-{number}@example.org",
        name=name,
        password="",
        fs_uniquifier=f"bench-{number}",
        created_at=at,
    )
    state = EntryState.RANKED if number else EntryState.BASELINE
    team = Team(challenge_id=challenge.id, name=name, state=state, created_at=at)
    session.add_all([user, team])
    session.flush()
    session.add(Membership(user_id=user.id, challenge_id=challenge.id, team_id=team.id))
    return user.id, team.id


def _reader(platform: Platform) -> None:
    """Make a person who can log in, a member of a team that stands on the board."""
    with platform.database.writing() as session:
        challenge = find_challenge(session, CHALLENGE.name)
        user = account.create_user(
            session, email=EMAIL, name="Reader", password=PASSWORD, now=platform.clock()
        )
        team = session.exec(select(Team).where(Team.name == "Team 1")).one()
        session.add(Membership(user_id=user.id, challenge_id=challenge.id, team_id=team.id))


def _submission(challenge: PublishedChallenge, who: tuple[int, int], *, at: datetime) -> Submission:
    user_id, team_id = who
    return Submission(
        challenge_id=challenge.id,
        version_id=challenge.version_id,
        team_id=team_id,
        user_id=user_id,
        phase=PHASE,
        kind=Kind.PREDICTIONS,
        filename="predictions.csv",
        artifact="0" * 64,
        size=10_000,
        state=State.SCORED,
        reason=Reason.COMPLETE,
        not_before=at,
        opened_at=at,
        received_at=at,
        finished_at=at,
    )


def _scores(challenge: PublishedChallenge, score: float) -> dict[str, Any]:
    """Give what a scorer tells of each metric."""
    told = {"level": 0.95, "undefined": None, "resamples": RESAMPLES, "units": UNITS}
    interval = [score - 0.05, score + 0.05]
    return {
        metric.key: {
            **told,
            "value": score,
            "interval": interval,
            "events": None if metric.primary else EVENTS,
        }
        for metric in challenge.definition.scoring.metrics
    }


def _building(platform: Platform) -> Iterator[str]:
    """Time the board's job, and the reading of what it wrote."""
    with platform.database.reading() as session:
        challenge = find_challenge(session, CHALLENGE.name)
    built = []
    candidates = Candidates(platform.store)
    for _ in range(BUILDS):
        with platform.database.writing() as session:
            standing.mark_boards_due(session, challenge_id=challenge.id)
        began = time.perf_counter()
        build_board(
            platform.database,
            platform.store,
            challenge.id,
            phase=PHASE,
            board=Board.PUBLIC,
            clock=platform.clock,
            candidates=candidates,
        )
        built.append(time.perf_counter() - began)
    reader = StateReader(platform.store)
    began = time.perf_counter()
    with platform.database.reading() as session:
        phase = challenge.definition.phase(PHASE)
        found = latest(session, reader, challenge, phase=phase, board=Board.PUBLIC)
    parsed = time.perf_counter() - began
    groups = max(row.group or 0 for row in found.rows)
    size = len(reader.content(found.digest)) / 1e3
    first, *others = (1000 * seconds for seconds in built)
    yield (
        f"board job: {first:.0f} ms in a new worker, then {min(others):.0f} ms ({found.total:,} "
        f"rows, {groups} groups)"
    )
    yield f"document: {size:,.0f} kB, read and parsed in {1000 * parsed:.0f} ms, once a process"


@contextmanager
def serving(settings: Settings, /, *, port: int) -> Iterator[int]:
    """Run the web process as `challenge up` does and give its process id."""
    command = web_command(bind=f"127.0.0.1:{port}", threads=settings.web_threads)
    with subprocess.Popen(  # noqa: S603 -- our own program
        command, env=settings.environment(), stdout=subprocess.DEVNULL
    ) as process:
        try:
            health = f"{settings.public_url}/healthz"
            wait_until(lambda: httpx.get(health).is_success, seconds=30, every=0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _serving(address: str) -> Iterator[str]:
    """Time every address, and set each beside the first."""
    yield (
        f"{CONNECTIONS} connections{'':<15}{'server ms':>12}{'':>9}{'x':>7}"
        f"{'client ms':>12}{'':>9}{'req/s':>8}{'kB':>7}"
    )
    yield f"{'':<29}{'p50':>12}{'p99':>9}{'p50':>7}{'p50':>12}{'p99':>9}"
    reference = None
    with httpx.Client(base_url=address) as reader:
        _log_in(reader)
        for asked in ASKED:
            load = _load(reader if asked.signed_in else httpx.Client(base_url=address), asked)
            server, client = _percentiles(load.server), _percentiles(load.client)
            reference = reference or server[0]
            yield (
                f"{asked.name:<29}{server[0]:>12.2f}{server[1]:>9.2f}{server[0] / reference:>7.1f}"
                f"{client[0]:>12.2f}{client[1]:>9.2f}"
                f"{len(load.client) / load.seconds:>8.0f}{load.octets / 1e3:>7.1f}"
            )


def _log_in(reader: httpx.Client) -> None:
    form = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', reader.get("/login").text)
    if form is None:
        raise RuntimeError("the log-in form has no token")
    given = {"email": EMAIL, "password": PASSWORD, "csrf_token": form[1]}
    answer = reader.post("/login", data=given, headers={"Referer": str(reader.base_url)})
    if not answer.is_redirect:
        raise RuntimeError(f"the log-in answered {answer.status_code}")


def _load(reader: httpx.Client, asked: Asked) -> Load:
    seen = reader.get(asked.path).raise_for_status()
    headers = {"Cookie": seen.request.headers.get("Cookie", "")}
    if asked.conditional:
        headers["If-None-Match"] = seen.headers["ETag"]
    command = [sys.executable, "-m", "bench.load", str(seen.url)]
    command += ["--connections", str(CONNECTIONS), "--headers", json.dumps(headers)]
    for requests in (WARM_UP, REQUESTS):
        done = subprocess.run(  # noqa: S603 -- our own program
            [*command, "--requests", str(requests)], stdout=subprocess.PIPE, check=True
        )
    found = Load(**json.loads(done.stdout))
    if set(found.statuses) != {304 if asked.conditional else 200}:
        raise RuntimeError(f"{asked.path} answered {sorted(set(found.statuses))}")
    return found


def _percentiles(milliseconds: Sequence[float]) -> tuple[float, float]:
    """Give the median and the 99th percentile, the latter by the nearest rank."""
    ordered = sorted(milliseconds)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]


def _megabytes(pid: int) -> float:
    """Give the memory of a process and its children: their proportional shares of the pages."""
    return sum(proportional_set_size(each) for each in (pid, *descendants(pid))) / 1e6
