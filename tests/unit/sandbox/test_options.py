"""The options of a sandbox: what they are for which engine, and that no difference goes unseen."""

import copy
import dataclasses
import json
from typing import Any

import pytest

from sandbox import MIB, Limits
from sandbox.comparison import mismatches
from sandbox.facts import EngineFacts, shortcomings
from sandbox.options import (
    LAUNCHER_LABEL,
    ROLE_LABEL,
    RUN_LABEL,
    Mounts,
    Options,
    container_options,
    helper_options,
    output_volume,
    volume,
)
from tests.unit.sandbox import engines

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
    mounts = [as_mounted(mount) for mount in sent["HostConfig"]["Mounts"]]
    return {"Image": sent["Image"], "Mounts": mounts, "Config": config, "HostConfig": host}


def as_mounted(mount: Options) -> dict[str, Any]:
    """Tell of a mount as an engine does."""
    names = {"Name": mount["Source"]} if mount["Type"] == "volume" else {}
    return (
        names
        | {
            "Type": mount["Type"],
            "Source": f"/data/{mount['Source']}",
            "Destination": mount["Target"],
            "RW": not mount.get("ReadOnly", False),
        }
        | ({} if names else {"Source": mount["Source"]})
    )


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
    ("gpus", "expected"),
    [
        (0, []),
        (
            2,
            [
                {
                    "Driver": "nvidia",
                    "Count": 2,
                    "Capabilities": [["gpu"]],
                    "DeviceIDs": None,
                    "Options": {},
                }
            ],
        ),
    ],
)
def test_graphics_processors_are_asked_for_by_their_number(gpus: int, expected: object) -> None:
    host = options(limits=Limits(gpus=gpus))["HostConfig"]

    assert host["DeviceRequests"] == expected
    assert host["Devices"] == []


@pytest.mark.parametrize(
    ("runtimes", "expected"),
    [({"runc": {}}, False), ({"runc": {}, "nvidia": {}}, True), (None, False)],
)
def test_an_engine_has_graphics_processors_if_their_driver_is_there(
    runtimes: dict[str, Any] | None, expected: bool
) -> None:
    assert EngineFacts.from_info(INFO_V1 | {"Runtimes": runtimes}).gpus is expected


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


MOUNTS = Mounts(output="out", files="in", weights="team", hosts="/data/hosts/hosts")


def with_mounts() -> Options:
    limits = Limits(scratch=5 * MIB, file=7 * MIB)
    return container_options(
        "run-1", image=IMAGE, limits=limits, facts=V1, slot=0, label="ours", mounts=MOUNTS
    )


def test_a_program_writes_to_its_output_alone_of_what_is_mounted() -> None:
    mounts = with_mounts()["HostConfig"]["Mounts"]

    assert {(m["Target"], m["Source"], m.get("ReadOnly", False)) for m in mounts} == {
        ("/output", "out", False),
        ("/input", "in", True),
        ("/weights", "team", True),
        ("/etc/hosts", "/data/hosts/hosts", True),
    }


def test_a_collected_file_may_be_longer_than_the_scratch() -> None:
    ulimits = {u["Name"]: u["Hard"] for u in with_mounts()["HostConfig"]["Ulimits"]}

    assert ulimits["fsize"] == 8 * MIB


def test_a_program_that_outlives_its_launcher_ends_when_it_has_used_its_processors() -> None:
    ulimits = {u["Name"]: u["Hard"] for u in with_mounts()["HostConfig"]["Ulimits"]}
    usual = {u["Name"] for u in options()["HostConfig"]["Ulimits"]}

    assert ulimits["cpu"] == 60 + 60
    assert "cpu" not in usual  # its stdin ends with its launcher


def test_the_output_is_bounded_in_memory_and_its_users_alone() -> None:
    driver = output_volume(Limits(file=MIB), slot=3, facts=V1)

    assert driver["type"] == "tmpfs"
    assert set(driver["o"].split(",")) == {
        f"size={2 * MIB}",
        "nr_inodes=1024",
        "mode=0700",
        "uid=200003",
        "gid=200003",
        "nosuid",
        "nodev",
        "noexec",
    }


