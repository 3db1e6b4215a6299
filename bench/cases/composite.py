"""Cases of metrics made of others, against their formulas."""

from bench.cases.binary import CASES as BINARY
from bench.cases.case import Case, Table, Untyped

PARTS = tuple(case for case in BINARY if case.key in ("auroc", "brier"))
WEIGHTS = {"auroc": 0.7, "brier": -0.3}
HOW = {
    "auroc": {"weight": 0.6, "dummy": 0.5},
    "brier": {"weight": 0.4, "dummy": 0.25, "perfect": 0},
}


def weighted_sum(truth: Table, prediction: Table, /, **weights: float) -> float:
    """Add the parts of scikit-learn."""
    values = _parts(truth, prediction)
    return sum(weight * values[key] for key, weight in weights.items())


def rescaled_sum(truth: Table, prediction: Table, /, **how: Untyped) -> float:
    """Rescale the parts of scikit-learn and add them."""
    values = _parts(truth, prediction)
    total: float = sum(
        part["weight"] * (values[key] - part["dummy"]) / (part.get("perfect", 1) - part["dummy"])
        for key, part in how.items()
    )
    return total


def _parts(truth: Table, prediction: Table, /) -> dict[str, float]:
    return {
        case.key: case.reference(truth, prediction, **case.params)
        for case in PARTS
        if case.reference
    }


CASES = tuple(
    Case(key=key, draw=PARTS[0].draw, params=params, parts=PARTS, reference=reference)
    for key, params, reference in (
        ("weighted_sum", WEIGHTS, weighted_sum),
        ("rescaled_sum", HOW, rescaled_sum),
    )
)
