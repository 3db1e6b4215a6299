"""What a health check says of a process: well, or one sentence on what it lacks."""

import dataclasses
import shutil

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import main
from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.health import CHECKS, Process
from challenge_platform.config import Settings
from challenge_platform.core import heartbeat
from challenge_platform.core.heartbeat import FRESH, Part
from challenge_platform.errors import KeyUnavailable, PlatformError, QueueUnavailable
from sandbox import Status
from tests.fakes import Clock, FakeRunner


class BrokenRunner(FakeRunner):
    """A launcher that answers, and lacks its image."""

    def status(self) -> Status:
        """Say what is missing."""
        return dataclasses.replace(super().status(), problems=("the image is missing",))


def beat(platform: Platform) -> None:
    with platform.database.writing() as session:
        heartbeat.beat(session, Part.REAPER, now=platform.clock())


def reached(platform: Platform, *, redis_url: str) -> Platform:
    """Give the platform with a Redis that answers."""
    settings = Settings.model_validate(
        {"data_dir": platform.settings.data_dir, "redis_url": redis_url}
    )
    return dataclasses.replace(
        platform, settings=settings, queue=Platform.from_settings(settings).queue
    )


def test_every_process_has_a_check() -> None:
    assert CHECKS.keys() == set(Process)


def test_the_reaper_is_well_while_its_heartbeat_is_fresh(platform: Platform, clock: Clock) -> None:
    beat(platform)

    CHECKS[Process.REAPER](platform)

    clock.advance(seconds=FRESH.total_seconds())
    with pytest.raises(PlatformError, match="not been heard of"):
        CHECKS[Process.REAPER](platform)


def test_a_launcher_that_lacks_something_is_not_well(platform: Platform) -> None:
    CHECKS[Process.LAUNCHER](platform)

    broken = dataclasses.replace(platform, runner=BrokenRunner())
    with pytest.raises(PlatformError, match="the image is missing"):
        CHECKS[Process.LAUNCHER](broken)


def test_a_worker_without_redis_is_not_well(platform: Platform) -> None:
    with pytest.raises(QueueUnavailable):
        CHECKS[Process.WORKER](platform)


@pytest.mark.redis
def test_a_worker_without_its_keys_or_its_launcher_is_not_well(
    platform: Platform, redis_url: str
) -> None:
    platform = reached(platform, redis_url=redis_url)
    CHECKS[Process.WORKER](platform)

    with pytest.raises(PlatformError, match="the image is missing"):
        CHECKS[Process.WORKER](dataclasses.replace(platform, runner=BrokenRunner()))
    shutil.rmtree(platform.keys.folder / "worker")
    with pytest.raises(KeyUnavailable, match=r"receipt\.key cannot be read by this process"):
        CHECKS[Process.WORKER](platform)


def test_the_command_ends_with_the_status_of_the_finding(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(platform.settings.data_dir)

    assert main(["health", "launcher", "--data-dir", folder]) == ExitCode.PLATFORM
    assert "does not answer" in capsys.readouterr().err
