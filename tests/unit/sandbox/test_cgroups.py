"""Control groups of both versions, in folders that look like the kernel's."""

from pathlib import Path

import pytest

from sandbox.cgroups import Group, Groups, remove_all, sweep
from sandbox.facts import EngineFacts

V1 = EngineFacts.from_info({"CgroupVersion": "1", "CgroupDriver": "cgroupfs"})
V2 = EngineFacts.from_info({"CgroupVersion": "2", "CgroupDriver": "cgroupfs"})
SYSTEMD = EngineFacts.from_info({"CgroupVersion": "2", "CgroupDriver": "systemd"})

# What the kernel says of one sandbox, by version and file.
FILES = {
    "1": {
        "cpuacct/{}/cpuacct.usage": "1250000000\n",
        "memory/{}/memory.max_usage_in_bytes": "7340032\n",
        "memory/{}/memory.usage_in_bytes": "4096\n",
    },
    "2": {
        "{}/cpu.stat": "usage_usec 1250000\nuser_usec 1000000\nsystem_usec 250000\n",
        "{}/memory.peak": "7340032\n",
        "{}/memory.current": "4096\n",
    },
}


def opened(facts: EngineFacts, root: Path) -> Groups:
    (root / "memory").mkdir(exist_ok=True)
    (root / "pids").mkdir(exist_ok=True)
    return Groups.open(facts, label="ours", memory=1 << 30, processes=99, root=root)


def group_of(groups: Groups) -> Group:
    group = groups.of("run-1")
    assert group is not None
    return group


@pytest.mark.parametrize("facts", [V1, V2])
def test_what_a_sandbox_used_is_read_from_its_files(facts: EngineFacts, tmp_path: Path) -> None:
    group = group_of(opened(facts, tmp_path))
    for name, text in FILES[facts.cgroup_version].items():
        path = tmp_path / name.format(group.name.lstrip("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert group.exists()
    assert group.cpu_seconds() == 1.25
    assert group.peak_memory() == 7 << 20
    assert group.memory() == 4096


@pytest.mark.parametrize("facts", [V1, V2])
def test_what_cannot_be_read_is_not_told(facts: EngineFacts, tmp_path: Path) -> None:
    group = group_of(opened(facts, tmp_path))

    assert not group.exists()
    assert group.cpu_seconds() is None
    assert group.peak_memory() is None
    assert group.memory() == 0


def test_all_sandboxes_are_bounded_together_on_version_1(tmp_path: Path) -> None:
    parent = opened(V1, tmp_path).parent.lstrip("/")

    assert (tmp_path / "memory" / parent / "memory.limit_in_bytes").exists() is False
    for file in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
        (tmp_path / "memory" / parent / file).write_text("9223372036854771712")
    opened(V1, tmp_path)

    assert (tmp_path / "memory" / parent / "memory.limit_in_bytes").read_text() == str(1 << 30)
    memsw = tmp_path / "memory" / parent / "memory.memsw.limit_in_bytes"
    assert memsw.read_text() == str(1 << 30)
    assert (tmp_path / "pids" / parent / "pids.max").read_text() == "99"


def test_all_sandboxes_are_bounded_together_on_version_2(tmp_path: Path) -> None:
    parent = tmp_path / opened(V2, tmp_path).parent.lstrip("/")

    assert (parent / "memory.max").read_text() == str(1 << 30)
    assert (parent / "memory.swap.max").read_text() == "0"
    assert (parent / "pids.max").read_text() == "99"
    for folder in (tmp_path, parent.parent, parent):
        assert (folder / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"


def test_launchers_have_groups_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "pids").mkdir()
    parents = {
        Groups.open(V1, label=label, memory=1, processes=1, root=tmp_path).parent
        for label in ("ours", "theirs")
    }

    assert len(parents) == 2
    assert all(parent.startswith("/challenge-sandboxes/") for parent in parents)


@pytest.mark.parametrize(
    ("facts", "root", "why"),
    [
        (SYSTEMD, "", "limit the unit challenge-sandboxes.slice"),
        (V1, "missing/none", "cannot be written"),
    ],
)
def test_without_groups_it_is_said_why_and_sandboxes_run_all_the_same(
    facts: EngineFacts, root: str, why: str, tmp_path: Path
) -> None:
    if root:
        (tmp_path / "missing").write_text("a file where a folder should be")

    groups = Groups.open(facts, label="ours", memory=1, processes=1, root=tmp_path / root)

    assert why in (groups.problem or "")
    assert groups.of("run-1") is None
    assert groups.parent.strip("/").startswith("challenge-sandboxes")


@pytest.mark.parametrize("hierarchy", ["memory", "."])
def test_a_sweep_removes_the_groups_of_sandboxes_that_are_gone(
    tmp_path: Path, hierarchy: str
) -> None:
    facts = V2 if hierarchy == "." else V1
    parent = tmp_path / hierarchy / opened(facts, tmp_path).parent.lstrip("/")
    for folder in ("gone", "ours", "full/container"):
        (parent / folder).mkdir(parents=True, exist_ok=True)

    sweep("ours", lambda owner: owner == "ours", root=tmp_path)

    assert {path.name for path in parent.iterdir() if path.is_dir()} == {"ours", "full"}
    remove_all("theirs", root=tmp_path)
    assert (parent / "ours").exists()
