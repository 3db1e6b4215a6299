"""What was read lately, kept in this process: for good what never changes, else for a moment."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Keeps the values that were used last, up to a total weight, for all threads.

    It is for values that never change under their key.
    Each value weighs 1 unless `weigh` says otherwise. The last one stays, whatever it weighs.
    """

    def __init__(self, *, most: int, weigh: Callable[[Value], int] = lambda _value: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    def find(self, key: Hashable, /) -> Value | None:
        """Give what is kept under the key, if anything."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def keep(self, key: Hashable, value: Value, /) -> None:
        """Keep a value under its key, and let go of those that were used least lately."""
        with self._lock:
            if (before := self._kept.pop(key, None)) is not None:
                self._weight -= self._weigh(before)
            self._kept[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._weight -= self._weigh(oldest)

    def get(self, key: Hashable, /, *, make: Callable[[], Value]) -> Value:
        """Give what is kept under the key, or make it; two threads may make the same at a time."""
        found = self.find(key)
        if found is None:
            found = make()
            self.keep(key, found)
        return found


class Momentary(Generic[Value]):
    """Keeps values for some seconds, so that many who ask at once share one look.

    One who comes after that time looks again; others get the old value until the new one is there.
    Keys are kept for good, so there must be few of them.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[Hashable, tuple[float, Value]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, /, *, look: Callable[[], Value]) -> Value:
        """Give what was seen a moment ago, or look; what `look` raises is not kept."""
        now = monotonic()
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                until, value = kept
                if now < until:
                    return value
                self._kept[key] = now + self._seconds, value  # for those who come meanwhile
        try:
            seen = look()
        except BaseException:
            with self._lock:
                self._kept.pop(key, None)
            raise
        with self._lock:
            self._kept[key] = monotonic() + self._seconds, seen
        return seen
