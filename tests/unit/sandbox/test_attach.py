"""The conversation with a program, over a real socket whose other end plays the engine."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.attach import Conversation, Stop, attach, converse

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Our end and the engine's end of one connection."""
    ours, engines = socket.socketpair()
    engines.settimeout(60)
    with ours, engines:
        yield ours, engines


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


def talk(
    ours: socket.socket,
    *,
    data: bytes | None = b"",
    limit: int = 1000,
    seconds: float = 60,
    **more: Any,
) -> Conversation:
    deadline = time.monotonic() + seconds
    return converse(ours, data=data, limit=limit, deadline=deadline, **more)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 13, 1000])
def test_frames_are_put_together_wherever_they_are_cut(pair: Pair, size: int) -> None:
    ours, engines = pair
    stream = frame(1, b"one ") + frame(2, b"oops") + frame(1, b"") + frame(1, b"two")

    def play() -> None:
        for start in range(0, len(stream), size):
            engines.sendall(stream[start : start + size])
            time.sleep(0.001)  # so that each piece is read alone
        engines.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=play)
    thread.start()
    said = talk(ours)
    thread.join()

    assert said == Conversation(stop=Stop.ENDED, stdout=b"one two", log=b"oops", heard=11)


def test_a_long_input_is_fed_while_a_long_output_is_read(pair: Pair) -> None:
    ours, engines = pair
    data = bytes(range(256)) * 8192  # 2 MiB: more than a socket holds

    def echo() -> None:
        while chunk := engines.recv(65536):
            engines.sendall(frame(1, chunk))
        engines.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=echo)
    thread.start()
    said = talk(ours, data=data, limit=len(data))
    thread.join()

    assert said.stop is Stop.ENDED
    assert said.stdout == data


def test_stdin_ends_after_the_input_even_when_there_is_none(pair: Pair) -> None:
    ours, engines = pair
    read: list[bytes] = []

    def play() -> None:
        read.append(engines.recv(1))
        engines.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=play)
    thread.start()
    talk(ours)
    thread.join()

    assert read == [b""]


def test_a_program_that_closes_its_stdin_is_heard_to_its_end(pair: Pair) -> None:
    ours, engines = pair
    engines.shutdown(socket.SHUT_RD)
    engines.sendall(frame(1, b"enough"))
    threading.Timer(0.1, engines.shutdown, [socket.SHUT_WR]).start()

    said = talk(ours, data=b"x" * 10_000_000)

    assert said == Conversation(stop=Stop.ENDED, stdout=b"enough", log=b"", heard=6)


@pytest.mark.parametrize("stream", [1, 2])
def test_a_stream_may_be_as_long_as_the_limit(pair: Pair, stream: int) -> None:
    ours, engines = pair
    engines.sendall(frame(stream, b"x" * 1000))
    engines.shutdown(socket.SHUT_WR)

    assert talk(ours, limit=1000).stop is Stop.ENDED


def test_stdout_is_cut_at_the_limit(pair: Pair) -> None:
    ours, engines = pair
    engines.sendall(frame(1, b"abcd") + frame(1, b"efgh"))

    said = talk(ours, limit=6)

    assert said == Conversation(stop=Stop.TOO_LARGE, stdout=b"abcdef", log=b"", heard=8)


def test_a_flood_of_stderr_stops_the_program_too(pair: Pair) -> None:
    ours, engines = pair
    engines.sendall(frame(1, b"fine") + frame(2, b"x" * 1001))

    said = talk(ours, limit=1000)

    assert (said.stop, said.stdout) == (Stop.TOO_LARGE, b"fine")


def test_the_middle_of_a_long_stderr_is_left_out(pair: Pair) -> None:
    ours, engines = pair
    engines.sendall(frame(2, b"h" * 32_768) + frame(2, b"m" * 50_000) + frame(2, b"t" * 32_768))
    engines.shutdown(socket.SHUT_WR)

    log = talk(ours, limit=200_000).log

    assert log == b"h" * 32_768 + b"\n[50000 bytes left out]\n" + b"t" * 32_768


def test_a_mixed_log_has_both_streams_as_they_came(pair: Pair) -> None:
    ours, engines = pair
    engines.sendall(frame(1, b"one ") + frame(2, b"oops ") + frame(1, b"two"))
    engines.shutdown(socket.SHUT_WR)

    said = talk(ours, mixed=True)

    assert said == Conversation(stop=Stop.ENDED, stdout=b"one two", log=b"one oops two", heard=12)


def test_that_the_input_was_sent_is_told_when_it_was(pair: Pair) -> None:
    ours, engines = pair
    fed: list[bytes] = []

    def play() -> None:
        time.sleep(0.1)
        assert fed == []  # two megabytes do not fit into a socket
        while engines.recv(65536):
            pass
        engines.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=play)
    thread.start()
    talk(ours, data=b"x" * 2_000_000, on_fed=lambda: fed.append(b"fed"))
    thread.join()

    assert fed == [b"fed"]


def test_without_input_stdin_is_left_as_it_is(pair: Pair) -> None:
    ours, engines = pair
    engines.settimeout(0.05)

    talk(ours, data=None, seconds=0.05)

    with pytest.raises(TimeoutError):
        engines.recv(1)


def test_a_silent_program_is_left_at_the_deadline(pair: Pair) -> None:
    ours, engines = pair
    engines.sendall(frame(1, b"wait"))
    started = time.monotonic()

    said = talk(ours, seconds=0.2)

    assert said == Conversation(stop=Stop.DEADLINE, stdout=b"wait", log=b"", heard=4)
    assert time.monotonic() - started >= 0.2


def test_a_closed_interrupt_ends_the_conversation(pair: Pair) -> None:
    ours, _ = pair
    caller, callers_end = socket.socketpair()
    threading.Timer(0.1, callers_end.close).start()

    with caller:
        said = talk(ours, interrupts=(caller,))

    assert said.stop is Stop.INTERRUPTED


def test_an_interrupt_that_only_says_something_is_no_interruption(pair: Pair) -> None:
    ours, engines = pair
    caller, callers_end = socket.socketpair()
    callers_end.sendall(b"GET /status")
    threading.Timer(0.1, engines.shutdown, [socket.SHUT_WR]).start()

    with caller, callers_end:
        assert talk(ours, interrupts=(caller,)).stop is Stop.ENDED


def test_a_frame_of_no_known_stream_is_the_engines_fault(pair: Pair) -> None:
    ours, engines = pair
    engines.sendall(frame(7, b"?"))

    with pytest.raises(ConnectionError, match="stream 7"):
        talk(ours)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
        (b"HTTP/1.1 101", "hung up"),
        (b"", "hung up"),
    ],
)
def test_an_engine_that_does_not_attach_is_an_error(
    tmp_path: Path, answer: bytes, complaint: str
) -> None:
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def play() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=play)
        thread.start()
        with pytest.raises(ConnectionError, match=complaint):
            attach("abc", engine=path, timeout=5)
        thread.join()
