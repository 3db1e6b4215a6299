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
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

_CHUNK = 64 * 1024
_HEADER = struct.Struct(">BxxxL")  # stream number, three zero bytes, length of the payload
_STDOUT = 1
_STDERR = 2
_STDERR_KEPT = 16 * 1024


class Stop(Enum):
    """Why the conversation with a program was over."""

    ENDED = auto()  # the engine closed the streams
    DEADLINE = auto()
    TOO_LARGE = auto()  # stdout or stderr was longer than the limit
    INTERRUPTED = auto()  # one of the interrupting sockets was closed


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What a program said; stdout is cut at the limit, and only the head of stderr is kept."""

    stop: Stop
    stdout: bytes
    stderr: bytes


def attach(container_id: str, *, engine: Path, timeout: float) -> socket.socket:
    """Connect to a container's streams; do it before the start, or its first words are lost.

    `engine` is the engine's unix socket, `timeout` is in seconds. Raises OSError when the engine
    cannot be reached or refuses. Close the connection before the container is killed: an engine
    that waits for a reader blocks the kill, the wait and the removal (moby issue 41827).
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(str(engine))
        _upgrade(connection, path=f"/containers/{container_id}/attach")
    except BaseException:
        connection.close()
        raise
    return connection


def _upgrade(connection: socket.socket, *, path: str) -> None:
    connection.sendall(
        f"POST {path}?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: docker\r\n"
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
    data: bytes,
    limit: int,
    deadline: float,
    interrupts: Sequence[socket.socket] = (),
) -> Conversation:
    """Feed `data` as stdin while reading stdout and stderr, at most `limit` bytes of each.

    `connection` must not block. Over when the engine closes the streams, at `deadline` (of
    `time.monotonic`), when the limit is passed, or as soon as one of `interrupts` is closed by its
    other end.
    """
    said = _Said(limit=limit)
    unsent = memoryview(data)
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
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
                if ready & selectors.EVENT_READ:
                    stop = said.hear(_receive(connection))
                    if stop is not None:
                        return said.until(stop)
    return said.until(Stop.DEADLINE)


class _Said:
    """What was heard so far: takes the engine's frames apart, wherever the chunks divide them."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._heard = {_STDOUT: 0, _STDERR: 0}
        self._kept = {_STDOUT: bytearray(), _STDERR: bytearray()}
        self._keep = {_STDOUT: limit, _STDERR: min(limit, _STDERR_KEPT)}
        self._header = bytearray()
        self._stream = 0
        self._left = 0

    def hear(self, chunk: bytes) -> Stop | None:
        """Take a chunk in; ENDED for an empty one, TOO_LARGE when a stream passes the limit."""
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
        return Stop.TOO_LARGE if max(self._heard.values()) > self._limit else None

    def until(self, stop: Stop) -> Conversation:
        """Give what was heard until the conversation stopped for this reason."""
        stdout, stderr = bytes(self._kept[_STDOUT]), bytes(self._kept[_STDERR])
        return Conversation(stop=stop, stdout=stdout, stderr=stderr)

    def _take(self, payload: memoryview) -> None:
        if self._stream not in self._kept:
            raise ConnectionError(f"the engine sent a frame of stream {self._stream}")
        kept = self._kept[self._stream]
        kept += payload[: self._keep[self._stream] - len(kept)]
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
