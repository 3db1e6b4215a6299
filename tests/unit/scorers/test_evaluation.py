"""An evaluation is what the metrics and the shared resamples say, the same bytes every time."""

import csv
import dataclasses
import io
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sksurv.metrics import concordance_index_censored

from scorers import definition
from scorers.definition import Task
from scorers.document import Evaluation, Refusal, read_answer
from scorers.evaluation import evaluate
from scorers.metric import Combination, InvalidColumns, Method, Metric, Reason
from scorers.predictions.table import InvalidPredictions, InvalidTable
from scorers.registry import get_metric
from scorers.split import STREAMS
from scorers.uncertainty.resampling import draw_weights

SPLITS = ("public", "private")


def columns(table: bytes, /) -> dict[str, NDArray[Any]]:
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    return {
        name: np.array([row[name] for row in rows])
        if name in ("patient_id", "usage")
        else np.array([float(row[name]) for row in rows])
        for name in rows[0]
    }


def results(evaluation: Evaluation, /) -> dict[str, Any]:
    """Return all but the times that the evaluation took."""
    document: dict[str, Any] = json.loads(evaluation.to_json())
    del document["timings"]
    return document


def reference(table: dict[str, NDArray[Any]], /) -> dict[str, float]:
    """Compute the scores of the challenge with scikit-survival."""
    at_risk = table["at_risk"] == 1
    c_event = concordance_index_censored(
        table["event"][at_risk] == 1, table["event_time"][at_risk], table["risk_event"][at_risk]
    )[0]
    c_death = concordance_index_censored(
        table["death"] == 1, table["death_time"], table["risk_death"]
    )[0]
    return {"c_event": c_event, "c_death": c_death, "score": 0.7 * c_event + 0.3 * c_death}


def test_the_scores_of_every_split_equal_scikit_survival(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    table = columns(truth) | columns(predictions)
    evaluation = evaluate(task, truth=truth, predictions=predictions, seed=0)

    assert tuple(evaluation.splits) == SPLITS
    for name, split in evaluation.splits.items():
        rows = table["usage"] == name
        expected = reference({key: column[rows] for key, column in table.items()})
        found = {key: score.value for key, score in split.metrics.items()}
        assert found == pytest.approx(expected, rel=0, abs=1e-12)
        assert split.units == rows.sum()
        assert split.metrics["c_event"].units == table["at_risk"][rows].sum()
        assert split.metrics["c_death"].events == table["death"][rows].sum()
        assert split.metrics["score"].events is None


def test_resamples_are_literal_resamples_of_the_units(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    table = columns(truth) | columns(predictions)
    rows = np.flatnonzero(table["usage"] == "public")
    (weights,) = draw_weights(len(rows), resamples=200, seed=7, stream=STREAMS["public"])
    drawn = [
        reference({key: column[rows].repeat(weight) for key, column in table.items()})["score"]
        for weight in weights
    ]

    plain = task.model_copy(
        update={"scoring": task.scoring.model_copy(update={"interval": "percentile"})}
    )
    split = evaluate(plain, truth=truth, predictions=predictions, seed=7).splits["public"]

    np.testing.assert_allclose(split.vector("score"), drawn, rtol=1e-7)
    assert split.metrics["score"].interval == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]), rel=0, abs=1e-12
    )
    assert split.metrics["score"].level == 0.95
    assert split.metrics["score"].resamples == split.seed_resamples == 200
    assert list(split.resamples) == ["score"]


