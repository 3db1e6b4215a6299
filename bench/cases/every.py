"""The case of every metric: what its speed, its agreement and its determinism are told on."""

from bench.cases import (
    binary,
    composite,
    detection,
    multiclass,
    multilabel,
    regression,
    segmentation,
    survival,
    text,
)
from bench.cases.case import Case

FAMILIES = {
    "Binary and calibration": binary.CASES,
    "Multiclass and ordinal": multiclass.CASES,
    "Multilabel": multilabel.CASES,
    "Survival": survival.CASES,
    "Regression and counting": regression.CASES,
    "Detection": detection.CASES,
    "Segmentation": segmentation.CASES,
    "Codes and spans": text.CASES,
    "Composites": composite.CASES,
}
"""The cases of each family, in the order of the documentation."""

CASES: dict[str, Case] = {case.key: case for cases in FAMILIES.values() for case in cases}
"""The case of each metric, by its key."""
