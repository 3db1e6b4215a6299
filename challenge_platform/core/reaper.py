"""The reaper: finds what was forgotten (lost leases, rows without a job, boards that lag)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from challenge_platform.core import submission as submissions
from challenge_platform.core import turn
from challenge_platform.core.standing import boards_to_build
from challenge_platform.core.submission import QueueName
from challenge_platform.core.turn import Hint
from challenge_platform.database import Database
from challenge_platform.errors import QueueUnavailable
from challenge_platform.queue import Queue
from sandbox import Runner

_RUN_ID = re.compile(r"([0-9a-f]{32})-.*")

EVALUATE = "evaluate"
BOARD = "board"


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round did."""

    taken_back: int
    enqueued: int
    queue_available: bool


@dataclass(frozen=True, kw_only=True)
class Reaper:
    """The parts that a round needs."""

    database: Database
    queue: Queue
    clock: Callable[[], datetime]
    max_attempts: int
    team_runs: int

    def kill_orphans(self, runner: Runner, active: Iterable[str], /) -> int:
        """Kill the runs of submissions that have ended, whose worker is no more to do it.

        What runs for a submission that is open goes on: another worker takes it over. Give how many
        were killed; raise SandboxUnavailable when one could not be.
        """
        with self.database.reading() as session:
            orphans = [
                run_id
                for run_id in active
                if (submission_id := submission_of_run(run_id)) is not None
                and not submissions.is_open(session, submission_id)
            ]
        return sum(runner.cancel(run_id) for run_id in orphans)

    def round(self) -> Round:
        """Do one round; with Redis down, only what the database needs."""
        now = self.clock()
        with self.database.reading() as session:
            lost = submissions.count_lost(session, now=now)
        if lost:
            with self.database.writing() as session:
                submissions.take_back_lost(session, now=now, max_attempts=self.max_attempts)
        with self.database.reading() as session:
            waiting = turn.due(session, now=now, team_runs=self.team_runs)
            boards = boards_to_build(session, now=now)
        try:
            for hint in waiting:
                enqueue_evaluation(self.queue, hint)
            for challenge_id, phase, board in boards:
                enqueue_board(self.queue, challenge_id, phase=phase, board=board)
        except QueueUnavailable:
            return Round(taken_back=lost, enqueued=0, queue_available=False)
        return Round(taken_back=lost, enqueued=len(waiting), queue_available=True)


def submission_of_run(run_id: str, /) -> str | None:
    """Give the submission that something runs for, or None where it is of no submission."""
    match = _RUN_ID.fullmatch(run_id)
    return match[1] if match else None


def enqueue_evaluation(queue: Queue, hint: Hint, /) -> None:
    """Put into its queue, once, that a submission waits there."""
    name = f"{EVALUATE}-{hint.submission_id}-{hint.token}"
    queue.enqueue(EVALUATE, hint.submission_id, queue=hint.queue, job_id=name)


def enqueue_board(queue: Queue, challenge_id: int, /, *, phase: str, board: str) -> None:
    """Put the building of a board into the queue once."""
    job_id = f"{BOARD}-{challenge_id}-{phase}-{board}"
    arguments = (str(challenge_id), phase, board)
    queue.enqueue(BOARD, *arguments, queue=QueueName.SCORING, job_id=job_id)
