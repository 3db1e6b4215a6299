"""What was read last is kept, up to a weight, and the rest is let go."""

from challenge_platform.recent import Recent


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
