"""Brier, log loss and ECE equal their references, on the scale that they declare."""

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scorers.binary.calibration import brier, ece, log_loss
from scorers.metric import ParamsError

CARDI_HACK = ([0, 1, 0, 1, 0, 0, 1, 0], [0.2, 0.7, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2])
NAMES: dict[str, Any] = {"label": "y", "probability": "p"}
Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def columns(label: Any, predicted: Any, /) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"y": np.asarray(label)}, {"p": np.asarray(predicted)}


@st.composite
def weighted_rows(draw: st.DrawFn, ends: bool) -> Rows:
    """Draw labels, probabilities (0 and 1 among them if `ends`) and weights of up to 40 rows."""
    size = draw(st.integers(1, 40))
    inside = st.floats(1e-9, 1 - 1e-9) | st.sampled_from([0.1, 0.2, 0.5, 0.7])
    probability = inside | st.sampled_from([0.0, 1.0]) if ends else inside
    return (
        np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
        np.array(draw(st.lists(probability, min_size=size, max_size=size))),
        np.array(draw(st.lists(st.integers(1, 4), min_size=size, max_size=size))),
    )


def loop_over_bins(rows: Rows, /, *, bins: int, right: bool) -> float:
    """Compute ECE by its definition; `right` closes bins to the right, else to the left."""
    label, predicted, weights = (np.repeat(each, rows[2]) for each in rows)
    del weights
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        if right:
            inside = (predicted > low) & (predicted <= high) | ((number == 0) & (predicted == 0))
        else:
            inside = (predicted >= low) & (predicted < high)
        if inside.any():
            total += inside.mean() * abs(label[inside].mean() - predicted[inside].mean())
    if not right and (ones := predicted == 1).any():  # torchmetrics gives 1 a bin of its own
        total += ones.mean() * abs(label[ones].mean() - 1)
    return total


def test_the_golden_vector_is_reproduced() -> None:
    assert brier(*columns(*CARDI_HACK), **NAMES).value == pytest.approx(0.155, rel=1e-12)
    ours = log_loss(*columns(*CARDI_HACK), **NAMES).value
    assert ours == pytest.approx(0.4783867243303551, rel=1e-12)


@given(weighted_rows(ends=True))
@settings(max_examples=60, deadline=None)
def test_brier_under_weights_equals_scikit_learn(rows: Rows) -> None:
    label, predicted, weights = rows

    ours = brier(*columns(label, predicted), **NAMES).under(weights[None])[0]

    theirs = sklearn.metrics.brier_score_loss(
        label, predicted, sample_weight=weights, labels=[0, 1]
    )
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@given(weighted_rows(ends=False))
@settings(max_examples=60, deadline=None)
def test_log_loss_under_weights_equals_scikit_learn_between_the_clips(rows: Rows) -> None:
    label, predicted, weights = rows

    ours = log_loss(*columns(label, predicted), **NAMES).under(weights[None])[0]

    theirs = sklearn.metrics.log_loss(label, predicted, sample_weight=weights, labels=[0, 1])
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@given(weighted_rows(ends=True), st.sampled_from([1, 2, 10, 15]))
@settings(max_examples=60, deadline=None)
def test_ece_under_weights_equals_a_loop_over_its_bins(rows: Rows, bins: int) -> None:
    label, predicted, weights = rows

    ours = ece(*columns(label, predicted), **NAMES, bins=bins).under(weights[None])[0]

    assert ours == pytest.approx(loop_over_bins(rows, bins=bins, right=True), rel=1e-12, abs=1e-14)


def test_brier_is_half_of_the_score_over_both_classes() -> None:
    """The scale of scikit-learn: a doubled one, as of MetricsReloaded, has 0.31 here."""
    ours = brier(*columns(*CARDI_HACK), **NAMES).value

    assert isinstance(ours, float)
    assert ours == pytest.approx(
        sklearn.metrics.brier_score_loss(*CARDI_HACK, scale_by_half=True), rel=1e-12
    )
    assert 2 * ours == pytest.approx(
        sklearn.metrics.brier_score_loss(*CARDI_HACK, scale_by_half=False), rel=1e-12
    )


