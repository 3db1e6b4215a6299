"""A large file goes to a real platform in parts, and on from where an interruption left it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import parts
from challenge_platform.cli.client import Client
from challenge_platform.cli.data import sha256_of
from challenge_platform.cli.exits import PlatformFault
from challenge_platform.cli.parts import Parts, UploadMemory
from challenge_platform.core import account
from challenge_platform.core.account import Scope
from challenge_platform.errors import InvalidInput
from tests.cli.conftest import Run
from tests.conftest import Participant, participant
from tests.core.programs import publish_hidden
from tests.images import HandMadeImage, file, tarball
from tests.served import serving

SLUG = "tiny-survival"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def address(platform: Platform) -> Iterator[str]:
    with serving(platform) as address:
        yield address


@pytest.fixture
def token(platform: Platform, alice: Participant) -> str:
    return token_of(platform, alice)


def token_of(platform: Platform, who: Participant) -> str:
    now = platform.clock()
    with platform.database.writing() as session:
        scopes = (Scope.READ, Scope.SUBMIT)
        return account.issue_token(session, who.user, name="cli", scopes=scopes, now=now)


@pytest.fixture
def sending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Parts]:
    """Give a maker of senders of one file of 10,240 bytes, in parts of 1,000."""
    monkeypatch.setattr(parts, "PART_BYTES", 1000)
    path = tmp_path / "image.tar"
    path.write_bytes(CONTENT)

    def make(client: Client, *, told: Callable[[int], object] = lambda _offset: None) -> Parts:
        return Parts(
            client=client,
            slug=SLUG,
            file=path,
            metadata={"kind": "predictions", "filename": path.name, "sha256": sha256_of(path)},
            memory=UploadMemory(tmp_path / "config"),
            told=told,
            pauses=(0.01, 0.01),
        )

    return make


def test_an_interrupted_upload_goes_on_where_it_was(
    address: str,
    token: str,
    sending: Callable[..., Parts],
    platform: Platform,
    alice: Participant,
) -> None:
    def interrupt(offset: int) -> None:
        if offset == 3000:
            raise KeyboardInterrupt

    offsets: list[int] = []
    with Client(address, token=token) as client:
        first = sending(client, told=interrupt)
        begun = first.begin()
        with pytest.raises(KeyboardInterrupt):
            first.send(begun[0], offset=begun[1])

        again = sending(client, told=offsets.append)
        went_on = again.begin()
        again.send(went_on[0], offset=went_on[1])

    assert begun == (went_on[0], 0)
    assert went_on[1] == 3000
    assert offsets == [4000, 5000, 6000, 7000, 8000, 9000, 10_000, 10_240]
    stored = platform.transfers.file(went_on[0], user_id=alice.user.id)
    assert stored.path.read_bytes() == CONTENT


def test_a_platform_that_goes_away_is_waited_for_and_then_told_how_to_go_on(
    platform: Platform, token: str, sending: Callable[..., Parts]
) -> None:
    with serving(platform) as address, Client(address, token=token, pauses=()) as client:
        begun, _ = sending(client).begin()
    with (
        Client(address, token=token, pauses=()) as client,
        pytest.raises(PlatformFault, match="have arrived: run the same command"),
    ):
        sending(client).send(begun, offset=0)

    with (
        serving(platform, port=urlsplit(address).port or 0) as again,
        Client(again, token=token) as client,
    ):
        upload_id, offset = sending(client).begin()
        sending(client).send(upload_id, offset=offset)

    assert upload_id == begun


def test_a_part_that_was_heard_but_not_answered_is_not_sent_twice(
    address: str, token: str, sending: Callable[..., Parts], platform: Platform, alice: Participant
) -> None:
    with Client(address, token=token) as client:
        upload_id, _ = sending(client).begin()
        client.send_part(upload_id, CONTENT[:1000], offset=0)

        sending(client).send(upload_id, offset=0)

    assert platform.transfers.file(upload_id, user_id=alice.user.id).path.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_begins_anew(
    address: str, token: str, sending: Callable[..., Parts]
) -> None:
    with Client(address, token=token) as client:
        sender = sending(client)
        upload_id, _ = sender.begin()
        sender.file.write_bytes(CONTENT[::-1])

        with pytest.raises(PlatformFault, match="was it changed meanwhile"):
            sender.send(upload_id, offset=0)

        assert sender.begin()[0] != upload_id


def test_another_file_or_place_is_another_upload(
    address: str, token: str, sending: Callable[..., Parts]
) -> None:
    with Client(address, token=token) as client:
        sender = sending(client)
        first = sender.begin()[0]
        sender.file.write_bytes(CONTENT + b"x")
        other = sending(client)

        assert other.key != sender.key
        assert other.begin()[0] != first


def test_a_platform_that_refuses_says_why(
    address: str, token: str, sending: Callable[..., Parts]
) -> None:
    with Client(address, token=token) as client:
        sender = sending(client)
        sender.metadata["kind"] = "container"  # type: ignore[index]  # a form that the test may change
        with pytest.raises(InvalidInput, match="takes predictions, not container"):
            sender.begin()


@pytest.fixture
def hidden(platform: Platform) -> Participant:
    """Give a participant of the challenge that takes containers."""
    return participant(platform, publish_hidden(platform), name="ann")


def test_an_image_is_submitted_in_parts(
    run: Run, platform: Platform, address: str, hidden: Participant, here: Path
) -> None:
    image = HandMadeImage(layers=[tarball(file("f", bytes(300_000)))])
    (here / "image.tar").write_bytes(image.saved())
    (here / "bad.tar").write_bytes(HandMadeImage(config={"Volumes": {"/d": {}}}).saved())
    options = ("--url", address, "--token", token_of(platform, hidden), "submit", "hidden-cells")
    more = ("-m", "first", "--kind", "container")

    done = run(*options, "-f", "image.tar", *more)
    refused = run(*options, "-f", "bad.tar", *more)

    assert (done.code, refused.code) == (0, 2), done
    assert "was accepted" in done.out
    assert "bad.tar was refused" in refused.err
    assert "VOLUME" in refused.err
