"""What a run took for each id: on pages and in the API, and marked where it is too long."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.web import create_app
from sandbox import End, Usage
from tests.conftest import Participant, participant
from tests.core.programs import Runs, good, with_programs
from tests.fakes import Clock, FakePrograms
from tests.web.conftest import Browser, Program

PLAIN = Usage(cpu_seconds=1.5, peak_memory=8_000_000, wall_seconds=2.5, output_bytes=1_000)


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs predict well."""
    return with_programs(platform, runner=FakePrograms(program=good), clock=clock)


@pytest.fixture
def app(runs: Runs) -> Flask:
    """Give the application of that platform."""
    made = create_app(runs.platform)
    made.testing = True
    return made


@pytest.fixture
def ann(runs: Runs) -> Participant:
    """Give a participant of the challenge."""
    return participant(runs.platform, runs.challenge, name="ann")


@pytest.mark.parametrize(("wall_seconds", "slow"), [(2.5, False), (3.0, False), (3.5, True)])
def test_the_time_for_each_id_is_told_and_marked_where_it_is_longer_than_asked_for(
    runs: Runs,
    ann: Participant,
    browser: Callable[[User], Browser],
    program: Callable[..., Program],
    wall_seconds: float,
    slow: bool,
) -> None:
    """The sample has ten cells, and the challenge asks for 0.3 seconds a cell."""
    runs.runner.usage = replace(PLAIN, wall_seconds=wall_seconds)
    ended = runs.end(ann)

    page = browser(ann.user).get(f"/submissions/{ended.id}").text
    stages = {
        stage["name"]: stage
        for stage in program(ann.user).get(f"/submissions/{ended.id}").json["stages"]
    }

    assert ended.state == "scored"
    assert stages["smoke"]["seconds_per_id"] == wall_seconds / 10
    assert stages["smoke"]["slow"] is slow
    assert "per_id" not in stages["smoke"]["timings"]
    assert (stages["hidden"]["seconds_per_id"], stages["hidden"]["slow"]) == (None, False)
    assert f"Run on the sample: {100 * wall_seconds:.0f} ms for each id" in page
    assert ("This challenge asks for at most 300 ms." in page) is slow


def test_organizers_are_told_the_time_for_each_hidden_id(
    runs: Runs, ann: Participant, organizers: Program
) -> None:
    runs.runner.usage = replace(PLAIN, wall_seconds=60)
    ended = runs.end(ann)

    told = {
        each["name"]: each for each in organizers.get(f"/submissions/{ended.id}").json["stages"]
    }

    assert (told["hidden"]["seconds_per_id"], told["hidden"]["slow"]) == (0.5, True)


def test_a_run_that_wrote_no_file_has_no_time_for_each_id(
    runs: Runs, ann: Participant, program: Callable[..., Program]
) -> None:
    runs.runner.program = lambda _files: End.CRASHED
    ended = runs.end(ann)

    [stage] = program(ann.user).get(f"/submissions/{ended.id}").json["stages"]

    assert (stage["seconds_per_id"], stage["slow"]) == (None, False)
