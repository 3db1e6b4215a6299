"""Curves in bins give the hidden truth away: why they are disclosed only where they are listed."""

import numpy as np

from scorers.pictures.curves import roc
from scorers.pictures.document import Roc
from tests.unit.scorers.pictures.conftest import split_of

ROWS, GROUPS = 400, 8
"""Rows to predict, half of them public, nobody is told which; and groups of one score each."""

FILES = 60
"""As many as there are rows for each group but one, and a few more."""


def test_the_curves_of_some_files_tell_every_label_to_who_compares_them() -> None:
    rng = np.random.default_rng(8)
    public = rng.permutation(ROWS) % 2 == 1
    events = (rng.random(ROWS) < 0.1).astype(float)
    asked, told = [], []
    for _ in range(FILES):
        group = rng.permutation(ROWS) % GROUPS
        split = split_of({"y": events[public]}, {"p": group[public].astype(float)})
        curve = roc(split, ("auroc",), label="y", predicted="p")
        assert isinstance(curve, Roc)
        points = curve.rounded(digits=4).points[1:]
        assert len(points) == GROUPS  # one where each group ends, the largest score first
        for place, point in enumerate(points, start=1):
            asked.append(group >= GROUPS - place)
            told.append((point.called, round(point.sensitivity * curve.events)))

    solved = np.linalg.lstsq(np.array(asked, dtype=np.float64), np.array(told))[0]

    assert (np.rint(solved[:, 0]) == public).all()
    assert (np.rint(solved[:, 1]) == public * events).all()
