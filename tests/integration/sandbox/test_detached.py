"""Detached runs of a real launcher: they outlive callers and launchers, and are executed once."""

import json
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import End, Limits, Outcome, Run, SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.engine import Engine
from tests.integration.sandbox.conftest import (
    HELD,
    Background,
    Launch,
    begins,
    case_input,
    has_begun,
    release,
    start_call,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

NAME = "predictions.csv"
Containers = Callable[[], list[str]]
Kill = Callable[[subprocess.Popen[bytes]], None]


def works(seconds: float, *, held: bool = False) -> str:
    """Give a program that works for so long and then writes when it began and ended.

    One that is held goes on only once it is released.
    """
    return f"""
import json, time
began = time.time()
print("began", flush=True)
{HELD if held else ""}
time.sleep({seconds})
json.dump([began, time.time()], open("/output/{NAME}", "w"))
print("ended", flush=True)
"""


def detached(program: str, *, seconds: float = 60) -> Run:
    """Give a run that outlives its caller."""
    run_id = str(uuid.uuid4())
    return Run(
        id=run_id,
        runtime="case",
        limits=Limits(seconds=seconds),
        input=case_input(begins(run_id) + program),
        collect=NAME,
    )


def note_of(socket_path: Path, run: Run) -> Path:
    """Give the note that a launcher makes of a run that it has given its input."""
    return socket_path.with_suffix(".state").joinpath("runs", f"{run.id}.run")


def wait_until_begun(socket_path: Path, run: Run) -> None:
    """Wait until a launcher has given a run its input, and its program has begun with it."""
    wait_until(note_of(socket_path, run).exists)
    wait_until(lambda: has_begun(run.id))


def kill(launcher: subprocess.Popen[bytes]) -> None:
    """Kill a launcher as nobody can refuse."""
    launcher.kill()
    launcher.wait()


def began_and_ended(outcome: Outcome) -> tuple[float, float]:
    """Tell when the program of `works` began and ended."""
    assert outcome.end is End.FINISHED
    began, ended = json.loads(outcome.file or b"")
    return began, ended


def code_of(call: Callable[[], object]) -> str:
    """Give the code of a call's failure."""
    with pytest.raises(SandboxUnavailable) as error:
        call()
    return error.value.code


def test_a_run_goes_on_without_its_caller_who_may_ask_again(
    launch: Launch, client: LauncherClient, socket_path: Path, containers: Containers
) -> None:
    launch()
    run = detached(works(0, held=True))
    with start_call(socket_path, run=run) as caller:
        wait_until_begun(socket_path, run)
        caller.kill()
    asked = time.time()
    release(run.id)

    outcome = client.run(run)

    began, _ = began_and_ended(outcome)
    assert began < asked
    assert outcome.log == b"began\nended\n"
    assert client.run(run) == outcome  # it is not executed again
    wait_until(lambda: containers() == [])


def test_an_acknowledged_run_is_forgotten(launch: Launch, client: LauncherClient) -> None:
    launch()
    run = detached(works(0))
    first = began_and_ended(client.run(run))

    client.acknowledge(run.id)

    assert began_and_ended(client.run(run)) > first


@pytest.mark.parametrize("warm", [pytest.param(0, marks=pytest.mark.slow), 1])
def test_a_run_survives_launchers_that_are_killed_and_is_executed_once(
    launch: Launch,
    client: LauncherClient,
    socket_path: Path,
    containers: Containers,
    warm: int,
) -> None:
    launcher = launch(warm=warm)
    if warm:
        client.run(detached(works(0)))
        wait_until(lambda: client.status().pool["ready"] == warm)
    run = detached(works(0.5, held=True))
    background = Background(lambda: client.run(run))
    wait_until_begun(socket_path, run)
    killed = time.time()

    for _ in range(2):
        kill(launcher)
        launcher = launch(warm=warm)
    back = time.time()
    release(run.id)

    outcome = background.join()
    began, ended = began_and_ended(outcome)
    assert began < killed < back < ended
    assert outcome.seconds >= back - killed
    assert outcome.log.endswith(b"ended\n")
    assert outcome.log.startswith(b"[what it said before")
    wait_until(lambda: not [owner for owner in containers() if owner == run.id])


@pytest.mark.slow
def test_a_run_of_twenty_minutes_survives_two_restarts(
    launch: Launch, client: LauncherClient, socket_path: Path
) -> None:
    launcher = launch(longest=1500)
    run = detached(works(1200), seconds=1300)
    background = Background(lambda: client.run(run), seconds=1400)
    wait_until_begun(socket_path, run)

    for end in (signal.SIGKILL, signal.SIGTERM):
        time.sleep(300)
        launcher.send_signal(end)
        launcher.wait()
        launcher = launch(longest=1500)

    began, ended = began_and_ended(background.join())
    assert ended - began >= 1200


def test_what_ended_while_there_was_no_launcher_is_collected(
    launch: Launch, client: LauncherClient, socket_path: Path, engine: Engine, label: str
) -> None:
    launcher = launch()
    run = detached(works(0, held=True))
    background = Background(lambda: client.run(run))
    wait_until_begun(socket_path, run)
    kill(launcher)
    release(run.id)
    wait_until(lambda: running(engine, label) == ["holder"])

    launch()

    began_and_ended(background.join())


def running(engine: Engine, label: str) -> list[str]:
    """Name the roles of the containers that run."""
    found = [engine.inspect(container) for container in engine.containers(label=label)]
    return sorted(
        one["Config"]["Labels"]["challenge-platform.role"]
        for one in found
        if one["State"]["Running"]
    )


@pytest.mark.parametrize(
    "lasts", [2, pytest.param(60, marks=pytest.mark.slow)], ids=["ended late", "goes on"]
)
def test_a_deadline_that_passed_while_there_was_no_launcher_is_kept(
    launch: Launch,
    client: LauncherClient,
    socket_path: Path,
    containers: Containers,
    lasts: float,
) -> None:
    launcher = launch()
    run = detached(works(lasts), seconds=1.5)
    background = Background(lambda: client.run(run))
    wait_until(note_of(socket_path, run).exists)
    kill(launcher)
    time.sleep(2.5)

    launch()

    assert background.join().end is End.TIMED_OUT
    wait_until(lambda: containers() == [])


@pytest.mark.slow
def test_a_deadline_is_kept_by_the_launcher_that_adopted_the_run(
    launch: Launch, client: LauncherClient, socket_path: Path
) -> None:
    launcher = launch()
    run = detached(works(60), seconds=4)
    background = Background(lambda: client.run(run))
    wait_until_begun(socket_path, run)
    kill(launcher)

    launch()

    outcome = background.join()
    assert outcome.end is End.TIMED_OUT
    assert 4 <= outcome.seconds < 10


def test_an_adopted_run_can_be_cancelled(
    launch: Launch, client: LauncherClient, socket_path: Path, containers: Containers
) -> None:
    launcher = launch()
    run = detached(works(600))
    background = Background(lambda: client.run(run))
    wait_until_begun(socket_path, run)
    kill(launcher)
    launch()

    assert client.cancel(run.id) is True

    assert containers() == []
    assert background.join().end is End.CANCELLED


def test_a_launcher_that_is_told_to_stop_leaves_detached_runs_to_the_next(
    launch: Launch, client: LauncherClient, socket_path: Path
) -> None:
    launcher = launch()
    run = detached(works(0, held=True))
    background = Background(lambda: client.run(run))
    wait_until_begun(socket_path, run)
    stopped = time.time()

    launcher.terminate()
    assert launcher.wait(60) == 0
    launch()
    release(run.id)

    began, _ = began_and_ended(background.join())
    assert began < stopped


def test_a_launcher_that_is_interrupted_leaves_nothing(
    launch: Launch, client: LauncherClient, socket_path: Path, engine: Engine, label: str
) -> None:
    launcher = launch()
    run = detached(works(600))
    background = Background(lambda: code_or_end(client, run))
    wait_until_begun(socket_path, run)

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(60) == 0
    assert engine.containers(label=label) == {}
    assert engine.volumes(label=label) == {}
    launch()
    assert background.join() == "cancelled"


def code_or_end(client: LauncherClient, run: Run) -> str:
    """Give how a run ended, or the code of its failure."""
    try:
        return client.run(run).end.value
    except SandboxUnavailable as error:
        return error.code


@pytest.mark.parametrize(
    ("after", "number"),
    [
        pytest.param(0.02, signal.SIGKILL, marks=pytest.mark.slow),
        (0.1, signal.SIGTERM),
        pytest.param(0.1, signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param(0.2, signal.SIGKILL, marks=pytest.mark.slow),
        (0.35, signal.SIGKILL),
        pytest.param(0.35, signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(0.6, signal.SIGKILL, marks=pytest.mark.slow),
    ],
)
def test_a_launcher_ended_at_any_moment_leaves_nothing_and_the_run_has_its_outcome(
    launch: Launch,
    client: LauncherClient,
    socket_path: Path,
    engine: Engine,
    label: str,
    after: float,
    number: signal.Signals,
) -> None:
    launcher = launch()
    run = detached(works(0.2))
    background = Background(lambda: code_or_end(client, run))
    time.sleep(after)
    launcher.send_signal(number)
    launcher.wait()

    launch()

    said = background.join()
    if said in {
        "launcher_down",
        "stopping",
    }:  # before it was told that the run goes on: its worker asks again
        said = code_or_end(client, run)
    assert said == "finished"
    assert (client.run(run).file or b"").startswith(b"[")
    wait_until(lambda: engine.containers(label=label) == {})
    wait_until(lambda: not [name for name in engine.volumes(label=label) if "output" in name])
    state = socket_path.with_suffix(".state")
    assert [path.name for path in (state / "runs").iterdir()] == [f"{run.id}.outcome"]
