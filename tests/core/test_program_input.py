"""The tar of what programs find in /input: the same for the same files, streamed and sealed."""

import io
import os
import resource
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from challenge_platform.core.program_input import InputFile, Tar, opened, tar_pieces
from challenge_platform.errors import KeyUnavailable
from challenge_platform.storage import CHUNK, ObjectStore, reader
from challenge_platform.vault import KeyRing, encrypt, encrypt_stream

LARGE = 64


def file(name: str, content: bytes) -> InputFile:
    """Give a file of an input."""
    return InputFile(name=name, size=len(content), pieces=lambda: [content[:3], content[3:]])


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """Give a ring with the keys of two challenges."""
    ring = KeyRing(tmp_path / "keys", "scoring")
    ring.create("liver")
    ring.create("heart")
    return ring


def test_a_tar_holds_each_file_under_its_name_for_all_to_read() -> None:
    files = {"b.csv": b"x" * 513, "a.csv": b"id\n1\n", "empty.csv": b""}

    archive = Tar([file(*each) for each in files.items()])
    content = archive.open().read()

    with tarfile.open(fileobj=io.BytesIO(content)) as found:
        members = found.getmembers()
        read = {one.name: found.extractfile(one).read() for one in members}  # type: ignore[union-attr]  # regular files all
    assert read == files
    assert [one.name for one in members] == sorted(files)
    assert {(one.mode, one.mtime, one.uid, one.uname) for one in members} == {(0o444, 0, 0, "")}
    assert archive.size == len(content)


def test_the_same_files_in_any_order_make_the_same_tar() -> None:
    files = [file("a.csv", b"1234"), file("b.csv", b"5678")]

    assert Tar(files).read_to_end().digest == Tar(files[::-1]).read_to_end().digest
    assert Tar(files).read_to_end().digest != Tar(files[:1]).read_to_end().digest


def test_a_file_that_grows_while_it_is_packed_is_refused() -> None:
    grown = InputFile(name="a.csv", size=3, pieces=lambda: [b"1234"])

    with pytest.raises(ValueError, match=r"a\.csv was changed"):
        list(tar_pieces([grown]))


def test_what_is_sealed_is_opened_by_its_key_alone(keys: KeyRing) -> None:
    sealed = io.BytesIO()
    clear = os.urandom(3 * CHUNK + 5)
    recipient = keys.open("liver").recipient
    encrypt_stream(reader([clear[:CHUNK], clear[CHUNK:]]), sealed, recipient=recipient)

    with opened(keys.open("liver"), io.BytesIO(sealed.getvalue())) as found:
        assert found.read() == clear
    with (
        pytest.raises(KeyUnavailable, match="hidden input of heart"),
        opened(keys.open("heart"), io.BytesIO(sealed.getvalue())) as found,
    ):
        found.read()


def test_whoever_reads_a_part_only_leaves_no_thread_behind(keys: KeyRing) -> None:
    sealed = encrypt(bytes(8 * CHUNK), recipient=keys.open("liver").recipient)

    with opened(keys.open("liver"), io.BytesIO(sealed)) as found:
        assert found.read(5) == bytes(5)


def test_a_damaged_input_is_told_as_such(keys: KeyRing) -> None:
    sealed = bytearray(encrypt(bytes(8 * CHUNK), recipient=keys.open("liver").recipient))
    sealed[-9] ^= 1

    with (
        pytest.raises(KeyUnavailable, match="cannot be opened"),
        opened(keys.open("liver"), io.BytesIO(bytes(sealed))) as found,
    ):
        found.read()


def test_a_large_input_is_packed_sealed_and_opened_in_constant_memory(
    keys: KeyRing, tmp_path: Path
) -> None:
    key, store = keys.open("liver"), ObjectStore(tmp_path / "objects")
    size = LARGE * CHUNK

    def pieces() -> Iterator[bytes]:
        for _ in range(LARGE):
            yield bytes(CHUNK)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    archive = Tar([InputFile(name="a.bin", size=size, pieces=pieces)])
    with (tmp_path / "sealed").open("w+b") as sealed:
        encrypt_stream(archive.open(), sealed, recipient=key.recipient)
        sealed.seek(0)
        stored = store.put(sealed)
    left = archive.size
    with opened(key, store.open(stored.digest)) as clear:
        while piece := clear.read(CHUNK):
            left -= len(piece)

    assert left == 0
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < size // 2048, f"{grown} KiB"
