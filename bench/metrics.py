"""How fast every metric is under 1,000 resamples: beside its reference, and beside one value."""

import contextlib
import io
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.random import default_rng

from bench.cases import binary, detection, survival
from bench.cases.case import Case, Drawn
from bench.cases.every import CASES
from bench.clock import medians
from bench.evaluation import Files, is_tabular
from bench.page import machine, table
from scorers.uncertainty.resampling import draw_weights

RESAMPLES = 1_000
LOOPS = 20
"""Times that a reference is called; a thousand are reckoned from them."""

PEOPLE = 10_000
MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Speed:
    """The seconds of one metric on some rows: a value, 1,000 resamples of it, and a reference's.

    Neither side counts the drawing of resamples, of which a challenge has one for all its metrics.
    `result` has all that the platform does for a file, the drawing included, and `evaluation` the
    same with one resample. What was not measured is NaN.
    """

    rows: int
    point: float
    resampled: float
    reference: float = np.nan
    evaluation: float = np.nan
    result: float = np.nan

    @property
    def per_point(self) -> float:
        """1,000 resamples in values of the metric."""
        return self.resampled / self.point

    @property
    def per_evaluation(self) -> float:
        """A result with 1,000 resamples in results without."""
        return self.result / self.evaluation

    @property
    def gain(self) -> float:
        """How many times faster 1,000 resamples are than 1,000 calls of the reference."""
        return RESAMPLES * self.reference / (self.point + self.resampled)


def measure() -> Iterator[str]:
    """Time all metrics, and give the lines of the page."""
    yield machine()
    yield ""
    yield from table(["what", "beside", "target", "measured"], _targets())
    yield ""
    header = ["metric", "rows", "resamples / value", "result / evaluation", "reference / ours"]
    yield from table(header, (_row(case) for case in CASES.values()))


def _row(case: Case, /) -> list[str]:
    speed = speed_of(case)
    told = [speed.per_point, speed.per_evaluation, speed.gain]
    return [f"`{case.key}`", f"{speed.rows:,}", *(_ratio(number) for number in told)]


def _ratio(number: float) -> str:
    if np.isnan(number):
        return "-"
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"  # noqa: PLR2004 -- two digits


def speed_of(case: Case, /, *, rows: int | None = None) -> Speed:
    """Time a case on its rows, or on as many as are said."""
    rng = default_rng(1)
    count = rows or case.rows
    drawn = case.draw(rng, count)
    measured = case.measure(drawn)
    chunks = list(draw_weights(count, resamples=RESAMPLES, seed=1, stream=1))

    def resample() -> None:
        for weights in chunks:
            measured.under(weights)

    point, resampled = medians(lambda: case.ours(drawn), resample, runs=3)
    speed = Speed(rows=count, point=point, resampled=resampled)
    if case.reference and case.looped:
        speed = replace(speed, reference=_reference(case, drawn))
    if is_tabular(drawn):
        one, many = (Files.of(case, drawn, resamples=size) for size in (1, RESAMPLES))
        evaluation, result = medians(one.score, many.score, runs=3)
        speed = replace(speed, evaluation=evaluation, result=result)
    return speed


def _reference(case: Case, drawn: Drawn, /) -> float:
    """Return the median seconds of the reference on some resamples, which are made before."""
    rng = default_rng(2)
    count = len(next(iter(drawn.truth.values())))
    taken = iter([drawn.taken(rng.integers(0, count, count)) for _ in range(LOOPS)])
    [seconds] = medians(lambda: case.theirs(next(taken)), runs=LOOPS)
    return seconds


def _targets() -> Iterator[list[str]]:
    """Give what the project promises of speed."""
    for rows, target in ((500, 100), (2_000, 40)):
        yield _against(CASES["harrell_c"], target=target, rows=rows)
    yield ["`harrell_c`, 10,000 people, peak memory", "-", "< 1,024 MiB", f"{_peak():,.0f} MiB"]
    even = replace(CASES["average_precision"], draw=binary.draw_even)
    yield _against(CASES["auroc"], target=50)
    yield _against(CASES["average_precision"], target=50)
    yield _against(even, target=50, about=", one half positive")
    yield _against(CASES["macro_f1"], target=50, about=", 23 classes")
    yield _against(CASES["weighted_kappa"], target=50, about=", quadratic")
    yield _against(CASES["mean_cost"], target=50)
    yield from _floor()
    yield from _detection()
    speed = speed_of(CASES["cytologia_giou_f1"])
    ratio = (speed.resampled + speed.point) / speed.point
    what = "`cytologia_giou_f1`, 22,689 leukocytes, 1,000 resamples"
    yield [what, "one evaluation", "≤ 10, ≤ 5 s", f"{ratio:.1f}, {speed.resampled:.2f} s"]


def _against(case: Case, /, *, target: int, rows: int | None = None, about: str = "") -> list[str]:
    speed = speed_of(case, rows=rows)
    what = f"`{case.key}`{about}, 1,000 resamples of {speed.rows:,} rows"
    return [what, "the reference, looped", f"≥ {target} times faster", f"{speed.gain:.0f}"]


def _floor() -> Iterator[list[str]]:
    """Compare values of one pass with what no resampling can do without: to look at each weight."""
    rows = CASES["mae"].rows
    chunks = list(draw_weights(rows, resamples=RESAMPLES, seed=1, stream=1))

    def look() -> None:
        for weights in chunks:
            weights.copy()

    for key in ("mae", "brier", "ordinal_mae"):
        case = CASES[key]
        drawn = case.draw(default_rng(1), rows)
        point, copied = medians(partial(case.ours, drawn), look)
        what = f"a copy of the weights of 1,000 resamples of {rows:,} rows"
        yield [what, f"a value of `{key}`", "-", _ratio(copied / point)]


def _detection() -> Iterator[list[str]]:
    """Compare with faster-coco-eval, which is given what it has read and indexed before."""
    case = replace(CASES["detection_map"], draw=detection.draw_many)
    drawn = case.draw(default_rng(1), case.rows)
    theirs = _faster_coco(drawn)
    ours, reference = medians(lambda: case.ours(drawn), theirs)
    images = f"{case.rows:,} images"
    what = f"`detection_map`, value of {images}"
    yield [what, "faster-coco-eval", "≤ 1.5 of its time", f"{ours / reference:.2f}"]
    resampled = speed_of(case).resampled
    what = f"`detection_map`, 1,000 resamples of {images}"
    yield [what, "a value", "≤ 10 of its time", f"{resampled / ours:.1f}"]


def _faster_coco(drawn: Drawn, /) -> Callable[[], object]:
    """Return the evaluation by faster-coco-eval."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(detection.coco_dataset(drawn.truth))
        found = truth.loadRes(detection.coco_annotations(drawn.prediction))

    def run() -> None:
        evaluation = COCOeval_faster(truth, found, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()

    return run


def _peak() -> float:
    """Return the MiB that a process of its own needs for 1,000 resamples of Harrell's C."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(peak_of_harrell).result() / MEBIBYTE


def peak_of_harrell() -> int:
    """Evaluate the resamples as the platform does, and return the most bytes held."""
    case = next(case for case in survival.CASES if case.key == "harrell_c")
    measured = case.measure(case.draw(default_rng(1), PEOPLE))
    for weights in draw_weights(PEOPLE, resamples=RESAMPLES, seed=1, stream=1):
        measured.under(weights)
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
