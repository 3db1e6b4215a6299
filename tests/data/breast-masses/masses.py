"""The recipe of a challenge that tests use: 569 real breast masses (Wolberg and others, 1995).

Scikit-learn ships the table. Of its 30 measurements only four weak ones are published, so that
there is something to be won; the truth is public knowledge, so that nothing can be won.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

FEATURES = ("mean texture", "mean smoothness", "mean symmetry", "worst fractal dimension")
LEARN = 200


def build(public: Path, /) -> bytes:
    """Write train.csv and test.csv into `public` and give the truth table."""
    table = load_breast_cancer()
    order = np.random.default_rng(569).permutation(len(table.target))
    columns = [list(table.feature_names).index(name) for name in FEATURES]
    features, radius = table.data[order][:, columns], table.data[order][:, 0]
    malignant = 1 - table.target[order]
    ids = [f"m{number:03}" for number in range(len(order))]
    head = ",".join(["mass_id", *(name.replace(" ", "_") for name in FEATURES)])
    rows = [",".join([name, *map(str, row)]) for name, row in zip(ids, features, strict=True)]
    learn = [f"{row},{label}" for row, label in zip(rows[:LEARN], malignant, strict=False)]
    (public / "train.csv").write_text("\n".join([f"{head},malignant", *learn, ""]))
    (public / "test.csv").write_text("\n".join([head, *rows[LEARN:], ""]))
    return _truth(ids, malignant, large=radius > np.median(radius))


def _truth(ids: list[str], malignant: NDArray[np.int64], *, large: NDArray[np.bool_]) -> bytes:
    lines = [
        f"{ids[index]},{'public' if index % 2 else 'private'},"
        f"{'large' if large[index] else 'small'},{malignant[index]}\n"
        for index in range(LEARN, len(ids))
    ]
    return ("mass_id,usage,nuclei,malignant\n" + "".join(lines)).encode()
