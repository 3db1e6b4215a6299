"""A score is the same bytes again, and on other processors and threads as far as it says so."""

import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.answers import Answers, Asked
from bench.cases.every import CASES
from scorers.definition import Task
from scorers.registry import get_metric
from scorers.request import write_request
from scorers.uncertainty.resampling import draw_weights

ROOT = Path(__file__).parents[3]
ROWS, IMAGES = 301, 21
"""Odd, so that what processors take together leaves a rest; of images and documents fewer."""

RESAMPLES = 100
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
FOUND: list[str] = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
"""The extensions of this processor that NumPy uses, the oldest first."""

KERNELS = ["Prescott", "Haswell"]
if "X86_V4" in FOUND:
    KERNELS.append("SkylakeX")
"""Generations of processors for which OpenBLAS has other programs, that this one can run."""


def environment(*, threads: int, kernel: str | None = None, without: int = 0) -> dict[str, str]:
    """Pretend to be another machine; `without` leaves out so many of NumPy's extensions."""
    told = dict.fromkeys(THREADS, str(threads))
    if kernel:
        told["OPENBLAS_CORETYPE"] = kernel
    if without:
        told["NPY_DISABLE_CPU_FEATURES"] = " ".join(FOUND[-without:])
    return told


HERE = environment(threads=1)
MACHINES = [
    *(
        environment(threads=1 + number % 2, kernel=kernel, without=number % (len(FOUND) + 1))
        for number, kernel in enumerate(reversed(KERNELS))
    ),
    environment(threads=2, kernel=KERNELS[-1], without=len(FOUND)),
]


def run(module: str, request: bytes, /, *, machine: dict[str, str]) -> bytes:
    command = [sys.executable, "-m", *module.split()]
    plain = {name: value for name, value in os.environ.items() if name not in THREADS}  # noqa: TID251 -- a program inherits its environment
    done = subprocess.run(
        command, input=request, env=plain | machine, cwd=ROOT, capture_output=True, check=True
    )
    return done.stdout


def asked() -> list[Asked]:
    """Draw the columns of every case, once for those that are drawn alike."""
    alike: dict[Any, list[str]] = {}
    for key, case in CASES.items():
        rows = ROWS if case.rows > IMAGES and case.looped else IMAGES
        alike.setdefault((case.draw, rows), []).append(key)
    questions = []
    for (draw, rows), keys in alike.items():
        [weights] = draw_weights(rows, resamples=RESAMPLES, seed=1, stream=1)
        drawn = draw(np.random.default_rng(rows), rows)
        asked_of = [CASES[key].question for key in keys]
        questions.append(Asked(questions=asked_of, drawn=drawn, weights=weights))
    return questions


@pytest.fixture(scope="module")
def answers() -> list[Answers]:
    """Evaluate every metric here, here again, and on each of the machines."""
    request = pickle.dumps(asked())
    with ThreadPoolExecutor(max_workers=2) as pool:
        told = pool.map(
            lambda machine: run("bench.answers", request, machine=machine),
            [HERE, HERE, *MACHINES],
        )
        return [pickle.loads(one) for one in told]  # noqa: S301 -- from the program above


def test_a_second_run_gives_every_metric_the_same_bytes(answers: list[Answers]) -> None:
    first, second, *_ = answers

    assert {key for key in CASES if first[key].tobytes() != second[key].tobytes()} == set()


def test_metrics_of_counts_have_the_same_bytes_on_every_machine(answers: list[Answers]) -> None:
    exact = [key for key in CASES if get_metric(key).exact]
    here, _, *others = answers

    differ = {
        key for key in exact for other in others if here[key].tobytes() != other[key].tobytes()
    }

    assert len(exact) > len(CASES) / 2
    assert differ == set()


@pytest.mark.parametrize("key", [key for key in CASES if not get_metric(key).exact])
def test_all_other_metrics_agree_to_twelve_digits(key: str, answers: list[Answers]) -> None:
    here, _, *others = answers

    for other in others:
        np.testing.assert_allclose(other[key], here[key], rtol=1e-12, atol=1e-15)


def test_what_is_asked_has_values(answers: list[Answers]) -> None:
    """Bytes of what is undefined would be equal anywhere."""
    assert {key for key, told in answers[0].items() if not np.isfinite(told).mean() > 0.9} == set()
    assert {key for key, told in answers[0].items() if len(set(told.tolist())) < 3} == set()


def test_a_request_has_the_same_answer_again_and_the_same_scores_on_another_machine(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    request = write_request(task, truth=truth, predictions=predictions, seed=7)

    first, second, other = (
        json.loads(run("scorers serve", request, machine=machine))
        for machine in (HERE, HERE, MACHINES[-1])
    )

    for answer in (first, second, other):
        assert answer.pop("timings")["resample"] > 0
        assert answer.pop("environment")["threads"] > 0
    assert json.dumps(first) == json.dumps(second)
    assert first["reproducibility"] == other["reproducibility"] == "same-bytes"
    for name, here in first["splits"].items():
        there = other["splits"][name]
        assert here["resamples"] == there["resamples"]
        for key, score in here["metrics"].items():
            assert score["value"] == there["metrics"][key]["value"]
            assert score["interval"] == pytest.approx(there["metrics"][key]["interval"], rel=1e-12)
