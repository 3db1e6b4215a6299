"""What a Docker Engine says that it is and can do, and why some cannot contain a program."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

GPU_DRIVER = "nvidia"
"""What hands graphics processors to containers, where it is installed beside the engine."""


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """What an engine is and can do, as its `docker info` says.

    `host_uid` and `host_gid` are those of containers' root to whoever mounts what they are given;
    others follow them. They are not 0 where the engine maps users and mounts as the machine's root.
    """

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
    host_uid: int
    host_gid: int
    runtime: str
    has_runtime: bool
    gpus: bool

    @classmethod
    def from_info(cls, info: Mapping[str, Any], /, *, runtime: str | None = None) -> Self:
        """Read the facts out of the answer to `GET /info`; what it does not say is not there.

        `runtime` is what sandboxes are to run in, such as runsc; the engine's default when None.
        """
        security = {option.partition(",")[0] for option in info.get("SecurityOptions") or ()}
        uid, gid = _host_ids(info.get("DockerRootDir", "")) if "name=userns" in security else (0, 0)
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
            host_uid=uid,
            host_gid=gid,
            runtime=runtime or info.get("DefaultRuntime", ""),
            has_runtime=runtime is None or runtime in (info.get("Runtimes") or ()),
            gpus=GPU_DRIVER in (info.get("Runtimes") or ()),
        )


def _host_ids(folder: str) -> tuple[int, int]:
    """Read them out of the folder of an engine that maps users, which it names by them."""
    found = re.fullmatch(r"(\d+)\.(\d+)", PurePosixPath(folder).name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def shortcomings(facts: EngineFacts, /) -> list[str]:
    """Say why this engine cannot contain a program, a sentence each; empty when it can."""
    needed = {
        "limit memory": facts.limits_memory,
        "limit the number of processes": facts.limits_processes,
        "limit processor time": facts.limits_cpu,
        "filter system calls (seccomp)": facts.seccomp,
        "place containers in control groups": facts.cgroup_driver != "none",
    }
    needed[f"run sandboxes in {facts.runtime}, as set, since it has no such runtime"] = (
        facts.has_runtime
    )
    return [f"the Docker Engine cannot {what}" for what, there in needed.items() if not there]
