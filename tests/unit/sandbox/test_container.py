"""How a run's end is judged by what the engine and the clock saw."""

import pytest

from sandbox import End
from sandbox.attach import Stop
from sandbox.container import verdict


@pytest.mark.parametrize(
    ("stop", "oom", "code", "end"),
    [
        (Stop.ENDED, False, 0, End.FINISHED),
        (Stop.ENDED, False, 1, End.CRASHED),
        (Stop.ENDED, False, 137, End.CRASHED),  # a program can give itself any code
        (Stop.ENDED, True, 137, End.OUT_OF_MEMORY),
        (Stop.ENDED, True, 0, End.OUT_OF_MEMORY),  # its children were killed
        (Stop.DEADLINE, False, 137, End.TIMED_OUT),
        (Stop.DEADLINE, True, 137, End.OUT_OF_MEMORY),
        (Stop.TOO_LARGE, False, 137, End.OUTPUT_TOO_LARGE),
        (Stop.TOO_LARGE, False, 0, End.OUTPUT_TOO_LARGE),  # it ended before the kill
        (Stop.INTERRUPTED, False, 0, End.CANCELLED),
        (Stop.INTERRUPTED, True, 137, End.CANCELLED),
    ],
)
def test_the_engine_and_the_clock_decide(*, stop: Stop, oom: bool, code: int, end: End) -> None:
    assert verdict(stop, {"OOMKilled": oom, "ExitCode": code}) is end


def test_every_stop_has_a_verdict() -> None:
    assert {verdict(stop, {"OOMKilled": False, "ExitCode": 0}) for stop in Stop} == {
        End.FINISHED,
        End.TIMED_OUT,
        End.OUTPUT_TOO_LARGE,
        End.CANCELLED,
    }
