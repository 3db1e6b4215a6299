"""Every hostile file sent to the API: the right status, each problem told, and nothing kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.submission import Submission
from challenge_platform.web import create_app
from tests.conftest import TINY, participant, prepared
from tests.fakes import Clock, FakeRunner
from tests.uploads.case import ACCEPTED, NUMBER, Case
from tests.uploads.corpus import CASES, named
from tests.uploads.served import challenge_folder, form
from tests.web.conftest import Program, with_token

SENT = [case for case in CASES if case.asked is NUMBER]
"""The others are for challenges that ask for something else."""


@pytest.fixture(scope="module")
def platform(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Platform]:
    """Give a platform with a challenge that takes predictions and code."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("platform") / "d",
        database_url=module_database_url,
        glance_seconds=0,
    )
    wired = prepared(settings, clock=Clock(), runner=FakeRunner())
    folder = challenge_folder(tmp_path_factory.mktemp("challenge"))
    build_challenge(wired, folder, say=lambda _line: None)
    yield wired
    wired.database.close()


@pytest.fixture(scope="module")
def hers(platform: Platform) -> Program:
    """Give the program of a participant; what is not anticipated rises in the test."""
    app = create_app(platform)
    app.testing = True
    with platform.database.reading() as session:
        challenge = find_challenge(session, TINY.name)
    return with_token(app, platform, participant(platform, challenge, name="alice").user)


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
