"""What RQ workers and the reaper run: each job makes one call into core, and ends."""

import signal
import threading
import time
from typing import Annotated

import structlog
import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import heartbeat, standing
from challenge_platform.core.board import build_board
from challenge_platform.core.candidate import Candidates
from challenge_platform.core.definition import Board
from challenge_platform.core.heartbeat import Part
from challenge_platform.core.reaper import BOARD, EVALUATE, enqueue_board
from challenge_platform.core.scoring import SCORING_LIMITS
from challenge_platform.errors import QueueUnavailable
from sandbox import SandboxUnavailable

# A job outlives its sandbox and the launcher's own deadlines, so that they always come first.
JOB_SECONDS = int(SCORING_LIMITS.seconds) + 180

BEAT_SECONDS = 5.0

log = structlog.get_logger()


class Jobs:
    """The functions that a message in the queue can name."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._evaluator = platform.evaluator
        self._candidates = Candidates(platform.store)

    def evaluate(self, submission_id: str) -> None:
        """Evaluate a submission, then see to its board."""
        state = self._evaluator.evaluate(submission_id)
        log.info("evaluated", submission=submission_id, state=state)
        if state is not None and not state.is_open:
            self._build_due_boards()

    def board(self, challenge_id: str, phase: str, board: str) -> None:
        """Build a board's next state."""
        platform = self._platform
        build_board(
            platform.database,
            platform.store,
            int(challenge_id),
            phase=phase,
            board=Board(board),
            clock=platform.clock,
            candidates=self._candidates,
        )

    def _build_due_boards(self) -> None:
        """Enqueue boards that are due and may be built again; the reaper does the rest."""
        platform = self._platform
        with platform.database.reading() as session:
            boards = standing.boards_to_build(session, now=platform.clock())
        try:
            for challenge_id, phase, board in boards:
                enqueue_board(platform.queue, challenge_id, phase=phase, board=board)
        except QueueUnavailable:
            log.warning("board not enqueued, the reaper will")


def work(platform: Platform, /, *, burst: bool = False) -> None:
    """Work the queue off in this process, once what an interrupted departure left is removed."""
    platform.departures.remove_contents()
    jobs = Jobs(platform)
    platform.queue.work(
        {EVALUATE: jobs.evaluate, BOARD: jobs.board},
        seconds=JOB_SECONDS,
        max_jobs=platform.settings.worker_max_jobs,
        burst=burst,
    )


def reap(platform: Platform, /, *, stopped: threading.Event) -> None:
    """Do a round of the reaper again and again until told to stop."""
    next_beat = 0.0
    while not stopped.is_set():
        if time.monotonic() >= next_beat:
            _beat(platform)
            next_beat = time.monotonic() + BEAT_SECONDS
        done = platform.reaper.round()
        if done.taken_back or done.enqueued or not done.queue_available:
            log.info("reaped", **vars(done))
        stopped.wait(platform.settings.reaper_period.total_seconds())


def _beat(platform: Platform) -> None:
    """Tell that the reaper lives, and what the launcher says of itself."""
    try:
        problem = "; ".join(platform.runner.status().problems)
    except SandboxUnavailable as error:
        problem = str(error)
    now = platform.clock()
    with platform.database.writing() as session:
        heartbeat.beat(session, Part.REAPER, now=now)
        heartbeat.beat(session, Part.LAUNCHER, now=now, problem=problem)


app = typer.Typer(add_completion=False, help=__doc__)


@app.command("worker")
def _worker(
    *, burst: Annotated[bool, typer.Option(help="End when the queue is empty.")] = False
) -> None:
    work(Platform.from_settings(Settings()), burst=burst)


@app.command("reaper")
def _reaper() -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    reap(Platform.from_settings(Settings()), stopped=stopped)


if __name__ == "__main__":
    app()
