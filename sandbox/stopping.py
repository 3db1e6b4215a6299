"""The signals that end the launcher, heard from before its first thread is started."""

import signal
import threading
from types import FrameType
from typing import Protocol


class Stoppable(Protocol):
    """What serves until it is told to stop."""

    def shutdown(self) -> None:
        """Stop it, and wait until it has."""
        ...


class Signals:
    """Hears SIGTERM and SIGINT in the place of what they do; made in the main thread.

    One that comes while the launcher is still being put together ends it as soon as it serves.
    """

    def __init__(self) -> None:
        self._heard: list[int] = []
        self._server: Stoppable | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def end(self, server: Stoppable, /) -> None:
        """End this server at a signal, or at once if one was heard already."""
        self._server = server
        if self._heard:
            self._shut_down(server)

    @property
    def leaves_runs(self) -> bool:
        """Whether detached runs go on for the next launcher, as they do unless SIGINT was heard."""
        return signal.SIGINT not in self._heard

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard.append(number)
        if self._server is not None:
            self._shut_down(self._server)

    def _shut_down(self, server: Stoppable) -> None:
        # In a thread: `shutdown` waits for the loop that the signal interrupts.
        threading.Thread(target=server.shutdown, name="stop").start()
