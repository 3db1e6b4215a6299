"""An archive of files is written anew: what is no plain file or folder does not come through."""

import hashlib
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import MIB, SandboxUnavailable
from sandbox.plain_tar import DEEPEST, rewritten

Members = dict[str, bytes]
Change = Callable[[tarfile.TarInfo], None]


def packed(members: Members, *, change: Change | None = None, **options: int) -> bytes:
    """Give a tar of these files, each changed so."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", **options) as tar:  # type: ignore[call-overload]  # its format
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            if change is not None:
                change(member)
            tar.addfile(member, io.BytesIO(data) if member.isreg() else None)
    return content.getvalue()


def rewrite(archive: bytes) -> bytes:
    """Write an archive anew as a whole."""
    digest = hashlib.sha256(archive).hexdigest()
    return b"".join(rewritten(io.BytesIO(archive), digest=digest, size=len(archive)))


def why_refused(archive: bytes) -> str:
    """Say why an archive is refused."""
    with pytest.raises(SandboxUnavailable) as error:
        rewrite(archive)
    assert error.value.code == "files_refused"
    return str(error.value)


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_files_come_through_with_their_names_and_nothing_else(format_: int) -> None:
    def change(member: tarfile.TarInfo) -> None:
        member.mode = 0o7777
        member.uid, member.uname = 7, "somebody"

    files = {"./features.csv": b"id,x\n" * 5000, "images/é.png": b"", "images/b.png": b"\x00" * 513}

    rewritten_ = tarfile.open(  # noqa: SIM115  in memory
        fileobj=io.BytesIO(rewrite(packed(files, change=change, format=format_)))
    )

    found = {m.name: rewritten_.extractfile(m).read() for m in rewritten_}  # type: ignore[union-attr]  # all are files
    assert found == {name.removeprefix("./"): data for name, data in files.items()}
    assert {(m.mode, m.uid, m.uname) for m in rewritten_} == {(0o644, 0, "")}


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.CONTTYPE,
        b"Z",
    ],
)
def test_what_is_neither_file_nor_folder_is_refused(kind: bytes) -> None:
    def change(member: tarfile.TarInfo) -> None:
        member.type = kind
        member.linkname = "/etc/passwd"

    assert "neither a regular file nor a folder" in why_refused(packed({"x": b""}, change=change))


def test_a_sparse_file_is_refused_before_its_holes_are_written() -> None:
    def change(member: tarfile.TarInfo) -> None:
        sparse = {"map": "0,1", "size": str(10**12), "name": "weights.bin"}
        member.pax_headers = {f"GNU.sparse.{name}": value for name, value in sparse.items()}

    archive = packed({"weights.bin": b"x"}, change=change, format=tarfile.PAX_FORMAT)

    assert "neither a regular file nor a folder" in why_refused(archive)


@pytest.mark.parametrize(
    "name",
    ["/etc/hosts", "../outside", "a/../../b", "line\nbreak", "\x1b[31m", "d/" * DEEPEST + "file"],
)
def test_a_name_that_is_not_plain_is_refused(name: str) -> None:
    assert "is no name of a file in it" in why_refused(packed({name: b"x"}))


def test_another_digest_is_refused_before_the_archives_end_is_written() -> None:
    archive = packed({"a": b"x"})
    pieces = rewritten(io.BytesIO(archive), digest="0" * 64, size=len(archive))
    given: list[bytes] = []

    with pytest.raises(SandboxUnavailable, match="announced"):
        given.extend(pieces)

    assert b"".join(given)[-1024:].strip(b"\0") != b""


@pytest.mark.parametrize("cut", [1, 100, 511, 600, 1024])
def test_an_archive_that_was_sent_in_part_is_refused(cut: int) -> None:
    archive = packed({"a": b"x" * 1000})
    digest = hashlib.sha256(archive).hexdigest()

    with pytest.raises(SandboxUnavailable, match="before the announced size"):
        list(rewritten(io.BytesIO(archive[:cut]), digest=digest, size=len(archive)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" * 500, b"\xff" * 2048, bytes(511)])
def test_what_is_no_tar_is_refused(content: bytes) -> None:
    assert "it is no plain tar" in why_refused(content)


def test_headers_without_end_are_refused_before_they_fill_the_memory() -> None:
    def change(member: tarfile.TarInfo) -> None:
        member.pax_headers = {"comment": "c" * (4 * MIB)}

    archive = packed({"a": b"x"}, change=change)

    tracemalloc.start()
    why = why_refused(archive)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "headers" in why
    assert peak < 2 * MIB


def test_a_large_archive_is_written_anew_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.tar"
    with tarfile.open(path, "w") as tar:
        for number in range(2000):
            member = tarfile.TarInfo(f"{number}.bin")
            member.size = 16 * 1024
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    size = path.stat().st_size
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    with path.open("rb") as archive:
        tracemalloc.start()
        total = sum(len(piece) for piece in rewritten(archive, digest=digest, size=size))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert total > 2000 * 16 * 1024
    assert peak < 2 * MIB
