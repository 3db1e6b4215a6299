"""Probes of the scorer: submissions whose score, or whose refusal, is known beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite, isnan
from time import perf_counter

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from challenge_platform.preflight.bench import Bench, Values, draws, reordered
from challenge_platform.preflight.families.family import Answer
from challenge_platform.preflight.finding import Finding, Probe, Severity
from challenge_platform.preflight.writing import (
    archive_files,
    can_write,
    write_archive,
    write_file,
)
from scorers.predictions.table import InvalidPredictions, ProblemCode, read_predictions

SEED = 20_260
"""Of all random submissions: two pre-flights of the same files say the same."""

TIMES, FEWEST_TIMES = 50, 10
"""Random submissions, and shuffled ones, that are scored; and how many where each takes long."""

SECONDS = 3.0
"""What random submissions may take, about."""

CLOSE = 1e-9
"""What counts as equal to the end of a metric's range."""

NEAR = 0.5
"""Of the way from chance to perfect: from there on a shuffled submission is too good."""


@dataclass(frozen=True, kw_only=True)
class Chance:
    """The scores of random submissions, by metric, and that of the perfect one."""

    drawn: dict[str, NDArray[np.float64]]
    perfect: Values

    def middle(self, key: str, /) -> float:
        """Give the mean of the random scores, NaN if there is none."""
        defined = self.drawn[key][np.isfinite(self.drawn[key])]
        return float(defined.mean()) if len(defined) else float("nan")


def probe_scores(bench: Bench, /) -> tuple[list[Finding], list[Probe]]:
    """Score what is perfect, inverted, constant, random and shuffled; look at each metric."""
    findings = [_not_probed(key) for key in bench.unknown]
    perfect = bench.answer(lambda family: family.perfect())
    if bench.unknown or perfect is None:
        return findings, []
    if (refused := _perfect_refusal(bench, perfect)) is not None:
        return [*findings, _perfect_refused(bench, str(refused))], []
    rng = default_rng(SEED)
    started = perf_counter()
    best = bench.values(perfect)
    affordable = int(SECONDS / max(perf_counter() - started, 1e-9))
    times = min(TIMES, max(FEWEST_TIMES, affordable))
    chance = Chance(drawn=draws(bench, rng, times=times), perfect=best)
    shuffles = [
        bench.values(reordered(perfect, rng.permutation(len(bench.truth.ids))))
        for _ in range(times)
    ]
    probes: list[Probe] = []
    for key in bench.keys:
        shuffled = np.array([each[key] for each in shuffles])
        found, tried = _of_metric(bench, key, chance=chance, shuffled=shuffled)
        findings += found
        probes += tried
    refused_findings, refused_probes = _refusals(bench, perfect)
    return findings + refused_findings, probes + refused_probes


def _of_metric(
    bench: Bench, key: str, *, chance: Chance, shuffled: NDArray[np.float64]
) -> tuple[list[Finding], list[Probe]]:
    """Compare what one metric says of the submissions with what it should."""
    better = bench.direction(key)
    best = bench.scoring.ranges[key][1 if better == "maximize" else 0]
    perfect, middle = chance.perfect[key], chance.middle(key)
    inverted = _value(bench, bench.answer(lambda family: family.inverted()), key)
    constant = _value(bench, bench.answer(lambda family: family.constant()), key)
    mean_shuffled = float(np.nanmean(shuffled)) if np.isfinite(shuffled).any() else float("nan")
    plain = middle  # of amounts of which few are large, a constant is better than any at random
    if constant is not None and better.gain(constant, middle) > 0:
        plain = constant
    severity = Severity.BLOCK if key == bench.primary else Severity.WARN
    checks = (
        ("perfect", perfect, f"the best value, {best:g}", _is_best(perfect, best)),
        (
            "inverted",
            inverted,
            f"worse than random, {middle:.4g}",
            inverted is None or isnan(inverted) or better.gain(middle, inverted) > 0,
        ),
        (
            "constant",
            constant,
            "recorded, short of perfect",
            constant is None or isnan(constant) or better.gain(perfect, constant) > CLOSE,
        ),
        ("random", middle, "recorded, short of perfect", better.gain(perfect, middle) > CLOSE),
        (
            "shuffled",
            mean_shuffled,
            f"nearer to chance, {plain:.4g}, than to perfect",
            not better.gain(mean_shuffled, plain) > NEAR * better.gain(perfect, plain),
        ),
    )
    probes = [
        Probe(name=name, metric=key, score=_told(score), expected=expected, holds=bool(holds))
        for name, score, expected, holds in checks
        if score is not None
    ]
    return [_wrong(probe, severity=severity) for probe in probes if not probe.holds], probes


def _is_best(perfect: float, best: float) -> bool:
    if isnan(perfect):
        return False
    return not isfinite(best) or abs(perfect - best) <= CLOSE


def _value(bench: Bench, answer: Answer | None, key: str) -> float | None:
    return None if answer is None else bench.values(answer)[key]