def test_losses_are_defined_for_one_class() -> None:
    given_rows = columns([1, 1], [0.5, 1.0])

    assert brier(*given_rows, **NAMES).value == 0.125
    assert log_loss(*given_rows, **NAMES).value == pytest.approx(np.log(2) / 2, rel=1e-12)
    assert ece(*given_rows, **NAMES).value == 0.25


def test_declared_a_certain_error_costs_what_the_clip_says_where_scikit_learn_clips_later() -> None:
    wrong = columns([1, 0], [0.0, 0.0])

    assert log_loss(*wrong, **NAMES).value == pytest.approx(34.538776394910684 / 2, rel=1e-12)
    capped = log_loss(*wrong, **NAMES, clip=0.01).value
    assert capped == pytest.approx((-np.log(0.01) - np.log(0.99)) / 2, rel=1e-12)
    theirs = sklearn.metrics.log_loss([1, 0], [0.0, 0.0])
    assert theirs == pytest.approx(36.04365338911715 / 2, rel=1e-12)


@pytest.mark.parametrize("clip", [0, 0.5, -1e-15, 1, np.nan])
def test_a_clip_that_is_no_range_is_refused(clip: float) -> None:
    with pytest.raises(ParamsError, match=r"clip is .* above 0 and below 0.5"):
        log_loss(*columns([1, 0], [0.5, 0.5]), **NAMES, clip=clip)


@pytest.mark.parametrize("bins", [10, 15])
def test_between_the_edges_bins_closed_left_as_in_torchmetrics_give_the_same(bins: int) -> None:
    rng = np.random.default_rng(7)
    label, predicted = rng.random(500) < 0.3, rng.random(500)
    rows = (label, predicted, np.ones(500, dtype=np.int64))

    ours = ece(*columns(label, predicted), **NAMES, bins=bins).value

    assert ours == pytest.approx(loop_over_bins(rows, bins=bins, right=False), rel=1e-12)


def test_declared_a_bin_holds_its_upper_edge_where_torchmetrics_gives_it_to_the_next() -> None:
    rows = np.array([0, 1]), np.array([0.5, 0.9]), np.array([1, 1])

    ours = ece(*columns(*rows[:2]), **NAMES, bins=2).value

    assert ours == pytest.approx(0.3, rel=1e-12)  # 0.5 and 0.9 apart: (0.5 + 0.1) / 2
    assert loop_over_bins(rows, bins=2, right=False) == pytest.approx(0.2)  # together: 0.7 - 0.5


@pytest.mark.parametrize("bins", [3, 10, 15, 49, 1000])
def test_every_fraction_is_in_the_bin_that_it_closes(bins: int) -> None:
    edges = np.arange(bins + 1) / bins
    label = np.arange(bins + 1) % 2

    ours = ece(*columns(label, edges), **NAMES, bins=bins).value

    apart = np.abs(label - edges)[2:].sum() + abs(label[:2].sum() - edges[:2].sum())
    assert ours == pytest.approx(apart / (bins + 1), rel=1e-12)


def test_zero_is_counted_in_the_first_bin() -> None:
    assert ece(*columns([1, 1, 0, 0], [0.0, 0.0, 1.0, 1.0]), **NAMES).value == 1.0


def test_the_same_prevalence_for_everybody_has_an_ece_of_0() -> None:
    assert ece(*columns([1, 0, 0, 0], [0.25] * 4), **NAMES).value == 0.0


def test_unless_told_otherwise_there_are_15_bins() -> None:
    rng = np.random.default_rng(2)
    given_rows = columns(rng.random(100) < 0.5, rng.random(100))

    told = {bins: ece(*given_rows, **NAMES, bins=bins).value for bins in (10, 14, 15, 16)}
    assert [bins for bins in told if told[bins] == ece(*given_rows, **NAMES).value] == [15]


@pytest.mark.parametrize("bins", [0, -1, 1001])
def test_a_number_of_bins_out_of_range_is_refused(bins: int) -> None:
    with pytest.raises(ParamsError, match=r"bins is .* from 1 to 1000"):
        ece(*columns([1, 0], [0.5, 0.5]), **NAMES, bins=bins)
