"""Every hostile file sent to the API: the right status, each problem told, and nothing kept."""

from pathlib import Path

import pytest
from sqlmodel import Session, func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.submission import Submission
from tests.conftest import TINY
from tests.uploads.case import ACCEPTED, Case
from tests.uploads.corpus import SENT, named
from tests.uploads.served import form
from tests.web.conftest import Program


def kept(platform: Platform) -> tuple[int, int]:
    """Count the submissions and the objects in the store."""
    with platform.database.reading() as session:
        rows = count(session)
    return rows, sum(path.is_file() for path in platform.settings.objects_dir.rglob("*"))


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Submission)).one()


@pytest.mark.parametrize("case", SENT, ids=named)
def test_the_api_gives_a_file_its_verdict_and_keeps_nothing(
    case: Case, hers: Program, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = kept(platform)
    path = "validate" if case.verdict == ACCEPTED else "submissions"

    answer = hers.post(f"/challenges/{TINY.name}/{path}", **form(case.make(), kind=case.reader))

    if case.verdict == ACCEPTED:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_upload")
        problems = answer.json["errors"]
        assert case.verdict in [problem["code"] for problem in problems]
        assert all(len(text) < 700 for problem in problems for text in map(str, problem.values()))
        assert len(problems) <= 20
        assert answer.json["total"] >= len(problems)
    assert len(answer.data) < 20_000
    assert kept(platform) == before
    assert list(tmp_path.iterdir()) == []
