"""A worker takes no job where hostile programs escape from sandboxes."""

import dataclasses
from dataclasses import dataclass, field

import pytest
import structlog

from challenge_platform.bootstrap import Platform
from challenge_platform.jobs import await_containment, work
from sandbox import SandboxUnavailable, Status
from tests.fakes import FakeRunner

ESCAPE = "A sandbox does not hold: opens_a_door was not contained (door: open)."


@dataclass
class Examined(FakeRunner):
    """A launcher whose self-test says these words in turn, and the last one again and again."""

    verdicts: list[str] = field(default_factory=list)
    asked: int = 0

    def status(self) -> Status:
        verdict = self.verdicts[min(self.asked, len(self.verdicts) - 1)]
        self.asked += 1
        problems = (ESCAPE,) if verdict == "escaped" else ()
        return dataclasses.replace(super().status(), selftest=verdict, problems=problems)


class Down(FakeRunner):
    """A launcher that does not answer."""

    def status(self) -> Status:
        raise SandboxUnavailable("nobody listens", code="launcher_down")


@pytest.mark.parametrize("verdict", ["contained", "off"])
def test_a_worker_begins_where_no_program_escaped(verdict: str) -> None:
    launcher = Examined(verdicts=[verdict])

    await_containment(launcher)

    assert launcher.asked == 1


def test_a_worker_waits_for_the_verdict() -> None:
    launcher = Examined(verdicts=["under_way", "under_way", "contained"])

    await_containment(launcher)

    assert launcher.asked == 3


def test_a_worker_does_not_wait_for_ever() -> None:
    launcher = Examined(verdicts=["under_way"])

    with structlog.testing.capture_logs() as logs:
        await_containment(launcher, seconds=0)

    assert launcher.asked == 1
    assert [line["event"] for line in logs] == ["no verdict of the self-test yet"]


def test_a_launcher_that_is_down_is_left_to_the_jobs() -> None:
    with structlog.testing.capture_logs() as logs:
        await_containment(Down())

    assert logs[0]["problem"] == "nobody listens"


def test_a_worker_takes_no_job_where_a_program_escaped(platform: Platform) -> None:
    leaking = dataclasses.replace(platform, runner=Examined(verdicts=["escaped"]))

    with pytest.raises(SandboxUnavailable, match="opens_a_door was not contained") as error:
        work(leaking, burst=True)  # whose Redis is down: a worker that began would say so instead

    assert error.value.code == "not_contained"
    assert "challenge doctor --sandbox" in str(error.value)
