"""The three streams of one container, over a connection that the engine hands over.

The engine answers `POST /containers/{id}/attach` by turning the connection into a stream: what is
written is the program's stdin, what is read are frames of its stdout and stderr. The SDK gives
this connection out only through a private attribute, so it is asked for here by hand: a few
lines of HTTP/1.1 on a local socket.
"""

import selectors
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

_CHUNK = 64 * 1024
_HEADER = struct.Struct(">BxxxL")  # stream number, three zero bytes, length of the payload
_STDOUT = 1
_STDERR = 2
_LOG_KEPT = 32 * 1024  # at the head of a log, and as much at its tail


class Stop(Enum):
    """Why the conversation with a program was over."""

    ENDED = auto()  # the engine closed the streams
    ANSWERED = auto()  # stdout ended its line
    DEADLINE = auto()
    TOO_LARGE = auto()  # stdout or stderr was longer than the limit
    INTERRUPTED = auto()  # one of the interrupting sockets was closed


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What a program said; stdout is cut at the limit, and the middle of a long log is left out.

    `heard` is the number of bytes of both streams.
    """

    stop: Stop
    stdout: bytes
    log: bytes
    heard: int


def attach(container_id: str, *, engine: Path, timeout: float, stdin: bool = True) -> socket.socket:
    """Connect to a container's streams; do it before the start, or its first words are lost.

    `engine` is the engine's unix socket, `timeout` is in seconds; without `stdin` the program's own
    is left as it is. Raises OSError when the engine
    cannot be reached or refuses. Close the connection before the container is killed: an engine
    that waits for a reader blocks the kill, the wait and the removal (moby issue 41827).
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(str(engine))
        streams = f"stream=1&stdin={stdin:d}&stdout=1&stderr=1"
        _upgrade(connection, path=f"/containers/{container_id}/attach?{streams}")
    except BaseException:
        connection.close()
        raise
    return connection


def _upgrade(connection: socket.socket, *, path: str) -> None:
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: docker\r\n"
        "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)  # one by one: what follows the answer belongs to the program
        if not byte:
            raise ConnectionError("the engine hung up instead of attaching")
        answer += byte
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(f"the engine refused to attach: {answer.splitlines()[0]!r}")


def converse(
    connection: socket.socket,
    *,
    data: bytes | None,
    limit: int,
    deadline: float,
    interrupts: Sequence[socket.socket] = (),
    mixed: bool = False,
    answers: bool = False,
    on_fed: Callable[[], None] = lambda: None,
) -> Conversation:
    """Feed `data` as stdin while reading stdout and stderr, at most `limit` bytes of each.

    `connection` must not block; without `data` there is no stdin. `on_fed` is called when all of it
    was sent. The log has stderr, with `mixed` also stdout as it came.

    Over when the engine closes the streams, at `deadline` (of `time.monotonic`), when the limit is
    passed, as soon as one of `interrupts` is closed by its other end, or, with `answers`, when
    stdout ends its line.
    """
    said = _Said(limit=limit, mixed=mixed, answers=answers)
    unsent = memoryview(data or b"")
    with selectors.DefaultSelector() as selector:
        writes = 0 if data is None else selectors.EVENT_WRITE
        selector.register(connection, selectors.EVENT_READ | writes)
        for interrupt in interrupts:
            selector.register(interrupt, selectors.EVENT_READ, data=interrupt)
        while (left := deadline - time.monotonic()) > 0:
            for key, ready in selector.select(left):
                if key.data is not None:
                    if _is_closed(key.data):
                        return said.until(Stop.INTERRUPTED)
                    selector.unregister(key.data)  # it says something instead, which is not for us
                    continue
                if ready & selectors.EVENT_WRITE:
                    unsent = _send(connection, unsent)
                    if not unsent:
                        selector.modify(connection, selectors.EVENT_READ)
                        on_fed()
                if ready & selectors.EVENT_READ:
                    stop = said.hear(_receive(connection))
                    if stop is not None:
                        return said.until(stop)
    return said.until(Stop.DEADLINE)


class _Log:
    """Keeps the head and the tail of what it is given."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def take(self, payload: memoryview) -> None:
        """Take a piece in."""
        room = _LOG_KEPT - len(self._head)
        self._head += payload[:room]
        self._tail += payload[room:]
        excess = len(self._tail) - _LOG_KEPT
        if excess > 0:
            del self._tail[:excess]
            self._left_out += excess

    def text(self) -> bytes:
        """Give what is kept, with a line in place of what is not."""
        gap = f"\n[{self._left_out} bytes left out]\n".encode() if self._left_out else b""
        return bytes(self._head) + gap + bytes(self._tail)


class _Said:
    """What was heard so far: takes the engine's frames apart, wherever the chunks divide them."""

    def __init__(self, *, limit: int, mixed: bool, answers: bool) -> None:
        self._limit = limit
        self._answers = answers
        self._heard = {_STDOUT: 0, _STDERR: 0}
        self._stdout = bytearray()
        self._log = _Log()
        self._logged = {_STDOUT, _STDERR} if mixed else {_STDERR}
        self._header = bytearray()
        self._stream = 0
        self._left = 0

    def hear(self, chunk: bytes) -> Stop | None:
        """Take a chunk in; ENDED for an empty one, TOO_LARGE when a stream passes the limit.

        ANSWERED when it ends stdout's line and the run answers.
        """
        if not chunk:
            return Stop.ENDED
        rest = memoryview(chunk)
        while rest:
            if self._left:
                payload, rest = rest[: self._left], rest[self._left :]
                self._left -= len(payload)
                self._take(payload)
            else:
                missing = _HEADER.size - len(self._header)
                self._header += rest[:missing]
                rest = rest[missing:]
                if len(self._header) == _HEADER.size:
                    self._stream, self._left = _HEADER.unpack(self._header)
                    self._header.clear()
        if max(self._heard.values()) > self._limit:
            return Stop.TOO_LARGE
        is_answer = self._answers and self._stdout.endswith(b"\n")
        return Stop.ANSWERED if is_answer else None

    def until(self, stop: Stop) -> Conversation:
        """Give what was heard until the conversation stopped for this reason."""
        return Conversation(
            stop=stop,
            stdout=bytes(self._stdout),
            log=self._log.text(),
            heard=sum(self._heard.values()),
        )

    def _take(self, payload: memoryview) -> None:
        if self._stream not in self._heard:
            raise ConnectionError(f"the engine sent a frame of stream {self._stream}")
        if self._stream == _STDOUT:
            self._stdout += payload[: self._limit - len(self._stdout)]
        if self._stream in self._logged:
            self._log.take(payload)
        self._heard[self._stream] += len(payload)


def _send(connection: socket.socket, unsent: memoryview) -> memoryview:
    """Send what fits now, and close stdin after the last byte; give what is left to send."""
    try:
        unsent = unsent[connection.send(unsent[:_CHUNK]) :]
        if not unsent:
            connection.shutdown(socket.SHUT_WR)
    except BlockingIOError:
        return unsent
    except OSError:  # the program closed its stdin or is gone; reading tells which
        return unsent[:0]
    return unsent


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(_CHUNK)
    except ConnectionError:
        return b""


def _is_closed(interrupt: socket.socket) -> bool:
    try:
        return not interrupt.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return True
