"""On a real engine: a program that answers is over with its line, and what is none is judged."""

from dataclasses import replace

import pytest

from sandbox import End
from sandbox.docker import DockerRunner
from tests.integration.sandbox.conftest import case_run

pytestmark = pytest.mark.docker


def test_nobody_waits_for_the_exit_of_a_program_that_has_answered(runner: DockerRunner) -> None:
    run = case_run("import time\nprint('answer', flush=True)\ntime.sleep(600)")

    outcome = runner.run(replace(run, answers=True))

    assert (outcome.end, outcome.output, outcome.exit_code) == (End.FINISHED, b"answer\n", None)
    assert outcome.seconds < run.limits.seconds
    assert "end" not in outcome.timings


def test_a_program_that_ends_without_an_answer_is_judged_by_its_end(runner: DockerRunner) -> None:
    run = case_run("import os\nos.write(1, b'half')\nos._exit(3)")

    outcome = runner.run(replace(run, answers=True))

    assert (outcome.end, outcome.output, outcome.exit_code) == (End.CRASHED, b"half", 3)
