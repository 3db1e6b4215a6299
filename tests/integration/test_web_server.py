"""The web process against visitors who send headers meant for a proxy."""

import os
import subprocess
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.supervisor import web_command
from tests.live import free_port, wait_until


@pytest.fixture
def address(platform: Platform) -> Iterator[tuple[str, int]]:
    """Serve the pages as `challenge up` does and give where."""
    host, port = "127.0.0.1", free_port()
    settings = platform.settings.model_copy(update={"public_url": f"http://{host}:{port}"})
    command = web_command(bind=f"{host}:{port}", threads=settings.web_threads)
    with subprocess.Popen(command, env={**os.environ, **settings.environment()}) as process:  # noqa: TID251 -- the environment that a child inherits
        try:
            wait_until(lambda: health((host, port), seconds=5) == HTTPStatus.OK, seconds=60)
            yield host, port
        finally:
            process.terminate()


def health(
    address: tuple[str, int], *, seconds: float, headers: dict[str, str] | None = None
) -> int:
    """Ask for /healthz and give the status."""
    host, port = address
    url = f"http://{host}:{port}/healthz"
    return httpx.get(url, headers=headers, timeout=seconds).status_code


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "PATH_INFO"])
def test_a_header_that_only_a_proxy_may_send_changes_nothing(
    header: str, address: tuple[str, int]
) -> None:
    assert health(address, seconds=5, headers={header: "/elsewhere"}) == HTTPStatus.OK
