"""Simulated data for each family of metrics, drawn from populations whose true score is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from scorers.metric import Columns, Measure, Metric
from scorers.registry import get_metric
from scorers.weighted.per_row import MeanOfRows

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

SEED = 2026
NORMAL = NormalDist()

ALIKE = 0.3
"""Share of the variance, of truth and of errors, that the rows of a patient have in common."""

ROWS_OF_A_PATIENT = 3
"""Rows of a patient on average, where patients have several: 1 and more, geometric."""

MANY = 1_000_000
"""Rows by which a true score is found to three digits."""

SPARE = 4
"""So many times the patients that are needed are drawn to have enough of each stratum."""

PAIRED = 20_000
"""Rows drawn at a time for metrics that compare pairs of rows."""

CLASSES = (0, 1, 2, 3)
CLASS_SHARES = (0.4, 0.3, 0.2, 0.1)
COSTS = ((0, 0.2, 0.5, 1), (0.2, 0, 0.2, 0.5), (0.5, 0.2, 0, 0.2), (1, 0.5, 0.2, 0))
MISSED = 0.05
"""Share of the images in which nothing is found."""

TIMES = (1.0, 2.0, 3.0)
"""Years at which survival is predicted."""

CURVES = tuple(f"s{index}" for index, _ in enumerate(TIMES))
SKILLS = (0.5, 0.9)
"""Correlations of what a poor and a good team tells with the truth."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A hidden truth and a prediction; `unit_of_row` numbers the patient of each row."""

    truth: Columns
    prediction: Columns
    unit_of_row: Rows
    units: int


Draw = Callable[[Rows, Generator], tuple[Columns, Columns]]
"""Makes truth and prediction of rows whose patients are given."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A metric with its params, on the columns of a population; `name` says which population."""

    name: str
    metric: str
    params: Mapping[str, Any]

    @property
    def installed(self) -> Metric:
        """The metric."""
        metric = get_metric(self.metric)
        assert isinstance(metric, Metric)  # noqa: S101 -- combinations are of other metrics
        return metric

    def measure(self, sample: Sample, /) -> Measure:
        """Apply the metric to a sample."""
        if self.metric == DICE:  # of values, for it is the mean of them that is resampled
            values = sample.prediction["dice"]
            return MeanOfRows(rows=np.arange(len(values)), values=values)
        return self.installed.measure(sample.truth, sample.prediction, **self.params)


