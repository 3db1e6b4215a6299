"""What tests of hostile files share: a platform that takes predictions and code, and somebody."""

from collections.abc import Iterator

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.web import create_app
from tests.conftest import TINY, Participant, participant, prepared
from tests.fakes import Clock, FakePrograms
from tests.uploads.served import challenge_folder
from tests.web.conftest import Program, with_token


@pytest.fixture(scope="module")
def programs() -> FakePrograms:
    """Give a runner that scores in this process, and whose programs write what a test says."""
    return FakePrograms()


@pytest.fixture(scope="module")
def clock() -> Clock:
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture(scope="module")
def platform(
    tmp_path_factory: pytest.TempPathFactory,
    module_database_url: str | None,
    programs: FakePrograms,
    clock: Clock,
) -> Iterator[Platform]:
    """Give a platform with a challenge that takes predictions and code."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("platform") / "d",
        database_url=module_database_url,
        glance_seconds=0,
    )
    wired = prepared(settings, clock=clock, runner=programs)
    folder = challenge_folder(tmp_path_factory.mktemp("challenge"))
    build_challenge(wired, folder, say=lambda _line: None)
    yield wired
    wired.database.close()


@pytest.fixture(scope="module")
def alice(platform: Platform) -> Participant:
    """Give a participant."""
    with platform.database.reading() as session:
        challenge = find_challenge(session, TINY.name)
    return participant(platform, challenge, name="alice")


@pytest.fixture(scope="module")
def hers(platform: Platform, alice: Participant) -> Program:
    """Give her program; what is not anticipated rises in the test."""
    app = create_app(platform)
    app.testing = True
    return with_token(app, platform, alice.user)
