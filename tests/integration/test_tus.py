"""Somebody else's client of the tus protocol uploads to us, in parts and after a break."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import requests
from tusclient import client as tus
from tusclient.exceptions import TusCommunicationError

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.core.account import Scope
from tests.conftest import Participant
from tests.served import serving

CONTENT = bytes(range(256)) * 300


@pytest.fixture
def client(platform: Platform, alice: Participant) -> Iterator[Any]:
    """Give a client that acts for Alice, on a platform that is served."""
    now = platform.clock()
    with platform.database.writing() as session:
        token = account.issue_token(
            session, alice.user, name="tus", scopes=(Scope.SUBMIT,), now=now
        )
    with serving(platform) as address:
        yield tus.TusClient(
            f"{address}/api/v1/challenges/tiny-survival/uploads",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        )


@pytest.fixture
def file(tmp_path: Path) -> Iterator[BinaryIO]:
    """Give a file of 76,800 bytes, opened here, since tuspy does not close what it opens."""
    path = tmp_path / "predictions.csv"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        yield file


def told(content: bytes = CONTENT) -> dict[str, str]:
    return {
        "filename": "predictions.csv",
        "kind": "predictions",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def kept(platform: Platform, who: Participant, url: str) -> bytes:
    """Give the bytes of a finished upload."""
    transfer_id = url.rpartition("/")[2]
    return platform.transfers.file(transfer_id, user_id=who.user.id).path.read_bytes()


@pytest.mark.parametrize("with_checksums", [False, True])
def test_tuspy_uploads_a_file_in_parts(
    client: Any, file: BinaryIO, platform: Platform, alice: Participant, with_checksums: bool
) -> None:
    uploader = client.uploader(
        file_stream=file, chunk_size=20_000, metadata=told(), upload_checksum=with_checksums
    )

    uploader.upload()

    assert kept(platform, alice, uploader.url) == CONTENT


def test_tuspy_goes_on_after_a_break(
    client: Any, file: BinaryIO, platform: Platform, alice: Participant
) -> None:
    first = client.uploader(file_stream=file, chunk_size=20_000, metadata=told())
    first.upload_chunk()
    first.upload_chunk()

    again = client.uploader(file_stream=file, chunk_size=10_000, url=first.url)
    went_on_from = again.offset
    again.upload()

    assert (first.offset, went_on_from) == (40_000, 40_000)
    assert kept(platform, alice, again.url) == CONTENT


def test_tuspy_is_told_why_nothing_is_taken(client: Any, file: BinaryIO) -> None:
    for metadata in ({}, told() | {"kind": "container"}):
        with pytest.raises(TusCommunicationError) as caught:
            client.uploader(file_stream=file, metadata=metadata).upload()
        assert caught.value.status_code == 422

    uploader = client.uploader(file_stream=file, metadata=told(CONTENT[1:]))
    with pytest.raises(TusCommunicationError) as caught:
        uploader.upload()
    assert caught.value.status_code == 460


def test_an_upload_can_be_given_up(client: Any, file: BinaryIO) -> None:
    uploader = client.uploader(file_stream=file, chunk_size=20_000, metadata=told())
    uploader.upload_chunk()

    headers = client.headers | {"Tus-Resumable": "1.0.0"}
    gone = requests.delete(uploader.url, headers=headers, timeout=10)

    assert gone.status_code == 204
    assert requests.head(uploader.url, headers=headers, timeout=10).status_code == 404
