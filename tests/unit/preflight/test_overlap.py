"""People who are in training and in the test are found, and copies of rows."""

import numpy as np

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.overlap import find_overlap
from challenge_platform.preflight.roles import Roles
from challenge_platform.preflight.tables import Table


def overlap(*, train: dict[str, list[str]], test: dict[str, list[str]]) -> list[Finding]:
    asked, units = frozenset(test["id"]), frozenset(test.get("patient", test["id"]))
    roles = Roles(
        described=[],
        training=[Table(name="train.csv", columns=train)],
        test=[Table(name="test.csv", columns=test)],
        id="id",
        unit="patient",
        asked=asked,
        units=units,
    )
    return list(find_overlap(roles))


def test_an_id_and_a_patient_on_both_sides_block() -> None:
    found = overlap(
        train={"id": ["a", "b"], "patient": ["1", "2"]},
        test={"id": ["b", "c"], "patient": ["2", "1"]},
    )

    assert [(each.code, each.severity, each.row) for each in found] == [
        ("id_overlap", Severity.BLOCK, 3),
        ("unit_overlap", Severity.BLOCK, 2),
    ]


def numbered(start: int) -> dict[str, list[str]]:
    rows = range(start, start + 100)
    values = {name: [f"{row * factor}" for row in rows] for name, factor in (("x", 1), ("y", 7))}
    return {"id": [f"i{row}" for row in rows], **values, "z": ["1"] * 100}


def test_a_few_copied_rows_warn_and_many_block() -> None:
    assert overlap(train=numbered(0), test=numbered(100)) == []
    (few,) = overlap(train=numbered(0), test={**numbered(97), "id": [f"t{n}" for n in range(100)]})
    (many,) = overlap(train=numbered(0), test={**numbered(90), "id": [f"t{n}" for n in range(100)]})

    assert (few.code, few.severity, few.row) == ("duplicate_rows", Severity.WARN, 2)
    assert (many.code, many.severity) == ("duplicate_rows", Severity.BLOCK)


def test_equal_rows_of_coarse_columns_mean_nothing() -> None:
    coarse = {name: ["1", "2"] * 50 for name in ("x", "y", "z")}

    found = overlap(
        train={"id": [f"a{n}" for n in range(100)], **coarse},
        test={"id": [f"b{n}" for n in range(100)], **coarse},
    )

    assert found == []


def coarse(
    rng: np.random.Generator, *, rows: int, prefix: str, ages: int = 40, scores: int = 3
) -> dict[str, list[str]]:
    """Make people of whom age, sex, a stage and a score that goes with it are told."""
    stage = rng.integers(1, 5, rows)
    columns = {
        "age": rng.integers(ages, size=rows),
        "sex": rng.integers(2, size=rows),
        "stage": stage,
        "score": 100 * stage + rng.integers(scores, size=rows),
    }
    ids = {"id": [f"{prefix}{row}" for row in range(rows)]}
    return ids | {name: [str(cell) for cell in cells] for name, cells in columns.items()}


def test_people_of_whom_little_is_told_are_alike_by_chance_and_copies_among_them_are_found() -> (
    None
):
    rng = np.random.default_rng(4)
    false_alarms = 0
    for _ in range(100):
        train = coarse(rng, rows=300, prefix="a", ages=60, scores=40)
        test = coarse(rng, rows=100, prefix="b", ages=60, scores=40)
        false_alarms += bool(overlap(train=train, test=test))
    assert false_alarms <= 2

    train, test = coarse(rng, rows=300, prefix="a"), coarse(rng, rows=60, prefix="b")
    copied = {name: [*cells[:30], *train[name][:30]] for name, cells in test.items()}
    (found,) = overlap(train=train, test={**copied, "id": test["id"]})
    assert found.code == "duplicate_rows"


def test_who_was_never_measured_is_like_others_who_were_not() -> None:
    rng = np.random.default_rng(4)

    def sparse(rows: int, prefix: str) -> dict[str, list[str]]:
        there = rng.random(rows) < 0.9
        return {
            "id": [f"{prefix}{row}" for row in range(rows)],
            "sex": ["f", "m"] * (rows // 2),
        } | {
            f"bmi_{visit}": [f"{rng.normal(25, 4):.2f}" if one else "" for one in there]
            for visit in range(9)
        }

    assert overlap(train=sparse(40, "a"), test=sparse(40, "b")) == []
