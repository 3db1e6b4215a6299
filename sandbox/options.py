"""The one set of options that every sandbox gets: no network, no privilege, no disk, bounded use.

A pure function of the limits and of what the engine can do; `comparison` then tells whether the
engine took each of them. The attacks that the options contain are in `sandbox/cases`.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox import MIB, Limits
from sandbox.facts import GPU_DRIVER, EngineFacts

Options = dict[str, Any]  # JSON, as the engine's API names and nests it

LAUNCHER_LABEL = "challenge-platform.launcher"
RUN_LABEL = "challenge-platform.run"
ROLE_LABEL = "challenge-platform.role"

OUTPUT_FOLDER = "/output"
INPUT_FOLDER = "/input"
WEIGHTS_FOLDER = "/weights"
OUTPUT_FILES = 1_024

# A uid of its own for each slot: sandboxes of one uid share the kernel's quotas of that uid.
_FIRST_UID = 200_000
_FIRST_REMAPPED_UID = 20_000  # an engine with its own uid map has 65,536 of them
PARENT = "challenge-sandboxes"
_HELPER = Limits(memory=16 * MIB, scratch=MIB, processes=4, cpus=0.5)


@dataclass(frozen=True, kw_only=True)
class Mounts:
    """What a program finds beside its image: names of volumes, and a path of the engine's host.

    `output` is the folder that it may write its results to, `files` and `weights` what it may read,
    `hosts` the file by which `localhost` has an address.
    """

    output: str | None = None
    files: str | None = None
    weights: str | None = None
    hosts: str | None = None

    def options(self) -> list[Options]:
        """Give them as the engine's API does."""
        hosts = {"Type": "bind", "Source": self.hosts, "Target": "/etc/hosts", "ReadOnly": True}
        read = {INPUT_FOLDER: self.files, WEIGHTS_FOLDER: self.weights}
        return [
            *([volume(self.output, target=OUTPUT_FOLDER)] if self.output else []),
            *(volume(name, target=at, read_only=True) for at, name in read.items() if name),
            *([hosts] if self.hosts else []),
        ]


def container_options(
    owner: str,
    /,
    *,
    image: str,
    limits: Limits,
    facts: EngineFacts,
    slot: int,
    label: str,
    parent: str | None = None,
    mounts: Mounts | None = None,
    submitted: bool = False,
) -> Options:
    """Give the whole body of `POST /containers/create` for a program.

    `image` is a `sha256:…` id, never a tag, which could move; `slot` numbers the runs that go on at
    once; `label` tells the containers of this launcher from those of others, `owner` those of a run
    from each other. `parent` is the control group in which its own is made. The image of a
    `submitted` program keeps its folder, and gets no stdin.
    """
    mounts = mounts or Mounts()
    user = user_of(slot, facts=facts)
    folder = {} if submitted else {"WorkingDir": "/tmp"}  # noqa: S108  the sandbox's own, in memory
    runtime = {"Runtime": facts.runtime} if facts.runtime else {}
    host = _privileges() | _resources(limits, facts=facts, parent=parent, mounts=mounts) | runtime
    host |= {"DeviceRequests": _gpus(limits.gpus)}
    return {
        "Image": image,
        "User": f"{user}:{user}",
        **folder,
        "Hostname": "sandbox",
        "Env": _environment(limits),
        "Labels": {LAUNCHER_LABEL: label, RUN_LABEL: owner, ROLE_LABEL: "program"},
        "NetworkDisabled": True,
        "Volumes": {},
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGKILL",
        "Tty": False,
        **_streams(stdin=not submitted),
        "HostConfig": host | {"Mounts": mounts.options()},
    }


def helper_options(
    owner: str,
    /,
    *,
    image: str,
    facts: EngineFacts,
    slot: int,
    label: str,
    mount: Options,
    role: str,
    parent: str | None = None,
) -> Options:
    """Give the options of a container of ours, which sleeps with a volume mounted."""
    options = container_options(
        owner, image=image, limits=_HELPER, facts=facts, slot=slot, label=label, parent=parent
    )
    options["Labels"][ROLE_LABEL] = role
    options["HostConfig"]["Mounts"] = [mount]
    options["HostConfig"].pop("Runtime", None)  # the image is ours
    sleeps = {"Entrypoint": ["/bin/sleep"], "Cmd": ["infinity"]}
    return options | sleeps | _streams(stdin=False)


