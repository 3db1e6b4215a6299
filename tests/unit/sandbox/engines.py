"""What `docker info` says on machines of different kinds, as far as sandboxes depend on it."""

from typing import Any

_COMMON: dict[str, Any] = {
    "Architecture": "x86_64",
    "NCPU": 8,
    "MemTotal": 33_568_768_000,
    "MemoryLimit": True,
    "SwapLimit": True,
    "KernelMemory": True,
    "CpuCfsPeriod": True,
    "CpuCfsQuota": True,
    "CPUShares": True,
    "CPUSet": True,
    "PidsLimit": True,
    "OomKillDisable": True,
    "DefaultRuntime": "runc",
    "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}},
    "InitBinary": "docker-init",
}

V1_CGROUPFS = _COMMON | {  # Debian 12's engine where no systemd runs
    "ServerVersion": "20.10.24+dfsg1",
    "CgroupDriver": "cgroupfs",
    "CgroupVersion": "1",
    "SecurityOptions": ["name=seccomp,profile=default"],
}

V2_SYSTEMD = _COMMON | {  # Docker's own packages on Debian 12 or Ubuntu 24.04
    "ServerVersion": "28.3.2",
    "KernelMemory": False,
    "OomKillDisable": False,
    "CgroupDriver": "systemd",
    "CgroupVersion": "2",
    "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {}, "runsc": {"path": "runsc"}},
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
}

USERNS_REMAP = V2_SYSTEMD | {
    "DockerRootDir": "/var/lib/docker/231072.231072",
    "SecurityOptions": [
        "name=apparmor",
        "name=seccomp,profile=builtin",
        "name=userns",
        "name=cgroupns",
    ],
}

ROOTLESS = V2_SYSTEMD | {
    "DockerRootDir": "/home/docker/.local/share/docker",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
}

ROOTLESS_WITHOUT_DELEGATION = ROOTLESS | {  # no control groups were given to its user
    "CgroupDriver": "none",
    "MemoryLimit": False,
    "SwapLimit": False,
    "CpuCfsQuota": False,
    "PidsLimit": False,
}
