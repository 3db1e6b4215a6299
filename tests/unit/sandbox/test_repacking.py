"""An archive of weights is written anew as a plain tar, the same each time, or refused."""

import hashlib
import io
import tarfile
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from sandbox.archive import ArchiveLimits, FileContent, InvalidArchive, check_archive, unpack
from sandbox.archive.repacking import repacked
from sandbox.plain_tar import rewritten
from tests.archives import Pack, tarred, zipped
from tests.unit.sandbox.test_archive import SMALL, forms, written
from tests.uploads.case import Case
from tests.uploads.corpus import CASES, named

ARCHIVES = [case for case in CASES if case.format in {"zip", "tar"}]
FILES = {"model.safetensors": bytes(range(256)) * 1000, "deep/er/é.json": b"{}", "empty": b""}


def held(tar: bytes) -> dict[str, bytes]:
    """Read the files of a tar that the launcher takes."""
    digest = hashlib.sha256(tar).hexdigest()
    kept = b"".join(rewritten(io.BytesIO(tar), digest=digest, size=len(tar)))
    with tarfile.open(fileobj=io.BytesIO(kept)) as found:
        return {m.name: found.extractfile(m).read() for m in found if m.isreg()}  # type: ignore[union-attr]  # regular


def codes(content: bytes) -> set[str]:
    """Give the codes of all that a check finds wrong, whatever it must have."""
    try:
        check_archive(content)
    except InvalidArchive as invalid:
        return {problem.code for problem in invalid.problems}
    return set()


@forms
def test_files_come_through_from_a_file_as_from_memory(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(pack(FILES))

    with path.open("rb") as file:
        tar = b"".join(repacked(FileContent(file)))

    assert tar == b"".join(repacked(path.read_bytes()))
    assert held(tar) == FILES


@pytest.mark.parametrize("case", ARCHIVES, ids=named)
def test_a_hostile_archive_is_refused_for_what_the_check_finds_or_holds_what_it_lists(
    case: Case, tmp_path: Path
) -> None:
    content = case.make()
    wrong = codes(content)
    (tmp_path / "weights").write_bytes(content)
    given: list[bytes] = []

    with (tmp_path / "weights").open("rb") as file:
        if wrong:
            with pytest.raises(InvalidArchive) as refused:
                given.extend(repacked(FileContent(file)))
            assert refused.value.problems[0].code in wrong
        else:
            given.extend(repacked(FileContent(file)))
            (tmp_path / "unpacked").mkdir()
            unpack(content, tmp_path / "unpacked")
            assert held(b"".join(given)) == written(tmp_path / "unpacked")


def test_the_corpus_has_archives_that_are_refused_and_that_are_not() -> None:
    verdicts = Counter(bool(codes(case.make())) for case in ARCHIVES)

    assert verdicts[True] > 100
    assert verdicts[False] > 5


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_what_is_larger_than_allowed_is_stopped_on_its_way(pack: Pack) -> None:
    content = pack({"model.bin": bytes(50_000)})
    given: list[bytes] = []

    with pytest.raises(InvalidArchive) as refused:
        given.extend(repacked(content, limits=SMALL))

    assert refused.value.problems[0].code == "unpacks_too_large"
    assert sum(map(len, given)) <= SMALL.unpacked + 1_024


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "weights.tar"
    path.write_bytes(tarred({"model.bin": bytes(64 << 20)}, mode="w"))
    tracemalloc.start()

    with path.open("rb") as file:
        limits = ArchiveLimits(unpacked=1 << 30, file=1 << 30)
        size = sum(map(len, repacked(FileContent(file), limits=limits)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 64 << 20
    assert peak < 2 << 20
