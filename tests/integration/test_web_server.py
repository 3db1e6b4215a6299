"""The web process against visitors who send half of a request, or headers meant for a proxy."""

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.client import Client
from challenge_platform.cli.supervisor import web_command
from challenge_platform.core import account
from challenge_platform.core.account import Scope
from challenge_platform.errors import Conflict
from tests.conftest import Participant
from tests.live import free_port
from tests.waiting import wait_until

SLUG = "tiny-survival"
HALF_OPEN = 20
ANSWER_SECONDS = 60
HALVES = {
    "head": b"GET /healthz HTTP/1.1\r\nHost: ",
    "body": b"POST /login HTTP/1.1\r\nHost: %b\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=",
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give the file that the server writes its log to."""
    return tmp_path / "web.log"


@pytest.fixture
def address(platform: Platform, log: Path) -> Iterator[tuple[str, int]]:
    """Serve the pages as `challenge up` does and give where."""
    host, port = "127.0.0.1", free_port()
    settings = platform.settings.model_copy(update={"public_url": f"http://{host}:{port}"})
    command = web_command(bind=f"{host}:{port}", threads=settings.web_threads)
    environment = {**os.environ, **settings.environment()}  # noqa: TID251 -- the environment that a child inherits
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output) as process,
    ):
        try:
            wait_until(lambda: health((host, port), seconds=5) == HTTPStatus.OK)
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


@pytest.mark.parametrize("half", HALVES)
def test_half_open_connections_do_not_keep_others_waiting(
    half: str, address: tuple[str, int]
) -> None:
    with ExitStack() as connections:
        for _ in range(HALF_OPEN):
            visitor = connections.enter_context(socket.create_connection(address))
            visitor.sendall(HALVES[half].replace(b"%b", b"%s:%d" % (b"127.0.0.1", address[1])))
        time.sleep(1)  # until the server's threads read them

        assert health(address, seconds=ANSWER_SECONDS) == HTTPStatus.OK


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "PATH_INFO"])
def test_a_header_that_only_a_proxy_may_send_changes_nothing(
    header: str, address: tuple[str, int]
) -> None:
    assert health(address, seconds=ANSWER_SECONDS, headers={header: "/elsewhere"}) == HTTPStatus.OK


def test_the_access_log_has_no_secret_of_a_link(address: tuple[str, int], log: Path) -> None:
    site = "http://{}:{}".format(*address)
    paths = (
        "/recovery/7.SECRET",
        "/recover/SECRET?language=fr",
        "/confirm/SECRET",
        "//profile/email/SECRET",
        "/challenges/tiny-survival/team/join/SECRET",
        "/login/openid/callback?code=SECRET&state=SECRET",
    )

    for path in paths:
        httpx.get(
            f"{site}{path}",
            headers={"Referer": f"{site}/recovery/7.SECRET"},
            timeout=ANSWER_SECONDS,
        )

    # /healthz was asked first.
    wait_until(lambda: log.read_text().count(" HTTP/1.1") > len(paths))
    assert "GET /recovery/- HTTP/1.1" in log.read_text()
    assert "SECRET" not in log.read_text()


@pytest.mark.parametrize("connection", ["kept", "chunked"])
def test_an_upload_in_parts_arrives_to_its_last_byte(
    platform: Platform, alice: Participant, address: tuple[str, int], connection: str
) -> None:
    content = bytes(range(256)) * 100
    with platform.database.writing() as session:
        scopes, now = (Scope.SUBMIT,), platform.clock()
        token = account.issue_token(session, alice.user, name="cli", scopes=scopes, now=now)
    metadata = {"kind": "predictions", "sha256": hashlib.sha256(content).hexdigest()}

    with Client("http://{}:{}".format(*address), token=token) as client:
        upload_id = client.begin_upload(SLUG, size=len(content), metadata=metadata)
        first = client.send_part(upload_id, content[:20_000], offset=0)
        if connection == "kept":
            last = client.send_part(upload_id, content[20_000:], offset=first)
        else:
            url = f"{client.url}/api/v1/uploads/{upload_id}"
            last = chunked(url, token, content[20_000:], offset=first)

        assert (first, last) == (20_000, len(content))
        with pytest.raises(Conflict):
            client.send_part(upload_id, b"more", offset=0)


def chunked(url: str, token: str, content: bytes, *, offset: int) -> int:
    """Send a part whose length is not told before."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
    }
    answer = httpx.patch(url, headers=headers, content=iter([content]), timeout=ANSWER_SECONDS)
    return int(answer.headers["Upload-Offset"])
