"""The runner on a real engine: what a run gives, and that no path leaves a container behind."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox import End, Limits, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.options import Options, container_options
from tests.integration.sandbox.conftest import Background, case_run
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

SLEEPS = "print('up', flush=True)\nimport time\ntime.sleep(600)"
Containers = Callable[[], list[str]]


def test_a_program_gets_its_input_and_gives_its_output(
    runner: DockerRunner, engine: Engine, case_image: str
) -> None:
    data = bytes(range(256)) * 40_000  # 10 MB
    program = "import hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"

    outcome = runner.run(case_run(f"import sys\n{program}", data))

    assert outcome.end is End.FINISHED
    assert outcome.output == hashlib.sha256(data).hexdigest().encode() + b"\n"
    assert outcome.exit_code == 0
    assert outcome.image == engine.image_id(case_image)
    assert outcome.timings.keys() == {"create", "inspect", "attach", "start", "run", "end"}
    assert outcome.seconds == outcome.timings["run"]


def test_stderr_is_in_the_operators_log_and_apart_from_the_output(
    runner: DockerRunner, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = runner.run(case_run("import sys\nprint('answer')\nsys.stderr.write('why\\x1b[31m')"))

    assert outcome.output == b"answer\n"
    assert outcome.log == b"why\x1b[31m"
    assert "why" not in repr(outcome)
    assert r"why\x1b[31m" in caplog.text


def test_a_container_is_used_once(runner: DockerRunner) -> None:
    program = "import os; print(os.listdir('/tmp')); open('/tmp/left', 'w').close()"

    outputs = [runner.run(case_run(program)).output for _ in range(2)]

    assert outputs == [b"[]\n", b"[]\n"]


def test_runs_at_the_same_time_have_users_of_their_own(runner: DockerRunner) -> None:
    program = "import os, time; print(os.getuid()); time.sleep(1)"
    runs = [Background(lambda: runner.run(case_run(program))) for _ in range(2)]

    users = {run.join().output for run in runs}

    assert len(users) == 2
    assert b"0\n" not in users


def test_runs_at_the_same_time_share_no_file_of_hosts(runner: DockerRunner) -> None:
    inode = "import os, time; print(os.stat('/etc/hosts').st_ino); time.sleep(1)"
    runs = [case_run(inode), case_run(inode)]

    both = [Background(partial(runner.run, run)) for run in runs]

    first, second = (background.join().output for background in both)
    assert first
    assert first != second


def test_no_container_is_left_after_a_run(runner: DockerRunner, containers: Containers) -> None:
    runner.run(case_run("print(1)"))

    wait_until(lambda: containers() == [])


def test_a_cancelled_run_is_gone_when_cancel_returns(
    runner: DockerRunner, containers: Containers
) -> None:
    run = case_run(SLEEPS)
    background = Background(lambda: runner.run(run))
    wait_until(lambda: containers() == [run.id])

    cancelled = runner.cancel(run.id)

    assert cancelled is True
    assert containers() == []
    assert background.join().end is End.CANCELLED


def test_cancelling_an_unknown_run_does_nothing(runner: DockerRunner) -> None:
    assert runner.cancel("no-such-run") is False


def test_a_run_is_not_started_twice_at_once(runner: DockerRunner, containers: Containers) -> None:
    run = case_run(SLEEPS)
    background = Background(lambda: runner.run(run))
    wait_until(lambda: containers() == [run.id])

    with pytest.raises(SandboxUnavailable) as error:
        runner.run(run)

    assert error.value.code == "duplicate_run"
    runner.cancel(run.id)
    background.join()


def test_closing_ends_every_run(engine: Engine, case_image: str, label: str) -> None:
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label)
    background = Background(lambda: runner.run(case_run(SLEEPS)))
    wait_until(lambda: engine.containers(label=label) != {})

    runner.close()

    assert background.join().end is End.CANCELLED
    assert engine.containers(label=label) == {}
    with pytest.raises(SandboxUnavailable) as error:
        runner.run(case_run("print(1)"))
    assert error.value.code == "stopping"


def test_a_sweep_removes_what_no_run_owns_and_nothing_of_others(
    runner: DockerRunner, engine: Engine, case_image: str, label: str, containers: Containers
) -> None:
    theirs = DockerRunner(engine, runtimes={"case": case_image}, label=f"{label}-other")
    run = case_run(SLEEPS)
    background = Background(lambda: theirs.run(run))
    wait_until(lambda: engine.containers(label=f"{label}-other") != {})
    left = abandoned_container(engine, case_image, label)

    swept = runner.sweep()

    assert swept == 1
    assert left not in containers()
    assert list(engine.containers(label=f"{label}-other").values()) == [run.id]
    assert theirs.sweep() == 0  # its own run is under way
    theirs.close()
    background.join()


def abandoned_container(engine: Engine, image: str, label: str) -> str:
    """Create a container as a launcher that was killed would have left it; give its run's id."""
    options = container_options(
        "abandoned",
        image=str(engine.image_id(image)),
        limits=Limits(),
        facts=engine.facts(),
        slot=0,
        label=label,
    )
    engine.start(engine.create(options))
    return "abandoned"


