"""No two sandboxes have one number, whatever could not be removed or was taken over."""

import pytest

from sandbox import SandboxUnavailable, numbers
from sandbox.numbers import Numbers


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "_SECONDS", 0.05)


def test_the_number_that_has_been_free_for_longest_is_taken() -> None:
    free = Numbers(3)
    free.give_back(free.take())

    assert [free.take() for _ in range(3)] == [1, 2, 0]
    with pytest.raises(SandboxUnavailable, match="not been removed"):
        free.take()


def test_what_was_taken_over_keeps_its_number_from_others() -> None:
    free = Numbers(2)
    free.reserve(0)

    assert free.take() == 1
    with pytest.raises(SandboxUnavailable):
        free.take()
    free.give_back(0)
    assert free.take() == 0


def test_a_number_that_two_have_is_free_when_both_are_gone_and_once() -> None:
    free = Numbers(1)
    free.reserve(free.take())  # the engine could not tell before of what was there

    free.give_back(0)
    with pytest.raises(SandboxUnavailable):
        free.take()

    free.give_back(0)
    assert free.take() == 0
    with pytest.raises(SandboxUnavailable):
        free.take()


def test_a_number_beyond_those_of_this_launcher_is_never_given_out() -> None:
    free = Numbers(1)
    free.reserve(7)
    free.give_back(7)

    assert free.take() == 0
    with pytest.raises(SandboxUnavailable):
        free.take()


def test_what_could_not_be_removed_keeps_its_number_until_it_is_gone() -> None:
    free = Numbers(1)
    free.leave(free.take(), owner="stuck")

    free.reclaim(lambda: ["stuck"])
    with pytest.raises(SandboxUnavailable):
        free.take()

    free.reclaim(lambda: ["other"])
    free.reclaim(list)
    assert free.take() == 0
    with pytest.raises(SandboxUnavailable):
        free.take()
