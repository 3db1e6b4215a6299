"""Scores are also told by subgroup, unless it is too small, and units are drawn by stratum."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.definition import Task
from scorers.document import Subgroup
from scorers.evaluation import evaluate
from scorers.measures import Measures
from scorers.metric import Reason
from scorers.predictions.table import InvalidTable
from scorers.scoring import FEWEST_EVENTS, SUBGROUP_RESAMPLES
from scorers.split import MAX_SUBGROUPS
from scorers.uncertainty.intervals import NoInterval
from scorers.uncertainty.resampling import draw_weights


def with_column(table: bytes, name: str, cells: list[object], /) -> bytes:
    lines = table.decode().splitlines()
    return "\n".join(
        f"{line},{cell}" for line, cell in zip(lines, [name, *cells], strict=True)
    ).encode()


def rows_of(table: bytes, /) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode())))


def by(column: str, task: Task, /) -> Task:
    return task.model_copy(update={"subgroups": (column,)})


def stratified(task: Task, /, *, column: str) -> Task:
    scoring = task.scoring.model_copy(update={"stratify": column})
    return task.model_copy(update={"scoring": scoring})


@pytest.fixture
def sexed(truth: bytes) -> bytes:
    """Add a column that is empty for one patient in ten."""
    return with_column(truth, "sex", [("m", "f", "f")[i % 3] if i % 10 else "" for i in range(300)])


def subgroups(
    task: Task, column: str, /, *, truth: bytes, predictions: bytes
) -> Mapping[str, Subgroup]:
    whole = evaluate(by(column, task), truth=truth, predictions=predictions, seed=1)
    return whole.splits["public"].subgroups[column]


def test_the_score_of_a_subgroup_is_that_of_its_rows_alone(
    task: Task, sexed: bytes, predictions: bytes
) -> None:
    found = subgroups(task, "sex", truth=sexed, predictions=predictions)

    assert list(found) == ["", "f", "m"]
    for value, subgroup in found.items():
        ids = {
            row["patient_id"]
            for row in rows_of(sexed)
            if (row["sex"], row["usage"]) == (value, "public")
        }
        alone = evaluate(
            task, truth=only(sexed, ids), predictions=only(predictions, ids), seed=1
        ).splits["public"]
        assert subgroup.units == alone.units == len(ids)
        for key, score in subgroup.metrics.items():
            if score.interval is not None:
                assert score == alone.metrics[key]
            elif score.value is not None:
                assert score.model_copy(update={"resamples": 200}) == alone.metrics[key]
                assert score.resamples == 0
    assert found["f"].metrics["score"].value is not None


def only(table: bytes, ids: set[str], /) -> bytes:
    head, *lines = table.decode().splitlines()
    return "\n".join([head, *(line for line in lines if line.split(",")[0] in ids)]).encode()


def test_subgroups_change_nothing_else(task: Task, sexed: bytes, predictions: bytes) -> None:
    plain, split = (
        evaluate(asked, truth=sexed, predictions=predictions, seed=1).splits["private"]
        for asked in (task, by("sex", task))
    )

    assert split.metrics == plain.metrics
    assert split.resamples == plain.resamples
    assert plain.subgroups == {}


def test_a_subgroup_takes_no_more_resamples_than_it_needs(
    task: Task, sexed: bytes, predictions: bytes
) -> None:
    many = task.model_copy(
        update={"scoring": task.scoring.model_copy(update={"resamples": SUBGROUP_RESAMPLES + 100})}
    )

    asked = by("sex", many)
    split = evaluate(asked, truth=sexed, predictions=predictions, seed=1).splits["private"]

    found = split.subgroups["sex"]["f"].metrics["c_event"]
    assert found.interval is not None
    assert found.resamples == SUBGROUP_RESAMPLES


@pytest.mark.parametrize(
    ("units", "events", "told"),
    [(9, 9, False), (10, FEWEST_EVENTS, True), (10, FEWEST_EVENTS - 1, False), (40, 4, False)],
)
def test_a_subgroup_of_too_few_units_or_events_is_not_told(
    task: Task, predictions: bytes, units: int, events: int, told: bool
) -> None:
    ids = [row["patient_id"] for row in rows_of(predictions)]
    truth = "patient_id,usage,event,event_time,at_risk,death,death_time,rare\n" + "".join(
        f"{name},public,{int(i < events)},{i + 1},1,{int(i < 9)},{i + 1},{int(i < units)}\n"
        for i, name in enumerate(ids)
    )

    found = subgroups(task, "rare", truth=truth.encode(), predictions=predictions)["1"]

    assert found.units == units
    event, score = found.metrics["c_event"], found.metrics["score"]
    assert (event.value is not None) is told
    assert event.undefined == (None if told else Reason.TOO_FEW)
    assert score.undefined == (None if told else Reason.UNDEFINED_PART)
    assert event.interval is None  # of so few events
    assert event.no_interval == (NoInterval.FEW_EVENTS if told else None)
    assert event.events == (events if told else None)


def test_the_values_of_a_column_of_numbers_are_written_as_numbers(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    cells: list[object] = [("2", "1.50", "")[i % 3] for i in range(300)]

    found = subgroups(
        task, "stage", truth=with_column(truth, "stage", cells), predictions=predictions
    )

    assert list(found) == ["1.5", "2", ""]


def test_a_column_of_many_values_makes_no_subgroups(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    aged = with_column(truth, "age", [i % (MAX_SUBGROUPS + 1) for i in range(300)])

    with pytest.raises(InvalidTable, match=r"age of data.subgroups has 51 values.*make bands"):
        subgroups(task, "age", truth=aged, predictions=predictions)


@pytest.mark.parametrize("missing", ["subgroups", "stratify"])
def test_a_column_that_the_truth_lacks_is_named(
    task: Task, truth: bytes, predictions: bytes, missing: str
) -> None:
    asked = by("sex", task) if missing == "subgroups" else stratified(task, column="sex")

    with pytest.raises(InvalidTable, match="no column sex; it has patient_id, usage"):
        evaluate(asked, truth=truth, predictions=predictions, seed=1)


def test_the_units_of_subgroups_are_the_units_that_have_rows_there(task: Task) -> None:
    truth = b"patient_id,eye,usage,event,event_time,at_risk,death,death_time,side\n" + b"".join(
        b"%d,%d,public,%d,%d,1,%d,%d,%s\n"
        % (eye // 2, eye, eye % 3 == 0, eye, eye % 2, eye, b"left" if eye % 4 else b"right")
        for eye in range(80)
    )
    submission = task.submission.model_copy(update={"id": "eye"})
    predictions = b"eye,risk_event,risk_death\n" + b"".join(
        b"%d,%d,%d\n" % (eye, -eye, eye * 7 % 11) for eye in range(80)
    )

    found = subgroups(
        task.model_copy(update={"submission": submission}),
        "side",
        truth=truth,
        predictions=predictions,
    )

    # Each patient has two eyes; every second patient has one of them among the right ones.
    assert (found["left"].units, found["right"].units) == (40, 20)
    assert found["left"].metrics["c_event"].units == 60


def test_without_strata_events_come_and_go_and_with_them_they_stay(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    rare = "\n".join(
        ",".join([*cells[:5], str(int(index in (3, 5))) if index else "death", cells[6]])
        for index, cells in enumerate(line.split(",") for line in truth.decode().splitlines())
    ).encode()
    everyone = task.model_copy(update={"split": None})

    free, kept = (
        evaluate(asked, truth=rare, predictions=predictions, seed=1).splits["all"]
        for asked in (everyone, stratified(everyone, column="death"))
    )

    assert free.metrics["c_death"].resamples < 200  # two deaths: some resamples hold none
    assert kept.metrics["c_death"].resamples == 200
    assert kept.metrics["c_death"].value == free.metrics["c_death"].value


@given(
    strata=st.lists(st.integers(0, 4), min_size=1, max_size=40),
    resamples=st.integers(1, 50),
    draws=st.integers(1, 500),
)
def test_a_resample_holds_as_many_of_each_stratum_as_there_are(
    strata: list[int], resamples: int, draws: int
) -> None:
    groups = np.unique(strata, return_inverse=True)[1]

    def drawn(chunk: int) -> Any:
        weights = draw_weights(
            len(groups), resamples=resamples, seed=3, stream=0, strata=groups, draws=chunk
        )
        return np.concatenate(list(weights))

    weights = drawn(draws)

    for group in set(groups.tolist()):
        members = groups == group
        assert (weights[:, members].sum(axis=1) == members.sum()).all()
    np.testing.assert_array_equal(weights, drawn(10**6))


def test_the_stratified_weights_of_a_seed_never_change() -> None:
    strata = np.array([0, 1, 0, 1, 0])

    (weights,) = draw_weights(5, resamples=3, seed=2026, stream=1, strata=strata)

    assert weights.tolist() == [[0, 2, 1, 0, 2], [1, 0, 0, 2, 2], [1, 2, 1, 0, 1]]


def test_rows_of_one_unit_are_of_one_stratum(task: Task, truth: bytes, predictions: bytes) -> None:
    shared = with_column(truth, "patient", [index // 2 for index in range(300)])
    mixed = with_column(shared, "kind", [("a", "b", "b")[index % 3] for index in range(300)])
    by_patient = task.model_copy(update={"unit": "patient", "split": None})

    with pytest.raises(InvalidTable, match=r"column kind of scoring.stratify differs between rows"):
        evaluate(
            stratified(by_patient, column="kind"), truth=mixed, predictions=predictions, seed=1
        )


def test_the_resamples_of_a_subgroup_are_stratified_too(
    task: Task, sexed: bytes, predictions: bytes
) -> None:
    asked = stratified(by("sex", task), column="death")

    whole = evaluate(asked, truth=sexed, predictions=predictions, seed=1).splits["private"]

    ids = {row["patient_id"] for row in rows_of(sexed) if row["sex"] == "f"}
    alone = evaluate(
        stratified(task, column="death"),
        truth=only(sexed, ids),
        predictions=only(predictions, ids),
        seed=1,
    ).splits["private"]
    found = whole.subgroups["sex"]["f"].metrics["c_event"]
    assert found.interval is not None
    assert found == alone.metrics["c_event"]


def test_a_metric_rests_on_its_events_and_a_combination_on_its_poorest_part(task: Task) -> None:
    columns = {"event": [1] * 9 + [0] * 31, "death": [1] * 7 + [0] * 33, "at_risk": [1] * 40}
    times = {"event_time": range(40), "death_time": range(40)}
    truth = {name: np.array(cells) for name, cells in {**columns, **times}.items()}
    risks = {"risk_event": np.arange(40.0), "risk_death": np.arange(40.0)}

    measures = Measures.of(task.scoring, truth, risks)

    found = measures.supports(units=40)
    assert {key: support.count for key, support in found.items()} == {
        "c_event": 9,
        "c_death": 7,
        "score": 7,
    }
    assert {support.units for support in found.values()} == {40}
    assert {support.count for support in measures.supports(units=5).values()} == {5}
