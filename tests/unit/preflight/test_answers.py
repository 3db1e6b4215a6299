"""Answers that are published are found: in a column, in another table, in JSON, in an archive."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Finding, Severity
from tests.unit.preflight.small import SURVIVAL, csv_text, document

YES = {"type": "integer", "min": 0, "max": 1}
CODES = {"type": "codes", "classes": ["A00", "B01", "C02", "D03"]}
STAGES = {"type": "label", "classes": ["mild", "middling", "severe"]}
BOX = {name: {"type": "float"} for name in ("x1", "y1", "x2", "y2")}
TASKS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "ill": (
        {"metric": "auroc", "params": {"label": "ill", "score": "risk"}},
        {"risk": {"type": "float"}},
        {},
    ),
    "stage": (
        {
            "metric": "macro_f1",
            "params": {"label": "stage", "predicted": "s", "classes": STAGES["classes"]},
        },
        {"s": STAGES},
        {},
    ),
    "weight": (
        {"metric": "rmse", "params": {"value": "weight", "predicted": "kg"}},
        {"kg": {"type": "float"}},
        {},
    ),
    "death_time": (SURVIVAL[0], {"risk": {"type": "float"}}, {}),
    "codes": (
        {
            "metric": "micro_code_f1",
            "params": {"coded": "codes", "predicted": "told", "codes": CODES["classes"]},
        },
        {"told": CODES},
        {"columns": {"codes": CODES}},
    ),
}

Change = Callable[[dict[str, Any]], Any]


def people(count: int = 120) -> list[dict[str, Any]]:
    rng = np.random.Generator(np.random.PCG64(11))
    return [
        {
            "id": f"p{rng.integers(1 << 40):010x}",
            "usage": ("public", "private")[number % 2],
            "age": int(rng.integers(30, 90)),
            "ill": int(rng.random() < 0.4),
            "stage": STAGES["classes"][int(rng.integers(3))],
            "weight": round(float(rng.uniform(40, 100)), 1),
            "death": int(rng.random() < 0.5),
            "death_time": round(float(rng.uniform(1, 9)), 2),
            "codes": "|".join(rng.permutation(CODES["classes"])[: 1 + number % 2]),
        }
        for number in range(count)
    ]


def answers_found(
    folder: Path, task: str, *, column: Change | None = None, others: dict[str, bytes] | None = None
) -> list[Finding]:
    metric, predicted, data = TASKS[task]
    made = ChallengeDefinition.model_validate(
        document(
            metrics=[{**metric, "key": "m", "primary": True}],
            predicted=predicted,
            **data,
        )
    )
    for name in ("public", "input"):
        (folder / name).mkdir()
    rows = people()
    shown = [{"id": row["id"], "age": row["age"]} for row in rows]
    if column is not None:
        shown = [one | {"x": column(row)} for one, row in zip(shown, rows, strict=True)]
    (folder / "public" / "test.csv").write_text(csv_text(shown))
    for name, content in (others or {}).items():
        (folder / "public" / name).write_bytes(content)
    report = check(
        made,
        public=folder / "public",
        hidden=folder / "input",
        sample=folder / "input",
        truth=csv_text(rows).encode(),
    )
    found = [each for each in report.findings if each.code == "answer_published"]
    assert {each.severity for each in found} <= {Severity.BLOCK}
    return found


@pytest.mark.parametrize(
    ("task", "column"),
    [
        ("ill", lambda row: row["ill"]),
        ("ill", lambda row: "nq"[row["ill"]]),
        ("ill", lambda row: ("u", "v", "w")[2 * row["ill"] or row["age"] % 2]),
        ("ill", lambda row: row["ill"] if row["age"] > 50 else ""),
        ("stage", lambda row: {"mild": 7, "middling": 1, "severe": 3}[row["stage"]]),
        ("weight", lambda row: round(np.exp(row["weight"] / 20), 6)),
        ("weight", lambda row: 1000 - 7 * row["weight"]),
        ("death_time", lambda row: row["death_time"] * 365.25),
        ("codes", lambda row: ";".join(sorted(row["codes"].split("|"), reverse=True))),
    ],
)
def test_a_column_that_is_the_answer_in_other_words_blocks(
    tmp_path: Path, task: str, column: Change
) -> None:
    (found,) = answers_found(tmp_path, task, column=column)

    assert (found.file, found.column, found.about) == ("test.csv", "x", "test.csv")


@pytest.mark.parametrize("task", TASKS)
def test_columns_that_say_a_little_or_nothing_are_no_answers(tmp_path: Path, task: str) -> None:
    def vague(row: dict[str, Any]) -> Any:
        return row["weight"] + 12 * row["ill"] + 9 * row["death_time"] * (row["age"] % 2)

    assert answers_found(tmp_path, task, column=vague) == []


def packed(name: str, content: bytes, folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr(name, content)
    return (folder / "packed.zip").read_bytes()


def test_answers_in_other_files_are_found_with_file_and_column(tmp_path: Path) -> None:
    rows = people()
    by_id = {row["id"]: row["ill"] for row in rows}
    table = csv_text([{"patient": each, "y": value} for each, value in by_id.items()]).encode()
    objects = {each: {"meta": {"y": value}, "y": value} for each, value in by_id.items()}
    records = {"version": 1, "cases": [{"case": e, "y": bool(v)} for e, v in by_id.items()]}
    lines = "".join(json.dumps({"i": each, "y": value}) + "\n" for each, value in by_id.items())
    sample = csv_text([{"id": each, "risk": 0.2 + value} for each, value in by_id.items()])
    files = {
        "other.csv": table,
        "packed.zip": packed("in/other.csv", table, tmp_path),
        "scalars.json": json.dumps(by_id).encode(),
        "objects.json": json.dumps(objects).encode(),
        "records.json": json.dumps(records).encode(),
        "columns.json": json.dumps({"k": list(by_id), "y": list(by_id.values())}).encode(),
        "pandas.json": json.dumps({"y": by_id, "z": dict.fromkeys(by_id, 1)}).encode(),
        "lines.jsonl": lines.encode(),
        "sample_submission.csv": sample.encode(),
        "broken.json": b"{",
    }

    found = answers_found(tmp_path, "ill", others=files)

    assert {(each.file, each.column) for each in found} == {
        ("other.csv", "y"),
        ("packed.zip: in/other.csv", "y"),
        ("scalars.json", "(value)"),
        ("objects.json", "y"),
        ("objects.json", "meta"),
        ("records.json: cases", "y"),
        ("columns.json", "y"),
        ("pandas.json", "y"),
        ("pandas.json: y", "(value)"),
        ("lines.jsonl", "y"),
        ("sample_submission.csv", "risk"),
    }


def test_codes_that_stand_one_a_line_are_found(tmp_path: Path) -> None:
    lines = [
        {"doc": row["id"], "code": code} for row in people() for code in row["codes"].split("|")
    ]

    (found,) = answers_found(tmp_path, "codes", others={"long.csv": csv_text(lines).encode()})

    assert (found.file, found.column) == ("long.csv", "code")
    assert "in 120 of 120 rows" in found.message
