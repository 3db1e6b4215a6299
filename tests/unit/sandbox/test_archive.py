"""Archives of code: what is listed, what is unpacked, where the limits lie, and what is told."""

import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sandbox.archive
from sandbox.archive import (
    ArchiveLimits,
    ArchiveProblem,
    InvalidArchive,
    check_archive,
    unpack,
)
from tests.archives import Files, Pack, tarred, zipped

PACKAGE = Path(sandbox.archive.__file__).parent
MAIN = {"main.py": b"print(1)"}
SMALL = ArchiveLimits(members=4, unpacked=40_000, file=20_000, ratio=10, free=20_000, depth=3)


class Pipe(io.RawIOBase):
    """A stream that cannot go back, into which archives are written with descriptors."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # any buffer, of which these are bytes
        self.content += data
        return len(data)


def streamed(files: Files) -> bytes:
    """Give a zip archive that was written into a pipe."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return bytes(pipe.content)


PACKS: dict[str, Pack] = {
    "zip, deflated": zipped,
    "zip, stored": lambda files: zipped(files, method=zipfile.ZIP_STORED),
    "zip, from a pipe": streamed,
    "tar, plain": lambda files: tarred(files, mode="w"),
    "tar.gz, pax": tarred,
    "tar.gz, GNU": lambda files: tarred(files, form=tarfile.GNU_FORMAT),
}
forms = pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)


def codes(content: bytes, *, limits: ArchiveLimits | None = None, main: bool = False) -> list[str]:
    """Give the codes of an archive's problems, none if it is accepted."""
    try:
        check_archive(content, limits=limits, must_have=("main.py",) if main else ())
    except InvalidArchive as invalid:
        return [problem.code for problem in invalid.problems]
    return []


