"""Which submission of a team counts, the ranks of the teams, and how robust these are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from scorers.audit.document import Judged, Scheme, TeamResult
from scorers.audit.entries import Entries
from scorers.audit.probes import Given
from scorers.definition import MetricDefinition, ScoringDefinition, Task
from scorers.document import Evaluation, Score
from scorers.metric import Combination, Vector
from scorers.ranking.entry_state import EntryState
from scorers.ranking.pairs import PairedGains
from scorers.ranking.ranks import (
    DEFAULT_TOLERANCE,
    UNRANKED,
    Ranks,
    first_shares,
    groups_of,
    rank_intervals,
    ranks_in_turn,
)
from scorers.ranking.schemes import kendall_tau, mean_rank, rank_by_tests, rank_then_aggregate
from scorers.ranking.selection import reselected


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
    Where the rows that judge also chose a team's submission, each resample chooses it anew.
    """

    task: Task
    ranking: Ranking
    judged: Judged
    teams: Sequence[Scored]
    vectors: Vector

    @classmethod
    def of(cls, scored: Sequence[Scored], /, *, task: Task, ranking: Ranking) -> Self:
        """Choose the submission of each team that counts: the best by score, then by name."""
        judged = _judged(scored[0], task=task)
        primary = task.scoring.primary
        by_team: dict[str, list[Scored]] = {}
        for one in scored:
            by_team.setdefault(one.given.team, []).append(one)
        teams, vectors = [], []
        for tried in by_team.values():
            counted = _best(tried, split=judged.chosen_by, primary=primary)
            compared = tried if judged.chosen_by == judged.split else [counted]
            under = [one.evaluation.splits[judged.split].vector(primary.key) for one in compared]
            teams.append(counted)
            vectors.append(
                reselected(
                    np.stack(under).astype(np.float64),
                    counted=compared.index(counted),
                    direction=primary.better,
                )
            )
        return cls(
            task=task,
            ranking=ranking,
            judged=judged,
            teams=teams,
            vectors=np.stack(vectors),
        )

    @property
    def scoring(self) -> ScoringDefinition:
        """The metrics, and how certain they are."""
        return self.task.scoring

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
        keys = (self.scoring.primary.key, *self.ranking.ties)
        return ranks_in_turn(
            [self.column(key) for key in keys],
            directions=[better[key] for key in keys],
            tolerance=self.ranking.tolerance,
        )

    @cached_property
    def gains(self) -> PairedGains:
        """How every team compares with every other."""
        return PairedGains.of(self.vectors, direction=self.scoring.primary.better)


def _best(tried: Sequence[Scored], *, split: str, primary: MetricDefinition) -> Scored:
    """Return the first of the best submissions; any score is better than none (NaN)."""
    best, *others = tried
    for one in others:
        score, known = one.score(split, primary.key), best.score(split, primary.key)
        if primary.better.gain(score, known) > 0 or (np.isnan(known) and not np.isnan(score)):
            best = one
    return best


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
    low, high = rank_intervals(counted.vectors, holding=placed, **counted.rules)
    groups = groups_of(
        counted.gains,
        ranks=placed,
        count=counted.judged.count,
        tolerance=counted.ranking.tolerance,
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


def unranked_results(
    scored: Sequence[Scored], /, *, counted: Counted, entries: Entries
) -> list[TeamResult]:
    """Tell the scores of teams that are not ranked, the best first, withdrawn teams at the end."""
    if not scored:
        return []
    apart = Counted.of(scored, task=counted.task, ranking=counted.ranking)
    submissions = [one.given.team for one in scored]
    results = [
        TeamResult(
            team=one.given.team,
            state=entries[one.given.team].state,
            reason=entries[one.given.team].reason,
            file=one.given.file,
            submissions=submissions.count(one.given.team),
            rank=None,
            rank_low=None,
            rank_high=None,
            group=None,
            first_share=0.0,
            scores=dict(one.scores(apart.judged.split)),
        )
        for one in apart.teams
    ]
    placed = apart.ranks()
    last = len(placed) + 1
    order = np.argsort(np.where(placed == UNRANKED, last, placed), kind="stable")
    below = list(EntryState)
    return sorted((results[index] for index in order), key=lambda team: below.index(team.state))


def other_schemes(counted: Counted, placed: Ranks, /, *, order: NDArray[np.intp]) -> list[Scheme]:
    """Rank in three other ways, told in `order`, and say how far each agrees with the ranking."""
    missing = placed == UNRANKED
    single = [m for m in counted.scoring.metrics if not isinstance(m.installed, Combination)]
    table = np.stack([counted.column(metric.key) for metric in single], axis=1)
    directions = [metric.better for metric in single]
    surely, _ = counted.gains.intervals(count=counted.judged.count)
    found = {
        "rank_then_aggregate": rank_then_aggregate(counted.vectors, **counted.rules),
        "mean_rank_over_metrics": mean_rank(
            table, directions=directions, tolerance=counted.ranking.tolerance
        ),
        "test_then_rank": rank_by_tests(surely > counted.ranking.tolerance, missing=missing),
    }
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


def _or_none(rank: np.int64) -> int | None:
    return None if rank == UNRANKED else int(rank)