class Careless(Engine):
    """A real engine that forgets one option of each container."""

    def create(self, options: Options, /) -> str:
        host = options["HostConfig"] | {"ReadonlyRootfs": False}
        return super().create(options | {"HostConfig": host})


class Refusing(Engine):
    """A real engine that fails at one call."""

    failing = ""

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "failing"):
            raise SandboxUnavailable(f"it does not {name}", code="engine")
        return super().__getattribute__(name)


class Stuck(Engine):
    """A real engine that does not remove some containers."""

    stuck: frozenset[str] = frozenset()
    starts_none = False

    def remove(self, container: str, /) -> None:
        """Remove it, or not."""
        if container in self.stuck:
            raise SandboxUnavailable("it is stuck", code="engine")
        super().remove(container)

    def start(self, container: str, /) -> None:
        """Start it, or not, and let it not be removed."""
        if self.starts_none:
            self.stuck |= {container}
            raise SandboxUnavailable("it hangs", code="engine")
        super().start(container)


@pytest.fixture
def stuck(label: str) -> Iterator[Stuck]:
    engine = Stuck()
    yield engine
    engine.stuck = frozenset()
    for container in engine.containers(label=label):
        engine.remove(container)
    engine.close()


def test_a_container_that_cannot_be_removed_keeps_no_other_from_it(
    stuck: Stuck, case_image: str, label: str
) -> None:
    for _ in range(3):
        abandoned_container(stuck, case_image, label)
    there = list(stuck.containers(label=label))
    stuck.stuck = frozenset(there[:1])
    runner = DockerRunner(stuck, runtimes={"case": case_image}, label=label)

    assert runner.sweep() == 2

    assert list(stuck.containers(label=label)) == there[:1]
    runner.close()


def test_no_run_gets_the_user_of_a_container_that_could_not_be_removed(
    stuck: Stuck, case_image: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.docker._BEING_REMOVED", 0)
    runner = DockerRunner(stuck, runtimes={"case": case_image}, label=label, slots=1)
    user = case_run("import os; print(os.getuid())")
    stuck.starts_none = True
    with pytest.raises(SandboxUnavailable, match="it is stuck"):
        runner.run(user)
    stuck.starts_none = False

    users = [runner.run(replace(user, id=f"later-{number}")).output for number in range(3)]
    assert len(set(users)) == 1  # of two users, one is not free

    runner.sweep()
    stuck.stuck = frozenset()
    assert runner.sweep() == 1
    users += [runner.run(replace(user, id=f"last-{number}")).output for number in range(2)]
    assert len(set(users)) == 2
    runner.close()


def test_nothing_starts_in_a_container_that_is_not_as_asked_for(
    case_image: str, label: str
) -> None:
    engine = Careless()
    started: list[str] = []
    engine.start = started.append  # type: ignore[method-assign]  # spied on
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label)

    with pytest.raises(SandboxUnavailable, match=r"HostConfig\.ReadonlyRootfs") as error:
        runner.run(case_run("print(1)"))

    assert error.value.code == "options_not_taken"
    assert started == []
    assert engine.containers(label=label) == {}
    runner.close()
    engine.close()


@pytest.mark.parametrize("call", ["create", "inspect", "attach", "start", "ended"])
def test_an_engine_that_fails_leaves_no_container(case_image: str, label: str, call: str) -> None:
    engine = Refusing()
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label)
    engine.failing = call

    with pytest.raises(SandboxUnavailable, match=f"it does not {call}"):
        runner.run(case_run("print(1)"))

    engine.failing = ""
    wait_until(lambda: engine.containers(label=label) == {})
    runner.close()
    engine.close()


def test_an_image_that_is_missing_is_named(engine: Engine, label: str) -> None:
    runner = DockerRunner(engine, runtimes={"case": "challenge-platform/none:0"}, label=label)

    with pytest.raises(SandboxUnavailable, match="challenge-platform/none:0") as error:
        runner.run(case_run("print(1)"))

    assert error.value.code == "image_missing"
    assert "challenge-platform/none:0" in runner.status().problems[0]
    runner.close()


def test_an_engine_that_is_down_is_the_platforms_fault(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "no-engine.sock")
    runner = DockerRunner(engine, runtimes={"case": "image"}, label="none")

    with pytest.raises(SandboxUnavailable) as error:
        runner.run(case_run("print(1)"))

    assert error.value.code == "engine"
    assert runner.status().engine is None
    assert str(tmp_path) in runner.status().problems[0]
    with pytest.raises(SandboxUnavailable):
        runner.close()


def test_a_busy_runner_says_so(
    engine: Engine,
    case_image: str,
    label: str,
    containers: Containers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sandbox.docker._SLOT_SECONDS", 0.1)
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label, slots=1)
    run = case_run(SLEEPS)
    background = Background(lambda: runner.run(run))
    wait_until(lambda: containers() == [run.id])

    with pytest.raises(SandboxUnavailable) as error:
        runner.run(case_run("print(1)"))

    assert error.value.code == "busy"
    runner.cancel(run.id)
    background.join()
    assert runner.run(case_run("print(1)")).end is End.FINISHED  # the slot is free again
    runner.close()
