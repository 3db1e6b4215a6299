"""The options of a sandbox: what they are for which engine, and that no difference goes unseen."""

import copy
import dataclasses
import json
from typing import Any

import pytest

from sandbox import MIB, Limits
from sandbox.options import (
    LAUNCHER_LABEL,
    RUN_LABEL,
    EngineFacts,
    Options,
    container_options,
    mismatches,
    shortcomings,
)

IMAGE = "sha256:" + "0" * 64

# What Docker 20.10 on cgroup v1 and Docker 28 on cgroup v2 say about themselves.
INFO_V1 = {
    "ServerVersion": "20.10.24",
    "Architecture": "x86_64",
    "NCPU": 2,
    "MemTotal": 8 << 30,
    "CgroupVersion": "1",
    "CgroupDriver": "cgroupfs",
    "MemoryLimit": True,
    "SwapLimit": True,
    "PidsLimit": True,
    "CpuCfsQuota": True,
    "SecurityOptions": ["name=seccomp,profile=default"],
}
INFO_V2 = INFO_V1 | {
    "ServerVersion": "28.0.0",
    "CgroupVersion": "2",
    "CgroupDriver": "systemd",
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
}
V1 = EngineFacts.from_info(INFO_V1)
V2 = EngineFacts.from_info(INFO_V2)


def options(*, facts: EngineFacts = V1, limits: Limits | None = None, slot: int = 0) -> Options:
    return container_options(
        "run-1", image=IMAGE, limits=limits or Limits(), facts=facts, slot=slot, label="ours"
    )


def as_inspected(sent: Options) -> dict[str, Any]:
    """Answer as an engine that took every option, with what it adds of its own."""
    config = copy.deepcopy({key: value for key, value in sent.items() if key != "HostConfig"})
    config["Env"] += ["PATH=/usr/bin", "PYTHONPATH=/opt/scoring"]
    config["Labels"]["of.the.image"] = "kept"
    config["Volumes"] = None
    host = copy.deepcopy(sent["HostConfig"])
    host |= {"Links": None, "Sysctls": None, "Runtime": "runc", "ShmSize": 64 * MIB}
    host["RestartPolicy"]["MaximumRetryCount"] = 0
    host["LogConfig"]["Config"] = {}
    host["Ulimits"].reverse()
    host["MaskedPaths"] = ["/proc/asound", "/proc/kcore"]
    host["ReadonlyPaths"] = ["/proc/bus", "/proc/sys"]
    return {"Image": sent["Image"], "Mounts": [], "Config": config, "HostConfig": host}


@pytest.mark.parametrize(
    ("facts", "field", "expected"),
    [
        (V1, "CgroupParent", "/challenge-sandboxes"),
        (V2, "CgroupParent", "challenge-sandboxes.slice"),
        (V1, "MemorySwappiness", 0),
        (V2, "MemorySwappiness", None),
        (V1, "MemorySwap", 512 * MIB),
        (dataclasses.replace(V1, limits_swap=False), "MemorySwap", None),
    ],
)
def test_an_option_follows_from_the_engine(
    facts: EngineFacts, field: str, expected: str | int | None
) -> None:
    assert options(facts=facts)["HostConfig"].get(field) == expected


@pytest.mark.parametrize(
    ("limits", "field", "expected"),
    [
        (Limits(memory=300 * MIB), "Memory", 300 * MIB),
        (Limits(memory=300 * MIB), "MemorySwap", 300 * MIB),
        (Limits(cpus=1.5), "NanoCpus", 1_500_000_000),
        (Limits(processes=7), "PidsLimit", 7),
        (
            Limits(scratch=9 * MIB),
            "Tmpfs",
            {
                "/tmp": "rw,noexec,nosuid,nodev,size=9437184,nr_inodes=16384,mode=1777",  # noqa: S108  the sandbox's
                "/dev/shm": "rw,noexec,nosuid,nodev,size=9437184,nr_inodes=1024,mode=1777",  # noqa: S108  the sandbox's
            },
        ),
    ],
)
def test_an_option_follows_from_the_limits(limits: Limits, field: str, expected: object) -> None:
    assert options(limits=limits)["HostConfig"][field] == expected


def test_no_file_is_longer_than_the_scratch_and_no_core_is_written() -> None:
    ulimits = {u["Name"]: u for u in options(limits=Limits(scratch=5))["HostConfig"]["Ulimits"]}

    assert ulimits["fsize"] == {"Name": "fsize", "Soft": 5, "Hard": 5}
    assert ulimits["core"] == {"Name": "core", "Soft": 0, "Hard": 0}


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (["name=seccomp,profile=default"], "200003:200003"),
        (["name=seccomp,profile=default", "name=userns"], "20003:20003"),
        (["name=seccomp,profile=default", "name=rootless"], "20003:20003"),
    ],
)
def test_each_slot_has_a_user_of_its_own_within_the_engines_map(
    security: list[str], expected: str
) -> None:
    facts = EngineFacts.from_info(INFO_V1 | {"SecurityOptions": security})

    assert options(facts=facts, slot=3)["User"] == expected


