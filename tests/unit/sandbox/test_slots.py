"""Programs on hidden input never go on beside those that are told of, and neither side starves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sandbox import Limits, Run, SandboxUnavailable, turns
from sandbox.slots import Cancelled, Slots

SECONDS = 0.05


def program(name: str, *, hidden: bool) -> Run:
    return Run(id=name, runtime="python", limits=Limits(), collect="out.csv", hidden=hidden)


TOLD = program("told", hidden=False)
HIDDEN = program("hidden", hidden=True)
IMAGE = Run(id="image", runtime="sha256:" + "0" * 64, limits=Limits())
SCORING = Run(id="scoring", runtime="scoring", limits=Limits())
SELFTEST = Run(id="self", runtime="selftest", limits=Limits(), collect="out.csv")


@pytest.fixture
def slots() -> Slots:
    return Slots(count=4, seconds=SECONDS, memory=lambda: None)


@pytest.fixture
def take(slots: Slots) -> Iterator[Callable[[Run], ExitStack]]:
    """Give a function that takes a slot, which is given back by closing what it gives."""
    with ExitStack() as all_taken:

        def take(run: Run) -> ExitStack:
            taken = all_taken.enter_context(ExitStack())
            taken.enter_context(slots.taken(run, is_cancelled=lambda: False))
            return taken

        yield take


Take = Callable[[Run], ExitStack]


@pytest.mark.parametrize(
    ("first", "second"), [(TOLD, HIDDEN), (HIDDEN, TOLD), (IMAGE, HIDDEN), (HIDDEN, IMAGE)]
)
def test_one_that_is_told_of_waits_until_those_on_hidden_input_have_ended_and_the_reverse(
    take: Take, first: Run, second: Run
) -> None:
    under_way = take(first)

    with pytest.raises(SandboxUnavailable, match="never run at the same time") as caught:
        take(second)
    assert caught.value.code == "busy"

    under_way.close()
    take(second)


def test_those_of_one_side_go_on_at_once(take: Take) -> None:
    for number in range(4):
        take(program(f"hidden-{number}", hidden=True))


def test_scoring_and_the_self_test_go_on_beside_any(take: Take) -> None:
    take(HIDDEN)

    take(SCORING)
    take(SELFTEST)


def test_one_that_was_taken_over_counts(slots: Slots, take: Take) -> None:
    with slots.held(HIDDEN), pytest.raises(SandboxUnavailable):
        take(TOLD)


@pytest.mark.parametrize(("runs", "waits"), [(HIDDEN, TOLD), (TOLD, HIDDEN)])
def test_a_side_keeps_the_place_of_one_that_gave_up(take: Take, runs: Run, waits: Run) -> None:
    under_way = take(runs)
    with pytest.raises(SandboxUnavailable):
        take(waits)

    with pytest.raises(SandboxUnavailable):
        take(program("later", hidden=runs.hidden))
    under_way.close()

    take(waits).close()
    take(program("later", hidden=runs.hidden))


def test_a_place_that_nobody_comes_back_for_is_not_kept_for_ever(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "CLAIM_SECONDS", 0.1)
    take(HIDDEN)
    with pytest.raises(SandboxUnavailable):
        take(TOLD)

    threading.Event().wait(0.15)

    take(program("later", hidden=True))


def test_one_that_is_cancelled_keeps_no_place(slots: Slots, take: Take) -> None:
    take(HIDDEN)
    with pytest.raises(Cancelled), slots.taken(TOLD, is_cancelled=lambda: True):
        pass

    take(program("later", hidden=True))
