"""A large file arrives in parts, once and whole, within the room that its sender has."""

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import transfer
from challenge_platform.core.transfer import LIFETIME, RELEASED, Checksum, Transfer, Transfers
from challenge_platform.errors import (
    ChecksumMismatch,
    Conflict,
    InvalidInput,
    NotFound,
    StorageFull,
    TooManyUploads,
    UploadTooLarge,
)
from challenge_platform.jobs import reap
from challenge_platform.storage import ObjectStore
from tests.fakes import Clock

CONTENT = b"0123456789"
ALICE, BOB = 1, 2


@pytest.fixture
def transfers(tmp_path: Path, clock: Clock) -> Transfers:
    return Transfers(folder=tmp_path / "transfers", clock=clock, most_bytes=100)


def begin(
    transfers: Transfers, *, user_id: int = ALICE, size: int = 10, sha256: str = ""
) -> Transfer:
    return transfers.begin(
        user_id=user_id,
        challenge="tiny",
        kind="container",
        filename="image.tar",
        size=size,
        sha256=sha256 or hashlib.sha256(CONTENT).hexdigest(),
    )


def test_parts_make_the_file_once_all_have_arrived(transfers: Transfers) -> None:
    begun = begin(transfers)
    assert (begun.offset, begun.is_whole) == (0, False)

    half = transfers.append(begun.id, [b"012", b"34"], user_id=ALICE, offset=0)
    with pytest.raises(Conflict, match="5 of 10 bytes"):
        transfers.file(begun.id, user_id=ALICE)
    whole = transfers.append(begun.id, [b"56789"], user_id=ALICE, offset=5)

    assert (half.offset, half.is_whole) == (5, False)
    assert (whole.offset, whole.is_whole) == (10, True)
    assert transfers.file(begun.id, user_id=ALICE).path.read_bytes() == CONTENT
    assert transfers.append(begun.id, [b"more"], user_id=ALICE, offset=10) == whole


def test_what_arrived_before_an_interruption_stays(transfers: Transfers) -> None:
    begun = begin(transfers)

    def interrupted() -> Iterator[bytes]:
        yield b"012"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        transfers.append(begun.id, interrupted(), user_id=ALICE, offset=0)

    assert transfers.find(begun.id, user_id=ALICE).offset == 3


def test_a_part_with_a_checksum_stays_whole_or_not_at_all(transfers: Transfers) -> None:
    begun = begin(transfers)
    right = Checksum(algorithm="sha1", digest=hashlib.sha1(b"01234").digest())  # noqa: S324  the protocol's

    def interrupted() -> Iterator[bytes]:
        yield b"012"
        raise ConnectionResetError

    for pieces, error in (
        ([b"0123"], ChecksumMismatch),
        ([b"x1234"], ChecksumMismatch),
        (interrupted(), ConnectionResetError),
    ):
        with pytest.raises(error):
            transfers.append(begun.id, pieces, user_id=ALICE, offset=0, checksum=right)
        assert transfers.find(begun.id, user_id=ALICE).offset == 0

    after = transfers.append(begun.id, [b"01234"], user_id=ALICE, offset=0, checksum=right)
    assert after.offset == 5


def test_a_part_that_does_not_follow_is_refused(transfers: Transfers) -> None:
    begun = begin(transfers)
    transfers.append(begun.id, [b"012"], user_id=ALICE, offset=0)

    for offset in (0, 2, 4):
        with pytest.raises(Conflict, match="at byte 3"):
            transfers.append(begun.id, [b"x"], user_id=ALICE, offset=offset)


def test_more_than_was_announced_is_refused_and_not_kept(transfers: Transfers) -> None:
    begun = begin(transfers)

    with pytest.raises(UploadTooLarge):
        transfers.append(begun.id, [CONTENT, b"x"], user_id=ALICE, offset=0)

    assert transfers.find(begun.id, user_id=ALICE).offset == 0


def test_a_file_that_is_not_what_was_announced_is_removed(transfers: Transfers) -> None:
    begun = begin(transfers)

    with pytest.raises(ChecksumMismatch, match="upload it again"):
        transfers.append(begun.id, [b"9876543210"], user_id=ALICE, offset=0)

    with pytest.raises(NotFound):
        transfers.find(begun.id, user_id=ALICE)
    assert not list(transfers.folder.rglob(f"{begun.id}*"))


def test_one_part_is_added_at_a_time(transfers: Transfers) -> None:
    begun = begin(transfers)

    def meanwhile() -> Iterator[bytes]:
        yield b"012"
        for attempt in (
            lambda: transfers.append(begun.id, [b"x"], user_id=ALICE, offset=3),
            lambda: transfers.discard(begun.id, user_id=ALICE),
        ):
            with pytest.raises(Conflict, match="at this moment"):
                attempt()
        yield b"34"

    assert transfers.append(begun.id, meanwhile(), user_id=ALICE, offset=0).offset == 5


def test_a_process_that_ended_before_the_check_leaves_one_byte_to_send(
    transfers: Transfers,
) -> None:
    begun = begin(transfers)
    (transfers.folder / str(ALICE) / f"{begun.id}.part").write_bytes(CONTENT)

    found = transfers.find(begun.id, user_id=ALICE)
    whole = transfers.append(begun.id, [b"9"], user_id=ALICE, offset=found.offset)

    assert found.offset == 9
    assert whole.is_whole


