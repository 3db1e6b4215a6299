"""What contains hostile programs, measure by measure, and how each is taken away to prove it.

The hostile programs of the cases are the project's own, and what is taken away stays bounded so
that the host survives: memory to 2 GiB, 512 processes, 16 times the output, 4 times the seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sandbox import MIB, Limits
from sandbox.options import INPUT_FOLDER, WEIGHTS_FOLDER, Options

Change = Callable[[Options], Options]

SHARED_SCRATCH = "challenge-selftest-scratch"
"""The volume that stands for a scratch folder which outlives its run."""


def _as_it_is(options: Options) -> Options:
    return options


def _limits_as_they_are(limits: Limits) -> Limits:
    return limits


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something that contains programs: what it is, how it goes away, and what if it is missing.

    `change`, `volume` (of the output folder) and `limit` take it away, and so does an engine that
    `lies` when it is asked to "inspect" a container or "stat" a file, to "fill" a volume, or to
    "mount" weights; `repair` says what to look at when it does not hold. A network is made for the
    experiment where `needs_network`.
    """

    what: str
    repair: str
    change: Change = _as_it_is
    volume: Change = _as_it_is
    limit: Callable[[Limits], Limits] = _limits_as_they_are
    lies: str = ""
    needs_network: bool = False


def _host(**changes: object) -> Change:
    return lambda options: options | {"HostConfig": options["HostConfig"] | changes}


def _config(**changes: object) -> Change:
    return lambda options: options | changes


def _without(*names: str) -> Change:
    return lambda options: {name: options[name] for name in options if name not in names}


def _security(dropped: str, *instead: str) -> Change:
    def change(options: Options) -> Options:
        kept = [one for one in options["HostConfig"]["SecurityOpt"] if not one.startswith(dropped)]
        return _host(SecurityOpt=[*kept, *instead])(options)

    return change


def _ulimit(name: str) -> Change:
    """Leave a limit to what the engine itself has."""

    def change(options: Options) -> Options:
        limits = [one for one in options["HostConfig"]["Ulimits"] if one["Name"] != name]
        return _host(Ulimits=limits)(options)

    return change


def _tmpfs(begins: str, instead: str) -> Change:
    """Replace an option of every file system in memory; an empty `instead` leaves it out."""

    def change(options: Options) -> Options:
        changed = {
            path: ",".join(instead if one.startswith(begins) else one for one in text.split(","))
            for path, text in options["HostConfig"]["Tmpfs"].items()
        }
        return _host(Tmpfs={path: text.replace(",,", ",") for path, text in changed.items()})(
            options
        )

    return change


def _output(begins: str, instead: str) -> Change:
    """Replace an option of the file system in memory that is the output folder."""

    def change(driver: Options) -> Options:
        kept = (instead if one.startswith(begins) else one for one in driver["o"].split(","))
        return driver | {"o": ",".join(kept)}

    return change


def _writable(folder: str) -> Change:
    def change(options: Options) -> Options:
        mounts = [
            mount | {"ReadOnly": False} if mount["Target"] == folder else mount
            for mount in options["HostConfig"]["Mounts"]
        ]
        return _host(Mounts=mounts)(options)

    return change


def _scratch_that_stays(options: Options) -> Options:
    tmpfs = {path: text for path, text in options["HostConfig"]["Tmpfs"].items() if path != "/tmp"}  # noqa: S108  the sandbox's own
    return _host(Tmpfs=tmpfs, Binds=[f"{SHARED_SCRATCH}:/tmp"])(options)


_DEAF_DNS = {"Dns": ["127.0.0.1"], "DnsOptions": ["timeout:1", "attempts:1"]}

_ENGINE = "compare the engine's version with the installation guide; update it, containerd and runc"
_CGROUPS = "the kernel must have this control group: see the warnings of `docker info`"
_KERNEL = "the kernel must have been built with it (seccomp: `docker info` lists it)"
_RUNNER = "this is the launcher's own: report it as a bug, with the launcher's log"

