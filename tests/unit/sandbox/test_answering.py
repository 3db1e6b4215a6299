"""A program that answers in one line is not waited for once the line is whole."""

import socket
import struct
import time

import pytest

from sandbox import Limits, Run
from sandbox.attach import Conversation, Stop, converse
from sandbox.wire import decode_run, encode_run


def frame(payload: bytes) -> bytes:
    return struct.pack(">BxxxL", 1, len(payload)) + payload


def hear(
    *payloads: bytes, answers: bool = True, limit: int = 100, seconds: float = 60
) -> Conversation:
    ours, engines = socket.socketpair()
    with ours, engines:
        ours.settimeout(0)
        for payload in payloads:
            engines.sendall(frame(payload))
        deadline = time.monotonic() + seconds
        return converse(ours, data=b"", limit=limit, deadline=deadline, answers=answers)


def test_the_end_of_the_line_ends_the_conversation() -> None:
    said = hear(b'{"score"', b": 1}\n")

    assert (said.stop, said.stdout) == (Stop.ANSWERED, b'{"score": 1}\n')


@pytest.mark.parametrize("payload", [b"", b"half", b"first\nhalf"])
def test_half_an_answer_is_waited_for(payload: bytes) -> None:
    assert hear(payload, seconds=0.1).stop is Stop.DEADLINE


def test_a_run_that_does_not_answer_goes_on_after_a_line() -> None:
    assert hear(b"a line\n", answers=False, seconds=0.1).stop is Stop.DEADLINE


def test_an_answer_that_is_too_long_is_none() -> None:
    assert hear(b"x" * 100 + b"\n").stop is Stop.TOO_LARGE


@pytest.mark.parametrize("answers", [True, False])
def test_the_launcher_is_told_whether_a_run_answers(answers: bool) -> None:
    run = Run(id="one", runtime="scoring", limits=Limits(), input=b"x", answers=answers)

    assert decode_run(encode_run(run)) == run


def test_the_launcher_takes_no_number_for_it() -> None:
    run = encode_run(Run(id="one", runtime="scoring", limits=Limits(), answers=True))

    with pytest.raises(ValueError, match="'answers' is not"):
        decode_run(run.replace(b'"answers":true', b'"answers":1'))
