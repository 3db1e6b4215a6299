"""The recipe of a challenge that only tests use: rules about features, audited on hidden cells."""

from pathlib import Path

import numpy as np

HEADER = "cell_id,age,stain,gene1,gene2,gene3"
SAMPLE, TEST = 10, 60


def build(public: Path, hidden: Path, sample: Path, /) -> bytes:
    """Write train.csv, and test.csv hidden and as a sample of other cells; give the truth."""
    rng = np.random.default_rng(7)
    count = SAMPLE + TEST
    values = np.column_stack([rng.integers(20, 80, (count, 2)), rng.integers(0, 3, (count, 3))])
    rows = [",".join([f"c{place:03}", *map(str, row)]) for place, row in enumerate(values.tolist())]
    for folder, name, part in (
        (public, "train.csv", rows[:SAMPLE]),
        (sample, "test.csv", rows[:SAMPLE]),
        (hidden, "test.csv", rows[SAMPLE:]),
    ):
        (folder / name).write_text("\n".join([HEADER, *part, ""]))
    lines = [
        f"c{place:03},{'public' if place % 2 else 'private'},{int(values[place, 0] > 50)}\n"
        for place in range(SAMPLE, count)
    ]
    return ("cell_id,usage,abnormal\n" + "".join(lines)).encode()
