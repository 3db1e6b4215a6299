"""One single-use container: prepared, fed once, ended, removed.

    prepare: create -> inspect, compare -> attach -> start        feed        end: detach -> kill

It is compared with what was asked for before it starts, and is not started if anything differs.
Preparing is apart from feeding, so that a pool can keep some containers ready.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from sandbox import End, Limits, SandboxUnavailable
from sandbox.attach import Conversation, Stop, converse
from sandbox.engine import Engine
from sandbox.options import Options, mismatches

_EXIT_SECONDS = 5.0  # for a program to exit after it closed its streams
_KILL_SECONDS = 30.0

Timings = dict[str, float]  # seconds of each phase, by name


class Container:
    """A started container that waits for its input; `timings` says how long each phase took."""

    def __init__(
        self, engine: Engine, /, *, name: str, connection: socket.socket, timings: Timings
    ) -> None:
        self._engine = engine
        self._name = name
        self._connection = connection
        self.timings = timings

    @classmethod
    def prepare(cls, engine: Engine, /, *, options: Options) -> Self:
        """Create, compare, attach to and start a container; leaves none behind when it fails.

        Raises SandboxUnavailable, with code "options_not_taken" for one that is not as asked for.
        """
        timings: Timings = {}
        with _timed(timings, "create"):
            name = engine.create(options)
        try:
            with _timed(timings, "inspect"):
                _compare(options, engine.inspect(name))
            with _timed(timings, "attach"):
                connection = engine.attach(name)
            try:
                connection.settimeout(0)
                with _timed(timings, "start"):
                    engine.start(name)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            engine.remove(name)
            raise
        return cls(engine, name=name, connection=connection, timings=timings)

    def is_waiting(self) -> bool:
        """Whether it has neither ended nor said anything yet."""
        try:
            self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def feed(
        self, data: bytes, /, *, limits: Limits, interrupts: Sequence[socket.socket]
    ) -> Conversation:
        """Give it its input and take what it says, within the limits; see `attach.converse`."""
        with _timed(self.timings, "run"):
            return converse(
                self._connection,
                data=data,
                limit=limits.output,
                deadline=time.monotonic() + limits.seconds,
                interrupts=interrupts,
            )

    def end(self, stop: Stop, /) -> tuple[End, int | None]:
        """Make sure that it has ended; give how, and the program's own exit code if it has one.

        Raises SandboxUnavailable when the engine cannot tell or the container outlives its kill.
        """
        with _timed(self.timings, "end"):
            self._connection.close()  # first: an engine that waits for a reader blocks the kill
            state = None
            if stop is Stop.ENDED:
                state = self._engine.ended(self._name, seconds=_EXIT_SECONDS)
            if state is not None:
                return verdict(stop, state), state["ExitCode"]
            self._engine.kill(self._name)
            state = self._engine.ended(self._name, seconds=_KILL_SECONDS)
        if state is None:
            raise SandboxUnavailable(
                f"The container {self._name[:12]} still runs {_KILL_SECONDS:.0f} s after its kill.",
                code="not_killed",
            )
        return verdict(Stop.DEADLINE if stop is Stop.ENDED else stop, state), None

    def remove(self) -> None:
        """Remove it, running or not. Raises SandboxUnavailable when the engine cannot."""
        self._connection.close()
        self._engine.remove(self._name)


def verdict(stop: Stop, state: dict[str, Any], /) -> End:
    """Judge how a run ended by the engine's word: a program can forge its exit code, not the flag.

    A program whose children were killed for memory may well exit with 0.
    """
    if stop is Stop.INTERRUPTED:
        return End.CANCELLED
    if state["OOMKilled"]:
        return End.OUT_OF_MEMORY
    if stop is Stop.TOO_LARGE:
        return End.OUTPUT_TOO_LARGE
    if stop is Stop.DEADLINE:
        return End.TIMED_OUT
    return End.FINISHED if state["ExitCode"] == 0 else End.CRASHED


def _compare(options: Options, inspected: dict[str, Any]) -> None:
    wrong = mismatches(options, inspected)
    if wrong:
        raise SandboxUnavailable(
            f"The Docker Engine did not take the options {', '.join(wrong)} as they were sent; "
            "nothing was run. Compare its version and settings with the installation guide.",
            code="options_not_taken",
        )


@contextmanager
def _timed(timings: Timings, phase: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        timings[phase] = time.monotonic() - started
