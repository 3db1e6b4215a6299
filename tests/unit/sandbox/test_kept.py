"""The list of what is kept: what was not used for longest makes room."""

import os
from pathlib import Path

import pytest

from sandbox import MIB, SandboxUnavailable
from sandbox.kept import Kept, KeptList


@pytest.fixture
def kept(tmp_path: Path) -> KeptList:
    """Give a list of three things of 4 MiB, the oldest first, with room for 12 MiB."""
    kept = KeptList(tmp_path / "kept", budget=12 * MIB)
    for number, key in enumerate(("files-a", "files-b", "image-c")):
        kept.add(key, name=f"volume-{key}", size=4 * MIB)
        os.utime(tmp_path / "kept" / f"{key}.json", (1000 + number, 1000 + number))
    return kept


def keys(kept: KeptList) -> set[str]:
    return {one.key for one in kept.all()}


def test_what_was_not_used_for_longest_makes_room(kept: KeptList) -> None:
    removed: list[str] = []

    def remove(one: Kept) -> bool:
        removed.append(one.name)
        return True

    kept.use("files-a")
    kept.make_room(5 * MIB, remove=remove)

    assert removed == ["volume-files-b", "volume-image-c"]
    assert keys(kept) == {"files-a"}


def test_what_fits_makes_nothing_go(kept: KeptList) -> None:
    kept.drop("files-a")

    kept.make_room(4 * MIB, remove=lambda _: pytest.fail("it was removed"))

    assert keys(kept) == {"files-b", "image-c"}


def test_what_is_in_use_stays_and_the_next_goes(kept: KeptList) -> None:
    kept.make_room(4 * MIB, remove=lambda one: one.key != "files-a")

    assert keys(kept) == {"files-a", "image-c"}


def test_what_cannot_fit_is_refused_and_leaves_all_else(kept: KeptList) -> None:
    with pytest.raises(SandboxUnavailable, match="13 MiB do not fit into the 12 MiB") as error:
        kept.make_room(13 * MIB, remove=lambda _: pytest.fail("it was removed"))

    assert error.value.code == "disk_full"
    assert keys(kept) == {"files-a", "files-b", "image-c"}


def test_the_list_and_the_order_of_use_outlive_the_process(kept: KeptList, tmp_path: Path) -> None:
    kept.use("files-a")

    again = KeptList(tmp_path / "kept", budget=12 * MIB)

    found = sorted(again.all(), key=lambda one: one.used)
    assert [one.key for one in found] == ["files-b", "image-c", "files-a"]
    assert found[0].name == "volume-files-b"


def test_what_a_killed_launcher_left_half_written_is_removed(
    kept: KeptList, tmp_path: Path
) -> None:
    (tmp_path / "kept" / ".files-d.77").write_text('{"name"')

    KeptList(tmp_path / "kept", budget=MIB)

    assert len(list((tmp_path / "kept").iterdir())) == len(list(kept.all())) == 3


def test_a_damaged_entry_is_not_on_the_list(kept: KeptList, tmp_path: Path) -> None:
    (tmp_path / "kept" / "files-a.json").write_text("{")

    assert kept.find("files-a") is None
    assert keys(kept) == {"files-b", "image-c"}
