"""Answers of masks are of the shapes of their images, whosever mask they are."""

import numpy as np

from challenge_platform.preflight.bench import reordered
from challenge_platform.preflight.families.listed import Lists
from scorers.predictions.masks import PackedMask
from scorers.segmentation.overlap import dice

SHAPES = [(3, 4), (5, 2), (4, 4), (3, 4)]
MASKS = np.fromiter(
    (PackedMask.of(np.full(shape, 1, dtype=np.uint8)) for shape in SHAPES), dtype=np.object_
)
PARAMS = {"mask": "cells", "predicted": "cells", "labels": [1]}


def test_masks_of_several_sizes_are_answered_in_those_of_their_images() -> None:
    answers = Lists.of_masks({"cells": MASKS}, PARAMS)
    by_feature = answers.guesses(np.array([3.0, 1.0, 2.0, 4.0]))
    told = [answers.perfect(), answers.constant(), answers.random(np.random.default_rng(0))]
    by_feature = (*by_feature, reordered(answers.perfect(), [1, 2, 3, 0]))

    scores = [dice({"cells": MASKS}, one, **PARAMS).value for one in [*told, *by_feature]]  # type: ignore[arg-type]  # the params are those of dice

    for one in [*told, *by_feature]:
        assert [np.asarray(mask).shape for mask in one["cells"]] == SHAPES
    assert scores[:2] == [1.0, 0.0]
    assert all(0 < float(score) < 1 for score in scores[2:])  # type: ignore[arg-type]  # each has a value
