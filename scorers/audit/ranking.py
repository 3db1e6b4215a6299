"""Which submission of a team counts, the ranks of the teams, and how robust these are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from scorers.audit.document import Judged, Scheme, TeamResult
from scorers.audit.probes import Given
from scorers.definition import ScoringDefinition, Task
from scorers.document import Evaluation, Score
from scorers.metric import Combination, Direction, Vector
from scorers.ranking.ranks import (
    DEFAULT_TOLERANCE,
    UNRANKED,
    Ranks,
    first_shares,
    paired_interval,
    rank_intervals,
    ranks,
    significance_groups,
)
from scorers.ranking.schemes import kendall_tau, mean_rank, rank_by_tests, rank_then_aggregate

MOST_TESTED = 500
"""Teams that are compared pair by pair: 125,000 pairs, in about half a minute."""


class Ranking(BaseModel):
    """What an audit reads of `ranking` in challenge.yaml; the rest is the platform's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tolerance: NonNegativeFloat = DEFAULT_TOLERANCE
    ties: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A submission with its evaluation and what it predicts."""

    given: Given
    evaluation: Evaluation

    def score(self, split: str, key: str) -> float:
        value = self.scores(split)[key].value
        return np.nan if value is None else value

    def scores(self, split: str) -> Mapping[str, Score]:
        return self.evaluation.splits[split].metrics


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The submission of each team that counts, and the rules by which they are ranked.

    `vectors` has shape (teams, resamples): the primary metric under the resamples that all share.
    """

    scoring: ScoringDefinition
    ranking: Ranking
    judged: Judged
    teams: Sequence[Scored]
    vectors: Vector

    @classmethod
    def of(cls, scored: Sequence[Scored], /, *, task: Task, ranking: Ranking) -> Self:
        """Choose the submission of each team that counts: the best by score, then by name."""
        judged = _judged(scored[0], task=task)
        primary = task.scoring.primary
        chosen: dict[str, tuple[float, Scored]] = {}
        for one in scored:
            score = one.score(judged.chosen_by, primary.key)
            best = chosen.get(one.given.team)
            if best is None or _is_better(score, best[0], direction=primary.better):
                chosen[one.given.team] = score, one
        teams = [one for _, one in chosen.values()]
        vectors = [one.evaluation.splits[judged.split].vector(primary.key) for one in teams]
        return cls(
            scoring=task.scoring,
            ranking=ranking,
            judged=judged,
            teams=teams,
            vectors=np.stack(vectors).astype(np.float64),
        )

    @property
    def rules(self) -> dict[str, Any]:
        """How scores of the primary metric are compared."""
        return {"direction": self.scoring.primary.better, "tolerance": self.ranking.tolerance}

    def column(self, key: str) -> Vector:
        """Return one metric of every team."""
        return np.array([one.score(self.judged.split, key) for one in self.teams])

    def ranks(self) -> Ranks:
        """Rank by the primary metric, equal ones by the metrics of `ranking.ties` in turn."""
        better = {metric.key: metric.better for metric in self.scoring.metrics}
        placed = [
            ranks(self.column(key), direction=better[key], tolerance=self.ranking.tolerance)
            for key in (self.scoring.primary.key, *self.ranking.ties)
        ]
        order = np.stack([np.where(each == UNRANKED, len(each) + 1, each) for each in placed])
        _, group, size = np.unique(order, axis=1, return_inverse=True, return_counts=True)
        first: Ranks = (1 + np.cumsum(size) - size)[group.ravel()]
        return np.where(placed[0] == UNRANKED, UNRANKED, first)


def _is_better(score: float, best: float, /, *, direction: Direction) -> bool:
    """Compare two scores; any is better than none (NaN)."""
    return direction.gain(score, best) > 0 or (np.isnan(best) and not np.isnan(score))


def _judged(one: Scored, *, task: Task) -> Judged:
    """Say what judges: it depends on the truth alone, so that any submission tells."""
    names = list(one.evaluation.splits)
    split = "private" if "private" in names else names[0]
    metrics = one.scores(split)
    used = [score.units for score in metrics.values() if score.units is not None]
    return Judged(
        split=split,
        unit=task.unit,
        units=one.evaluation.splits[split].units,
        rows=max(used, default=0),
        events={key: score.events for key, score in metrics.items() if score.events is not None},
        chosen_by="public" if "public" in names else split,
    )


def team_results(
    counted: Counted, placed: Ranks, /, *, submissions: Sequence[str]
) -> list[TeamResult]:
    """Tell each team's place and scores; `submissions` has the team of each that was scored."""
    low, high = rank_intervals(counted.vectors, **counted.rules)
    groups = significance_groups(
        counted.vectors, ranks=placed, count=counted.judged.count, **counted.rules
    )
    shares = first_shares(counted.vectors, **counted.rules)
    return [
        TeamResult(
            team=one.given.team,
            file=one.given.file,
            submissions=submissions.count(one.given.team),
            rank=_or_none(placed[index]),
            rank_low=_or_none(low[index]) if placed[index] else None,
            rank_high=_or_none(high[index]) if placed[index] else None,
            group=_or_none(groups[index]),
            first_share=float(shares[index]),
            scores=dict(one.scores(counted.judged.split)),
        )
        for index, one in enumerate(counted.teams)
    ]


def other_schemes(counted: Counted, placed: Ranks, /, *, order: NDArray[np.intp]) -> list[Scheme]:
    """Rank in three other ways, told in `order`, and say how far each agrees with the ranking."""
    missing = placed == UNRANKED
    single = [m for m in counted.scoring.metrics if not isinstance(m.installed, Combination)]
    table = np.stack([counted.column(metric.key) for metric in single], axis=1)
    directions = [metric.better for metric in single]
    found = {
        "rank_then_aggregate": rank_then_aggregate(counted.vectors, **counted.rules),
        "mean_rank_over_metrics": mean_rank(
            table, directions=directions, tolerance=counted.ranking.tolerance
        ),
    }
    if len(placed) <= MOST_TESTED:
        found["test_then_rank"] = rank_by_tests(_beats(counted), missing=missing)
    return [
        Scheme.model_validate(
            {
                "name": name,
                "tau": kendall_tau(placed, other),
                "ranks": [_or_none(other[index]) for index in order],
            }
        )
        for name, other in sorted(found.items())
    ]


def _beats(counted: Counted) -> NDArray[np.bool_]:
    """Compare every pair of teams by the interval of their difference, as the groups do."""
    vectors, tolerance = counted.vectors, counted.ranking.tolerance
    beats = np.zeros((len(vectors), len(vectors)), dtype=bool)
    for first in range(len(vectors)):
        for second in range(first):
            interval = paired_interval(
                vectors[first],
                vectors[second],
                direction=counted.scoring.primary.better,
                count=counted.judged.count,
            )
            if interval is not None:
                beats[first, second] = interval[0] > tolerance
                beats[second, first] = interval[1] < -tolerance
    return beats


def _or_none(rank: np.int64) -> int | None:
    return None if rank == UNRANKED else int(rank)
