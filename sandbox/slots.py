"""How many runs go on at once, and how much memory they may have together."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox import MIB, Run, SandboxUnavailable
from sandbox.turns import Turns


class Cancelled(Exception):
    """A run was cancelled before it had a slot."""


class Slots:
    """Lets `count` runs that a caller waits for, and as many detached ones, go on at once.

    All of them together may have as many bytes as `memory` gives, None while that is unknown. No
    program on hidden input goes on beside one that is told of (`Turns`). What is not free within
    `seconds` is not waited for.
    """

    def __init__(self, *, count: int, seconds: float, memory: Callable[[], int | None]) -> None:
        self.count = count
        self._memory = memory
        self._seconds = seconds
        self._busy: Counter[bool] = Counter()
        self._used = 0
        self._turns = Turns()
        self._changed = threading.Condition()

    @property
    def room(self) -> int | None:
        """How many bytes no run has, None while the total is unknown."""
        total = self._memory()
        return None if total is None else total - self._used

    @contextmanager
    def taken(self, run: Run, /, *, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        """Hold a slot. Raises SandboxUnavailable when none becomes free, or Cancelled."""
        self._take(run, is_cancelled=is_cancelled)
        with self.held(run, counted=True):
            yield

    @contextmanager
    def held(self, run: Run, /, *, counted: bool = False) -> Iterator[None]:
        """Hold a slot for a run that goes on already, whether one is free or not."""
        if not counted:
            with self._changed:
                self._count(run)
        try:
            yield
        finally:
            with self._changed:
                self._busy[run.detached] -= 1
                self._used -= run.limits.memory
                self._turns.end(run)
                self._changed.notify_all()

    def look_again(self) -> None:
        """Have those that wait look whether they were cancelled."""
        with self._changed:
            self._changed.notify_all()

    def _count(self, run: Run) -> None:
        self._busy[run.detached] += 1
        self._used += run.limits.memory
        self._turns.begin(run)

    def _take(self, run: Run, *, is_cancelled: Callable[[], bool]) -> None:
        total = self._memory()
        if total is not None and run.limits.memory > total:
            raise SandboxUnavailable(
                f"The run may use {run.limits.memory // MIB} MiB of memory, and all sandboxes "
                f"together {total // MIB} MiB. Lower the challenge's limit or raise the "
                "launcher's total.",
                code="limits_exceeded",
            )
        try:
            with self._changed, self._turns.waiting(run) as place:
                self._wait(run, place=place, is_cancelled=is_cancelled)
                self._count(run)
        except TimeoutError as busy:
            raise SandboxUnavailable(str(busy), code="busy") from None
        finally:
            self.look_again()  # those behind this one

    def _wait(self, run: Run, *, place: int, is_cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + self._seconds
        while not self._fits(run, place=place):
            if is_cancelled():
                raise Cancelled
            if not self._changed.wait(until - time.monotonic()):
                raise TimeoutError(self._busy_for(run, place=place))

    def _fits(self, run: Run, *, place: int) -> bool:
        room = self.room
        fits = room is None or run.limits.memory <= room
        has_slot = self._busy[run.detached] < self.count
        return fits and has_slot and self._turns.allow(run, place=place)

    def _busy_for(self, run: Run, *, place: int) -> str:
        if not self._turns.allow(run, place=place):
            others = "whose log is told" if run.hidden else "on hidden input"
            return (
                f"Programs {others} have been under way, or came first, for {self._seconds:.0f} s; "
                "the two never run at the same time."
            )
        if self._busy[run.detached] >= self.count:
            return f"All {self.count} slots have been busy for {self._seconds:.0f} s."
        return (
            f"The sandboxes under way have had the memory that it needs for {self._seconds:.0f} s."
        )
