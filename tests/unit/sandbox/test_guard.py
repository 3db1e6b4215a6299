"""No run begins before hostile programs were contained on the engine that there is."""

import dataclasses
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from sandbox import End, Outcome, Run, SandboxUnavailable
from sandbox.facts import EngineFacts
from sandbox.selftest import guard as guard_module
from sandbox.selftest.case import Case
from sandbox.selftest.guard import Guard, Verdict
from tests.fakes import FakeRunner

CASE = Case(
    name="opens_a_door",
    what="Opens a door.",
    program="print('door: open')",
    end=End.FINISHED,
    output="door: closed\n",
    protects=(("seccomp",),),
)
FACTS = EngineFacts.from_info({"ServerVersion": "1"})
NEWER = EngineFacts.from_info({"ServerVersion": "2"})
CLOSED = Outcome(
    end=End.FINISHED, output=b"door: closed\n", exit_code=0, seconds=1, image="", timings={}
)
OPEN = dataclasses.replace(CLOSED, output=b"door: open\n")
DOWN = SandboxUnavailable("the engine is down", code="engine")


@dataclass
class Scripted(FakeRunner):
    """Gives these outcomes in turn."""

    outcomes: Sequence[Outcome | SandboxUnavailable] = ()
    given: int = field(default=0)

    def run(self, run: Run, /) -> Outcome:
        self.runs.append(run)
        outcome = self.outcomes[self.given]
        self.given += 1
        if isinstance(outcome, SandboxUnavailable):
            raise outcome
        return outcome


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs wait for the verdict for no time that counts."""
    monkeypatch.setattr(guard_module, "_PATIENCE", 0.01)


def looked(
    *outcomes: Outcome | SandboxUnavailable,
    engines: Sequence[EngineFacts | SandboxUnavailable] = (FACTS,),
) -> Guard:
    """Give a guard that has looked once at each of these engines, one after the other."""
    left = iter(engines)

    def facts() -> EngineFacts:
        engine = next(left)
        if isinstance(engine, SandboxUnavailable):
            raise engine
        return engine

    guard = Guard(Scripted(outcomes=outcomes), cases=[CASE], facts=facts)
    for _ in engines:
        guard.look(threading.Event())
    return guard


def refusal(guard: Guard) -> SandboxUnavailable:
    with pytest.raises(SandboxUnavailable) as error:
        guard.let_in("scoring")
    return error.value


def test_runs_begin_where_every_program_was_contained() -> None:
    guard = looked(CLOSED)

    guard.let_in("scoring")

    assert guard.told(FakeRunner().status()).selftest == "contained"
    assert guard.told(FakeRunner().status()).problems == ()


def test_no_run_begins_where_one_escaped_and_the_status_names_it() -> None:
    guard = looked(OPEN)

    error = refusal(guard)

    assert error.code == "not_contained"
    assert "opens_a_door was not contained (door: open)" in str(error)
    assert guard.told(FakeRunner().status()).selftest == "escaped"
    assert guard.told(FakeRunner().status()).problems == (str(error),)


def test_the_self_test_itself_may_begin_so_that_it_can_be_explained() -> None:
    looked(OPEN).let_in("selftest")


def test_no_run_begins_before_the_programs_could_be_tried() -> None:
    guard = looked(DOWN)

    assert refusal(guard).code == "not_examined"
    assert "the engine is down" in str(refusal(guard))
    assert guard.told(FakeRunner().status()).selftest == "under_way"


def test_programs_that_could_not_be_tried_are_tried_again() -> None:
    looked(DOWN, CLOSED, engines=(FACTS, FACTS)).let_in("scoring")


def test_the_same_engine_is_examined_once() -> None:
    looked(CLOSED, engines=(FACTS, FACTS, FACTS)).let_in("scoring")


def test_an_engine_that_comes_back_after_one_that_could_not_be_tried_is_examined_anew() -> None:
    looked(CLOSED, DOWN, CLOSED, engines=(FACTS, NEWER, FACTS)).let_in("scoring")


def test_another_engine_is_examined_anew() -> None:
    guard = looked(CLOSED, OPEN, engines=(FACTS, NEWER))

    assert refusal(guard).code == "not_contained"


def test_an_engine_that_is_gone_leaves_the_verdict_as_it_was() -> None:
    guard = looked(CLOSED, engines=(FACTS, DOWN))

    guard.let_in("scoring")

    assert guard.problems == ()


def test_a_run_waits_for_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "_PATIENCE", 10)
    guard = Guard(Scripted(outcomes=[CLOSED]), cases=[CASE], facts=lambda: FACTS)
    timer = threading.Timer(0.05, guard.look, [threading.Event()])
    timer.start()

    guard.let_in("scoring")

    assert guard.verdict is Verdict.CONTAINED
    timer.join()


def test_a_launcher_that_stops_reaches_no_verdict() -> None:
    stopping = threading.Event()
    stopping.set()
    guard = Guard(Scripted(outcomes=[OPEN]), cases=[CASE], facts=lambda: FACTS)

    guard.look(stopping)

    assert guard.verdict is Verdict.UNDER_WAY


def test_without_cases_runs_begin_at_once_and_the_log_warns(
    caplog: pytest.LogCaptureFixture,
) -> None:
    guard = Guard(FakeRunner(), cases=(), facts=lambda: FACTS)

    guard.watch(threading.Event())
    guard.let_in("scoring")

    assert guard.told(FakeRunner().status()).selftest == "off"
    assert "the self-test is off" in caplog.text
