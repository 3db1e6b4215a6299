"""The object store survives a power cut, and does no more for it than it must."""

import hashlib
import os
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


def test_the_folders_of_objects_are_made_and_synced_once(
    tmp_path: Path, synced: Counter[Path]
) -> None:
    store = ObjectStore(tmp_path)

    for number in range(3):
        store.put(str(number).encode())

    assert synced[tmp_path] == 1
    assert sum(len(folder.name) == 2 for folder in tmp_path.iterdir()) == 256
