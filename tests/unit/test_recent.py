"""What was read last is kept, up to a weight, and the rest is let go."""

import time

import pytest

from challenge_platform.errors import NotFound
from challenge_platform.recent import Momentary, Recent


def test_what_is_kept_is_not_made_again() -> None:
    made: list[str] = []
    recent: Recent[str] = Recent(most=2)

    def make() -> str:
        made.append("x")
        return "x"

    assert [recent.get("key", make=make) for _ in range(3)] == ["x", "x", "x"]
    assert made == ["x"]


def test_what_was_used_least_lately_goes_first() -> None:
    recent: Recent[str] = Recent(most=2)
    recent.keep("a", "1")
    recent.keep("b", "2")
    recent.find("a")
    recent.keep("c", "3")

    assert [recent.find(key) for key in "abc"] == ["1", None, "3"]


def test_weights_count_together_and_the_last_value_stays_whatever_it_weighs() -> None:
    recent: Recent[str] = Recent(most=5, weigh=len)
    recent.keep("a", "123")
    recent.keep("b", "45")
    assert recent.find("a") == "123"

    recent.keep("c", "6")
    assert [recent.find(key) for key in "abc"] == ["123", None, "6"]

    recent.keep("d", "x" * 100)
    assert [recent.find(key) for key in "acd"] == [None, None, "x" * 100]


def test_a_value_that_is_kept_again_weighs_once() -> None:
    recent: Recent[str] = Recent(most=4, weigh=len)
    for _ in range(3):
        recent.keep("a", "12")
    recent.keep("b", "34")

    assert [recent.find(key) for key in "ab"] == ["12", "34"]


def test_within_the_moment_one_look_serves_all() -> None:
    momentary: Momentary[int] = Momentary(seconds=60)
    seen = iter(range(10))

    assert [momentary.get("key", look=lambda: next(seen)) for _ in range(3)] == [0, 0, 0]
    assert momentary.get("other", look=lambda: next(seen)) == 1


def test_after_the_moment_it_is_looked_again() -> None:
    momentary: Momentary[int] = Momentary(seconds=0)
    seen = iter(range(10))

    assert [momentary.get("key", look=lambda: next(seen)) for _ in range(3)] == [0, 1, 2]


def test_who_comes_while_another_looks_again_gets_the_old_value() -> None:
    momentary: Momentary[str] = Momentary(seconds=0.05)
    momentary.get("key", look=lambda: "old")
    time.sleep(0.06)
    meanwhile: list[str] = []

    def look() -> str:
        meanwhile.append(momentary.get("key", look=lambda: "a second look"))
        return "new"

    assert momentary.get("key", look=look) == "new"
    assert meanwhile == ["old"]


def test_what_cannot_be_seen_any_more_is_not_shown_from_memory() -> None:
    momentary: Momentary[str] = Momentary(seconds=0.05)
    momentary.get("key", look=lambda: "old")
    time.sleep(0.06)

    def fail() -> str:
        raise NotFound("it is gone")

    for _ in range(2):
        with pytest.raises(NotFound):
            momentary.get("key", look=fail)
