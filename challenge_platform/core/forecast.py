"""The forecast of a queue: who comes when, and when a submission may be expected to end."""

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlmodel import Session

from challenge_platform.core.pace import working_time
from challenge_platform.core.submission import QueueName, Submission
from challenge_platform.core.turn import Running, Waiting, running_in, waiting_in
from challenge_platform.core.worker import count_serving, is_drained, workers

_STEPS = (10, 20, 30, 60, 120, 180, 240, 300, 600, 900, 1200, 1800, 2700, 3600)
"""Seconds that are told; above the last of them, its multiples are."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is to be expected: the place in the queue, 1 for the next, and the time to the end.

    `position` is None for what does not wait, `ends_in` where nothing is known to guess it by.
    """

    position: int | None = None
    ends_in: timedelta | None = None


UNKNOWN = Outlook()


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A queue as it is at `now`: `waiting` in its order, and how long each challenge's take."""

    waiting: tuple[Waiting, ...]
    running: tuple[Running, ...]
    taken: Mapping[int, timedelta]
    workers: int
    now: datetime

    def outlook(self, submission_id: str, /) -> Outlook:
        """Say what is to be expected of a submission."""
        if submission_id in self._places:
            place = self._places[submission_id]
            return Outlook(position=place + 1, ends_in=coarse(self._ends_in(place)))
        for each in self.running:
            if each.id == submission_id and each.challenge in self.taken:
                left = self._left(each)
                return Outlook(ends_in=coarse(left) if left else None)
        return UNKNOWN

    @cached_property
    def _places(self) -> dict[str, int]:
        return {each.id: place for place, each in enumerate(self.waiting)}

    def _left(self, each: Running) -> timedelta:
        """Give what is left of a run; nothing if it takes longer than those before."""
        return max(self.taken[each.challenge] - (self.now - each.started_at), timedelta(0))

    def _ends_in(self, place: int) -> timedelta | None:
        """Let the workers take what comes before, one after the other, each as long as usual."""
        before = self.waiting[: place + 1]
        owners = {each.challenge for each in before} | {each.challenge for each in self.running}
        if self.workers == 0 or not owners <= self.taken.keys():
            return None
        busy = sorted((self._left(each) for each in self.running), reverse=True)[: self.workers]
        free = [*busy, *[timedelta(0)] * (self.workers - len(busy))]
        heapq.heapify(free)
        end = timedelta(0)
        for each in before:
            end = heapq.heappop(free) + self.taken[each.challenge]
            heapq.heappush(free, end)
        return end


def outlooks(
    session: Session, found: Iterable[Submission], /, *, now: datetime | None
) -> dict[str, Outlook]:
    """Give the outlook of each of these that is open, by its id; of none without a `now`."""
    if now is None:
        return {}
    wanted = {each.id: QueueName(each.queue) for each in found if each.state.is_open}
    forecasts = {queue: forecast(session, queue, now=now) for queue in set(wanted.values())}
    return {id_: forecasts[queue].outlook(id_) for id_, queue in wanted.items()}


def forecast(session: Session, queue: QueueName, /, *, now: datetime) -> Forecast:
    """Look at a queue."""
    running = running_in(session, queue)
    waiting = waiting_in(session, queue, running=running)
    owners = {each.challenge for each in waiting} | {each.challenge for each in running}
    known = {owner: working_time(session, challenge_id=owner, queue=queue) for owner in owners}
    serving = count_serving(workers(session, now=now), queue)
    return Forecast(
        waiting=tuple(waiting),
        running=tuple(running),
        taken={owner: taken for owner, taken in known.items() if taken is not None},
        workers=0 if is_drained(session) else serving,
        now=now,
    )


def coarse(time: timedelta | None, /) -> timedelta | None:
    """Round a time up to what one may say of a guess."""
    if time is None:
        return None
    seconds = time.total_seconds()
    place = bisect_left(_STEPS, seconds)
    if place < len(_STEPS):
        return timedelta(seconds=_STEPS[place])
    return timedelta(seconds=-(-seconds // _STEPS[-1]) * _STEPS[-1])
