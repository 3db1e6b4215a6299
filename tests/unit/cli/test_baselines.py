"""What the demo loads, and the table that tells what was not expected of a baseline."""

import pytest

from challenge_platform.cli.baselines import Found, print_found
from challenge_platform.cli.demo import QUICK, chosen
from challenge_platform.core.definition import Expectation
from challenge_platform.errors import InvalidInput

EXPECTED = Expectation(min=0.6, max=0.7)


def found(value: float | None) -> Found:
    """Give a metric of a baseline."""
    return Found(challenge="liver", baseline="Age", metric="c", expected=EXPECTED, value=value)


def test_a_baseline_fits_only_if_it_was_scored_within_the_expected_range() -> None:
    assert [found(value).fits for value in (0.65, 0.7, 0.71, None)] == [True, True, False, False]


def test_the_table_tells_expected_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    print_found([found(0.65), found(0.71), found(None)])

    lines = capsys.readouterr().out.splitlines()
    fits, beyond, absent = (line for line in lines if "liver" in line)
    assert "0.6 to 0.7" in fits
    assert "0.6500" in fits
    assert fits.rstrip().endswith("yes")
    assert beyond.rstrip().endswith("NO")
    assert "not scored" in absent


def test_some_all_or_the_quick_challenges_are_loaded() -> None:
    assert chosen(None) == sorted(QUICK)
    assert set(QUICK) <= set(chosen(["all"]))
    assert chosen(["nafld-progression"]) == ["nafld-progression"]
    with pytest.raises(InvalidInput, match=r"there is no challenge livre; there is .*nafld"):
        chosen(["livre"])
