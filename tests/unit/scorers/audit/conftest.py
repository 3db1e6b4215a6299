"""A made-up competition, and what judges it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from scorers.audit.document import Audit
from scorers.audit.judging import Submission, audit
from scorers.audit.ranking import Ranking
from scorers.definition import Task
from tests.unit.scorers.audit.competition import Competition


@pytest.fixture
def competition() -> Competition:
    return Competition()


@pytest.fixture
def judge(task: Task, competition: Competition) -> Callable[..., Audit]:
    def judged(files: Mapping[str, bytes], **changed: Any) -> Audit:
        submissions = [
            Submission(team=re.split(r"[/.]", file)[0], file=file, data=data)
            for file, data in files.items()
        ]
        given: dict[str, Any] = {
            "title": "Made up",
            "truth": competition.truth,
            "ranking": Ranking(),
            "seed": 3,
            **changed,
        }
        return audit(given.pop("task", task), submissions=submissions, **given)

    return judged
