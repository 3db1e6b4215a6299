"""The runs under way: who waits for them, and how they are told to stop."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox import Run, SandboxUnavailable


@dataclass(kw_only=True, eq=False)
class Active:
    """A run under way: closing `stop` ends its conversation, which watches `stopped`.

    `owner` is the label of its sandbox; `leaving` says that the sandbox is to go on.
    """

    run: Run
    stop: socket.socket
    stopped: socket.socket
    owner: str
    over: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    leaving: bool = False

    def interrupt(self) -> None:
        """Have it end, wherever it is."""
        self.cancelled.set()
        self.stop.close()


class Activities:
    """The runs under way by their ids; may be shared by threads."""

    def __init__(self) -> None:
        self._active: dict[str, Active] = {}
        self._lock = threading.Lock()
        self._closed = False

    def find(self, run_id: str, /) -> Active | None:
        """Give a run under way, None when it is not."""
        return self._active.get(run_id)

    def all(self) -> list[Active]:
        """Give all that are under way."""
        with self._lock:
            return list(self._active.values())

    def close(self) -> list[Active]:
        """Let none begin any more; give those under way."""
        with self._lock:
            self._closed = True
            return list(self._active.values())

    @contextmanager
    def begun(self, run: Run, /) -> Iterator[Active]:
        """Have a run under way. Raises SandboxUnavailable when it is already, or none may begin."""
        stop, stopped = socket.socketpair()
        active = Active(run=run, stop=stop, stopped=stopped, owner=run.id)
        with stop, stopped:
            with self._lock:
                if self._closed:
                    raise SandboxUnavailable("The launcher is stopping.", code="stopping")
                if run.id in self._active:
                    raise SandboxUnavailable(
                        f"The run {run.id} is under way already.", code="duplicate_run"
                    )
                self._active[run.id] = active
            try:
                yield active
            finally:
                with self._lock:
                    del self._active[run.id]
                active.over.set()
