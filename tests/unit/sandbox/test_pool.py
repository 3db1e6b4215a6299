"""The pool keeps what is wanted ready, and is not worn out by what fails."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from sandbox import Limits, SandboxUnavailable
from sandbox.container import Container
from sandbox.pool import Kind, Pool, Sandbox
from tests.waiting import wait_until

LONG = 60.0
"""Seconds of a rest that no test is to wait for."""

KIND = Kind(runtime="case", image="sha256:0", limits=Limits())


@dataclass
class Waiting:
    """A container that waits, or has died."""

    lives: bool = True

    def is_waiting(self) -> bool:
        """Tell it."""
        return self.lives


@dataclass
class Engine:
    """Makes sandboxes as told, and remembers how many it made and discarded."""

    make_one: Callable[[], Waiting]
    made: int = 0
    discarded: list[Sandbox] = field(default_factory=list)

    def make(self, kind: Kind) -> Sandbox:
        """Make a sandbox."""
        self.made += 1
        container = cast(Container, self.make_one())
        return Sandbox(kind=kind, container=container, number=self.made, owner=f"w{self.made}")


def pool_on(engine: Engine, *, size: int = 2) -> Pool:
    return Pool(size=size, make=engine.make, discard=engine.discarded.append, is_busy=lambda: False)


@pytest.mark.parametrize(
    "kind",
    [
        replace(KIND, runtime="selftest"),
        replace(KIND, runtime="sha256:" + "0" * 64),
        replace(KIND, weights="a-teams-volume"),
    ],
    ids=["selftest", "image", "weights"],
)
def test_what_is_run_once_or_by_one_team_is_not_kept_ready(kind: Kind) -> None:
    engine = Engine(make_one=Waiting)
    pool = pool_on(engine)

    assert pool.take(kind) is None

    time.sleep(0.1)
    pool.close()
    assert (engine.made, pool.counts["misses"]) == (0, 0)


def test_what_dies_by_itself_is_not_made_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.pool.RETRY_SECONDS", LONG)
    engine = Engine(make_one=lambda: Waiting(lives=False))
    pool = pool_on(engine)

    assert pool.take(KIND) is None
    wait_until(lambda: engine.made > 0)
    time.sleep(0.3)

    pool.close()
    assert engine.made == 1
    assert len(engine.discarded) == engine.made


@pytest.mark.parametrize("error", [SandboxUnavailable("no", code="engine"), KeyError("State")])
def test_a_sandbox_that_cannot_be_made_ends_neither_the_pool_nor_its_rest(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.pool.RETRY_SECONDS", 0.05)
    failures = [error]

    def make() -> Waiting:
        if failures:
            raise failures.pop()
        return Waiting()

    engine = Engine(make_one=make)
    pool = pool_on(engine)
    pool.take(KIND)

    wait_until(lambda: pool.ready == 2)

    pool.close()
    assert len(engine.discarded) == 2


def test_closing_does_not_wait_for_a_rest_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.pool.RETRY_SECONDS", LONG)
    engine = Engine(make_one=lambda: Waiting(lives=False))
    pool = pool_on(engine)
    pool.take(KIND)
    wait_until(lambda: engine.made > 0)
    started = time.monotonic()

    pool.close()

    assert time.monotonic() - started < LONG / 2