def test_a_transfer_is_its_persons_own(transfers: Transfers) -> None:
    begun = begin(transfers)

    for strange in (begun.id[:-1], "../1/" + begun.id, "*", ""):
        with pytest.raises(NotFound):
            transfers.find(strange, user_id=ALICE)
    for use in (transfers.find, transfers.file, transfers.discard):
        with pytest.raises(NotFound):
            use(begun.id, user_id=BOB)
    with pytest.raises(NotFound):
        transfers.append(begun.id, [b"x"], user_id=BOB, offset=0)


def test_a_person_has_room_for_so_many_and_so_much(
    transfers: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UploadTooLarge):
        begin(transfers, size=101)
    begin(transfers, size=60)
    with pytest.raises(UploadTooLarge, match="have 60"):
        begin(transfers, size=41)
    begin(transfers, size=20)
    last = begin(transfers, size=20)
    with pytest.raises(TooManyUploads, match="3 uploads under way"):
        begin(transfers)
    begin(transfers, user_id=BOB)
    transfers.discard(last.id, user_id=ALICE)
    begin(transfers)
    monkeypatch.setattr(transfer, "FREE_BYTES", 1 << 60)
    with pytest.raises(StorageFull):
        begin(transfers, user_id=BOB)


@pytest.mark.parametrize(("size", "sha256"), [(0, "0" * 64), (1, "0" * 63), (1, "../" + "0" * 61)])
def test_what_is_announced_must_make_sense(transfers: Transfers, size: int, sha256: str) -> None:
    with pytest.raises(InvalidInput):
        begin(transfers, size=size, sha256=sha256)


def test_what_had_no_byte_for_a_day_is_removed(transfers: Transfers, clock: Clock) -> None:
    forgotten, unfinished, whole = (begin(transfers) for _ in range(3))
    transfers.append(whole.id, [CONTENT], user_id=ALICE, offset=0)
    for begun in (forgotten, unfinished):
        transfers.append(begun.id, [b"0"], user_id=ALICE, offset=0)
    clock.advance(hours=20)
    transfers.append(unfinished.id, [b"1"], user_id=ALICE, offset=1)
    assert transfers.expire() == 0
    clock.advance(hours=5)

    with pytest.raises(NotFound):
        transfers.find(forgotten.id, user_id=ALICE)
    assert transfers.expire() == 2

    assert transfers.find(unfinished.id, user_id=ALICE).expires == clock.time + LIFETIME - (
        timedelta(hours=5)
    )
    kept = {path.name for path in transfers.folder.rglob("*") if path.is_file()}
    assert kept == {"begin.lock", *(f"{unfinished.id}.{end}" for end in ("json", "lock", "part"))}


def test_what_a_killed_process_left_of_no_transfer_is_removed_too(
    transfers: Transfers, clock: Clock
) -> None:
    living = begin(transfers)
    transfers.append(living.id, [b"0"], user_id=ALICE, offset=0)
    home = transfers.folder / str(ALICE)
    left = [home / f"{'0' * 32}{suffix}" for suffix in (".part", ".lock", ".new")]
    for path in left:
        path.touch()
        os.utime(path, (clock.time.timestamp(),) * 2)

    clock.advance(hours=23)
    transfers.expire()
    assert all(path.exists() for path in left)
    transfers.append(living.id, [b"1"], user_id=ALICE, offset=1)
    clock.advance(hours=2)
    transfers.expire()

    assert not any(path.exists() for path in left)
    assert transfers.find(living.id, user_id=ALICE).offset == 2


def test_a_file_that_is_stored_takes_no_room_and_is_soon_forgotten(
    transfers: Transfers, tmp_path: Path, clock: Clock
) -> None:
    store = ObjectStore(tmp_path)
    for _ in range(4):
        begun = begin(transfers, size=len(CONTENT))
        transfers.append(begun.id, [CONTENT], user_id=ALICE, offset=0)
        stored = store.put_file(transfers.file(begun.id, user_id=ALICE))
        transfers.release(begun.id, user_id=ALICE)
        assert transfers.find(begun.id, user_id=ALICE).expires == clock.time + RELEASED
    clock.advance(minutes=11)

    assert transfers.expire() == 4
    assert store.read(stored.digest) == CONTENT
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()].count(stored.digest) == 1
    assert not list((tmp_path / "incoming").iterdir())


def test_the_reaper_removes_what_nobody_went_on_with(platform: Platform, clock: Clock) -> None:
    begun = begin(platform.transfers)
    clock.advance(hours=25)
    stopped = threading.Event()
    once = threading.Timer(0.2, stopped.set)
    once.start()

    reap(platform, stopped=stopped)
    once.join()

    assert not list(platform.transfers.folder.rglob(f"{begun.id}*"))


def test_what_was_promised_and_not_begun_gives_its_room_back_within_an_hour(
    transfers: Transfers, clock: Clock
) -> None:
    empty, begun = begin(transfers, size=50), begin(transfers, size=50)
    transfers.append(begun.id, [CONTENT[:1]], user_id=ALICE, offset=0)
    with pytest.raises(UploadTooLarge):
        begin(transfers, size=10)

    clock.advance(minutes=61)

    assert transfers.expire() == 1
    with pytest.raises(NotFound):
        transfers.find(empty.id, user_id=ALICE)
    assert transfers.find(begun.id, user_id=ALICE).offset == 1
    assert begin(transfers, size=50).size == 50