def test_our_labels_tell_the_launcher_and_the_run() -> None:
    assert options()["Labels"] == {LAUNCHER_LABEL: "ours", RUN_LABEL: "run-1"}


def test_the_seccomp_profile_is_sent_whole_and_allows_neither_io_uring_nor_vsock() -> None:
    (profile,) = [
        json.loads(option.removeprefix("seccomp="))
        for option in options()["HostConfig"]["SecurityOpt"]
        if option.startswith("seccomp=")
    ]
    allowed = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    families = {rule["args"][0]["value"] for rule in allowed if "socket" in rule["names"]}

    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert not any("io_uring_setup" in rule["names"] for rule in allowed)
    assert families == {1, 2, 10, 16}  # unix, IPv4, IPv6, netlink


@pytest.mark.parametrize("facts", [V1, V2])
def test_an_engine_that_took_every_option_passes(facts: EngineFacts) -> None:
    sent = options(facts=facts)

    assert mismatches(sent, as_inspected(sent)) == []


def tampered(value: object) -> object:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "x"
        case list():
            return value[1:] if value else ["x"]
        case dict():
            return dict(list(value.items())[1:]) if value else {"x": "y"}
    raise AssertionError(value)


CONFIG_FIELDS = sorted(options().keys() - {"HostConfig"})
HOST_FIELDS = sorted(options()["HostConfig"])


@pytest.mark.parametrize("field", CONFIG_FIELDS)
def test_a_tampered_field_is_named(field: str) -> None:
    sent = options()
    inspected = as_inspected(sent)
    inspected["Config"][field] = tampered(sent[field])

    assert mismatches(sent, inspected) == [field]


@pytest.mark.parametrize("field", HOST_FIELDS)
def test_a_tampered_field_of_the_host_configuration_is_named(field: str) -> None:
    sent = options()
    inspected = as_inspected(sent)
    inspected["HostConfig"][field] = tampered(sent["HostConfig"][field])

    assert mismatches(sent, inspected) == [f"HostConfig.{field}"]


@pytest.mark.parametrize("field", [f for f in HOST_FIELDS if options()["HostConfig"][f]])
def test_a_field_that_the_engine_left_out_is_named(field: str) -> None:
    sent = options()
    inspected = as_inspected(sent)
    del inspected["HostConfig"][field]

    assert mismatches(sent, inspected) == [f"HostConfig.{field}"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Image": "sha256:" + "1" * 64}, "Image id"),
        ({"Mounts": [{"Type": "volume", "Destination": "/data"}]}, "Mounts"),
        ({"HostConfig": {"MaskedPaths": []}}, "HostConfig.MaskedPaths"),
        ({"HostConfig": {"ReadonlyPaths": None}}, "HostConfig.ReadonlyPaths"),
        ({"Config": {"Labels": {RUN_LABEL: "run-1", LAUNCHER_LABEL: "theirs"}}}, "Labels"),
        ({"Config": {"Env": ["HOME=/root"]}}, "Env"),
        ({"Config": {"Volumes": {"/data": {}}}}, "Volumes"),
        ({"HostConfig": {"LogConfig": {"Type": "json-file"}}}, "HostConfig.LogConfig"),
        ({"HostConfig": {"Tmpfs": {"/tmp": "rw"}}}, "HostConfig.Tmpfs"),  # noqa: S108  the sandbox's
    ],
)
def test_what_the_engine_did_otherwise_is_named(change: dict[str, Any], named: str) -> None:
    sent = options()
    inspected = as_inspected(sent)
    for key, value in change.items():
        inspected[key] = inspected[key] | value if isinstance(value, dict) else value

    assert mismatches(sent, inspected) == [named]


def test_an_answer_without_a_configuration_fails_every_field() -> None:
    sent = options()

    wrong = mismatches(sent, {})

    assert {"User", "NetworkDisabled", "HostConfig.NetworkMode", "Image id"} <= set(wrong)


@pytest.mark.parametrize(
    ("info", "lack"),
    [
        ({"MemoryLimit": False}, "limit memory"),
        ({"PidsLimit": False}, "limit the number of processes"),
        ({"CpuCfsQuota": False}, "limit processor time"),
        ({"SecurityOptions": ["name=apparmor"]}, "filter system calls (seccomp)"),
        ({"CgroupDriver": "none"}, "place containers in control groups"),
    ],
)
def test_an_engine_that_cannot_contain_is_told_why(info: dict[str, Any], lack: str) -> None:
    facts = EngineFacts.from_info(INFO_V1 | info)

    assert shortcomings(facts) == [f"the Docker Engine cannot {lack}"]


@pytest.mark.parametrize("facts", [V1, V2])
def test_a_usual_engine_lacks_nothing(facts: EngineFacts) -> None:
    assert shortcomings(facts) == []
