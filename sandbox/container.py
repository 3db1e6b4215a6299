"""One single-use container: prepared, fed once, ended, removed.

    prepare: create -> inspect, compare -> attach -> start      feed      end: detach -> kill

It is compared with what was asked for before it starts, and is not started if anything differs.
Preparing is apart from feeding, so that a pool can keep some containers ready.
"""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from sandbox import End, Run, SandboxUnavailable
from sandbox.attach import Conversation, Stop, converse
from sandbox.comparison import mismatches
from sandbox.engine import Engine
from sandbox.options import Options

_EXIT_SECONDS = 5.0  # for a program to exit after it closed its streams
_KILL_SECONDS = 30.0
_KILLED = 137  # the exit code of what SIGKILL ended, which a program can also do to itself

Timings = dict[str, float]  # seconds of each phase, by name


class Container:
    """A started container that waits for its input; `timings` says how long each phase took.

    `finished` is the time at which one that was adopted had ended, as the engine writes it.
    """

    def __init__(
        self, engine: Engine, /, *, name: str, connection: socket.socket, timings: Timings
    ) -> None:
        self._engine = engine
        self._name = name
        self._connection = connection
        self.timings = timings
        self.finished: str | None = None

    @classmethod
    def prepare(
        cls, engine: Engine, /, *, options: Options, timings: Timings | None = None
    ) -> Self:
        """Create, compare, attach to and start a container; leaves none behind when it fails.

        Raises SandboxUnavailable, with code "options_not_taken" for one that is not as asked for.
        """
        timings = {} if timings is None else timings
        name = create_checked(engine, options, timings=timings)
        try:
            with timed(timings, "attach"):
                connection = engine.attach(name, stdin=options["OpenStdin"])
            try:
                connection.settimeout(0)
                with timed(timings, "start"):
                    engine.start(name)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            engine.remove(name)
            raise
        return cls(engine, name=name, connection=connection, timings=timings)

    @classmethod
    def adopt(cls, engine: Engine, /, *, name: str) -> Self:
        """Take over a container that was fed by another process; it may have ended."""
        connection = engine.attach(name, stdin=False)
        try:
            connection.settimeout(0)
            state = engine.inspect(name)["State"]  # after: one that runs now is heard to its end
        except BaseException:
            connection.close()
            raise
        adopted = cls(engine, name=name, connection=connection, timings={})
        adopted.finished = None if state["Running"] else state["FinishedAt"]
        return adopted

    @property
    def name(self) -> str:
        """Its id."""
        return self._name

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
        self,
        run: Run,
        /,
        *,
        interrupts: Sequence[socket.socket],
        on_fed: Callable[[], None] = lambda: None,
    ) -> Conversation:
        """Give it its input and take what it says, within the limits; see `attach.converse`."""
        with timed(self.timings, "run"):
            if run.is_image:
                on_fed()
            return converse(
                self._connection,
                data=None if run.is_image else run.input,
                limit=run.limits.output,
                deadline=time.monotonic() + run.limits.seconds,
                interrupts=interrupts,
                mixed=run.collect is not None,
                on_fed=on_fed,
                answers=run.answers,
            )

    def listen(
        self, run: Run, /, *, seconds: float, interrupts: Sequence[socket.socket]
    ) -> Conversation:
        """Take what it says from now on, within the limits; it has its input."""
        return converse(
            self._connection,
            data=None,
            limit=run.limits.output,
            deadline=time.monotonic() + seconds,
            interrupts=interrupts,
            mixed=run.collect is not None,
        )

    def end(self, stop: Stop, /) -> tuple[End, int | None]:
        """Make sure that it has ended; give how, and the program's own exit code if it has one.

        One that has answered is not asked how it ended: its removal kills it.

        Raises SandboxUnavailable when the engine cannot tell or the container outlives its kill.
        """
        if stop is Stop.ANSWERED:
            return End.FINISHED, None
        with timed(self.timings, "end"):
            self._connection.close()  # first: an engine that waits for a reader blocks the kill
            state = None
            if stop is Stop.ENDED:
                state = self._engine.ended(self._name, seconds=_EXIT_SECONDS)
            if state is not None:
                self._check_killer(state)
                return verdict(stop, state), state["ExitCode"]
            self._engine.kill(self._name)
            state = self._engine.ended(self._name, seconds=_KILL_SECONDS)
        if state is None:
            raise SandboxUnavailable(
                f"The container {self._name[:12]} still runs {_KILL_SECONDS:.0f} s after its kill.",
                code="not_killed",
            )
        return verdict(Stop.DEADLINE if stop is Stop.ENDED else stop, state), None

    def _check_killer(self, state: dict[str, Any]) -> None:
        """Raise SandboxUnavailable for a program that an engine killed which was stopping."""
        if state["ExitCode"] == _KILLED and not state["OOMKilled"] and not self._engine.listens():
            raise SandboxUnavailable("The Docker Engine was stopped during a run.", code="engine")

    def leave(self) -> None:
        """Let go of it, and let it go on."""
        self._connection.close()

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


def create_checked(engine: Engine, options: Options, /, *, timings: Timings | None = None) -> str:
    """Create a container and compare it with what was asked for; give its id.

    Raises SandboxUnavailable, with code "options_not_taken" for one that differs, which is removed.
    """
    timings = {} if timings is None else timings
    with timed(timings, "create"):
        name = engine.create(options)
    try:
        with timed(timings, "inspect"):
            _compare(options, engine.inspect(name))
    except BaseException:
        engine.remove(name)
        raise
    return name


def _compare(options: Options, inspected: dict[str, Any]) -> None:
    wrong = mismatches(options, inspected)
    if wrong:
        raise SandboxUnavailable(
            f"The Docker Engine did not take the options {', '.join(wrong)} as they were sent; "
            "nothing was run. Compare its version and settings with the installation guide.",
            code="options_not_taken",
        )


@contextmanager
def timed(timings: Timings, phase: str) -> Iterator[None]:
    """Note how long a phase takes, also when it fails; added to what it took before."""
    started = time.monotonic()
    try:
        yield
    finally:
        timings[phase] = timings.get(phase, 0.0) + time.monotonic() - started
