"""Scoring of submissions: metrics, their uncertainty, and the reader of predictions."""

from scorers.definition import Task
from scorers.document import Evaluation, Refusal, read_answer
from scorers.evaluation import evaluate
from scorers.metric import Undefined
from scorers.predictions.problems import InvalidPredictions, Problem
from scorers.predictions.table import read_ids, read_predictions
from scorers.registry import get_metric, metric_keys
from scorers.request import write_request

__all__ = [
    "Evaluation",
    "InvalidPredictions",
    "Problem",
    "Refusal",
    "Task",
    "Undefined",
    "evaluate",
    "get_metric",
    "metric_keys",
    "read_answer",
    "read_ids",
    "read_predictions",
    "write_request",
]
