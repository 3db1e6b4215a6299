"""Judging a finished competition from its submissions and its truth: the numbers of an audit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scorers.audit.document import Audit, MetricInfo, Unscored
from scorers.audit.entries import Entries, Entry, WrongEntries
from scorers.audit.probes import Given, find_duplicates, find_leaks
from scorers.audit.ranking import (
    Counted,
    Ranking,
    Scored,
    other_schemes,
    team_results,
    unranked_results,
)
from scorers.definition import MetricDefinition, ScoringDefinition, Task
from scorers.evaluation import evaluate
from scorers.metric import InvalidColumns
from scorers.predictions.problems import InvalidPredictions
from scorers.predictions.table import Truth, read_predictions, read_truth
from scorers.ranking.entry_state import EntryState
from scorers.ranking.ranks import UNRANKED


class NothingScored(Exception):
    """No submission can be scored; the message tells the first problem of each."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A predictions file of a team; `file` names it in the report."""

    team: str
    file: str
    data: bytes


def audit(
    task: Task,
    /,
    *,
    title: str,
    truth: bytes,
    submissions: Iterable[Submission],
    ranking: Ranking,
    seed: int,
    unscored: Sequence[Unscored] = (),
    entries: Entries | None = None,
) -> Audit:
    """Score, rank and compare the submissions of a competition.

    All are scored under the resamples of `seed`. A truth with public and private rows is judged on
    the private ones, and the best submission of a team by its public score counts, as on the
    platform; another truth is judged as a whole, and the best by that score counts. `unscored` are
    files that were found to be no submissions. `entries` has the teams that are not ranked: they
    are scored and looked at as the others, and told below them. Equal arguments give equal
    documents.

    Raises NothingScored if no submission of a ranked team can be scored, and ValueError
    (InvalidTable and WrongEntries among them) if truth, rules or entries do not fit the rest.
    """
    _check_ties(ranking, scoring=task.scoring)
    entries = entries or {}
    answers = read_truth(truth, table=task.truth_table)
    scored, refused = _score_all(task, submissions, truth=truth, answers=answers, seed=seed)
    refused = sorted([*unscored, *refused], key=lambda one: one.file)
    _check_entries(entries, teams={one.given.team for one in scored} | {r.team for r in refused})
    ranked = [one for one in scored if _is_ranked(one, entries)]
    if not ranked:
        told = [f"{one.file}: {one.problems[0]}" for one in refused]
        told += ["no team is ranked: teams.csv leaves none"] if scored else []
        raise NothingScored("\n".join(told) or "there are no submissions")
    counted = Counted.of(ranked, task=task, ranking=ranking)
    others = unranked_results(
        [one for one in scored if not _is_ranked(one, entries)], counted=counted, entries=entries
    )
    placed = counted.ranks()
    last = len(placed) + 1
    order = np.argsort(np.where(placed == UNRANKED, last, placed), kind="stable")
    teams = team_results(counted, placed, submissions=[one.given.team for one in ranked])
    given = [one.given for one in scored]
    scores = {one.given.file: one.scores(counted.judged.split) for one in scored}
    return Audit(
        scorer=scored[0].evaluation.scorer,
        title=title,
        seed=seed,
        resamples=task.scoring.resamples,
        tolerance=ranking.tolerance,
        judged=counted.judged,
        metrics=tuple(_told(metric) for metric in task.scoring.metrics),
        teams=(*(teams[index] for index in order), *others),
        schemes=tuple(other_schemes(counted, placed, order=order)),
        unscored=tuple(refused),
        duplicates=tuple(find_duplicates(given, task=task)),
        leaks=tuple(find_leaks(given, task=task, truth=answers, scores=scores)),
    )


def _check_ties(ranking: Ranking, *, scoring: ScoringDefinition) -> None:
    known = [metric.key for metric in scoring.metrics]
    for key in ranking.ties:
        if key not in known:
            raise ValueError(
                f"ranking.ties of the challenge names {key}; expected a key of scoring.metrics: "
                f"{', '.join(known)}"
            )


def _check_entries(entries: Entries, *, teams: set[str]) -> None:
    if strangers := sorted(set(entries) - teams):
        raise WrongEntries(
            f"teams.csv names {strangers[0]}, who submitted nothing; expected a name of a file or "
            f"folder in submissions: {', '.join(sorted(teams)[:5])}"
        )


def _is_ranked(one: Scored, entries: Entries) -> bool:
    return entries.get(one.given.team, Entry()).state is EntryState.RANKED


def _score_all(
    task: Task, submissions: Iterable[Submission], *, truth: bytes, answers: Truth, seed: int
) -> tuple[list[Scored], list[Unscored]]:
    scored, refused = [], []
    for one in submissions:
        try:
            evaluation = evaluate(task, truth=truth, predictions=one.data, seed=seed)
        except InvalidPredictions as error:
            told, total = tuple(str(problem) for problem in error.problems), error.total
        except InvalidColumns as error:
            told, total = (str(error),), 1
        else:
            columns = read_predictions(one.data, submission=task.submission, ids=answers.ids)
            given = Given.of(one.data, team=one.team, file=one.file, columns=columns.columns)
            scored.append(Scored(given=given, evaluation=evaluation))
            continue
        refused.append(Unscored(team=one.team, file=one.file, problems=told, total=total))
    return scored, refused


def _told(metric: MetricDefinition) -> MetricInfo:
    return MetricInfo(
        key=metric.key, metric=metric.metric, direction=metric.better, primary=metric.primary
    )
