"""Every metric is its reference on random data, under any weights, or has tests that say so."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.cases.every import CASES
from scorers.registry import metric_keys

ROOT = Path(__file__).parents[3]
EXPLANATION = ROOT / "docs" / "explanation"
AGREEMENT = (EXPLANATION / "agreement.md").read_text()
SPEED = (EXPLANATION / "speed.md").read_text()
COMPARED = [key for key, case in CASES.items() if case.reference]
MOST = 30
"""Rows drawn beyond those that a reference needs: few enough to lack classes and events."""

CLOSE = {"abs": 1e-12}
"""What a value may differ by when it is the difference of two that are nearly equal."""


def test_every_metric_has_a_case() -> None:
    assert set(CASES) == set(metric_keys()), "write its case in bench/cases/<family>.py"


@pytest.mark.parametrize("key", COMPARED)
@given(
    seed=st.integers(0, 2**32 - 1), more=st.integers(0, MOST), heaviest=st.sampled_from([1, 1, 3])
)
@settings(max_examples=12)
def test_the_value_is_that_of_the_reference_with_rows_so_often(
    key: str, seed: int, more: int, heaviest: int
) -> None:
    """With weights of 0 to 3, classes and events are absent that are there without them."""
    case, rng = CASES[key], np.random.default_rng(seed)
    drawn = case.draw(rng, case.fewest + more)
    least = 0 if case.fewest == 1 and heaviest > 1 else 1
    weights = rng.integers(least, heaviest + 1, size=case.fewest + more)

    [ours] = case.measure(drawn).under(weights[None])

    theirs = np.nan
    if weights.any():
        theirs = case.theirs(drawn.taken(np.repeat(np.arange(len(weights)), weights)))
    assert ours == pytest.approx(theirs, rel=case.within, **CLOSE, nan_ok=True)


@pytest.mark.parametrize("key", CASES)
def test_weights_of_one_give_the_very_value(key: str) -> None:
    case = CASES[key]
    drawn = case.draw(np.random.default_rng(3), 120)

    under = case.measure(drawn).under(np.ones((2, 120), dtype=np.int64))

    assert under.tolist() == [case.ours(drawn)] * 2


def test_every_test_that_the_page_names_exists() -> None:
    sources = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", AGREEMENT))

    assert named
    assert {name for name in named if f"def {name}(" not in sources} == set()


def rows_of(page: str, /, *, after: str, before: str) -> set[str]:
    """Return the metrics that begin the rows of the tables of a part of a page."""
    _, _, rest = page.partition(after)
    part, _, _ = rest.partition(before)
    begins = re.findall(r"^\| (`[^|]*`) \|", part, flags=re.MULTILINE)
    return {key for begin in begins for key in re.findall(r"`(\w+)`", begin)}


def test_the_tables_of_agreement_have_every_metric_once() -> None:
    """Run `python -m bench agreement --write`, or name the test of a metric without a reference."""
    called = rows_of(AGREEMENT, after="<!-- agreement -->", before="<!-- /agreement -->")
    written_out = rows_of(AGREEMENT, after="## Compared with definitions", before="## Declared")

    assert called == set(COMPARED)
    assert written_out == set(CASES) - set(COMPARED)


def test_the_table_of_speed_has_every_metric() -> None:
    """Run `python -m bench metrics --write`."""
    assert rows_of(SPEED, after="<!-- metrics -->", before="<!-- /metrics -->") == set(
        metric_keys()
    )
