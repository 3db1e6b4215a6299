"""Who may run beside whom: no program on hidden input beside one whose log its team reads.

What sandboxes share, an inode of the host or a figure in `/proc`, carries bits between programs
that agreed on how. A program that has hidden input knows it, and one whose log is told tells it; so
one launcher never runs both at the same time. They take turns, first come first served.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox import Run

CLAIM_SECONDS = 180.0
"""A run that gave up waiting is sent again; so long its side keeps the place that it had."""

_SELFTEST = "selftest"  # begins the names of its runtimes, whose programs are ours


@dataclass(kw_only=True)
class _Side:
    """The runs of one side: how many are under way, and the places of those that wait.

    `claim` is the place of one that gave up, which holds until the time `claimed_until`.
    """

    under_way: int = 0
    waiting: set[int] = field(default_factory=set)
    claim: int | None = None
    claimed_until: float = 0.0

    def first(self) -> int | None:
        """Give the first place that this side has, None when it wants no turn."""
        return min((*self.waiting, *self.claims()), default=None)

    def claims(self) -> tuple[int, ...]:
        """Give the place that is kept, if there is one."""
        valid = self.claim is not None and time.monotonic() < self.claimed_until
        return (self.claim,) if valid and self.claim is not None else ()

    def keep(self, place: int) -> None:
        """Keep the place of a run that gives up, unless an earlier one is kept."""
        self.claim = min((place, *self.claims()))
        self.claimed_until = time.monotonic() + CLAIM_SECONDS


class Turns:
    """Which side's turn it is: that of runs on hidden input, or of those that are told of.

    Scoring and the self-test, whose programs are ours, are on neither. Not for threads: whoever
    uses it holds a lock.
    """

    def __init__(self) -> None:
        self._places = itertools.count()
        self._sides = {is_hidden: _Side() for is_hidden in (True, False)}

    @contextmanager
    def waiting(self, run: Run, /) -> Iterator[int]:
        """Have a place among those that wait; one that gives up by TimeoutError leaves it."""
        place = next(self._places)
        side = self._side(run)
        if side is None:
            yield place
            return
        side.waiting.add(place)
        try:
            yield place
        except TimeoutError:
            if not self.allow(run, place=place):
                side.keep(place)
            raise
        finally:
            side.waiting.discard(place)

    def allow(self, run: Run, /, *, place: int) -> bool:
        """Whether a run that waits at this place may begin beside what is under way."""
        side = self._side(run)
        if side is None:
            return True
        other = self._sides[not run.hidden]
        first = other.first()
        own = min((place, *side.claims()))
        return not other.under_way and (first is None or own < first)

    def begin(self, run: Run, /) -> None:
        """Count a run that is under way from now on."""
        if (side := self._side(run)) is not None:
            side.under_way += 1
            side.claim = None

    def end(self, run: Run, /) -> None:
        """Count it no more."""
        if (side := self._side(run)) is not None:
            side.under_way -= 1

    def _side(self, run: Run) -> _Side | None:
        """Give the side of a participant's program, None for what is ours."""
        is_ours = run.runtime.startswith(_SELFTEST) or not (run.detached or run.is_image)
        if is_ours:
            return None
        return self._sides[run.hidden]