def written(folder: Path) -> dict[str, bytes]:
    """Read every regular file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def alone(names: Iterable[str]) -> bool:
    """Whether none of these names is a folder above another."""
    return not any(other.startswith(f"{name}/") for name in names for other in names)


names = st.lists(st.from_regex(r"[a-b][0-9é_]{0,20}", fullmatch=True), min_size=1, max_size=4).map(
    "/".join
)
some_files = st.dictionaries(names, st.binary(max_size=200_000), min_size=1, max_size=6).filter(
    lambda files: alone(list(files))
)
few = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@forms
@few
@given(files=some_files)
def test_what_was_packed_is_listed_and_unpacked(pack: Pack, files: dict[str, bytes]) -> None:
    content = pack(files)

    listing = check_archive(content)

    assert {member.name: member.size for member in listing.files} == {
        name: len(packed) for name, packed in files.items()
    }
    with TemporaryDirectory() as folder:
        assert unpack(content, Path(folder)) == listing
        assert written(Path(folder)) == files


def tried(content: bytes) -> None:
    """Check and unpack bytes: they are one archive for both or none, and stay in their folder."""
    try:
        listing = check_archive(content)
    except InvalidArchive:
        listing = None
    with TemporaryDirectory() as above:
        folder = Path(above) / "folder"
        folder.mkdir()
        try:
            assert unpack(content, folder) == listing
        except InvalidArchive:
            assert listing is None
        assert [path.name for path in Path(above).iterdir()] == ["folder"]
        found = [path.lstat().st_mode for path in folder.rglob("*")]
        assert all(stat.S_ISREG(mode) or stat.S_ISDIR(mode) for mode in found)


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\x00", bytes(257)]),
    rest=st.binary(max_size=2_000),
)
def test_arbitrary_bytes_raise_nothing_else(start: bytes, rest: bytes) -> None:
    tried(start + (b"ustar" if len(start) > 4 else b"") + rest)


WHOLE = [pack({"main.py": b"print(1)\n" * 50, "a/é.txt": b"x" * 700}) for pack in PACKS.values()]


@settings(max_examples=250, deadline=None)
@given(data=st.data(), content=st.sampled_from(WHOLE))
def test_a_damaged_archive_raises_nothing_else(data: st.DataObject, content: bytes) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        length = data.draw(st.sampled_from([0, 1, 2, 4, 30]))
        changed[at : at + length] = data.draw(st.binary(max_size=8))
        changed = changed or bytearray(b"x")

    tried(bytes(changed))


@forms
@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({f"{number}": b"" for number in range(5)}, ArchiveProblem.TOO_MANY_MEMBERS),
        ({"a/b/c": b"", "d/e": b""}, ArchiveProblem.TOO_MANY_MEMBERS),
        ({"a": os.urandom(20_001)}, ArchiveProblem.MEMBER_TOO_LARGE),
        ({str(n): os.urandom(13_400) for n in range(3)}, ArchiveProblem.UNPACKS_TOO_LARGE),
        ({"a/b/c/d": b""}, ArchiveProblem.TOO_DEEP),
        ({"n" * 201: b""}, ArchiveProblem.NAME_TOO_LONG),
    ],
)
def test_an_archive_over_a_limit_is_refused(pack: Pack, files: Files, code: str) -> None:
    limits = replace(SMALL, members=20) if code != ArchiveProblem.TOO_MANY_MEMBERS else SMALL

    assert code in codes(pack(files), limits=limits)


@forms
def test_an_archive_at_every_limit_is_accepted(pack: Pack) -> None:
    files = {"a/b/c": os.urandom(10_000), "n" * 200: b"", "x": os.urandom(10_000), "y": b""}
    # A tar archive has a record and a name of its own for a name above 100 bytes.
    limits = replace(SMALL, members=7, file=10_000)

    assert codes(pack(files), limits=limits) == []


@pytest.mark.parametrize("name", ["zip, deflated", "zip, from a pipe", "tar.gz, pax"])
def test_an_archive_packed_too_tightly_is_refused_and_a_small_one_is_not(name: str) -> None:
    limits = ArchiveLimits(free=1_000_000)

    assert codes(PACKS[name]({"a": bytes(2_000_000)}), limits=limits) == ["packed_too_tightly"]
    assert codes(PACKS[name]({"a": bytes(900_000)}), limits=limits) == []


@pytest.mark.parametrize("name", ["zip, deflated", "tar.gz, pax"])
def test_a_bomb_is_stopped_within_a_few_megabytes_of_memory(name: str, tmp_path: Path) -> None:
    content = PACKS[name]({str(number): bytes(8_000_000) for number in range(8)})
    limits = ArchiveLimits(unpacked=30_000_000, ratio=10_000)
    tracemalloc.start()

    with pytest.raises(InvalidArchive, match="more than 30,000,000 bytes when unpacked"):
        check_archive(content, limits=limits)
    with pytest.raises(InvalidArchive, match="more than 30,000,000 bytes when unpacked"):
        unpack(content, tmp_path, limits=limits)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    assert sum(map(len, written(tmp_path).values())) <= 30_000_000


@forms
def test_what_systems_leave_in_folders_is_passed_over(pack: Pack, tmp_path: Path) -> None:
    left = ("__MACOSX/._main.py", ".DS_Store", "a/.DS_Store", "a/__pycache__/m.pyc", "._main.py")
    content = pack({**MAIN, **dict.fromkeys(left, b"left")})

    listing = unpack(content, tmp_path)

    assert listing == check_archive(content, must_have=("main.py",))
    assert (listing.skipped, written(tmp_path)) == (len(left), MAIN)


@forms
def test_a_program_inside_a_folder_is_told_how_to_get_out(pack: Pack) -> None:
    content = pack({"model/main.py": b"", "model/data/x": b""})

    with pytest.raises(InvalidArchive) as raised:
        check_archive(content, must_have=("main.py",))

    (problem,) = raised.value.problems
    assert (problem.code, problem.member) == ("inside_a_folder", "model/main.py")
    assert "cd model && zip -r ../code.zip ." in problem.repair


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"predict.py": b""}, "no main.py at the root of the archive"),
        ({"Main.py": b""}, "no main.py at the root of the archive"),
        ({"x": b"", "src/main.py": b""}, "main.py only as src/main.py"),
        ({}, "no main.py at the root of the archive"),
    ],
)
def test_a_program_that_is_not_at_the_root_is_told(files: Files, found: str) -> None:
    with pytest.raises(InvalidArchive) as raised:
        check_archive(zipped(files), must_have=("main.py",))

    assert [problem.found for problem in raised.value.problems] == [found]


def test_all_problems_are_counted_and_twenty_told() -> None:
    with pytest.raises(InvalidArchive) as raised:
        check_archive(tarred({f"../{number}": b"" for number in range(30)}))

    assert (len(raised.value.problems), raised.value.total) == (20, 30)
    assert str(raised.value).endswith("and 10 more")


def test_a_name_is_told_without_what_cannot_be_seen() -> None:
    with pytest.raises(InvalidArchive) as raised:
        check_archive(tarred({"\x1b[2Jmain\u202eyp.": b""}))

    assert raised.value.problems[0].member == r"\x1b[2Jmain\u202eyp."


def test_files_get_modes_of_our_own(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("d/main.py")
        member.mode, member.uid, member.mtime = 0o6777, 0, 2**33
        archive.addfile(member)

    unpack(stream.getvalue(), tmp_path)

    before = os.umask(0)
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "d/main.py").stat().st_mode) == 0o644 & ~before
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o755 & ~before


@pytest.mark.parametrize("name", ["link/x", "link"])
@forms
def test_no_link_in_the_folder_is_followed(pack: Pack, name: str, tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "link").symlink_to(outside if name == "link/x" else outside / "x")

    with pytest.raises(OSError, match="link"):
        unpack(pack({name: b"escaped"}), folder)

    assert list(outside.iterdir()) == []


def test_the_package_needs_the_standard_library_alone(tmp_path: Path) -> None:
    """As it is copied into the images in which participants' code runs."""
    shutil.copytree(PACKAGE, tmp_path / "sandbox" / "archive")
    (tmp_path / "sandbox" / "__init__.py").touch()
    (tmp_path / "code.zip").write_bytes(zipped(MAIN))
    program = (
        "import pathlib, sys; sys.path.insert(0, '.'); from sandbox.archive import unpack; "
        "unpack(pathlib.Path('code.zip').read_bytes(), pathlib.Path('.'))"
    )

    subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, check=True)

    assert (tmp_path / "main.py").read_bytes() == MAIN["main.py"]