def _told(score: float | None) -> float | None:
    return None if score is None or isnan(score) or abs(score) == inf else score


def _wrong(probe: Probe, *, severity: Severity) -> Finding:
    scored = "has no value" if probe.score is None else f"scores {probe.score:.4g}"
    return Finding(
        code=f"{probe.name}_score",
        severity=severity,
        about=probe.metric,
        message=f"the {probe.name} submission {scored} by {probe.metric}; expected "
        f"{probe.expected}",
        repair="check the metric's params, direction and classes, and the truth's columns, against "
        "each other: labels inverted, a wrong column and a wrong order of classes show so",
    )


def _not_probed(key: str) -> Finding:
    return Finding(
        code="not_probed",
        severity=Severity.WARN,
        about=key,
        message=f"no submission can be made of the truth for {key}: its scores were not probed",
        repair="score a perfect and a worthless submission by hand, and accept this finding",
    )


def _perfect_refused(bench: Bench, why: str) -> Finding:
    return Finding(
        code="perfect_refused",
        severity=Severity.BLOCK,
        about=bench.primary,
        message=f"a submission that says what the truth says is refused: {why}",
        repair="let submission.columns allow every value that the truth has",
    )


def _perfect_refusal(bench: Bench, perfect: Answer) -> InvalidPredictions | None:
    """Send the perfect submission as a file, if it can be written."""
    file = _perfect_file(bench, perfect)
    return None if file is None else _refusal(bench, file)


def _perfect_file(bench: Bench, perfect: Answer) -> bytes | None:
    submission = bench.task.submission
    if not can_write(submission):
        return None
    try:
        return write_file(perfect, submission=submission, ids=bench.truth.ids)
    except ValueError:  # of a unit that has objects, one thing is said and not one of each
        return None


def _refusal(bench: Bench, data: bytes) -> InvalidPredictions | None:
    try:
        read_predictions(
            data,
            submission=bench.task.submission,
            ids=bench.truth.ids,
            scoring=bench.task.scoring,
        )
    except InvalidPredictions as refused:
        return refused
    return None


def _refusals(bench: Bench, perfect: Answer) -> tuple[list[Finding], list[Probe]]:
    """Send files that must be refused, and look for the reason."""
    findings, probes = [], []
    for name, data, expected in _broken_files(bench, perfect):
        refused = _refusal(bench, data)
        codes = {problem.code for problem in refused.problems} if refused else set()
        holds = bool(codes & expected)
        wanted = " or ".join(sorted(expected))
        probes.append(
            Probe(
                name=name,
                metric="(validator)",
                score=None,
                expected=f"refused: {wanted}",
                holds=holds,
            )
        )
        if not holds:
            told = ", ".join(sorted(codes)) or "accepted"
            findings.append(
                Finding(
                    code=f"{name}_accepted",
                    severity=Severity.BLOCK,
                    about=bench.task.submission.file,
                    message=f"a {name.replace('_', ' ')} file is {told}; expected {wanted}",
                    repair="give every column of submission.columns a type that refuses it",
                )
            )
    return findings, probes


def _broken_files(
    bench: Bench, perfect: Answer
) -> Iterator[tuple[str, bytes, frozenset[ProblemCode]]]:
    """Yield a file each that is truncated, has an id twice and holds a NaN.

    Where a row is an object of an id, rows may be missing and ids be there twice: what is truncated
    ends within a row.
    """
    submission = bench.task.submission
    if (data := _perfect_file(bench, perfect)) is None:
        return
    if submission.format == "archive":
        files = archive_files(perfect, submission=submission, ids=bench.truth.ids)
        some = dict(list(files.items())[: len(files) // 2])
        yield "truncated", write_archive(some), frozenset({ProblemCode.MISSING_FILE})
        return
    lines = data.decode().splitlines(keepends=True)
    if submission.objects is not None and len(lines) > 1:
        cut = data[: -1 - len(lines[-1].partition(",")[2])]
        yield "truncated", cut, frozenset({ProblemCode.WRONG_CELL_COUNT})
    if submission.objects is None:
        half = 1 + (len(lines) - 1) // 2
        yield "truncated", "".join(lines[:half]).encode(), frozenset({ProblemCode.MISSING_ID})
        twice = frozenset({ProblemCode.DUPLICATE_ID})
        yield "duplicate_id", "".join([*lines[:-1], lines[1]]).encode(), twice
    typed = [name for name, column in submission.columns.items() if column.type != "codes"]
    if not typed or len(lines) < 2:  # noqa: PLR2004 -- a header and a row
        return
    cells = lines[1].rstrip("\n").split(",")
    cells[1 + list(submission.columns).index(typed[0])] = "NaN"
    nan = {ProblemCode.NOT_FINITE, ProblemCode.NOT_A_NUMBER, ProblemCode.UNKNOWN_LABEL}
    nan.add(ProblemCode.NOT_AN_INTEGER)
    yield "nan", "".join([lines[0], ",".join(cells) + "\n", *lines[2:]]).encode(), frozenset(nan)
