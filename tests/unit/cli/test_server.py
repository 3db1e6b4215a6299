"""`challenge up` tells why the platform is not ready, and not only that it is not."""

from pathlib import Path

import pytest

from challenge_platform.cli import server
from challenge_platform.cli.supervisor import Supervisor
from challenge_platform.config import Settings
from challenge_platform.errors import InvalidInput
from tests.live import free_port


def test_what_the_launcher_says_is_told_with_the_failure_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READY_SECONDS", 0.2)
    address = f"http://127.0.0.1:{free_port()}"
    supervisor = Supervisor(programs=(), environment={}, logs=tmp_path / "log", reach=(), say=print)

    with pytest.raises(InvalidInput) as refused:
        server._wait_until_ready(  # noqa: SLF001 -- the whole of `up` would start a platform
            address, supervisor, settings=Settings(data_dir=tmp_path)
        )

    assert "did not become ready" in str(refused.value)
    assert "launcher: The launcher on" in str(refused.value)
