"""The numbers of sandboxes, each of which gives one sandbox a user that no other has."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection

from sandbox import SandboxUnavailable

_SECONDS = 30.0  # to wait for a number that is free


class Numbers:
    """The numbers below `count`; may be shared by threads.

    What could not be removed keeps its number: two sandboxes with one user could reach each other.
    """

    def __init__(self, count: int, /) -> None:
        self.count = count
        self._free = deque(range(count))
        self._held: Counter[int] = Counter()
        self._left: list[tuple[int, str]] = []  # with the owner of what could not be removed
        self._changed = threading.Condition()

    def take(self) -> int:
        """Take the number that has been free for longest.

        Raises SandboxUnavailable when none becomes free.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._free, timeout=_SECONDS):
                raise SandboxUnavailable(
                    f"Containers have not been removed for {_SECONDS:.0f} s.", code="busy"
                )
            number = self._free.popleft()
            self._held[number] += 1
        return number

    def reserve(self, number: int, /) -> None:
        """Take the number of a sandbox that is there already, whether it is free or not."""
        with self._changed:
            self._held[number] += 1
            if number in self._free:
                self._free.remove(number)

    def give_back(self, number: int, /) -> None:
        """Have a number free for others, as soon as no other sandbox has it."""
        with self._changed:
            self._held[number] -= 1
            if not self._held[number] and number < self.count:
                self._free.append(number)
                self._changed.notify_all()

    def leave(self, number: int, /, *, owner: str) -> None:
        """Keep a number from others until what its owner has is gone; see `reclaim`."""
        with self._changed:
            self._left.append((number, owner))

    def reclaim(self, owners: Callable[[], Collection[str]], /) -> None:
        """Give back the numbers that were left whose owners are none of those still there."""
        with self._changed:
            left = list(self._left)
        there = owners() if left else ()
        for number, owner in left:
            with self._changed:
                gone = owner not in there and (number, owner) in self._left
                if gone:
                    self._left.remove((number, owner))
                    self.give_back(number)
