"""The harness of the scoring sandbox answers one request with one document, or says nothing."""

import io
import json
import sys
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, run
from typing import Any

import pytest

from scorers.definition import Task
from scorers.document import Evaluation, Refusal, read_answer
from scorers.evaluation import evaluate
from scorers.predictions.table import ProblemCode
from scorers.request import InvalidRequest, read_header, write_request
from tests.unit.scorers import sandboxed


def serve(request: bytes, /, *, program: str = sandboxed.SERVE) -> CompletedProcess[bytes]:
    """Run the harness, or a `program` around it, as in the sandbox."""
    return sandboxed.run(program, given=request)


def answer(request: bytes, /) -> Evaluation | Refusal:
    done = serve(request)
    assert (done.returncode, done.stderr) == (0, b"")
    return read_answer(done.stdout)


@pytest.fixture
def request_bytes(task: Task, truth: bytes, predictions: bytes) -> bytes:
    return write_request(task, truth=truth, predictions=predictions, seed=11)


def test_the_sandbox_computes_what_evaluate_computes_to_the_byte(
    request_bytes: bytes, task: Task, truth: bytes, predictions: bytes
) -> None:
    answers = [answer(request_bytes) for _ in range(2)]
    here = evaluate(task, truth=truth, predictions=predictions, seed=11)

    for there in answers:
        assert isinstance(there, Evaluation)
        assert there.model_dump_json(include={"splits"}) == here.model_dump_json(include={"splits"})


def test_standard_output_is_one_json_document(request_bytes: bytes) -> None:
    document = json.loads(serve(request_bytes).stdout)

    assert document["schema"] == "evaluation/1"
    assert document["reproducibility"] == "same-bytes"


def test_a_seed_may_be_of_any_size(task: Task, truth: bytes, predictions: bytes) -> None:
    request = write_request(task, truth=truth, predictions=predictions, seed=2**200 + 1)
    here = evaluate(task, truth=truth, predictions=predictions, seed=2**200 + 1)

    there = answer(request)

    assert isinstance(there, Evaluation)
    assert there.splits == here.splits


def test_bytes_after_the_declared_sizes_are_not_read(request_bytes: bytes) -> None:
    assert isinstance(answer(request_bytes + b"more"), Evaluation)


def test_invalid_predictions_are_answered_with_their_problems(task: Task, truth: bytes) -> None:
    refusal = answer(write_request(task, truth=truth, predictions=b"", seed=0))

    assert isinstance(refusal, Refusal)
    assert [problem.code for problem in refusal.problems] == [ProblemCode.EMPTY_FILE]


def test_a_prediction_that_breaks_a_rule_is_refused_and_a_truth_that_does_fails(
    challenge_yaml: dict[str, Any], truth: bytes, predictions: bytes
) -> None:
    """A risk is no probability; with an event that is neither 0 nor 1 the organizer must repair."""
    params = {"label": "event", "probability": "risk_event"}
    scoring = {"metrics": [{"key": "b", "metric": "brier", "params": params, "primary": True}]}
    task = Task.from_challenge({**challenge_yaml, "scoring": scoring})

    refusal = answer(write_request(task, truth=truth, predictions=predictions, seed=0))

    assert isinstance(refusal, Refusal)
    first = refusal.problems[0]
    assert (first.code, first.column) == (ProblemCode.BROKEN_RULE, "risk_event")
    assert (first.expected, first.repair) == (
        "a number from 0 to 1",
        "clip the predictions to the range",
    )
    header, *rows = predictions.decode().splitlines()
    halves = "\n".join([header, *(f"{row.split(',')[0]},0.5,0.5" for row in rows)]).encode()
    wrong = truth.replace(b"public,1,", b"public,4711,").replace(b"public,0,", b"public,4711,")
    done = serve(write_request(task, truth=wrong, predictions=halves, seed=0))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"InvalidColumns: column event" in done.stderr
    assert b"4711" not in done.stderr


def test_predictions_that_are_declared_too_large_are_refused_unread(
    task: Task, truth: bytes, predictions: bytes
) -> None:
    request = write_request(task, truth=truth, predictions=predictions, seed=0)
    declared = b'"predictions":%d' % len(predictions)
    large = request.replace(declared, b'"predictions":10000001', 1)

    refusal = answer(large)

    assert isinstance(refusal, Refusal)
    assert [problem.code for problem in refusal.problems] == [ProblemCode.FILE_TOO_LARGE]


