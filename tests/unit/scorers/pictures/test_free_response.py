"""FROC curves go through the points that the metric reads."""

from typing import Any

import numpy as np
import pytest

from scorers.detection.froc import froc_points
from scorers.metric import Reason, Undefined
from scorers.pictures.document import FreeResponse
from scorers.pictures.free_response import free_response
from tests.unit.scorers.pictures.conftest import split_of

NAMES: dict[str, Any] = {
    "true_points": "lesions",
    "points": "points",
    "scores": "score",
    "radius": 1.0,
}


def images(count: int, /, *, lesions: int = 1) -> Any:
    """Give images with a lesion each, found in two of three, and a false detection in each."""
    rng = np.random.default_rng(5)
    truth, points, scores = (np.empty(count, dtype=object) for _ in range(3))
    for number in range(count):
        found = [[0.0, 0.0]] if number % 3 else []
        truth[number] = [[0.0, 0.5]] * lesions
        points[number] = [*found, [50.0, 50.0]]
        scores[number] = rng.random(len(points[number])).tolist()
    return split_of({"lesions": truth}, {"points": points, "score": scores})


def test_the_curve_is_what_the_metric_reads_off_it() -> None:
    split = images(60)
    picture = free_response(split, ("f",), **NAMES)

    assert isinstance(picture, FreeResponse)
    assert (picture.units, picture.sought) == (60, 60)
    assert picture.points[0].sensitivity == 0
    assert picture.points[-1].sensitivity == pytest.approx(40 / 60, abs=1e-6)
    assert picture.points[-1].false_per_image == 1
    assert (np.diff([point.called for point in picture.points]) >= 10).all()
    for point in picture.points:
        at = [point.false_per_image + 1e-5]  # it is rounded
        read = froc_points(split.truth, split.prediction, **NAMES, at=at).value
        assert isinstance(read, float)
        # The metric goes on to the last lesion before the next false detection.
        assert point.sensitivity <= read + 1e-6
        assert read - point.sensitivity < 10 / 60


def test_the_surest_ten_detections_of_ten_images_are_counted_by_hand() -> None:
    split = images(60)
    picture = free_response(split, ("f",), **NAMES)
    assert isinstance(picture, FreeResponse)
    pairs = [
        (score, number % 3 > 0 and place == 0)
        for number, scores in enumerate(split.prediction["score"])
        for place, score in enumerate(scores)
    ]
    called = picture.points[1].called
    surest = sorted(pairs, reverse=True)[:called]
    found = sum(hit for _, hit in surest)
    assert picture.points[1].sensitivity == pytest.approx(found / 60, abs=1e-6)
    assert picture.points[1].false_per_image == pytest.approx((called - found) / 60, abs=1e-6)


@pytest.mark.parametrize(
    ("split", "reason"),
    [(images(19), Reason.TOO_FEW), (images(30, lesions=0), Reason.NO_POSITIVES)],
)
def test_without_a_curve_there_is_a_reason(split: Any, reason: Reason) -> None:
    assert free_response(split, ("f",), **NAMES) == Undefined(reason)
