"""What RQ workers and the reaper run: each job makes one call into core, and ends."""

import signal
import threading
import time
from collections.abc import Collection, Iterable
from functools import partial
from typing import Annotated

import structlog
import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import heartbeat, standing
from challenge_platform.core.board import build_board
from challenge_platform.core.candidate import Candidates
from challenge_platform.core.definition import Board
from challenge_platform.core.evaluation import Evaluator
from challenge_platform.core.heartbeat import Part
from challenge_platform.core.reaper import BOARD, EVALUATE, enqueue_board
from challenge_platform.core.scoring import SCORING_LIMITS
from challenge_platform.core.submission import PROGRAMS, QueueName
from challenge_platform.errors import QueueUnavailable
from challenge_platform.presence import present
from challenge_platform.queue import JobFunction, Table
from sandbox import Launcher, SandboxUnavailable
from sandbox.selftest.guard import Verdict

# A job outlives its sandbox and the launcher's own deadlines, so that they always come first.
SCORING_SECONDS = int(SCORING_LIMITS.seconds) + 180
# A program may be run twice, each time for a day, before what it made is scored.
PROGRAM_SECONDS = 2 * 24 * 3600 + SCORING_SECONDS

WITHOUT_GPU = tuple(queue for queue in QueueName if queue is not QueueName.GPU)

BEAT_SECONDS = 5.0

VERDICT_SECONDS = 60.0  # the self-test takes some seconds, and longer where the machine is busy
VERDICT_POLL_SECONDS = 0.2

NOT_CONTAINED = 4
"""Exit status of a worker that takes no jobs, since sandboxes do not hold here."""

log = structlog.get_logger()


class Jobs:
    """The functions that a message in the queue can name."""

    def __init__(
        self,
        platform: Platform,
        evaluator: Evaluator | None = None,
        /,
        *,
        drained: threading.Event | None = None,
    ) -> None:
        self._platform = platform
        self._evaluator = evaluator or platform.evaluator
        self._drained = drained or threading.Event()
        self._candidates = Candidates(platform.store)

    def tables(self, queues: Iterable[QueueName], /) -> dict[str, Table]:
        """Give what may be called by the messages of each queue; boards are built by scoring."""
        tables = {}
        for queue in queues:
            functions: dict[str, JobFunction] = {EVALUATE: partial(self.evaluate, queue)}
            if queue is QueueName.SCORING:
                functions[BOARD] = self.board
            seconds = PROGRAM_SECONDS if queue in PROGRAMS else SCORING_SECONDS
            tables[str(queue)] = Table(functions=functions, seconds=seconds)
        return tables

    def evaluate(self, queue: QueueName, hinted: str) -> None:
        """Evaluate the submission of a queue whose turn it is, then see to its board.

        The one that the message names only waited when the message was written.
        """
        if self._drained.is_set():  # this worker was waiting for the message when it was drained
            return
        state = self._evaluator.evaluate_next(queue)
        log.info("evaluated", queue=queue, hinted=hinted, state=state)
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


def work(platform: Platform, /, *, queues: Collection[QueueName] = (), burst: bool = False) -> None:
    """Work queues off in this process, once what an interrupted departure left is removed.

    Without queues these are all that this machine's engine can serve. Raises SandboxUnavailable
    with code "no_gpu" for that of graphics processors where there are none.

    Raises SandboxUnavailable with code "not_contained", and takes no job, when the launcher found
    that hostile programs escape from the sandboxes of this machine.
    """
    platform.departures.remove_contents()
    platform.store.make_folders()
    await_containment(platform.runner)
    queues = queues or fitting(platform.runner)
    if QueueName.GPU in queues and QueueName.GPU not in fitting(platform.runner):
        raise SandboxUnavailable(
            "This worker cannot serve the queue `gpu`: the engine of its launcher hands no "
            "graphics processors to containers. Install the NVIDIA Container Toolkit beside it.",
            code="no_gpu",
        )
    evaluator = platform.evaluator
    with present(platform, leases=evaluator.leases, queues=queues) as presence:
        platform.queue.work(
            Jobs(platform, evaluator, drained=presence.drained).tables(queues),
            orders=presence.orders,
            max_jobs=platform.settings.worker_max_jobs,
            burst=burst,
        )


def fitting(launcher: Launcher, /) -> tuple[QueueName, ...]:
    """Give the queues that an engine can serve; that of graphics processors if it has any."""
    try:
        engine = launcher.status().engine or {}
    except SandboxUnavailable:
        return WITHOUT_GPU
    return tuple(QueueName) if engine.get("gpus") else WITHOUT_GPU


def await_containment(launcher: Launcher, /, *, seconds: float = VERDICT_SECONDS) -> None:
    """Wait for the launcher's self-test; a launcher that cannot be asked is left to the jobs.

    Raises SandboxUnavailable with code "not_contained" when a hostile program escaped.
    """
    until = time.monotonic() + seconds
    try:
        while (status := launcher.status()).selftest == Verdict.UNDER_WAY:
            if time.monotonic() > until:
                log.warning("no verdict of the self-test yet", problems=status.problems)
                return
            time.sleep(VERDICT_POLL_SECONDS)
    except SandboxUnavailable as error:
        log.warning("the launcher cannot be asked; jobs will wait for it", problem=str(error))
        return
    if status.selftest == Verdict.ESCAPED:
        problems = " ".join(status.problems)
        raise SandboxUnavailable(
            f"This worker takes no jobs, since sandboxes do not hold here: {problems} "
            "`challenge doctor --sandbox` says what to repair.",
            code="not_contained",
        )


def reap(platform: Platform, /, *, stopped: threading.Event) -> None:
    """Do a round of the reaper again and again until told to stop."""
    next_beat = 0.0
    while not stopped.is_set():
        if time.monotonic() >= next_beat:
            _beat(platform)
            if expired := platform.transfers.expire():
                log.info("removed uploads that nobody went on with", uploads=expired)
            next_beat = time.monotonic() + BEAT_SECONDS
        done = platform.reaper.round()
        if done.taken_back or done.enqueued or not done.queue_available:
            log.info("reaped", **vars(done))
        stopped.wait(platform.settings.reaper_period.total_seconds())


def _beat(platform: Platform) -> None:
    """Tell that the reaper lives, and what the launcher says of itself."""
    counts = None
    try:
        status = platform.runner.status()
        problem, counts = "; ".join(status.problems), status.pool
        if killed := platform.reaper.kill_orphans(platform.runner, status.active):
            log.info("killed what ran for submissions that have ended", runs=killed)
    except SandboxUnavailable as error:
        problem = str(error)
    now = platform.clock()
    with platform.database.writing() as session:
        heartbeat.beat(session, Part.REAPER, now=now)
        heartbeat.beat(session, Part.LAUNCHER, now=now, problem=problem, counts=counts)


app = typer.Typer(add_completion=False, help=__doc__)


@app.command("worker")
def _worker(
    *,
    queue: Annotated[list[QueueName] | None, typer.Option(help="A queue to work off.")] = None,
    burst: Annotated[bool, typer.Option(help="End when the queues are empty.")] = False,
) -> None:
    try:
        work(Platform.from_settings(Settings()), queues=tuple(queue or ()), burst=burst)
    except SandboxUnavailable as error:
        typer.echo(f"worker: {error}", err=True)
        raise typer.Exit(NOT_CONTAINED) from error


@app.command("reaper")
def _reaper() -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    reap(Platform.from_settings(Settings()), stopped=stopped)


if __name__ == "__main__":
    app()