def output_volume(limits: Limits, *, slot: int, facts: EngineFacts) -> Options:
    """Give the driver's options of a volume in memory, which a run's own user can write to.

    It has room for a file that is a little above the limit, so that this can be told.
    """
    user = user_of(slot, facts=facts)
    uid, gid = facts.host_uid + user, facts.host_gid + user  # the engine mounts outside its map
    bounds = f"size={limits.file + MIB},nr_inodes={OUTPUT_FILES}"
    access = f"mode=0700,uid={uid},gid={gid},nosuid,nodev,noexec"
    return {"type": "tmpfs", "device": "tmpfs", "o": f"{bounds},{access}"}


def volume(name: str, *, target: str, read_only: bool = False) -> Options:
    """Give the mount of a volume, into which nothing of the image is copied."""
    access = {"ReadOnly": True} if read_only else {}
    copying = {"VolumeOptions": {"NoCopy": True}}
    return {"Type": "volume", "Source": name, "Target": target} | access | copying


def user_of(slot: int, *, facts: EngineFacts) -> int:
    """Give the user id of a slot, within the engine's own map of them if it has one."""
    return (_FIRST_REMAPPED_UID if facts.remapped else _FIRST_UID) + slot


def parent_of(facts: EngineFacts) -> str:
    """Name the control group of all sandboxes as the engine's driver does."""
    return f"{PARENT}.slice" if facts.cgroup_driver == "systemd" else f"/{PARENT}"


def _streams(*, stdin: bool) -> Options:
    return {
        "OpenStdin": stdin,
        "StdinOnce": stdin,
        "AttachStdin": stdin,
        "AttachStdout": True,
        "AttachStderr": True,
    }


def _environment(limits: Limits) -> list[str]:
    # As many threads as cores: sums of another number of them differ in their last bits.
    threads = max(1, int(limits.cpus))
    libraries = ("OMP", "OPENBLAS", "MKL")
    return [
        "HOME=/tmp",
        "TMPDIR=/tmp",
        "LANG=C.UTF-8",
        *(f"{library}_NUM_THREADS={threads}" for library in libraries),
    ]


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
        "VolumesFrom": [],
        "Devices": [],
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


def _resources(
    limits: Limits, *, facts: EngineFacts, parent: str | None, mounts: Mounts
) -> Options:
    largest_file = max(limits.scratch, limits.file + MIB if mounts.output else 0)
    resources: Options = {
        "Memory": limits.memory,
        "OomScoreAdj": 500,
        "OomKillDisable": False,
        "PidsLimit": limits.processes,
        "NanoCpus": round(limits.cpus * 1e9),
        "CpuShares": 128,  # the platform comes first when cores are short
        "CgroupParent": parent or parent_of(facts),
        "Ulimits": _ulimits(largest_file) + (_last_resort(limits) if mounts.output else []),
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


def _gpus(count: int) -> list[Options]:
    """Ask for graphics processors and no other device; the engine's driver chooses which."""
    if not count:
        return []
    request = {"Driver": GPU_DRIVER, "Count": count, "Capabilities": [["gpu"]]}
    return [request | {"DeviceIDs": None, "Options": {}}]


def _ulimits(largest_file: int) -> list[Options]:
    # Not nproc: it counts the uid's processes on the whole host; PidsLimit counts the sandbox's.
    hard = {
        "core": 0,
        "fsize": largest_file,
        "memlock": 64 * 1024,
        "msgqueue": 0,
        "nice": 0,
        "nofile": 1024,
        "rtprio": 0,
        "sigpending": 256,
    }
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in hard.items()]


def _last_resort(limits: Limits) -> list[Options]:
    """Bound each process's processor seconds, for a program whose launcher never comes back."""
    seconds = math.ceil(limits.seconds * limits.cpus) + 60
    return [{"Name": "cpu", "Soft": seconds, "Hard": seconds}]


def _tmpfs(size: int, *, files: int) -> str:
    return f"rw,noexec,nosuid,nodev,size={size},nr_inodes={files},mode=1777"


@cache
def _seccomp() -> str:
    """Profile of allowed system calls; Docker's own allows io_uring and vsock on older engines."""
    profile = Path(__file__).with_name("seccomp.json").read_text(encoding="utf-8")
    return json.dumps(json.loads(profile), separators=(",", ":"))
