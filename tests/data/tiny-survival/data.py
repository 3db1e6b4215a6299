"""The recipe of a challenge that only tests use: 120 patients from a seeded generator."""

from pathlib import Path

import numpy as np

PATIENTS = 120


def build(public: Path, /) -> bytes:
    """Write test.csv into `public` and give the truth table."""
    rng = np.random.default_rng(7)
    times = rng.integers(1, 400, PATIENTS)
    events = rng.integers(0, 2, PATIENTS)
    ids = [f"p{number:03}" for number in range(PATIENTS)]
    (public / "test.csv").write_text("patient_id\n" + "".join(f"{name}\n" for name in ids))
    lines = [
        f"{name},{'public' if number % 2 else 'private'},{events[number]},{times[number]}\n"
        for number, name in enumerate(ids)
    ]
    return ("patient_id,usage,event,time\n" + "".join(lines)).encode()
