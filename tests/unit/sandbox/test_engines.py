"""The options on engines of different kinds: a table, and the filter of system calls whole."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox import MIB, Limits
from sandbox.comparison import mismatches
from sandbox.facts import EngineFacts, shortcomings
from sandbox.options import Options, container_options
from tests.unit.sandbox import engines
from tests.unit.sandbox.test_options import as_inspected

IMAGE = "sha256:" + "0" * 64

# On each engine: the user of slot 3, and what of HostConfig depends on the engine.
TABLE = {
    "V1_CGROUPFS": (
        "200003:200003",
        {
            "CgroupParent": "/challenge-sandboxes",
            "MemorySwap": 512 * MIB,
            "MemorySwappiness": 0,
            "Runtime": "runc",
        },
    ),
    "V2_SYSTEMD": (
        "200003:200003",
        {
            "CgroupParent": "challenge-sandboxes.slice",
            "MemorySwap": 512 * MIB,
            "MemorySwappiness": None,
            "Runtime": "runc",
        },
    ),
    "USERNS_REMAP": (
        "20003:20003",
        {
            "CgroupParent": "challenge-sandboxes.slice",
            "MemorySwap": 512 * MIB,
            "MemorySwappiness": None,
            "UsernsMode": "",
        },
    ),
    "ROOTLESS": (
        "20003:20003",
        {
            "CgroupParent": "challenge-sandboxes.slice",
            "MemorySwap": 512 * MIB,
            "MemorySwappiness": None,
            "OomScoreAdj": 500,
        },
    ),
}

# What no engine changes.
EVERYWHERE = {
    "NetworkMode": "none",
    "ReadonlyRootfs": True,
    "Privileged": False,
    "CapDrop": ["ALL"],
    "IpcMode": "private",
    "CgroupnsMode": "private",
    "Memory": 512 * MIB,
    "PidsLimit": 64,
    "NanoCpus": 10**9,
    "LogConfig": {"Type": "none"},
    "Init": True,
}


def options_on(engine: str) -> Options:
    facts = EngineFacts.from_info(getattr(engines, engine))
    return container_options(
        "run-1", image=IMAGE, limits=Limits(), facts=facts, slot=3, label="ours"
    )


@pytest.mark.parametrize("engine", TABLE)
def test_the_options_follow_from_the_engine(engine: str) -> None:
    user, host = TABLE[engine]
    options = options_on(engine)

    assert options["User"] == user
    assert {key: options["HostConfig"].get(key) for key in host} == host


@pytest.mark.parametrize("engine", TABLE)
def test_on_no_engine_a_program_may_more(engine: str) -> None:
    options = options_on(engine)

    assert {key: options["HostConfig"][key] for key in EVERYWHERE} == EVERYWHERE
    assert options["NetworkDisabled"] is True
    assert shortcomings(EngineFacts.from_info(getattr(engines, engine))) == []
    assert mismatches(options, as_inspected(options)) == []


def test_an_engine_without_control_groups_of_its_own_runs_nothing() -> None:
    lacks = shortcomings(EngineFacts.from_info(engines.ROOTLESS_WITHOUT_DELEGATION))

    assert lacks == [
        "the Docker Engine cannot limit memory",
        "the Docker Engine cannot limit the number of processes",
        "the Docker Engine cannot limit processor time",
        "the Docker Engine cannot place containers in control groups",
    ]


@pytest.mark.parametrize(
    ("runtime", "has"), [(None, True), ("runc", True), ("runsc", True), ("kata", False)]
)
def test_a_runtime_that_is_set_must_be_there(runtime: str | None, has: bool) -> None:
    facts = EngineFacts.from_info(engines.V2_SYSTEMD, runtime=runtime)

    assert facts.has_runtime is has
    assert (shortcomings(facts) == []) is has


# By what a program gets at the kernel, at other processes or out; none is for computing.
FORBIDDEN = {
    "kernel modules": {"init_module", "finit_module", "delete_module"},
    "another kernel": {"kexec_load", "kexec_file_load", "reboot"},
    "programs in the kernel": {"bpf", "perf_event_open", "io_uring_setup", "io_uring_enter"},
    "pages of the kernel's own making": {"userfaultfd", "modify_ldt", "memfd_secret"},
    "other processes": {
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "process_madvise",
        "kcmp",
        "pidfd_getfd",
    },
    "mounts": {
        "mount",
        "umount2",
        "pivot_root",
        "move_mount",
        "open_tree",
        "fsopen",
        "fsmount",
        "fsconfig",
        "fspick",
        "mount_setattr",
    },
    "other namespaces": {"unshare", "setns", "chroot"},
    "keys, which share a user": {"add_key", "request_key", "keyctl"},
    "files by number": {"open_by_handle_at", "name_to_handle_at"},
    "the clock and the name of the machine": {
        "settimeofday",
        "clock_settime",
        "clock_adjtime",
        "adjtimex",
        "sethostname",
        "setdomainname",
    },
    "swap, quotas, accounting": {"swapon", "swapoff", "quotactl", "quotactl_fd", "acct"},
    "ports and the kernel's log": {"ioperm", "iopl", "syslog"},
    "watching the whole machine": {"fanotify_init", "lookup_dcookie"},
    "old and unused": {"uselib", "ustat", "sysfs", "_sysctl", "nfsservctl", "vhangup"},
}


def profile() -> Mapping[str, Any]:
    """Give the filter as it is sent."""
    (sent,) = [
        option.removeprefix("seccomp=")
        for option in options_on("V2_SYSTEMD")["HostConfig"]["SecurityOpt"]
        if option.startswith("seccomp=")
    ]
    found: Mapping[str, Any] = json.loads(sent)
    return found


def allowed() -> dict[str, list[Mapping[str, Any]]]:
    """Give the rules by which each call is allowed."""
    rules: dict[str, list[Mapping[str, Any]]] = {}
    for rule in profile()["syscalls"]:
        if rule["action"] == "SCMP_ACT_ALLOW":
            for name in rule["names"]:
                rules.setdefault(name, []).append(rule)
    return rules


@pytest.mark.parametrize("purpose", FORBIDDEN)
def test_no_call_is_allowed_by_which_a_program_gets_at(purpose: str) -> None:
    assert FORBIDDEN[purpose] & allowed().keys() == set()


def test_what_is_not_named_is_unknown_to_a_program() -> None:
    assert profile()["defaultAction"] == "SCMP_ACT_ERRNO"
    assert profile()["defaultErrnoRet"] == 38  # ENOSYS: libraries then try an older call


def test_no_rule_depends_on_the_engines_own_idea_of_privilege() -> None:
    conditional = [
        rule["names"]
        for rule in profile()["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW" and (rule.get("includes") or rule.get("excludes"))
    ]

    assert conditional == []


def test_a_program_makes_no_namespace_with_its_processes() -> None:
    rules = allowed()["clone"]
    new_namespaces = 0x7E02_0000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID and -NET

    assert all(
        any(
            arg["op"] == "SCMP_CMP_MASKED_EQ"
            and arg["value"] & new_namespaces == new_namespaces
            and not arg.get("valueTwo", 0)
            for arg in rule["args"]
        )
        for rule in rules
    )
    assert "clone3" not in allowed()


def test_a_program_may_ask_for_no_other_personality_than_those_of_linux() -> None:
    values = {arg["value"] for rule in allowed()["personality"] for arg in rule["args"]}

    assert values <= {0, 8, 0x20000, 0x20008, 0xFFFF_FFFF}