@pytest.mark.parametrize(
    ("info", "owner"),
    [
        (engines.USERNS_REMAP, "uid=251075,gid=251075"),  # 231072 is root in containers
        (engines.ROOTLESS, "uid=20003,gid=20003"),  # the engine itself is within the map
    ],
    ids=["userns-remap", "rootless"],
)
def test_the_output_belongs_to_its_user_as_whoever_mounts_it_knows_them(
    info: dict[str, Any], owner: str
) -> None:
    driver = output_volume(Limits(), slot=3, facts=EngineFacts.from_info(info))

    assert owner in driver["o"]


def test_what_holds_an_output_is_as_unprivileged_as_a_program_and_can_only_read_it() -> None:
    mount = volume("out", target="/output", read_only=True)
    holder = helper_options(
        "run-1", image=IMAGE, facts=V1, slot=0, label="ours", mount=mount, role="holder"
    )
    program = options()["HostConfig"]
    kept = {"CapDrop", "SecurityOpt", "ReadonlyRootfs", "NetworkMode", "IpcMode", "Privileged"}

    assert {key: holder["HostConfig"][key] for key in kept} == {k: program[k] for k in kept}
    assert holder["HostConfig"]["Mounts"] == [mount]
    assert holder["Entrypoint"] == ["/bin/sleep"]
    assert holder["OpenStdin"] is False


def test_a_submitted_image_keeps_its_folder_and_gets_no_stdin() -> None:
    submitted = container_options(
        "run-1", image=IMAGE, limits=Limits(), facts=V1, slot=0, label="ours", submitted=True
    )

    assert "WorkingDir" not in submitted
    assert [submitted[key] for key in ("OpenStdin", "StdinOnce", "AttachStdin")] == [False] * 3


@pytest.mark.parametrize(
    ("change", "whats_wrong"),
    [
        ({"RW": True, "Destination": "/input"}, "the input can be written"),
        ({"Name": "other", "Destination": "/output"}, "another volume"),
        ({"Source": "/etc/shadow", "Destination": "/etc/hosts"}, "another file of the host"),
    ],
)
def test_a_mount_that_is_not_as_sent_is_named(change: dict[str, Any], whats_wrong: str) -> None:
    sent = with_mounts()
    inspected = as_inspected(sent)
    assert mismatches(sent, inspected) == []
    (mount,) = [m for m in inspected["Mounts"] if m["Destination"] == change["Destination"]]
    mount |= change

    assert mismatches(sent, inspected) == ["Mounts"], whats_wrong


@pytest.mark.parametrize(("cpus", "threads"), [(0.5, 1), (1, 1), (1.9, 1), (4, 4)])
def test_libraries_start_as_many_threads_as_there_are_whole_cores(
    cpus: float, threads: int
) -> None:
    assert f"OMP_NUM_THREADS={threads}" in options(limits=Limits(cpus=cpus))["Env"]


def test_sandboxes_run_in_the_runtime_that_is_set_and_what_is_ours_in_the_engines_own() -> None:
    info = INFO_V1 | {"DefaultRuntime": "runc", "Runtimes": {"runc": {}, "runsc": {}}}
    facts = EngineFacts.from_info(info, runtime="runsc")
    mount = volume("out", target="/output")
    helper = helper_options(
        "run-1", image=IMAGE, facts=facts, slot=0, label="ours", mount=mount, role="holder"
    )

    assert options(facts=facts)["HostConfig"]["Runtime"] == "runsc"
    assert "Runtime" not in helper["HostConfig"]
    assert shortcomings(facts) == []


def test_an_engine_without_the_runtime_that_is_set_is_told_so() -> None:
    facts = EngineFacts.from_info(INFO_V1 | {"Runtimes": {"runc": {}}}, runtime="kata")

    assert shortcomings(facts) == [
        "the Docker Engine cannot run sandboxes in kata, as set, since it has no such runtime"
    ]


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
    assert options()["Labels"] == {
        LAUNCHER_LABEL: "ours",
        RUN_LABEL: "run-1",
        ROLE_LABEL: "program",
    }


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
        ({"Mounts": [{"Type": "volume", "Name": "x", "Destination": "/data"}]}, "Mounts"),
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


def test_what_is_left_of_an_images_health_check_is_of_no_effect() -> None:
    sent = options()
    inspected = as_inspected(sent)
    inspected["Config"]["Healthcheck"] = {"Test": ["NONE"], "Interval": 1_000_000_000}

    assert mismatches(sent, inspected) == []


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
