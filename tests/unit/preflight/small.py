"""Small challenges, sound and leaky, as their recipes would make them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Rows = list[dict[str, Any]]
TEXT = {"en": "text", "fr": "texte"}


def document(
    *, metrics: Sequence[Mapping[str, Any]], predicted: Mapping[str, Any], **data: Any
) -> dict[str, Any]:
    """Give a challenge.yaml with these metrics and columns to predict."""
    return {
        "schema": "challenge/1",
        "slug": "small",
        "title": TEXT,
        "pages": {"overview": TEXT, "data": TEXT, "rules": TEXT},
        "agreement": {"version": "1", "file": TEXT},
        "data": {
            "recipe": "data.py",
            "public": ["train.csv", "test.csv"],
            "truth": "truth.csv",
            "unit": "id",
            "split": "usage",
            **data,
        },
        "submission": {
            "kinds": ["predictions"],
            "file": "predictions.csv",
            "ids": "test.csv",
            "id": "id",
            "columns": predicted,
        },
        "scoring": {"metrics": metrics},
        "phases": [{"key": "one", "opens": "2026-01-01T00:00:00Z", "limit": {"n": 5}}],
    }


def csv_text(rows: Rows) -> str:
    """Write rows as CSV."""
    lines = [",".join(rows[0]), *(",".join(str(cell) for cell in row.values()) for row in rows)]
    return "\n".join(lines) + "\n"


SURVIVAL = [
    {
        "key": "c_death",
        "metric": "harrell_c",
        "params": {"event": "death", "time": "death_time", "risk": "risk"},
        "primary": True,
    }
]


def cohort(*, leaky: bool, people: int = 1200, seed: int = 3) -> Rows:
    """Make people with yearly visits, of whom some die.

    Leaky is what ANNITIA was: visits go on until death or the end, the dead stand earlier in the
    file, and the age at death is written beside visits of a later age. Else visits are those of the
    first three years, and who dies in these is left out, as at a landmark.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    rows: Rows = []
    while len(rows) < people:
        start, watched = int(rng.integers(30, 70)), int(rng.integers(4, 20))
        dies = bool(rng.random() < 0.15)
        end = int(rng.integers(4, 8)) if dies else watched
        last = end if leaky else 3
        rows.append(
            {"id": f"q{rng.integers(1 << 40):010x}", "sex": int(rng.integers(2))}
            | {f"Age_v{turn + 1}": start + turn if turn < last else "" for turn in range(19)}
            | {f"bmi_v{turn + 1}": 25 + turn % 3 if turn < last else "" for turn in range(19)}
            | {"death": int(dies), "death_time": end}
            | {"death_age_occur": start + end - (2 if leaky else 0) if dies else ""}
        )
    order = rng.random(len(rows)) - (0.25 * np.array([row["death"] for row in rows]) * leaky)
    return [rows[place] for place in np.argsort(order, kind="stable")]
