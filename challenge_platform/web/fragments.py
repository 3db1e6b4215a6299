"""Parts of pages that were rendered, kept for as long as they are read, since they never change."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from markupsafe import Markup

KEPT_CHARACTERS = 16_000_000


class Fragments:
    """Keeps the fragments that were read last, each under what it was rendered from."""

    def __init__(self, *, characters: int = KEPT_CHARACTERS) -> None:
        self._most = characters
        self._kept: OrderedDict[Hashable, Markup] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def get(self, key: Hashable, /, *, render: Callable[[], Markup]) -> Markup:
        """Give the fragment of this key; two readers may render the same one at a time."""
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        fragment = render()
        with self._lock:
            if key not in self._kept:
                self._characters += len(fragment)
            self._kept[key] = fragment
            while self._characters > self._most and len(self._kept) > 1:
                self._characters -= len(self._kept.popitem(last=False)[1])
        return fragment