MEASURES: Mapping[str, Measure] = {
    "User": Measure(what="a user that is not root", repair=_ENGINE, change=_config(User="0:0")),
    "uid of its own": Measure(
        what="another user for each sandbox",
        repair=_RUNNER,
        change=_config(User="200999:200999"),
    ),
    "CapDrop": Measure(what="no capability", repair=_ENGINE, change=_host(CapDrop=[])),
    "CapAdd": Measure(
        what="no capability added", repair=_ENGINE, change=_host(CapAdd=["SYS_ADMIN", "MKNOD"])
    ),
    "Privileged": Measure(what="no privileged mode", repair=_ENGINE, change=_host(Privileged=True)),
    "GroupAdd": Measure(
        what="no group of the system's", repair=_ENGINE, change=_host(GroupAdd=["0", "42"])
    ),
    "no-new-privileges": Measure(
        what="no privileges from programs of root",
        repair=_KERNEL,
        change=_security("no-new-privileges"),
    ),
    "seccomp": Measure(
        what="our filter of system calls",
        repair=_KERNEL,
        change=_security("seccomp=", "seccomp=unconfined"),
    ),
    "NetworkMode": Measure(
        what="no network",
        repair=_ENGINE,
        change=lambda options: _host(**_DEAF_DNS)(options) | {"NetworkDisabled": False},
        needs_network=True,
    ),
    "ReadonlyRootfs": Measure(
        what="a read-only file system", repair=_ENGINE, change=_host(ReadonlyRootfs=False)
    ),
    "Tmpfs.size": Measure(
        what="a bound on the bytes of its scratch folder",
        repair=_ENGINE,
        change=_tmpfs("size=", f"size={64 * MIB}"),
    ),
    "Tmpfs.nr_inodes": Measure(
        what="a bound on the files of its scratch folder",
        repair=_ENGINE,
        change=_tmpfs("nr_inodes=", "nr_inodes=60000"),
    ),
    "Tmpfs.noexec": Measure(
        what="no programs in its scratch folder", repair=_ENGINE, change=_tmpfs("noexec", "exec")
    ),
    "scratch of its own": Measure(
        what="a scratch folder that ends with the run", repair=_ENGINE, change=_scratch_that_stays
    ),
    "Memory": Measure(
        what="a bound on memory",
        repair=_CGROUPS,
        change=_host(Memory=2048 * MIB, MemorySwap=2048 * MIB),
    ),
    "OomKillDisable": Measure(
        what="being killed when memory runs out",
        repair=_CGROUPS,
        change=_host(OomKillDisable=True),
    ),
    "OomScoreAdj": Measure(
        what="being killed before the platform", repair=_ENGINE, change=_host(OomScoreAdj=0)
    ),
    "PidsLimit": Measure(
        what="a bound on processes and threads", repair=_CGROUPS, change=_host(PidsLimit=512)
    ),
    "NanoCpus": Measure(
        what="bounds on cores (NanoCpus, CpuShares)",
        repair=_CGROUPS,
        change=_host(NanoCpus=0, CpuShares=0),
    ),
    "Ulimits.core": Measure(what="no core dumps", repair=_ENGINE, change=_ulimit("core")),
    "Ulimits.fsize": Measure(what="a bound on one file", repair=_ENGINE, change=_ulimit("fsize")),
    "Ulimits.memlock": Measure(
        what="a bound on locked memory", repair=_ENGINE, change=_ulimit("memlock")
    ),
    "Ulimits.msgqueue": Measure(
        what="no message queues", repair=_ENGINE, change=_ulimit("msgqueue")
    ),
    "Ulimits.nofile": Measure(
        what="a bound on open files", repair=_ENGINE, change=_ulimit("nofile")
    ),
    "Ulimits.sigpending": Measure(
        what="a bound on waiting signals", repair=_ENGINE, change=_ulimit("sigpending")
    ),
    "IpcMode": Measure(
        what="shared memory of its own", repair=_ENGINE, change=_host(IpcMode="host")
    ),
    "PidMode": Measure(what="processes of its own", repair=_ENGINE, change=_host(PidMode="host")),
    "UTSMode": Measure(what="a host name of its own", repair=_ENGINE, change=_host(UTSMode="host")),
    "Hostname": Measure(
        what="the same host name for all", repair=_ENGINE, change=_without("Hostname")
    ),
    "CgroupnsMode": Measure(
        what="control groups that it cannot see", repair=_ENGINE, change=_host(CgroupnsMode="host")
    ),
    "Init": Measure(
        what="an init process that buries orphans", repair=_ENGINE, change=_host(Init=False)
    ),
    "RestartPolicy": Measure(
        what="no second start", repair=_ENGINE, change=_host(RestartPolicy={"Name": "always"})
    ),
    "Tty": Measure(what="streams that the engine frames", repair=_ENGINE, change=_config(Tty=True)),
    "MaskedPaths": Measure(
        what="the kernel's tables hidden", repair=_ENGINE, change=_host(MaskedPaths=[])
    ),
    "ReadonlyPaths": Measure(
        what="the kernel's settings read-only", repair=_ENGINE, change=_host(ReadonlyPaths=[])
    ),
    "Binds": Measure(
        what="nothing of the host given",
        repair=_RUNNER,
        change=_host(Binds=["/var/run/docker.sock:/var/run/docker.sock:ro"]),
    ),
    "Healthcheck": Measure(
        what="no health check of the image's", repair=_ENGINE, change=_without("Healthcheck")
    ),
    "WorkingDir": Measure(
        what="a working folder that is ours", repair=_ENGINE, change=_without("WorkingDir")
    ),
    "Env": Measure(
        what="folders and threads that are ours", repair=_ENGINE, change=_config(Env=[])
    ),
    "input read-only": Measure(
        what="/input mounted read-only", repair=_ENGINE, change=_writable(INPUT_FOLDER)
    ),
    "weights read-only": Measure(
        what="/weights mounted read-only", repair=_ENGINE, change=_writable(WEIGHTS_FOLDER)
    ),
    "weights of its own": Measure(
        what="no other weights than those that the run named", repair=_RUNNER, lies="mount"
    ),
    "files written anew": Measure(
        what="the rewriting of what is kept, of which only regular files and folders come through",
        repair=_RUNNER,
        lies="fill",
    ),
    "output folder's size": Measure(
        what="a bound on the bytes of /output",
        repair=_ENGINE,
        volume=_output("size=", f"size={64 * MIB}"),
    ),
    "output folder's files": Measure(
        what="a bound on the files of /output",
        repair=_ENGINE,
        volume=_output("nr_inodes=", "nr_inodes=60000"),
    ),
    "check before the start": Measure(
        what="the comparison of what the engine made with what was asked for",
        repair=_RUNNER,
        lies="inspect",
    ),
    "look before the taking": Measure(
        what="the look at what a result is, before anything of it is read",
        repair=_RUNNER,
        lies="stat",
    ),
    "deadline": Measure(
        what="the launcher's own clock",
        repair=_RUNNER,
        limit=lambda limits: replace(limits, seconds=4 * limits.seconds),
    ),
    "output cap": Measure(
        what="the launcher's bound on what is read",
        repair=_RUNNER,
        limit=lambda limits: replace(limits, output=16 * limits.output),
    ),
}
"""Every measure that the cases name, by the option's name where it is one."""
