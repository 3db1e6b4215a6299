"""The one set of options that every sandbox gets: no network, no privilege, no disk, bounded use.

A pure function of the limits and of what the engine can do; `mismatches` then tells whether the
engine took each of them. The attacks that the options contain are in `tests/sandbox/cases`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from sandbox import Limits

Options = dict[str, Any]  # JSON, as the engine's API names and nests it

LAUNCHER_LABEL = "challenge-platform.launcher"
RUN_LABEL = "challenge-platform.run"

# A uid of its own for each slot: sandboxes of one uid share the kernel's quotas of that uid.
_FIRST_UID = 200_000
_FIRST_REMAPPED_UID = 20_000  # an engine with its own uid map has 65,536 of them
_PARENT = "challenge-sandboxes"


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """What an engine is and can do, as its `docker info` says."""

    version: str
    architecture: str
    cpus: int
    memory: int
    cgroup_version: str
    cgroup_driver: str
    limits_memory: bool
    limits_swap: bool
    limits_processes: bool
    limits_cpu: bool
    seccomp: bool
    remapped: bool

    @classmethod
    def from_info(cls, info: Mapping[str, Any], /) -> Self:
        """Read the facts out of the answer to `GET /info`; what it does not say is not there."""
        security = {option.partition(",")[0] for option in info.get("SecurityOptions") or ()}
        return cls(
            version=info.get("ServerVersion", ""),
            architecture=info.get("Architecture", ""),
            cpus=info.get("NCPU", 0),
            memory=info.get("MemTotal", 0),
            cgroup_version=info.get("CgroupVersion", "1"),
            cgroup_driver=info.get("CgroupDriver", "none"),
            limits_memory=info.get("MemoryLimit", False),
            limits_swap=info.get("SwapLimit", False),
            limits_processes=info.get("PidsLimit", False),
            limits_cpu=info.get("CpuCfsQuota", False),
            seccomp="name=seccomp" in security,
            remapped=bool(security & {"name=userns", "name=rootless"}),
        )


def shortcomings(facts: EngineFacts, /) -> list[str]:
    """Say why this engine cannot contain a program, a sentence each; empty when it can."""
    needed = {
        "limit memory": facts.limits_memory,
        "limit the number of processes": facts.limits_processes,
        "limit processor time": facts.limits_cpu,
        "filter system calls (seccomp)": facts.seccomp,
        "place containers in control groups": facts.cgroup_driver != "none",
    }
    return [f"the Docker Engine cannot {what}" for what, there in needed.items() if not there]


def container_options(
    run_id: str, /, *, image: str, limits: Limits, facts: EngineFacts, slot: int, label: str
) -> Options:
    """Give the whole body of `POST /containers/create` for a run.

    `image` is a `sha256:…` id, never a tag, which could move; `slot` numbers the runs that go on at
    once; `label` tells the containers of this launcher from those of others.
    """
    uid = (_FIRST_REMAPPED_UID if facts.remapped else _FIRST_UID) + slot
    return {
        "Image": image,
        "User": f"{uid}:{uid}",
        "WorkingDir": "/tmp",  # noqa: S108  the sandbox's own, in memory
        "Hostname": "sandbox",
        "Env": _environment(),
        "Labels": {LAUNCHER_LABEL: label, RUN_LABEL: run_id},
        "NetworkDisabled": True,
        "Volumes": {},
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGKILL",
        "Tty": False,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": _privileges() | _resources(limits, facts=facts),
    }


def _environment() -> list[str]:
    # One thread: sums of another number of threads differ in their last bits.
    libraries = ("OMP", "OPENBLAS", "MKL")
    return ["HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8"] + [f"{x}_NUM_THREADS=1" for x in libraries]


def _privileges() -> Options:
    """Say what a sandbox may reach; even what is empty or false is sent, and so is checked."""
    return {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "Privileged": False,
        "CapAdd": [],
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={_seccomp()}"],
        "GroupAdd": [],
        "Binds": [],
        "Mounts": [],
        "VolumesFrom": [],
        "Devices": [],
        "DeviceRequests": [],
        "DeviceCgroupRules": [],
        "Sysctls": {},
        "Links": [],
        "PortBindings": {},
        "PublishAllPorts": False,
        "PidMode": "",
        "UTSMode": "",
        "UsernsMode": "",
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "Init": True,  # reaps orphans, and ends them with the program
        "AutoRemove": False,  # the state is read after the end
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "none"},
    }


def _resources(limits: Limits, *, facts: EngineFacts) -> Options:
    resources: Options = {
        "Memory": limits.memory,
        "OomScoreAdj": 500,
        "OomKillDisable": False,
        "PidsLimit": limits.processes,
        "NanoCpus": round(limits.cpus * 1e9),
        "CpuShares": 128,  # the platform comes first when cores are short
        "CgroupParent": f"{_PARENT}.slice" if facts.cgroup_driver == "systemd" else f"/{_PARENT}",
        "Ulimits": _ulimits(limits),
        "Tmpfs": {
            "/tmp": _tmpfs(limits.scratch, files=16_384),  # noqa: S108  the sandbox's own
            "/dev/shm": _tmpfs(limits.scratch, files=1_024),  # noqa: S108  the sandbox's own
        },
    }
    if facts.limits_swap:
        resources["MemorySwap"] = limits.memory  # the sum of both: no swap
    if facts.cgroup_version == "1":
        resources["MemorySwappiness"] = 0
    return resources


def _ulimits(limits: Limits) -> list[Options]:
    # Not nproc: it counts the uid's processes on the whole host; PidsLimit counts the sandbox's.
    hard = {
        "core": 0,
        "fsize": limits.scratch,
        "memlock": 64 * 1024,
        "msgqueue": 0,
        "nice": 0,
        "nofile": 1024,
        "rtprio": 0,
        "sigpending": 256,
    }
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in hard.items()]


def _tmpfs(size: int, *, files: int) -> str:
    return f"rw,noexec,nosuid,nodev,size={size},nr_inodes={files},mode=1777"


@cache
def _seccomp() -> str:
    """Profile of allowed system calls; Docker's own allows io_uring and vsock on older engines."""
    profile = Path(__file__).with_name("seccomp.json").read_text(encoding="utf-8")
    return json.dumps(json.loads(profile), separators=(",", ":"))