def test_the_same_arguments_give_the_same_bytes(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    once, again = (
        results(evaluate(task, truth=truth, predictions=predictions, seed=3)) for _ in range(2)
    )

    assert json.dumps(once) == json.dumps(again)


def test_the_order_of_rows_and_columns_of_the_predictions_does_not_matter(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    rows = list(csv.reader(io.StringIO(predictions.decode())))
    shuffled = [rows[0], *reversed(rows[1:])]
    turned = "\r\n".join(",".join(reversed(row)) for row in shuffled).encode()

    straight = results(evaluate(task, truth=truth, predictions=predictions, seed=3))
    assert results(evaluate(task, truth=truth, predictions=turned, seed=3)) == straight


def test_the_seed_decides_the_resamples_and_not_the_values(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    first, second = (
        evaluate(task, truth=truth, predictions=predictions, seed=seed).splits["private"]
        for seed in (1, 2)
    )

    assert first.metrics["score"].value == second.metrics["score"].value
    assert first.metrics["score"].interval != second.metrics["score"].interval
    assert first.resamples != second.resamples


def test_all_teams_share_their_resamples(task: Task, truth: bytes, predictions: bytes) -> None:
    rows = [line.split(",") for line in predictions.decode().splitlines()]
    doubled = [rows[0]] + [
        [name, repr(2 * float(a)), repr(2 * float(b))] for name, a, b in rows[1:]
    ]
    same_order = "\n".join(map(",".join, doubled)).encode()

    ours = evaluate(task, truth=truth, predictions=predictions, seed=1)
    theirs = evaluate(task, truth=truth, predictions=same_order, seed=1)

    assert ours.splits == theirs.splits


def test_one_split_does_not_depend_on_the_rows_of_the_other(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    public = {line.split(",")[0] for line in truth.decode().splitlines() if "public" in line}
    lines = {"patient_id", *public}

    def only(table: bytes) -> bytes:
        kept = [line for line in table.decode().splitlines() if line.split(",")[0] in lines]
        return "\n".join(kept).encode()

    whole = evaluate(task, truth=truth, predictions=predictions, seed=1)
    part = evaluate(task, truth=only(truth), predictions=only(predictions), seed=1)

    assert part.splits == {"public": whole.splits["public"]}


def test_rows_of_one_unit_are_resampled_together(task: Task) -> None:
    truth = b"image,patient,event,time\n" + b"".join(
        b"%d,%d,%d,%d\n" % (image, image // 2, image % 3 == 0, 50 - image) for image in range(40)
    )
    predictions = b"image,risk\n" + b"".join(
        b"%d,%d\n" % (image, image * 7 % 11) for image in range(40)
    )
    by_patient = Task.model_validate(
        {
            "submission": {
                **task.submission.model_dump(),
                "id": "image",
                "columns": {"risk": {"type": "float"}},
            },
            "scoring": {
                "metrics": [
                    {
                        "key": "c",
                        "metric": "harrell_c",
                        "params": {"event": "event", "time": "time", "risk": "risk"},
                        "primary": True,
                    }
                ],
                "resamples": 50,
            },
            "unit": "patient",
            "split": None,
        }
    )
    table = columns(truth) | columns(predictions)
    (weights,) = draw_weights(20, resamples=50, seed=5, stream=STREAMS["all"])
    both = weights.repeat(2, axis=1)
    drawn = [
        concordance_index_censored(
            table["event"].repeat(row) == 1, table["time"].repeat(row), table["risk"].repeat(row)
        )[0]
        for row in both
    ]

    split = evaluate(by_patient, truth=truth, predictions=predictions, seed=5).splits["all"]

    assert split.units == 20
    np.testing.assert_allclose(split.vector("c"), drawn, rtol=1e-7)


def test_without_a_split_the_golden_score_of_two_endpoints_is_reproduced(task: Task) -> None:
    time = [5, 3, 9, 2, 8, 7, 2, 6, 4, 10]
    event = [1, 0, 1, 1, 0, 1, 0, 1, 1, 0]
    death = [0, 1, 0, 0, 1, 0, 0, 0, 1, 0]
    risk = [0.6, 0.4, 0.2, 0.9, 0.3, 0.3, 0.5, 0.55, 0.9, 0.1]
    other = [0.1, 0.8, 0.2, 0.3, 0.6, 0.2, 0.9, 0.4, 0.5, 0.05]
    truth = "patient_id,event,event_time,at_risk,death,death_time\n" + "".join(
        f"{i},{event[i]},{time[i]},1,{death[i]},{time[i]}\n" for i in range(10)
    )
    given = "patient_id,risk_event,risk_death\n" + "".join(
        f"{i},{risk[i]},{other[i]}\n" for i in range(10)
    )

    scored = evaluate(
        task.model_copy(update={"split": None}),
        truth=truth.encode(),
        predictions=given.encode(),
        seed=0,
    ).splits["all"]

    assert scored.metrics["c_event"].value == 0.9642857142857143
    assert scored.metrics["c_death"].value == 0.9333333333333333
    assert scored.metrics["score"].value == pytest.approx(0.955, rel=0, abs=1e-12)
    assert scored.metrics["c_death"].resamples < 200  # 3 deaths: some resamples hold none


def test_an_undefined_metric_is_null_with_its_reason_and_so_is_the_score(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    lines = truth.decode().splitlines()
    nobody = [lines[0]] + [
        ",".join([*cells[:5], "0", cells[6]]) if cells[1] == "public" else ",".join(cells)
        for cells in (line.split(",") for line in lines[1:])
    ]

    evaluation = evaluate(task, truth="\n".join(nobody).encode(), predictions=predictions, seed=0)

    public = evaluation.splits["public"].metrics
    assert public["c_event"].value is not None
    assert (public["c_death"].value, public["c_death"].undefined) == (None, Reason.NO_EVENTS)
    assert (public["score"].value, public["score"].undefined) == (None, Reason.UNDEFINED_PART)
    assert (public["score"].interval, public["score"].resamples) == (None, 0)
    assert np.isnan(evaluation.splits["public"].vector("score")).all()
    assert evaluation.splits["private"].metrics["score"].value is not None
    assert "NaN" not in evaluation.to_json()
    assert read_answer(evaluation.to_json()) == evaluation


def test_exact_metrics_promise_the_same_bytes_and_others_twelve_digits(
    task: Task, truth: bytes, predictions: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = evaluate(task, truth=truth, predictions=predictions, seed=0)

    def inexact(key: str) -> Metric | Combination:
        return dataclasses.replace(get_metric(key), exact=key == "weighted_sum")

    monkeypatch.setattr(definition, "get_metric", inexact)
    other = evaluate(task, truth=truth, predictions=predictions, seed=0)

    assert exact.reproducibility == "same-bytes"
    assert other.reproducibility == "1e-12"


def test_the_environment_and_the_times_are_told(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    evaluation = evaluate(task, truth=truth, predictions=predictions, seed=0)

    assert evaluation.scorer.name == "scorers"
    assert evaluation.scorer.version[0].isdigit()
    assert evaluation.environment.numpy == np.__version__
    assert evaluation.environment.threads >= 1
    assert evaluation.timings.read > 0
    assert evaluation.timings.resample > 0


def test_invalid_predictions_are_refused(task: Task, truth: bytes, predictions: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        evaluate(task, truth=truth, predictions=predictions + b"x,1,1\n", seed=0)


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        (b"public", b"secret", InvalidTable, "something else than public or private"),
        (b"usage", b"use", InvalidTable, "no column usage"),
        (b"patient_id", b"id", InvalidTable, "no id column patient_id"),
        (b"event_time", b"t", InvalidColumns, "no column event_time"),
    ],
)
def test_truth_that_does_not_fit_the_task_is_the_organizers_to_repair(
    task: Task,
    truth: bytes,
    predictions: bytes,
    old: bytes,
    new: bytes,
    error: type[Exception],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        evaluate(task, truth=truth.replace(old, new), predictions=predictions, seed=0)


@pytest.fixture
def document(task: Task, truth: bytes, predictions: bytes) -> dict[str, Any]:
    evaluation = evaluate(task, truth=truth, predictions=predictions, seed=0)
    parsed: dict[str, Any] = json.loads(evaluation.to_json())
    return parsed


def test_an_evaluation_is_the_agreed_document(document: dict[str, Any]) -> None:
    split = document["splits"]["public"]

    assert document["schema"] == "evaluation/1"
    assert list(document) == [
        "schema",
        "scorer",
        "splits",
        "environment",
        "reproducibility",
        "timings",
    ]
    assert list(split) == [
        "units",
        "seed_resamples",
        "metrics",
        "resamples",
        "subgroups",
        "pictures",
    ]
    assert set(split["metrics"]["c_event"]) == {
        "value",
        "interval",
        "no_interval",
        "method",
        "level",
        "undefined",
        "resamples",
        "events",
        "units",
    }


def test_a_document_of_before_there_were_methods_and_subgroups_can_be_read(
    document: dict[str, Any],
) -> None:
    for split in document["splits"].values():
        del split["subgroups"], split["pictures"]
        for score in split["metrics"].values():
            del score["method"]
    del document["timings"]["subgroups"], document["timings"]["pictures"]

    read = read_answer(json.dumps(document))

    assert isinstance(read, Evaluation)
    assert read.splits["public"].metrics["score"].method is Method.PERCENTILE
    assert read.splits["public"].subgroups == {}
    assert read.splits["public"].pictures == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "evaluation/2"),
        (["note"], "hello"),
        (["reproducibility"], "perfect"),
        (["splits"], {}),
        (["splits", "public", "metrics", "score", "value"], None),
        (["splits", "public", "metrics", "score", "value"], float("nan")),
        (["splits", "public", "metrics", "score", "undefined"], "no_events"),
        (["splits", "public", "metrics", "score", "resamples"], -1),
        (["splits", "public", "resamples", "score"], "AAAA"),
        (["splits", "public", "resamples", "score"], "not base64"),
        (["splits", "public", "seed_resamples"], 201),
    ],
)
def test_any_other_document_is_refused(
    document: dict[str, Any], path: list[str], value: Any
) -> None:
    *parents, last = path
    section = document
    for key in parents:
        section = section[key]
    section[last] = value

    with pytest.raises(ValueError, match=r"Evaluation|evaluation"):
        read_answer(json.dumps(document))


def test_an_unknown_reason_is_refused(document: dict[str, Any]) -> None:
    score = document["splits"]["public"]["metrics"]["score"]
    score |= {"value": None, "interval": None, "undefined": "undefined_part"}
    assert isinstance(read_answer(json.dumps(document)), Evaluation)

    score["undefined"] = "bad_luck"
    with pytest.raises(ValueError, match="bad_luck"):
        read_answer(json.dumps(document))


def test_resamples_with_signs_that_are_not_base64_are_refused(document: dict[str, Any]) -> None:
    resamples = document["splits"]["public"]["resamples"]
    resamples["score"] = f"{resamples['score'][:8]}!{resamples['score'][8:]}"

    with pytest.raises(ValueError, match="not base64"):
        read_answer(json.dumps(document))


def test_a_refusal_survives_json_unchanged(task: Task, truth: bytes, predictions: bytes) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        evaluate(task, truth=truth, predictions=predictions.replace(b"p00007", b"x"), seed=0)
    refusal = Refusal.of(caught.value)

    assert refusal.total == 2
    assert refusal.problems == caught.value.problems
    assert read_answer(refusal.to_json()) == refusal
    assert json.loads(refusal.to_json())["schema"] == "refusal/1"
