"""What runs inside the scoring sandbox: one request from standard input, one JSON document out."""

import select
import sys
import traceback
from contextlib import redirect_stdout
from typing import BinaryIO

from scorers.document import Evaluation, Refusal
from scorers.evaluation import evaluate, preload, preload_metrics
from scorers.metric import InvalidColumns
from scorers.predictions.problems import InvalidPredictions
from scorers.predictions.table import InvalidTable, check_size
from scorers.request import InvalidRequest, read_body, read_header


def serve() -> int:
    """Answer the request on standard input and return the exit code.

    0: one JSON document is on standard output, an evaluation or a refusal of the predictions, and
    the end of its only line says that it is whole.
    1: nothing is on standard output, and one line on standard error says why, without any value
    of the data. All that is slow to load is loaded before the first byte is read, and while no
    request has come the metrics too, so that a process may wait for its request.
    """
    preload()
    if not select.select([sys.stdin], [], [], 0)[0]:
        preload_metrics()
    output = sys.stdout.buffer
    try:
        # Whatever a metric prints must not mix with the answer.
        with redirect_stdout(sys.stderr):
            answer = _answer(sys.stdin.buffer)
    except (InvalidRequest, InvalidTable, InvalidColumns) as error:
        return _fail(f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - the isolation point: any bug ends as one line
        # Its message may hold data, so only its type and place are told.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return _fail(f"{type(error).__name__} in {frame.name}, line {frame.lineno}")
    output.write(answer.to_json().encode() + b"\n")
    output.flush()
    return 0


def _answer(stream: BinaryIO) -> Evaluation | Refusal:
    header = read_header(stream)
    truth = read_body(stream, header.sizes.truth, name="truth")
    try:
        check_size(header.sizes.predictions, submission=header.task.submission)
        predictions = read_body(stream, header.sizes.predictions, name="predictions")
        return evaluate(header.task, truth=truth, predictions=predictions, seed=header.seed)
    except InvalidPredictions as refused:
        return Refusal.of(refused)


def _fail(reason: str) -> int:
    sys.stderr.write(f"scoring failed: {reason}\n")
    return 1
