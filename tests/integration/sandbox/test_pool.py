"""Sandboxes that are ready before their run: used once, replaced, never left behind."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sandbox import MIB, End, Limits, Outcome
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from tests.integration.sandbox.conftest import Background, case_run
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

SLEEPS = "print('up', flush=True)\nimport time\ntime.sleep(600)"
WARM = 2
Containers = Callable[[], list[str]]


@pytest.fixture
def warm(engine: Engine, case_image: str, label: str) -> Iterator[DockerRunner]:
    """Give a runner that keeps two sandboxes ready, once it has run something."""
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label, warm=WARM)
    yield runner
    runner.close()
    assert engine.containers(label=label) == {}


def fill(runner: DockerRunner) -> None:
    """Run something, so that sandboxes of its kind are made ready, and wait for these."""
    runner.run(case_run("print(1)"))
    wait_until(lambda: runner.status().pool["ready"] == WARM)


def test_a_run_takes_a_sandbox_that_is_ready_and_another_takes_its_place(
    warm: DockerRunner,
) -> None:
    fill(warm)

    outcome = warm.run(case_run("print('answer')"))

    assert (outcome.end, outcome.output) == (End.FINISHED, b"answer\n")
    assert outcome.timings.keys() == {"run", "end"}
    wait_until(lambda: warm.status().pool["ready"] == WARM)
    pool = warm.status().pool
    assert (pool["hits"], pool["misses"]) == (1, 1)
    assert 0 < pool["memory"] < WARM * 40 * MIB


def test_a_run_that_collects_finds_its_folder_ready_too(warm: DockerRunner) -> None:
    program = "open('/output/p.csv', 'w').write('x')"

    def run() -> Outcome:
        return warm.run(replace(case_run(program), collect="p.csv"))

    first = run()
    wait_until(lambda: warm.status().pool["ready"] == WARM)
    second = run()

    assert first.file == second.file == b"x"
    assert "create" in first.timings
    assert second.timings.keys() == {"run", "end", "collect"}


def test_a_sandbox_that_was_ready_is_used_once(warm: DockerRunner) -> None:
    fill(warm)
    program = "import os; print(os.listdir('/tmp')); open('/tmp/left', 'w').close()"

    outputs = []
    for _ in range(2 * WARM):
        outputs.append(warm.run(case_run(program)).output)
        wait_until(lambda: warm.status().pool["ready"] == WARM)

    assert outputs == [b"[]\n"] * 2 * WARM


def test_every_sandbox_has_a_user_of_its_own_ready_or_not(warm: DockerRunner) -> None:
    fill(warm)
    program = "import os, time; print(os.getuid()); time.sleep(1)"

    runs = [Background(lambda: warm.run(case_run(program))) for _ in range(4)]

    assert len({run.join().output for run in runs}) == 4


def test_a_run_with_other_limits_gets_none_that_was_made_for_others(warm: DockerRunner) -> None:
    fill(warm)
    program = "print(open('/sys/fs/cgroup/memory/memory.limit_in_bytes').read())"

    outcome = warm.run(case_run(program, limits=Limits(seconds=20, memory=256 << 20)))

    assert outcome.output.split() == [str(256 << 20).encode()]
    assert "create" in outcome.timings


def test_its_own_seconds_and_output_hold_for_a_run_in_a_ready_sandbox(warm: DockerRunner) -> None:
    fill(warm)

    late = warm.run(case_run(SLEEPS, limits=Limits(seconds=0.5)))
    wait_until(lambda: warm.status().pool["ready"] == WARM)
    long = warm.run(case_run("print('x' * 5000)", limits=Limits(seconds=20, output=1000)))

    assert (late.end, long.end) == (End.TIMED_OUT, End.OUTPUT_TOO_LARGE)
    assert warm.status().pool["hits"] == 2


def test_a_cancelled_run_leaves_only_those_that_are_ready(
    warm: DockerRunner, containers: Containers
) -> None:
    fill(warm)
    run = case_run(SLEEPS)
    before = set(containers())
    background = Background(lambda: warm.run(run))
    wait_until(lambda: warm.status().pool["hits"] == 1)

    assert warm.cancel(run.id) is True

    assert background.join().end is End.CANCELLED
    taken = before - set(containers())
    assert len(taken) == 1


def test_one_that_died_is_not_given_to_a_run(
    warm: DockerRunner, engine: Engine, label: str
) -> None:
    fill(warm)
    for container in engine.containers(label=label):
        engine.kill(container)
    time.sleep(0.2)  # until the engine has closed their streams

    outcome = warm.run(case_run("print('answer')"))

    assert outcome.output == b"answer\n"


def test_a_sweep_keeps_those_that_are_ready(warm: DockerRunner) -> None:
    fill(warm)
    wait_until(lambda: warm.sweep() == 0)

    assert warm.status().pool["ready"] == WARM
    assert warm.run(case_run("print(2)")).output == b"2\n"


def test_those_of_a_launcher_that_was_killed_end_by_themselves_and_are_swept(
    engine: Engine, case_image: str, label: str, containers: Containers
) -> None:
    killed = DockerRunner(engine, runtimes={"case": case_image}, label=label, warm=WARM)
    fill(killed)
    wait_until(lambda: len(containers()) == WARM)
    another = DockerRunner(engine, runtimes={"case": case_image}, label=label)

    assert another.sweep() == WARM

    killed.close()
    another.close()


def test_an_old_one_is_replaced(
    engine: Engine,
    case_image: str,
    label: str,
    monkeypatch: pytest.MonkeyPatch,
    containers: Containers,
) -> None:
    monkeypatch.setattr("sandbox.pool.OLDEST_SECONDS", 1.0)
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label, warm=1)
    runner.run(case_run("print(1)"))
    wait_until(lambda: len(containers()) == 1)
    first = containers()

    wait_until(lambda: containers() not in ([], first) and len(containers()) == 1)

    runner.close()
