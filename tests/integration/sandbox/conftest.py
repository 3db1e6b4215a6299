"""A real engine, the runtime of the hostile cases, and runners that leave nothing behind."""

import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import pytest

from sandbox import Limits, Run, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.images.build import build_image
from sandbox.images.content import SCORING, SELFTEST

T = TypeVar("T")


def case_input(program: str, data: bytes = b"") -> bytes:
    """Give the stdin with which the test runtime runs a program, which reads `data` from it."""
    source = program.encode()
    return f"{len(source)}\n".encode() + source + data


def case_run(program: str, data: bytes = b"", *, limits: Limits | None = None) -> Run:
    """Give a run of a program in the test runtime."""
    return Run(
        id=str(uuid.uuid4()),
        runtime="case",
        limits=limits or Limits(seconds=20),
        input=case_input(program, data),
    )


class Background(Generic[T]):
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._results: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._thread = threading.Thread(target=lambda: self._results.put(call()))
        self._thread.start()

    def join(self) -> T:
        """Wait for the call and give its result."""
        self._thread.join(30)
        return self._results.get(timeout=1)


def wait_until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Give the Docker Engine; without one the test is skipped, but on CI it fails."""
    engine = Engine()
    try:
        engine.facts()
    except SandboxUnavailable as error:
        if os.environ.get("CI") == "true":  # noqa: TID251  CI's own variable, not a setting
            pytest.fail(f"CI needs a Docker Engine: {error}")
        pytest.skip(f"no Docker Engine: {error}")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def scoring_image(engine: Engine) -> str:
    """Make the scoring image, if it is not there, and give its tag."""
    assert engine.facts().seccomp
    return build_image(SCORING, say=print)


@pytest.fixture(scope="session")
def case_image(engine: Engine) -> str:
    """Make the self-test's image, if it is not there, and give its tag."""
    assert engine.facts().seccomp
    return build_image(SELFTEST, say=print)


@pytest.fixture
def label() -> str:
    """Give a label that no other launcher on this engine has."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def runner(engine: Engine, case_image: str, label: str) -> Iterator[DockerRunner]:
    """Give a runner of the test runtime, whose containers are gone after the test."""
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label)
    yield runner
    runner.close()
    assert engine.containers(label=label) == {}


@pytest.fixture
def containers(engine: Engine, label: str) -> Callable[[], list[str]]:
    """Give a function that lists the runs whose containers the engine has, running or not."""
    return lambda: sorted(engine.containers(label=label).values())
