"""A dockerd that stops or is killed during a run: nobody's fault but ours, and nothing is left."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox import End, Limits, Run, SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.engine import Engine
from tests.dockerd import Dockerd, needs_dockerd, running_dockerd
from tests.integration.sandbox.conftest import Background, Launch, case_run
from tests.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, needs_dockerd]


@pytest.fixture(scope="module")
def dockerd(case_image: str) -> Iterator[Dockerd]:
    """Give a dockerd that has the test runtime."""
    with running_dockerd(images=[case_image]) as dockerd:
        yield dockerd


@pytest.fixture
def restarted(dockerd: Dockerd) -> Iterator[Engine]:
    """Give the engine of that dockerd, which is asked only while it answers."""
    engine = Engine(dockerd.own.socket)
    yield engine
    engine.close()


def code_of(client: LauncherClient, run: Run) -> str:
    """Give how a run ended, or the code of its failure."""
    try:
        return client.run(run).end
    except SandboxUnavailable as error:
        return error.code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("collect", [None, "predictions.csv"], ids=["attached", "detached"])
def test_a_run_fails_as_ours_and_nothing_of_it_is_left(
    dockerd: Dockerd,
    restarted: Engine,
    launch: Launch,
    client: LauncherClient,
    label: str,
    number: signal.Signals,
    collect: str | None,
) -> None:
    launcher = launch(engine=dockerd.own.socket)
    run = replace(
        case_run("import time; time.sleep(50)", limits=Limits(seconds=55)), collect=collect
    )
    background = Background(lambda: code_of(client, run))
    wait_until(lambda: run.id in restarted.containers(label=label).values(), seconds=20)
    wait_until(lambda: client.status().active == (run.id,))
    time.sleep(1)  # until its program runs

    dockerd.end(number)
    said = background.join()
    dockerd.start()

    assert said == "engine"
    assert client.run(case_run("print(1)")).end is End.FINISHED
    launcher.terminate()
    launcher.wait()
    launch(engine=dockerd.own.socket)
    wait_until(lambda: restarted.containers(label=label) == {})
    wait_until(lambda: restarted.volumes(label=label) == {})
