"""What every test may use: a platform on SQLite in a temporary folder, a clock, a real Redis."""

import dataclasses
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.team import Team, join
from sandbox.images.build import build_scoring_image
from tests.fakes import Clock, FakeRunner

TINY = Path(__file__).parent / "data" / "tiny-survival"
PASSWORD = "correct horse battery"  # noqa: S105 -- the password of every account in the tests


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture
def runner() -> FakeRunner:
    """Give a runner that scores in this process."""
    return FakeRunner()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give the settings of a platform in a temporary folder, whose Redis is down."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def platform(settings: Settings, clock: Clock, runner: FakeRunner) -> Iterator[Platform]:
    """Give a platform with its tables and keys, on the test's clock and runner."""
    wired = Platform.from_settings(settings)
    wired = dataclasses.replace(wired, clock=clock, runner=runner)
    datadir.prepare(wired, slugs=[TINY.name], separate=False)
    yield wired
    wired.database.engine.dispose()


@pytest.fixture
def challenge(platform: Platform) -> PublishedChallenge:
    """Give the published tiny challenge."""
    build_challenge(platform, TINY, say=lambda _line: None)
    with platform.database.reading() as session:
        return find_challenge(session, "tiny-survival")


def publish_changed(platform: Platform, folder: Path, old: str, new: str, /) -> None:
    """Publish the tiny challenge again, with a part of its challenge.yaml replaced."""
    copy = shutil.copytree(TINY, folder / TINY.name)
    definition = copy / "challenge.yaml"
    definition.write_text(definition.read_text().replace(old, new))
    build_challenge(platform, copy, say=lambda _line: None)


@dataclasses.dataclass(frozen=True)
class Participant:
    """A person who joined the tiny challenge."""

    user: User
    team: Team


@pytest.fixture
def alice(platform: Platform, challenge: PublishedChallenge) -> Participant:
    """Give a participant of the tiny challenge."""
    return participant(platform, challenge, name="alice")


@pytest.fixture
def bob(platform: Platform, challenge: PublishedChallenge) -> Participant:
    """Give another participant, who must see nothing of Alice's."""
    return participant(platform, challenge, name="bob")


def participant(
    platform: Platform, challenge: PublishedChallenge, *, name: str, baseline: bool = False
) -> Participant:
    """Make an account and join the challenge."""
    now = platform.clock()
    with platform.database.writing() as session:
        user = account.create_user(
            session, email=f"{name}@example.org", name=name, password=PASSWORD, now=now
        )
        team = join(
            session, challenge, user=user, agreement_version="1", now=now, baseline=baseline
        )
    return Participant(user, team)


@pytest.fixture(scope="session")
def scoring_image() -> str:
    """Give the tag of the scoring image, which is made if these sources have none yet."""
    return build_scoring_image(say=lambda _line: None)


@pytest.fixture
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real Redis on a unix socket of its own."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is not installed: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as process:
        while not socket.exists():
            time.sleep(0.01)
        yield f"unix://{socket}"
        process.kill()
