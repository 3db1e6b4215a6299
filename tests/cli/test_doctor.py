"""`challenge doctor`: what it finds, and that it says how to repair what is not well."""

import dataclasses
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import doctor as doctor_module
from challenge_platform.cli.doctor import Finding, examine
from sandbox import End, Outcome, Run, SandboxUnavailable, Status
from sandbox.selftest.case import read_cases
from tests.fakes import FakeRunner

ESCAPE = "A sandbox does not hold: opens_io_uring was not contained (io_uring: open)."


@dataclass
class Launcher(FakeRunner):
    """A launcher of which this verdict is known, and in which every hostile program says a word."""

    selftest: str = "contained"
    says: bytes | None = None

    def status(self) -> Status:
        problems = (ESCAPE,) if self.selftest == "escaped" else ()
        told = dataclasses.replace(super().status(), pool={"ready": 0, "hits": 0, "misses": 0})
        return dataclasses.replace(
            told, selftest=self.selftest, problems=problems, notes=("there is no swap limit",)
        )

    def run(self, _run: Run, /) -> Outcome:
        if self.says is None:
            raise SandboxUnavailable("the engine is down", code="engine")
        return Outcome(
            end=End.FINISHED, output=self.says, exit_code=0, seconds=1, image="", timings={}
        )

    def cancel(self, run_id: str, /) -> bool:
        """Say that there is no such run."""
        return bool(run_id) and False


def found(platform: Platform, launcher: Launcher, *, sandbox: bool = False) -> dict[str, Finding]:
    """Give each finding by what was looked at."""
    wired = dataclasses.replace(platform, runner=launcher)
    return {finding.subject: finding for finding in examine(wired, sandbox=sandbox)}


@pytest.mark.parametrize(
    ("verdict", "well", "says"),
    [
        ("contained", True, "were contained"),
        ("off", True, "CHALLENGE_SELFTEST"),
        ("under_way", False, "not come to an end"),
        ("escaped", False, "no run begins"),
    ],
)
def test_the_verdict_of_the_launcher_is_told(
    platform: Platform, verdict: str, well: bool, says: str
) -> None:
    finding = found(platform, Launcher(selftest=verdict))["self-test"]

    assert finding.well is well
    assert says in finding.found
    assert "challenge doctor --sandbox" in finding.repair


def test_an_escape_is_a_problem_of_the_launcher(platform: Platform) -> None:
    finding = found(platform, Launcher(selftest="escaped"))["launcher"]

    assert (finding.well, finding.found) == (False, ESCAPE)


def test_what_the_engine_lacks_is_told(platform: Platform) -> None:
    assert found(platform, Launcher())["engine"].found == "there is no swap limit"


def test_hostile_programs_run_only_when_asked_for(platform: Platform) -> None:
    assert not any("hostile" in subject for subject in found(platform, Launcher(says=b"")))


def test_each_program_that_is_not_contained_is_told_with_what_to_look_at(
    platform: Platform,
) -> None:
    findings = found(platform, Launcher(says=b"io_uring: open\n"), sandbox=True)

    finding = findings["hostile program opens_io_uring"]
    assert not finding.well
    assert "io_uring: open" in finding.found
    assert "seccomp (our filter of system calls): the kernel must" in finding.repair
    tried = {case.name for case in read_cases() if case.image is None}
    assert {subject.split()[-1] for subject in findings if "hostile" in subject} == tried


def test_a_program_that_could_not_be_tried_is_not_well(platform: Platform) -> None:
    finding = found(platform, Launcher(), sandbox=True)["hostile program opens_io_uring"]

    assert not finding.well
    assert "could not be tried: the engine is down" in finding.found


def test_the_command_fails_and_says_how_to_repair(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    wired = dataclasses.replace(platform, runner=Launcher(selftest="escaped"))
    monkeypatch.setattr(doctor_module, "open_platform", lambda _folder: wired)

    done = CliRunner().invoke(doctor_module.app, [])

    assert done.exit_code == 4
    assert f"PROBLEM launcher: {ESCAPE}" in done.output
    assert "        `challenge doctor --sandbox` runs every hostile program" in done.output