READY = """
import scorers.serve as harness
from scorers.evaluation import preload_metrics

def preload():
    preload_metrics()
    loaded = {"scipy", "scorers.survival.harrell", "scorers.pictures.survival"} & set(sys.modules)
    print(*sorted(loaded), file=sys.stderr, flush=True)

harness.preload_metrics = preload
raise SystemExit(harness.serve())
"""


def test_a_process_that_waits_loads_metrics_until_its_request_comes(request_bytes: bytes) -> None:
    command = [sys.executable, "-c", sandboxed.WITHOUT + READY]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stderr is not None
        loaded = process.stderr.readline()  # so far nothing was sent

        answered, more = process.communicate(request_bytes, timeout=60)

    assert (loaded, more) == (b"scorers.pictures.survival scorers.survival.harrell\n", b"")
    assert isinstance(read_answer(answered), Evaluation)


def test_a_process_that_has_its_request_loads_what_that_one_needs(
    request_bytes: bytes, tmp_path: Path
) -> None:
    (tmp_path / "request").write_bytes(request_bytes)
    with (tmp_path / "request").open("rb") as stream:
        done = run(
            [sys.executable, "-c", sandboxed.WITHOUT + READY],
            stdin=stream,
            capture_output=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, b"")


def changed(request: bytes, /, **values: Any) -> bytes:
    header, _, body = request.partition(b"\n")
    return json.dumps({**json.loads(header), **values}).encode() + b"\n" + body


def test_a_request_that_cannot_be_scored_fails_in_one_line_without_a_value(
    request_bytes: bytes, task: Task, truth: bytes, predictions: bytes
) -> None:
    cases = {
        "header is not one line": b"",
        "header is wrong at its start": b"no json, but 4711\n",
        "seed is missing": request_bytes.replace(b'"seed":11,', b"", 1),
        "truth end": request_bytes.partition(b"\n")[0] + b"\n4711",
        "predictions end": request_bytes[:-1],
        "InvalidTable: line 2": write_request(
            task, truth=b"patient_id,usage\n4711\n", predictions=predictions, seed=0
        ),
        "InvalidColumns: column": write_request(
            task, truth=truth.replace(b",1,", b",4711,"), predictions=predictions, seed=0
        ),
    }
    for says, request in cases.items():
        done = serve(request)

        assert (done.returncode, done.stdout) == (1, b""), says
        assert says in done.stderr.decode()
        assert done.stderr.startswith(b"scoring failed: ")
        assert done.stderr.count(b"\n") == 1
        assert b"4711" not in done.stderr


def test_where_pydantic_is_a_wrong_value_in_the_header_is_refused_without_it(
    request_bytes: bytes, task: Task
) -> None:
    cases = {
        "wrong at schema": changed(request_bytes, schema="scoring-request/4711"),
        "wrong at seed": changed(request_bytes, seed=-4711),
        "wrong at task.unit": changed(
            request_bytes, task={**task.model_dump(mode="json"), "unit": 4711}
        ),
    }
    for says, request in cases.items():
        with pytest.raises(InvalidRequest, match=says) as refused:
            read_header(io.BytesIO(request))
        assert "4711" not in str(refused.value)


BUG = """
import scorers.serve as harness

def evaluate(task, /, **given):
    raise KeyError("patient p00007 died")

harness.evaluate = evaluate
raise SystemExit(harness.serve())
"""


def test_a_bug_is_told_by_type_and_place_without_its_message(request_bytes: bytes) -> None:
    done = serve(request_bytes, program=BUG)

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"scoring failed: KeyError in evaluate, line 6\n"


TALKATIVE = """
import scorers.serve as harness

real = harness.evaluate

def evaluate(task, /, **given):
    print("thinking")
    return real(task, **given)

harness.evaluate = evaluate
raise SystemExit(harness.serve())
"""


def test_what_a_metric_prints_does_not_mix_with_the_answer(request_bytes: bytes) -> None:
    done = serve(request_bytes, program=TALKATIVE)

    assert isinstance(read_answer(done.stdout), Evaluation)
    assert done.stderr == b"thinking\n"
