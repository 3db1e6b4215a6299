"""What a run used, and what all runs may use together, by a real kernel's control groups."""

import uuid
from collections.abc import Iterator

import pytest

from sandbox import MIB, End, Limits, Run, SandboxUnavailable
from sandbox.cgroups import Groups
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from tests.integration.sandbox.conftest import Background, case_input, case_run
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

SLEEPS = "import time; time.sleep(600)"
TOTAL = 300 * MIB


@pytest.fixture
def groups(engine: Engine, label: str) -> Groups:
    """Give the groups of the test's launcher; where there can be none the test is skipped."""
    groups = Groups.open(engine.facts(), label=label, memory=TOTAL, processes=4096)
    if groups.problem is not None:
        pytest.skip(groups.problem)
    return groups


@pytest.fixture
def bounded(engine: Engine, case_image: str, label: str, groups: Groups) -> Iterator[DockerRunner]:
    """Give a runner whose sandboxes may use so much memory together."""
    assert groups.problem is None
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label, memory=TOTAL, warm=1)
    yield runner
    runner.close()


def burning(seconds: float, *, megabytes: int) -> Run:
    """Give a run that uses so much."""
    program = f"""
held = bytearray({megabytes} << 20)
held[::4096] = bytes([1]) * len(held[::4096])
import time
while time.process_time() < {seconds}:
    pass
"""
    return Run(
        id=str(uuid.uuid4()),
        runtime="case",
        limits=Limits(seconds=60, memory=200 * MIB),
        input=case_input(program),
    )


@pytest.mark.parametrize("ready", [False, True], ids=["cold", "ready"])
def test_processor_time_and_memory_of_a_run_are_told(bounded: DockerRunner, ready: bool) -> None:
    if ready:
        bounded.run(burning(0, megabytes=0))
        wait_until(lambda: bounded.status().pool["ready"] == 1)

    used = bounded.run(burning(1.0, megabytes=80)).usage

    assert used.cpu_seconds is not None
    assert 0.9 < used.cpu_seconds < 2.0  # its interpreter starts, too
    assert used.peak_memory is not None
    assert 80 * MIB < used.peak_memory < 110 * MIB
    assert used.wall_seconds >= 0.9


def test_what_another_run_used_is_not_counted(bounded: DockerRunner) -> None:
    bounded.run(burning(1.5, megabytes=100))

    used = bounded.run(burning(0, megabytes=1)).usage

    assert (used.cpu_seconds or 9) < 1.4
    assert (used.peak_memory or TOTAL) < 40 * MIB


def test_all_sandboxes_are_in_one_group_that_is_bounded(
    bounded: DockerRunner, groups: Groups, engine: Engine, label: str
) -> None:
    run = case_run(SLEEPS, limits=Limits(seconds=60, memory=100 * MIB))
    background = Background(lambda: bounded.run(run))
    wait_until(lambda: run.id in engine.containers(label=label).values())
    folder = groups.root / ("memory" if groups.version == "1" else "")
    limit = "memory.limit_in_bytes" if groups.version == "1" else "memory.max"

    assert (folder / groups.parent.lstrip("/") / limit).read_text().strip() == str(TOTAL)
    wait_until((folder / groups.parent.lstrip("/") / run.id).is_dir)
    bounded.cancel(run.id)
    background.join()


def test_no_group_is_left(engine: Engine, case_image: str, label: str, groups: Groups) -> None:
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label, warm=1)
    runner.run(case_run("print(1)"))

    runner.close()

    name = groups.parent.lstrip("/")
    assert [path for path in groups.root.iterdir() if (path / name).exists()] == []


def test_a_run_that_could_never_fit_is_refused_at_once(bounded: DockerRunner) -> None:
    bounded.run(burning(0, megabytes=1))  # by which the machine is known

    with pytest.raises(SandboxUnavailable, match="all sandboxes together 300 MiB") as error:
        bounded.run(case_run("pass", limits=Limits(memory=TOTAL + MIB)))

    assert error.value.code == "limits_exceeded"


def test_runs_that_do_not_fit_together_wait_for_each_other(bounded: DockerRunner) -> None:
    bounded.run(burning(0, megabytes=1))
    limits = Limits(seconds=60, memory=200 * MIB)
    first = case_run("import time; time.sleep(1.5); print(time.time())", limits=limits)
    background = Background(lambda: bounded.run(first))
    wait_until(lambda: bounded.status().active == (first.id,))

    second = bounded.run(case_run("import time; print(time.time())", limits=limits))

    assert float(second.output) > float(background.join().output)


def test_sandboxes_that_are_ready_make_room_for_a_run(bounded: DockerRunner) -> None:
    bounded.run(burning(0, megabytes=1))
    wait_until(lambda: bounded.status().pool["ready"] == 1)  # which may use 200 of the 300 MiB
    run = case_run("import time; time.sleep(2)", limits=Limits(seconds=60, memory=250 * MIB))

    background = Background(lambda: bounded.run(run))

    wait_until(lambda: bounded.status().active == (run.id,))
    wait_until(lambda: bounded.status().pool["ready"] == 0)
    assert background.join().end is End.FINISHED


def test_a_run_that_waits_for_a_slot_can_be_cancelled_at_once(
    engine: Engine, case_image: str, label: str
) -> None:
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label, slots=1)
    first, second = case_run(SLEEPS), case_run(SLEEPS)
    background = [Background(lambda run=run: runner.run(run)) for run in (first, second)]  # type: ignore[misc]  # of one run each
    wait_until(lambda: set(runner.status().active) == {first.id, second.id})

    for run in (first, second):
        assert runner.cancel(run.id)

    assert [run.join().end for run in background] == [End.CANCELLED] * 2
    runner.close()
