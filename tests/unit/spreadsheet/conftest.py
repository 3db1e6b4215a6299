"""A small table with pictures, as a clinician would keep them: patients, several lesions each."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.spreadsheet.publishing import Places, publish_table
from tests.png import chunk, png

KEY = bytes(range(32))
PATIENTS = 40
TEXT = {"en": "page.md", "fr": "page.md"}

Rows = list[list[str]]


def pixel(*, shade: int, extra: bytes = b"") -> bytes:
    """Write a grey picture of one pixel, with chunks before its end."""
    return png(chunk(b"IDAT", zlib.compress(bytes([0, shade]))), extra, width=1, height=1)


@pytest.fixture
def rows() -> Rows:
    """Give the table: three lesions of each patient, a third of the patients with a melanoma."""
    header = ["lesion", "patient", "name", "age", "centre", "diagnosis"]
    return [header] + [
        [
            f"IMG_{patient:02}_{lesion}_{diagnosis}.png",
            f"P{patient}",
            f"Person {patient}",
            str(30 + patient),
            "AB"[patient % 2],
            diagnosis,
        ]
        for patient in range(PATIENTS)
        for diagnosis in ["melanoma" if patient % 3 == 0 else "naevus"]
        for lesion in range(3)
    ]


@pytest.fixture
def data() -> dict[str, Any]:
    """Give the section `data` of the table."""
    return {
        "table": "labels.csv",
        "files": "images",
        "targets": ["diagnosis"],
        "features": ["age"],
        "drop": ["name", "centre"],
        "subgroups": ["centre"],
        "split": {"test": 0.3, "public": 0.4, "stratify": "diagnosis", "group": "patient"},
    }


def definition_of(data: dict[str, Any]) -> ChallengeDefinition:
    """Give a definition with this section."""
    classes = ["melanoma", "naevus"]
    metric = {
        "key": "accuracy",
        "metric": "balanced_accuracy",
        "params": {"label": "diagnosis", "predicted": "diagnosis", "classes": classes},
        "primary": True,
    }
    return ChallengeDefinition.model_validate(
        {
            "schema": "challenge/1",
            "slug": "lesions",
            "title": {"en": "Lesions", "fr": "Lésions"},
            "pages": {"overview": TEXT, "data": TEXT, "rules": TEXT},
            "agreement": {"version": "1", "file": TEXT},
            "data": data,
            "submission": {
                "kinds": ["predictions"],
                "file": "predictions.csv",
                "ids": "test.csv",
                "id": "lesion",
                "columns": {"diagnosis": {"type": "label", "classes": classes}},
            },
            "scoring": {"metrics": [metric]},
            "phases": [{"key": "one", "opens": "2026-01-01T00:00:00Z", "limit": {"n": 5}}],
        }
    )


Publish = Callable[..., bytes]


@pytest.fixture
def publish(tmp_path: Path, rows: Rows, data: dict[str, Any]) -> Publish:
    """Give what publishes the table into `public`, its rows and pictures as they are then."""

    def publish(
        *,
        key: bytes = KEY,
        public: str = "public",
        pictures: Sequence[str] | None = None,
        definition: ChallengeDefinition | None = None,
    ) -> bytes:
        (tmp_path / "images").mkdir(exist_ok=True)
        for number, name in enumerate(
            [row[0] for row in rows[1:]] if pictures is None else pictures
        ):
            (tmp_path / "images" / name).write_bytes(
                pixel(shade=number, extra=chunk(b"tEXt", b"Author\0Dr Dupont"))
            )
        (tmp_path / "labels.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
        for name in (public, f"{public}-hidden", f"{public}-sample"):
            (tmp_path / name).mkdir()
        definition = definition or definition_of(yaml.safe_load(yaml.safe_dump(data)))
        assert definition.data.table is not None
        return publish_table(
            definition.data.table,
            tmp_path,
            Places(
                public=tmp_path / public,
                hidden=tmp_path / f"{public}-hidden",
                sample=tmp_path / f"{public}-sample",
            ),
            definition=definition,
            key=key,
            say=lambda _line: None,
        )

    return publish
