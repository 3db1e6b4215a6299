"""What was read last, kept in this process: for values that never change under their key."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Keeps the values that were used last, up to a total weight, for all threads.

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
