"""The object store survives a power cut, and does no more for it than it must."""

import hashlib
import os
import stat
from collections import Counter
from pathlib import Path

import pytest

from challenge_platform.storage import ObjectStore


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """Count how often each file and folder is made to survive a power cut."""
    found: Counter[Path] = Counter()
    sync = os.fsync

    def noted(descriptor: int) -> None:
        found[Path(f"/proc/self/fd/{descriptor}").readlink()] += 1
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return found


def test_each_object_is_synced_with_the_name_it_is_found_by(
    tmp_path: Path, synced: Counter[Path]
) -> None:
    store = ObjectStore(tmp_path)

    digests = [store.put(content).digest for content in (b"first", b"second")]

    assert digests == [hashlib.sha256(content).hexdigest() for content in (b"first", b"second")]
    contents = [path for path in synced if path.parent == tmp_path / "incoming"]
    assert len(contents) == len(digests)
    assert all(synced[tmp_path / digest[:2]] == 1 for digest in digests)


def test_the_name_of_a_folder_is_synced_when_it_is_made(
    tmp_path: Path, synced: Counter[Path]
) -> None:
    store = ObjectStore(tmp_path)
    for content in (b"first", b"first", b"second"):
        store.put(content)

    assert synced[tmp_path] == 3  # what was there before, and each of two folders


def test_the_names_of_folders_that_another_process_made_are_synced_once(
    tmp_path: Path, synced: Counter[Path]
) -> None:
    ObjectStore(tmp_path).make_folders()
    before = synced[tmp_path]

    store = ObjectStore(tmp_path)
    for content in (b"first", b"second", b"third"):
        store.put(content)

    assert (before, synced[tmp_path]) == (1, 2)


def test_a_folder_is_open_to_the_group_whatever_the_umask_of_who_makes_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        digest = ObjectStore(tmp_path).put(b"content").digest
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / digest[:2]).stat().st_mode) == 0o2770
