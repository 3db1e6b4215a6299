"""The recipe of a challenge that only tests use: programs predict on cells that nobody may see."""

from pathlib import Path

import numpy as np

TRAIN, SAMPLE, TEST = 40, 10, 120
SECRET = 0.918273
"""The size of the first hidden cell, by which a test knows hidden data where it sees them."""


def build(public: Path, hidden: Path, sample: Path, /) -> bytes:
    """Write train.csv, and test.csv hidden and as a sample of other cells; give the truth."""
    rng = np.random.default_rng(11)
    count = TRAIN + SAMPLE + TEST
    abnormal = rng.integers(0, 2, count)
    sizes = np.round(abnormal + rng.normal(0, 1.5, count), 4)
    sizes[TRAIN + SAMPLE] = SECRET
    ids = [f"c{number:03}" for number in range(count)]
    rows = [f"{name},{size}" for name, size in zip(ids, sizes, strict=True)]
    learn = [f"{row},{label}" for row, label in zip(rows[:TRAIN], abnormal, strict=False)]
    (public / "train.csv").write_text("\n".join(["cell_id,size,abnormal", *learn, ""]))
    (sample / "test.csv").write_text("\n".join(["cell_id,size", *rows[TRAIN:-TEST], ""]))
    (hidden / "test.csv").write_text("\n".join(["cell_id,size", *rows[-TEST:], ""]))
    lines = [
        f"{ids[place]},{'public' if place % 2 else 'private'},{abnormal[place]}\n"
        for place in range(TRAIN + SAMPLE, count)
    ]
    return ("cell_id,usage,abnormal\n" + "".join(lines)).encode()