def mismatches(sent: Options, inspected: Mapping[str, Any], /) -> list[str]:
    """Name the fields in which a created container differs from what was asked for; sorted.

    `inspected` is the answer to `GET /containers/{id}/json`. Beyond what was sent, the engine must
    have mounted nothing and must mask the kernel's files in /proc.
    """
    config, host = inspected.get("Config") or {}, inspected.get("HostConfig") or {}
    wrong = [name for name in sent if not _took(name, sent[name], config.get(name))]
    wrong.remove("HostConfig")
    asked = sent["HostConfig"]
    wrong += [f"HostConfig.{name}" for name in asked if not _same(asked[name], host.get(name))]
    required = {
        "Image id": inspected.get("Image") == sent["Image"],
        "Mounts": not inspected.get("Mounts"),
        "HostConfig.MaskedPaths": "/proc/kcore" in (host.get("MaskedPaths") or ()),
        "HostConfig.ReadonlyPaths": "/proc/sys" in (host.get("ReadonlyPaths") or ()),
    }
    return sorted(wrong + [name for name, kept in required.items() if not kept])


def _took(name: str, asked: object, found: object) -> bool:
    """Whether the image's own settings, which the engine merges in, left ours as they were."""
    if name == "Labels" and isinstance(asked, Mapping) and isinstance(found, Mapping):
        return asked.items() <= found.items()
    if name == "Env" and isinstance(asked, Sequence) and isinstance(found, Sequence):
        return set(asked) <= set(found)
    return _same(asked, found)


def _same(asked: object, found: object) -> bool:
    """Whether two JSON values mean the same: absent, null and empty do, and the order of a list."""
    if not asked or not found:
        return not asked and not found
    if isinstance(asked, Mapping) and isinstance(found, Mapping):
        return all(_same(asked.get(key), found.get(key)) for key in asked.keys() | found.keys())
    if isinstance(asked, list) and isinstance(found, list):
        return sorted(map(_text, asked)) == sorted(map(_text, found))
    return asked == found


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
