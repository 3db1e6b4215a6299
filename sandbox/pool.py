"""Containers kept ready: started ahead of any run, waiting for their input, each used once.

Making a container takes many times as long as scoring a file of predictions in it. A ready one has
seen nobody's data: what it is given is the input of the one run that takes it.
"""

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sandbox import Limits, Run, SandboxUnavailable
from sandbox.cgroups import Group
from sandbox.container import Container
from sandbox.output import Output

KINDS = 4
"""So many kinds are kept ready, those of the last runs."""

OLDEST_SECONDS = 600.0
RETRY_SECONDS = 5.0

_ONCE = {"selftest"}  # runtimes whose programs are run once, at the start of the launcher

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What two containers must have in common to stand for each other.

    `limits` has those that a container is made with: output is counted outside of it, and seconds
    where it ends with its launcher.
    `files` is the volume that it reads, `weights` another one that a team sent in, `collects`
    whether it has a folder for results.
    """

    runtime: str
    image: str
    limits: Limits
    files: str | None = None
    weights: str | None = None
    collects: bool = False

    @classmethod
    def of(cls, run: Run, /, *, image: str, files: str | None, weights: str | None = None) -> Self:
        """Give the kind of container that a run needs."""
        usual = Limits()
        limits = replace(
            run.limits,
            seconds=run.limits.seconds if run.detached else usual.seconds,
            output=usual.output,
            file=run.limits.file if run.collect else usual.file,
        )
        return cls(
            runtime=run.runtime,
            image=image,
            limits=limits,
            files=files,
            weights=weights,
            collects=run.collect is not None,
        )

    @property
    def is_submitted(self) -> bool:
        """Whether its program is a participant's from its start, so that none is kept ready."""
        return self.runtime.startswith("sha256:")

    @property
    def is_kept_ready(self) -> bool:
        """Whether more of its kind will be wanted, unlike those of one team or of the self-test."""
        is_of_a_team = self.is_submitted or self.weights is not None
        return not is_of_a_team and self.runtime not in _ONCE


@dataclass(frozen=True, kw_only=True, eq=False)
class Sandbox:
    """A started container and what belongs to it.

    Its kind, the number that gives it its uid, its label's owner, the folder for its results, and
    its control group.
    """

    kind: Kind
    container: Container
    number: int
    owner: str
    output: Output | None = None
    group: Group | None = None
    since: float = field(default_factory=time.monotonic)


class Pool:
    """Keeps `size` sandboxes ready of each kind that was used last; may be shared by threads.

    One is made at a time, by `make`, and none while `is_busy` says that runs need the cores. One
    that has become old, has died, is of another kind or does not fit goes to `discard`: together
    they may have as much memory as `room` gives, None for any. A `size` of 0 keeps none.
    """

    def __init__(
        self,
        *,
        size: int,
        make: Callable[[Kind], Sandbox],
        discard: Callable[[Sandbox], None],
        is_busy: Callable[[], bool],
        room: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._size = size
        self._make = make
        self._discard = discard
        self._is_busy = is_busy
        self._room = room
        self._ready: list[Sandbox] = []
        self._kinds: OrderedDict[Kind, None] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self._has_changed = False
        self.counts: Counter[str] = Counter(hits=0, misses=0)
        self._keeper = threading.Thread(target=self._keep, name="pool", daemon=True)
        if size:
            self._keeper.start()

    @property
    def ready(self) -> int:
        """How many sandboxes wait."""
        return len(self._ready)

    @property
    def memory(self) -> int:
        """How many bytes those that wait hold now, where control groups tell it."""
        return sum(one.group.memory() for one in list(self._ready) if one.group is not None)

    def take(self, kind: Kind, /) -> Sandbox | None:
        """Give a sandbox that waits, or None where none does; more of its kind will be made."""
        if not self._size or not kind.is_kept_ready:
            return None
        with self._changed:
            self._want(kind)
            found = next((one for one in self._ready if one.kind == kind and _waits(one)), None)
            if found is not None:
                self._ready.remove(found)
            self.counts["misses" if found is None else "hits"] += 1
            self._tell()
        return found

    def look_again(self) -> None:
        """Have the pool filled up, if it may be by now."""
        with self._changed:
            self._tell()

    def close(self) -> None:
        """Discard every sandbox that waits, and keep none from now on."""
        with self._changed:
            self._closed = True
            self._tell()
        if self._size:
            self._keeper.join()

    def _want(self, kind: Kind) -> None:
        for known in [one for one in self._kinds if one.runtime == kind.runtime]:
            if known.image != kind.image:
                del self._kinds[known]  # nobody will run the image of before
        self._kinds[kind] = None
        self._kinds.move_to_end(kind)
        while len(self._kinds) > KINDS:
            self._kinds.popitem(last=False)

    def _keep(self) -> None:
        while not self._closed:
            try:
                self._keep_on()
            except Exception as error:  # noqa: BLE001 -- a bug costs readiness, and no container
                is_bug = not isinstance(error, SandboxUnavailable)
                _log.warning("no sandbox could be made ready: %s", error, exc_info=is_bug)
                self._rest(RETRY_SECONDS)
        for left in self._ready:
            self._discard(left)
        self._ready.clear()

    def _keep_on(self) -> None:
        """Discard what is stale, then make one sandbox that is missing, or wait for a change."""
        stale = self._take_out()
        have_died = not all(_waits(one) for one in stale)
        for one in stale:
            self._discard(one)
        if have_died:
            self._rest(RETRY_SECONDS)  # what dies by itself would die again
            return
        kind = self._missing()
        if kind is None or self._is_busy():
            self._pause(OLDEST_SECONDS / 10)
            return
        made = self._make(kind)
        with self._changed:
            self._ready.append(made)

    def _take_out(self) -> list[Sandbox]:
        """Take out what is too old, has died, or is of a kind that is used no more."""
        now = time.monotonic()
        with self._changed:
            stale = [
                one
                for one in self._ready
                if now - one.since > OLDEST_SECONDS
                or one.kind not in self._kinds
                or not _waits(one)
            ]
            kept = [one for one in self._ready if one not in stale]
            while kept and not self._fits(kept):
                stale.append(kept.pop(0))
            self._ready = kept
        return stale

    def _missing(self) -> Kind | None:
        """Give the kind of which there are too few, the one that was used last first."""
        with self._changed:
            ready = Counter(one.kind for one in self._ready)
            return next(
                (
                    kind
                    for kind in reversed(self._kinds)
                    if ready[kind] < self._size and self._fits(self._ready, beside=kind)
                ),
                None,
            )

    def _fits(self, sandboxes: Sequence[Sandbox], *, beside: Kind | None = None) -> bool:
        """Whether the memory that these may use is there, and that of one more of a kind."""
        room = self._room()
        more = beside.limits.memory if beside else 0
        return room is None or sum(one.kind.limits.memory for one in sandboxes) + more <= room

    def _rest(self, seconds: float) -> None:
        """Wait for so long, whatever changes, or until the pool is closed."""
        until = time.monotonic() + seconds
        while not self._closed and (left := until - time.monotonic()) > 0:
            self._pause(left)

    def _tell(self) -> None:
        """Have the keeper look, now or after what it does now; the caller holds the condition."""
        self._has_changed = True
        self._changed.notify()

    def _pause(self, seconds: float) -> None:
        """Wait for so long, or until something has changed since the last pause."""
        with self._changed:
            if not (self._closed or self._has_changed):
                self._changed.wait(seconds)
            self._has_changed = False


def _waits(sandbox: Sandbox) -> bool:
    return sandbox.container.is_waiting()
