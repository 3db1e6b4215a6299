"""Runs that outlive their callers: started once, joined by whoever asks for the same id again."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from sandbox import Outcome, Run, SandboxUnavailable
from sandbox.docker import DockerRunner

OUTCOME_SECONDS = 3600.0
"""An outcome that nobody acknowledges is kept for so long."""

_MOST_FAILURES = 1_000
_BEGIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Detached:
    """The detached runs of one launcher, at most `at_once`; may be shared by threads."""

    def __init__(self, runner: DockerRunner, /, *, at_once: int) -> None:
        self._runner = runner
        self._journal = runner.journal
        self._at_once = at_once
        self._threads: dict[str, threading.Thread] = {}
        self._failures: OrderedDict[str, SandboxUnavailable] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def start(self, run: Run, /) -> None:
        """Start a run, unless it goes on or has ended already.

        Raises SandboxUnavailable when too many wait for a slot.
        """
        with self._changed:
            if self._is_known(run.id):
                return
            if len(self._threads) >= self._at_once:
                raise SandboxUnavailable("Too many runs wait for a slot.", code="busy")
            self._go(run.id, partial(self._runner.run, run))

    def adopt(self) -> int:
        """Go on with what another launcher left; give how many runs these are.

        Raises SandboxUnavailable when the engine cannot tell.
        """
        with self._changed:
            notes = self._runner.adopt()
            left = [note for note in notes if note.run.id not in self._threads]
            for note in left:
                self._go(note.run.id, partial(self._runner.resume, note))
            return len(left)

    def answer(self, run_id: str, /, *, seconds: float) -> bytes | None:
        """Give a run's outcome as it is sent, or None when it goes on for so long.

        Raises SandboxUnavailable when it could not be run, and with code "unknown_run" when nobody
        asked for it, or its outcome was acknowledged or too old.
        """
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                outcome = self._journal.outcome(run_id)
                if outcome is not None:
                    return outcome
                if run_id in self._failures:
                    raise self._failures[run_id]
                if not self._is_known(run_id):
                    raise SandboxUnavailable(
                        f"There is no run {run_id}, or no longer.", code="unknown_run"
                    )
                if self._closed:
                    raise SandboxUnavailable("The launcher is stopping.", code="stopping")
                if not self._changed.wait(until - time.monotonic()):
                    return None

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run, detached or not, and confirm that it is gone; see `Runner.cancel`."""
        if self._cancel(run_id):
            return True
        if self._journal.is_noted(run_id):
            self.adopt()  # the engine could not be asked before
            return self._cancel(run_id)
        return False

    def _cancel(self, run_id: str) -> bool:
        until = time.monotonic() + _BEGIN_SECONDS
        while run_id in self._threads and not self._runner.is_under_way(run_id):
            if time.monotonic() > until:
                break
            time.sleep(_BEGIN_SECONDS / 1000)  # its thread has just been started
        return self._runner.cancel(run_id)

    def expire(self) -> None:
        """Forget outcomes that nobody has acknowledged for long."""
        self._journal.expire(seconds=OUTCOME_SECONDS)

    def close(self) -> None:
        """Have nobody wait for an answer any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until no run goes on in this process."""
        for thread in list(self._threads.values()):
            thread.join()

    def _is_known(self, run_id: str) -> bool:
        return (
            run_id in self._threads
            or self._journal.has_outcome(run_id)
            or self._journal.is_noted(run_id)
        )

    def _go(self, run_id: str, call: Callable[[], Outcome]) -> None:
        self._failures.pop(run_id, None)
        thread = threading.Thread(target=self._watch, args=(run_id, call), name=f"run {run_id}")
        self._threads[run_id] = thread
        thread.start()

    def _watch(self, run_id: str, call: Callable[[], Outcome]) -> None:
        failure = None
        try:
            call()
        except SandboxUnavailable as error:
            failure = error
        except Exception:  # noqa: BLE001 -- a bug is told to whoever waits, who would wait for ever
            _log.exception("the run %s failed", run_id)
            failure = SandboxUnavailable(
                "The launcher failed; its log says where.", code="launcher_failed"
            )
        with self._changed:
            del self._threads[run_id]
            if failure is not None:
                self._failures[run_id] = failure
                while len(self._failures) > _MOST_FAILURES:
                    self._failures.popitem(last=False)
            self._changed.notify_all()
