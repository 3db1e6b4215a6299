"""How often the pre-flight stops a challenge, or warns of it, that has no leak at all."""

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng
from scipy.stats import beta

from bench.coverage import WORKERS
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Finding, Severity
from tests.unit.preflight.small import document

DRAWS = 200
"""Challenges of each kind."""

PART = 10
VISITS = 6
STAGES = ["mild", "middling", "severe"]
TASKS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "yes or no": (
        "auroc",
        {"label": "ill", "score": "told"},
        {"type": "float"},
    ),
    "classes": (
        "macro_f1",
        {"label": "stage", "predicted": "told", "classes": STAGES},
        {"type": "label", "classes": STAGES},
    ),
    "an amount": (
        "rmse",
        {"value": "cost", "predicted": "told"},
        {"type": "float"},
    ),
    "time to an event": (
        "harrell_c",
        {"event": "died", "time": "time", "risk": "told"},
        {"type": "float"},
    ),
}
"""By what is asked: the metric, its params, and the type of the column that is predicted."""

ANSWERS = {"yes or no": ["ill"], "classes": ["stage"], "an amount": ["cost"]}
ANSWERS["time to an event"] = ["died", "time"]

Row = dict[str, object]


def measure() -> Iterator[str]:
    """Draw sound challenges of each kind, and count those that are stopped, and warned of."""
    yield f"| what is asked | {DRAWS} challenges: stopped | warned of or stopped | by |"
    yield "| --- | ---: | ---: | --- |"
    total: Counter[str] = Counter()
    for kind in TASKS:
        parts = [(kind, range(first, first + PART)) for first in range(0, DRAWS, PART)]
        found: Counter[str] = Counter()
        with ProcessPoolExecutor(WORKERS) as pool:
            for done in pool.map(_of_part, parts):
                found += done
        total += found
        yield _line(kind, found, draws=DRAWS)
    yield _line("all", total, draws=DRAWS * len(TASKS))


def _line(kind: str, found: Counter[str], *, draws: int) -> str:
    shares = [
        f"{found[name]} (≤ {100 * beta.ppf(0.95, found[name] + 1, draws - found[name]):.1f} %)"
        for name in ("stopped", "warned")
    ]
    codes = ", ".join(f"{n} {code}" for code, n in sorted(found.items()) if "_" in code)
    return f"| {kind} | {' | '.join(shares)} | {codes} |"


def _of_part(part: tuple[str, range], /) -> Counter[str]:
    kind, numbers = part
    found: Counter[str] = Counter()
    for number in numbers:
        told = findings(kind, seed=number)
        found.update({finding.code for finding in told})
        found["stopped"] += any(finding.severity is Severity.BLOCK for finding in told)
        found["warned"] += bool(told)
    return found


def findings(kind: str, /, *, seed: int) -> list[Finding]:
    """Give what the pre-flight finds in a sound challenge of a kind, drawn from a seed."""
    rng = default_rng([sorted(TASKS).index(kind), seed])
    asked = int(rng.integers(60, 400))
    people = [_person(rng) for _ in range(3 * asked)]
    answers = ANSWERS[kind]
    test, train = people[:asked], people[asked:]
    with tempfile.TemporaryDirectory(prefix="sound-challenge-") as temporary:
        public, hidden = Path(temporary, "public"), Path(temporary, "input")
        for folder in (public, hidden):
            folder.mkdir()
        _write(public / "train.csv", train, leave={"usage", *OUTCOMES} - set(answers))
        _write(public / "test.csv", test, leave={"usage", *OUTCOMES})
        _write(Path(temporary, "truth.csv"), test, leave=COVARIATES)
        report = check(
            _definition(kind),
            public=public,
            hidden=hidden,
            sample=hidden,
            truth=Path(temporary, "truth.csv").read_bytes(),
        )
    return list(report.findings)


def _person(rng: Generator) -> Row:
    """Draw a person: visits and empty cells have nothing to do with what becomes of them."""
    bad = rng.normal()
    age, visits = int(rng.integers(30, 90)), int(rng.integers(1, VISITS + 1))
    values = rng.lognormal(0.3 * bad, 0.5, VISITS)
    weighed = rng.random() < 0.8  # noqa: PLR2004 -- of all
    start = int(rng.integers(24 * 60))
    return {
        "id": f"{rng.integers(1 << 48):012x}",
        "usage": ("public", "private")[int(rng.integers(2))],
        "age": age,
        "sex": "fm"[int(rng.integers(2))],
        "weight": f"{rng.normal(75 + 5 * bad, 12):.1f}" if weighed else "",
        "drawn": f"2026-01-{rng.integers(1, 29):02d}T{start // 60:02d}:{start % 60:02d}",
        **{f"age_v{k + 1}": age + k if k < visits else "" for k in range(VISITS)},
        **{f"crp_v{k + 1}": f"{values[k]:.2f}" if k < visits else "" for k in range(VISITS)},
        "ill": int(rng.random() < 1 / (1 + np.exp(2 - bad))),
        "stage": STAGES[int(np.searchsorted((-0.5, 1), bad + rng.normal()))],
        "cost": round(float(rng.lognormal(6 + 0.5 * bad, 1)), 2),
        "died": int(rng.random() < 0.15),  # noqa: PLR2004 -- a share
        "time": round(float(rng.exponential(5 * np.exp(-0.4 * bad))) + 0.01, 2),
    }


OUTCOMES = {"ill", "stage", "cost", "died", "time"}
COVARIATES = {"age", "sex", "weight", "drawn"} | {
    f"{name}_v{visit}" for name in ("age", "crp") for visit in range(1, VISITS + 1)
}


def _write(path: Path, rows: Sequence[Row], *, leave: set[str]) -> None:
    with path.open("w", newline="") as file:
        names = [name for name in rows[0] if name not in leave]
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _definition(kind: str) -> ChallengeDefinition:
    metric, params, column = TASKS[kind]
    scored = {"key": "m", "metric": metric, "params": params, "primary": True}
    return ChallengeDefinition.model_validate(
        document(metrics=[scored], predicted={"told": column})
    )
