"""What every test may use: a platform in a temporary folder, a clock, a real Redis."""

import dataclasses
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.publishing import published_version
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.team import Team, join
from sandbox.images.build import build_image
from sandbox.images.content import SCORING, SELFTEST
from tests import postgresql
from tests.fakes import Clock, FakeRunner
from tests.thrift import put_migrated_file, thrifty
from tests.waiting import listens, wait_until

TINY = Path(__file__).parent / "data" / "tiny-survival"
PASSWORD = "correct horse battery"  # noqa: S105 -- the password of every account in the tests


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options: on which database each platform is, and where screenshots are kept."""
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database of the tests' platforms; a PostgreSQL of their own is started for it",
    )
    parser.addoption(
        "--pictures", type=Path, help="the folder in which the screenshots of browser tests stay"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is about SQLite's file when the tests are on PostgreSQL."""
    if config.getoption("--database") == "postgresql":
        for item in items:
            for mark in item.iter_markers("sqlite"):
                item.add_marker(pytest.mark.skip(reason=f"about SQLite: {mark.kwargs['reason']}"))


@pytest.fixture(scope="session", autouse=True)
def thrift() -> Iterator[None]:
    """Let all tests be thrifty."""
    with thrifty():
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgresql.Cluster]:
    """Run a PostgreSQL for as long as the tests do."""
    with postgresql.cluster() as running:
        yield running


@contextmanager
def fresh_database(
    request: pytest.FixtureRequest, /, *, copy_of: str | None = None
) -> Iterator[str | None]:
    """Give the address of a database, None for SQLite in the data folder.

    It is empty, or has what the database at the address `copy_of` has, which nobody may use.
    Every Settings that the tests and their children read from the environment names it.
    """
    kind = getattr(request, "param", request.config.getoption("--database"))
    if kind == "sqlite":
        yield None
        return
    cluster: postgresql.Cluster = request.getfixturevalue("cluster")
    with (
        cluster.database(copy_of=copy_of) as address,
        postgresql.connections_closed(),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("CHALLENGE_DATABASE_URL", address)
        yield address


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Give the address of a database of the test's own."""
    with fresh_database(request) as address:
        yield address


@pytest.fixture(scope="module")
def module_database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Give the address of a database that the tests of a module share."""
    with fresh_database(request) as address:
        yield address


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture
def runner() -> FakeRunner:
    """Give a runner that scores in this process."""
    return FakeRunner()


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    """Give the settings of a platform in a temporary folder, whose Redis is down."""
    return Settings(data_dir=tmp_path / "data", database_url=database_url, glance_seconds=0)


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of a platform that has published the tiny challenge, to be copied."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("published") / "data", database_url=None)
    platform = prepared(settings, clock=Clock(), runner=FakeRunner())
    published(platform)
    platform.database.close()
    return settings.data_dir


@pytest.fixture
def platform(
    request: pytest.FixtureRequest, settings: Settings, clock: Clock, runner: FakeRunner
) -> Iterator[Platform]:
    """Give a platform with its tables and keys, on the test's clock and runner.

    For a test that takes the tiny challenge, it is a copy of one that has published it.
    """
    known = "challenge" in request.fixturenames and clock == Clock()
    if known and settings.database_url is None and not settings.data_dir.exists():
        shutil.copytree(request.getfixturevalue("published_folder"), settings.data_dir)
        wired = wired_to(settings, clock=clock, runner=runner)
    else:
        wired = prepared(settings, clock=clock, runner=runner)
    yield wired
    wired.database.close()


def prepared(settings: Settings, /, *, clock: Clock, runner: FakeRunner) -> Platform:
    """Give a platform whose data folder and database are ready for the tiny challenge."""
    put_migrated_file(settings)
    wired = wired_to(settings, clock=clock, runner=runner)
    datadir.prepare(wired, slugs=[TINY.name], separate=False)
    return wired


def wired_to(settings: Settings, /, *, clock: Clock, runner: FakeRunner) -> Platform:
    """Give the platform of a data folder, on another clock and runner than its own."""
    return dataclasses.replace(Platform.from_settings(settings), clock=clock, runner=runner)


@pytest.fixture
def challenge(platform: Platform) -> PublishedChallenge:
    """Give the published tiny challenge."""
    return published(platform)


def published(platform: Platform, /) -> PublishedChallenge:
    """Publish the tiny challenge, unless it is published already."""
    if published_version(platform, TINY.name) is None:
        build_challenge(platform, TINY, say=lambda _line: None)
    with platform.database.reading() as session:
        return find_challenge(session, TINY.name)


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
    """Give the tag of the scoring image; it and the self-test's are made if there are none yet."""
    build_image(SELFTEST, say=lambda _line: None)  # a launcher tries its sandboxes by it
    return build_image(SCORING, say=lambda _line: None)


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
        wait_until(lambda: listens(socket))
        yield f"unix://{socket}"
        process.kill()
