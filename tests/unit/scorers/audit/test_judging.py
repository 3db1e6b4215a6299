"""A finished competition is judged: who counts, who is ranked, and how surely."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scorers.audit.document import Audit
from scorers.audit.entries import Entry
from scorers.audit.judging import NothingScored
from scorers.audit.ranking import Ranking
from scorers.audit.report import report
from scorers.audit.words import plain_words
from scorers.definition import Task
from scorers.evaluation import evaluate
from scorers.ranking.entry_state import EntryState
from scorers.ranking.ranks import first_shares, rank_intervals, significance_groups
from tests.unit.scorers.audit.competition import HEADER, SIZE, Competition, table


def test_teams_stand_as_the_scores_and_shared_resamples_of_the_platform_say(
    judge: Callable[..., Audit], competition: Competition, task: Task
) -> None:
    files = {
        f"{team}.csv": competition.file(competition.noisy(noise, seed=seed))
        for seed, (team, noise) in enumerate([("a", 0.3), ("b", 0.4), ("c", 3.0), ("d", 0.35)])
    }

    found = judge(files)

    splits = {
        file: evaluate(task, truth=competition.truth, predictions=data, seed=3).splits["private"]
        for file, data in files.items()
    }
    order = sorted(splits, key=lambda file: -(splits[file].metrics["score"].value or 0))
    vectors = np.stack([splits[file].vector("score") for file in order]).astype(float)
    low, high = rank_intervals(vectors)
    events = min(score.events or SIZE for score in splits["a.csv"].metrics.values())
    groups = significance_groups(vectors, ranks=[1, 2, 3, 4], count=events)
    assert [team.file for team in found.teams] == order
    assert [team.rank for team in found.teams] == [1, 2, 3, 4]
    assert [team.rank_low for team in found.teams] == low.tolist()
    assert [team.rank_high for team in found.teams] == high.tolist()
    assert [team.group for team in found.teams] == groups.tolist()
    assert [team.first_share for team in found.teams] == first_shares(vectors).tolist()
    assert [dict(team.scores) for team in found.teams] == [splits[f].metrics for f in order]
    assert found.teams[-1].team == "c"
    assert found.judged.split == "private"
    assert found.judged.count == events


def test_a_comparison_that_rests_on_few_events_is_wider(judge: Callable[..., Audit]) -> None:
    rare = Competition(share=0.08)
    noise = {"a.csv": rare.noisy(0.1, seed=7), "b.csv": rare.noisy(1.2, seed=107)}

    found = judge({file: rare.file(risk) for file, risk in noise.items()}, truth=rare.truth)

    # With the normal distribution in the place of Student's t, they would be told apart.
    assert found.judged.count == 14
    assert [(team.team, team.group) for team in found.teams] == [("a", 1), ("b", 1)]
    assert {s.name: s.ranks for s in found.schemes}["test_then_rank"] == (1, 1)


def test_a_team_is_judged_by_its_best_public_submission(
    judge: Callable[..., Audit], competition: Competition, task: Task
) -> None:
    usage = [line.split(",")[1] for line in competition.truth.decode().splitlines()[1:]]
    good, bad = competition.noisy(0.2, seed=1), competition.noisy(4, seed=2)
    public = np.array(usage) == "public"
    best_in_public = competition.file(np.where(public, good, bad))
    best_in_private = competition.file(np.where(public, bad, good))

    split = judge({"a/1.csv": best_in_private, "a/2.csv": best_in_public})
    whole = judge(
        {"a/1.csv": competition.file(bad), "a/2.csv": competition.file(good)},
        task=task.model_copy(update={"split": None}),
    )

    assert (split.teams[0].file, split.teams[0].submissions) == ("a/2.csv", 2)
    assert split.judged.chosen_by == "public"
    assert (whole.teams[0].file, whole.judged.split, whole.judged.units) == ("a/2.csv", "all", SIZE)


def test_where_the_judging_rows_choose_a_team_that_tried_often_is_less_sure_to_be_first(
    judge: Callable[..., Audit], competition: Competition, task: Task
) -> None:
    whole = task.model_copy(update={"split": None})
    tries = {
        f"a/{seed}.csv": competition.file(competition.noisy(1.2, seed=seed))
        for seed in range(20, 32)
    }
    rival = {"b.csv": competition.file(competition.noisy(1.1, seed=99))}

    often = judge({**tries, **rival}, task=whole)
    counted = next(team for team in often.teams if team.team == "a").file
    once = judge({counted: tries[counted], **rival}, task=whole)

    assert (often.teams[0].file, once.teams[0].file) == (counted, counted)
    assert often.teams[0].first_share < once.teams[0].first_share - 0.1
    assert often.teams[0].scores == once.teams[0].scores


def test_a_team_that_is_not_ranked_takes_no_rank_from_others_and_stands_below(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    files = {
        f"{team}.csv": competition.file(competition.noisy(noise, seed=seed))
        for seed, (team, noise) in enumerate([("a", 0.1), ("b", 0.5), ("c", 0.3), ("d", 2.0)])
    }
    entries = {
        "a": Entry(state=EntryState.DISQUALIFIED, reason="used the <answers>"),
        "c": Entry(state=EntryState.BASELINE),
    }

    found = judge(files, entries=entries)

    alone = judge({file: files[file] for file in ("b.csv", "d.csv")})
    assert found.teams[:2] == alone.teams
    assert [(team.team, team.state, team.rank) for team in found.teams[2:]] == [
        ("c", EntryState.BASELINE, None),
        ("a", EntryState.DISQUALIFIED, None),
    ]
    assert found.schemes == alone.schemes
    assert "c and a are not ranked." in plain_words(found)[0]
    assert "used the &lt;answers&gt;" in report(found)


def test_an_audit_in_which_no_team_is_ranked_is_none(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    files = {"a.csv": competition.file(competition.noisy(0.1, seed=1))}

    with pytest.raises(NothingScored, match=r"teams\.csv leaves none"):
        judge(files, entries={"a": Entry(state=EntryState.WITHDRAWN)})


def test_equal_scores_are_ordered_by_the_declared_ties(
    judge: Callable[..., Audit], competition: Competition, challenge_yaml: dict[str, Any]
) -> None:
    *parts, last = challenge_yaml["scoring"]["metrics"]
    scoring = {"metrics": [*parts, {**last, "params": {"c_death": 1.0}}], "resamples": 20}
    task = Task.from_challenge({**challenge_yaml, "scoring": scoring})
    files = {
        f"{name}.csv": table(
            HEADER, competition.ids, competition.noisy(noise, seed=5), competition.risk
        )
        for name, noise in (("a", 0.9), ("b", 0.5))
    }

    tied = judge(files, task=task)
    parted = judge(files, task=task, ranking=Ranking(ties=("c_event",)))

    assert [(team.team, team.rank) for team in tied.teams] == [("a", 1), ("b", 1)]
    assert [(team.team, team.rank) for team in parted.teams] == [("b", 1), ("a", 2)]
    with pytest.raises(ValueError, match=r"ranking.ties .* names auc; expected .* c_event"):
        judge(files, ranking=Ranking(ties=("auc",)))


def test_the_robustness_table_ranks_in_three_other_ways(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    alike = competition.noisy(0.3, seed=1)
    files = {
        "a.csv": competition.file(alike),
        "b.csv": competition.file(alike + 1e-3 * competition.noisy(1, seed=2)),
        "z.csv": competition.file(competition.noisy(9, seed=3)),
    }

    schemes = {scheme.name: scheme for scheme in judge(files).schemes}

    assert sorted(schemes) == ["mean_rank_over_metrics", "rank_then_aggregate", "test_then_rank"]
    assert schemes["test_then_rank"].ranks == (1, 1, 3)
    assert schemes["rank_then_aggregate"].ranks[2] == 3
    assert schemes["test_then_rank"].tau == pytest.approx((2 / 3) ** 0.5)


def test_files_that_cannot_be_scored_are_told_with_their_problems(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    good = competition.file(competition.risk)

    found = judge({"a.csv": good, "b.csv": b"patient_id;risk_event\n", "c.csv": good[:-40]})

    assert [team.team for team in found.teams] == ["a"]
    assert [one.file for one in found.unscored] == ["b.csv", "c.csv"]
    assert "semicolons" in found.unscored[0].problems[0]
    with pytest.raises(NothingScored, match=r"b\.csv: .*semicolons"):
        judge({"b.csv": b"patient_id;risk_event\n"})
