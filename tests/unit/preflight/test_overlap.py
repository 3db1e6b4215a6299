"""People who are in training and in the test are found, and copies of rows."""

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