@dataclass(frozen=True, kw_only=True)
class Population:
    """What samples are drawn from, and the metrics that are measured on them.

    `pairs` says that these compare pairs of rows; `strata` is the truth column to stratify by, of
    0 and 1, and `share` that of the ones.
    """

    draw: Draw
    families: tuple[Family, ...]
    pairs: bool = False
    strata: str | None = None
    share: float = 0.0

    def sample(self, units: int, /, *, clustered: bool = False, rng: Generator) -> Sample:
        """Draw so many patients, each with one row or, if `clustered`, with several."""
        rows = rng.geometric(1 / ROWS_OF_A_PATIENT, units) if clustered else np.ones(units, int)
        unit_of_row = np.repeat(np.arange(units), rows)
        truth, prediction = self.draw(unit_of_row, rng)
        return Sample(truth=truth, prediction=prediction, unit_of_row=unit_of_row, units=units)

    def fixed_sample(self, units: int, /, *, rng: Generator) -> Sample:
        """Draw so many patients, of whom as many are of each stratum as there should be."""
        assert self.strata is not None  # noqa: S101 -- asked of populations that have strata
        drawn = self.sample(SPARE * units, rng=rng)
        column = drawn.truth[self.strata]
        rows = [np.flatnonzero(column == stratum) for stratum in (0, 1)]
        events = round(units * self.share)
        kept = np.concatenate([rows[0][: units - events], rows[1][:events]])
        return Sample(
            truth={name: cells[kept] for name, cells in drawn.truth.items()},
            prediction={name: cells[kept] for name, cells in drawn.prediction.items()},
            unit_of_row=np.arange(units),
            units=units,
        )

    def true_scores(self) -> list[float]:
        """Give each metric on infinitely many patients: rows are alike in clusters or not."""
        rng = default_rng(SEED)
        size = PAIRED if self.pairs else MANY
        drawn = [self.sample(size, rng=rng) for _ in range(MANY // size)]
        return [
            float(np.mean([family.measure(sample).value for sample in drawn]))
            for family in self.families
        ]


DICE = "dice"


def noise(unit_of_row: Rows, rng: Generator, /) -> Floats:
    """Draw standard normal numbers, alike for rows of one patient."""
    own = rng.normal(size=len(unit_of_row))
    if unit_of_row[-1] + 1 == len(unit_of_row):
        return own
    common: Floats = rng.normal(size=unit_of_row[-1] + 1)[unit_of_row]
    alike: Floats = np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * own
    return alike


def binary(*, share: float, apart: float) -> Draw:
    """Draw labels of which `share` are 1, and probabilities from a marker that is `apart` for them.

    The marker is normal within both classes (so that the area under the ROC curve is
    Phi(apart / sqrt 2)), and its probabilities are a little too sure: their log odds are 1.2 times
    what they should be.
    """
    threshold = NORMAL.inv_cdf(1 - share)
    odds = np.log(share / (1 - share))

    def draw(unit_of_row: Rows, rng: Generator) -> tuple[Columns, Columns]:
        label = (noise(unit_of_row, rng) > threshold).astype(float)
        marker = apart * label + noise(unit_of_row, rng)
        logit = 1.2 * (odds + apart * marker - apart * apart / 2)
        return {"label": label}, {"p": 1 / (1 + np.exp(-logit))}

    return draw


def ordinal(*, skill: float) -> Draw:
    """Draw one of four classes, and a guess whose underlying number correlates by `skill`."""
    cuts = np.array([NORMAL.inv_cdf(share) for share in np.cumsum(CLASS_SHARES)[:-1]])

    def draw(unit_of_row: Rows, rng: Generator) -> tuple[Columns, Columns]:
        level, told = correlated(unit_of_row, rng, skill=skill)
        return (
            {"label": np.searchsorted(cuts, level).astype(float)},
            {"p": np.searchsorted(cuts, told).astype(float)},
        )

    return draw


def skewed(*, skill: float) -> Draw:
    """Draw lognormal numbers, as concentrations and lengths of stay are, and guesses of them."""

    def draw(unit_of_row: Rows, rng: Generator) -> tuple[Columns, Columns]:
        level, told = correlated(unit_of_row, rng, skill=skill)
        return {"value": np.exp(0.5 * level)}, {"p": np.exp(0.5 * told)}

    return draw


def counts(*, skill: float) -> Draw:
    """Draw Poisson numbers, and guesses of their means."""

    def draw(unit_of_row: Rows, rng: Generator) -> tuple[Columns, Columns]:
        level, told = correlated(unit_of_row, rng, skill=skill)
        return {"value": rng.poisson(4 * np.exp(0.5 * level)).astype(float)}, {
            "p": 4 * np.exp(0.5 * told)
        }

    return draw


def survival(*, share: float, skill: float) -> Draw:
    """Draw times of an event, which a `share` of people have while watched for 2 to 6 years."""
    rate = _rate(share)

    def draw(unit_of_row: Rows, rng: Generator) -> tuple[Columns, Columns]:
        level, told = correlated(unit_of_row, rng, skill=skill)
        event, time = _followed(level, rng, rate=rate)
        hazard = rate * np.exp(1.2 * told)
        curves = {name: np.exp(-hazard * at) for name, at in zip(CURVES, TIMES, strict=True)}
        return {"event": event, "time": time}, {"p": told, **curves}

    return draw


def overlaps(*, mean: float) -> Draw:
    """Draw a Dice coefficient for each image: a beta number, and 0 for one image in twenty."""

    def draw(unit_of_row: Rows, rng: Generator) -> tuple[Columns, Columns]:
        size = len(unit_of_row)
        found = rng.beta(8 * mean, 8 * (1 - mean), size) * (rng.random(size) > MISSED)
        return {}, {"dice": found}

    return draw


def correlated(unit_of_row: Rows, rng: Generator, /, *, skill: float) -> tuple[Floats, Floats]:
    """Draw standard normal numbers, and others that correlate with them by `skill`."""
    level = noise(unit_of_row, rng)
    return level, skill * level + np.sqrt(1 - skill * skill) * noise(unit_of_row, rng)


def _followed(level: Floats, rng: Generator, /, *, rate: float) -> tuple[Floats, Floats]:
    until = rng.uniform(2, 6, len(level))
    time = rng.exponential(size=len(level)) / (rate * np.exp(1.2 * level))
    return (time <= until).astype(float), np.minimum(time, until)


def _rate(share: float) -> float:
    """Find the hazard of an average patient under which this share has the event."""
    rng = default_rng(SEED)
    level = rng.normal(size=MANY)
    needed = rng.exponential(size=MANY) / np.exp(1.2 * level) / rng.uniform(2, 6, MANY)
    return float(np.quantile(needed, share))


Params = Mapping[str, Any]

BINARY: Mapping[str, Params] = {
    "auroc": {"score": "p"},
    "average_precision": {"score": "p"},
    "sensitivity_at_specificity": {"score": "p", "specificity": 0.9},
    "f_beta": {"predicted": "p", "threshold": 0.3},
    "binary_mcc": {"predicted": "p", "threshold": 0.3},
    "binary_balanced_accuracy": {"predicted": "p", "threshold": 0.3},
    "net_benefit": {"probability": "p", "threshold": 0.2},
    "brier": {"probability": "p"},
    "log_loss": {"probability": "p"},
    "ece": {"probability": "p"},
}
SURVIVAL: Mapping[str, Params] = {
    "harrell_c": {"risk": "p"},
    "uno_c": {"risk": "p", "tau": 4.0},
    "cumulative_dynamic_auc": {"risk": "p", "times": list(TIMES)},
    "brier_at": {"survival": CURVES[1], "at": TIMES[1]},
    "integrated_brier": {"survival": list(CURVES), "times": list(TIMES)},
}
ORDINAL: Mapping[str, Params] = {
    "macro_f1": {},
    "micro_f1": {},
    "balanced_accuracy": {},
    "mcc": {},
    "weighted_kappa": {"weights": "quadratic"},
    "kendall_tau": {},
    "mean_cost": {"costs": COSTS},
    "ordinal_mae": {},
}
VALUES: Mapping[str, Params] = {
    key: {} for key in ("mae", "rmse", "r2", "ccc", "spearman", "absolute_bias")
}


def populations() -> list[Population]:
    """Give every population: with few and more events, and with poor and good teams."""
    made = []
    for share in (0.1, 0.3):
        for apart in (0.8, 2.0):
            name = f"{share:.0%} events, {'poor' if apart < 1 else 'good'}"
            found = _families(name, BINARY, {"label": "label"})
            draw = binary(share=share, apart=apart)
            made.append(Population(draw=draw, families=found, strata="label", share=share))
        for skill in SKILLS:
            name = f"{share:.0%} events, {_team(skill)}"
            found = _families(name, SURVIVAL, {"event": "event", "time": "time"})
            draw = survival(share=share, skill=skill)
            made.append(
                Population(draw=draw, families=found, pairs=True, strata="event", share=share)
            )
    for skill in SKILLS:
        classed = {"label": "label", "predicted": "p", "classes": list(CLASSES)}
        found = _families(f"4 classes, {_team(skill)}", ORDINAL, classed)
        made.append(Population(draw=ordinal(skill=skill), families=found))
        valued = {"value": "value", "predicted": "p"}
        found = _families(f"skewed, {_team(skill)}", VALUES, valued)
        made.append(Population(draw=skewed(skill=skill), families=found))
        found = _families(f"counts, {_team(skill)}", {"poisson_deviance": {}}, valued)
        made.append(Population(draw=counts(skill=skill), families=found))
    for mean in (0.6, 0.9):
        found = _families(f"mean {mean}", {DICE: {}}, {})
        made.append(Population(draw=overlaps(mean=mean), families=found))
    return made


def _families(name: str, metrics: Mapping[str, Params], names: Params) -> tuple[Family, ...]:
    return tuple(
        Family(name=name, metric=metric, params={**names, **params})
        for metric, params in metrics.items()
    )


def _team(skill: float) -> str:
    return "poor" if skill == min(SKILLS) else "good"
