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

FAMILIES = (
    binary,
    multiclass,
    multilabel,
    survival,
    regression,
    detection,
    segmentation,
    text,
    composite,
)

CASES: dict[str, Case] = {case.key: case for family in FAMILIES for case in family.CASES}
"""The case of each metric, by its key, in the order of the documentation."""
