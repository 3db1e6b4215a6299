"""What set-up finds on this machine before it changes anything."""

import grp
import os
import pwd
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.provisioning import environment
from scripts.provisioning.engine import SOCKET, EngineState, engine_state, has_image

ENGINE_GROUP = "docker"
_PROGRAMS = {
    "dockerd": ("dockerd",),
    "apparmor_parser": ("apparmor_parser",),
    "redis-server": ("redis-server",),
    "debootstrap": ("debootstrap",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "postgres": ("postgres",),
    "docker-registry": ("docker-registry",),
}
_OFF_THE_PATH = Path("/usr/lib/postgresql")  # Debian has a folder in it for each version


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The facts that decide what set-up does."""

    may_install: bool  # CHALLENGE_NO_INSTALL is not set
    root: bool
    sudo: bool  # this user can become root
    apt: bool
    systemd: bool
    programs: frozenset[str]  # those that set-up may need and that are here
    apparmor: bool  # the kernel confines programs by AppArmor
    engine: EngineState
    user: str
    in_engine_group: bool  # as the group database says; this session may be older
    python: Path | None  # the Python that .venv will be made of
    ready: frozenset[str]  # locks whose packages .venv already holds
    images: bool  # the engine has the images of the sandboxes


def look(environ: dict[str, str], /) -> Machine:
    """Look at this machine; changes nothing."""
    root = os.geteuid() == 0
    user = _user()
    ready = frozenset(lock for lock in ("server", "dev") if environment.is_ready(lock))
    return Machine(
        may_install=environ.get("CHALLENGE_NO_INSTALL", "0") in {"", "0"},
        root=root,
        sudo=not root and _sudo(),
        apt=shutil.which("apt-get") is not None,
        systemd=Path("/run/systemd/system").is_dir(),
        apparmor=_kernel_has_apparmor(),
        programs=frozenset(name for name, files in _PROGRAMS.items() if any(map(_is_here, files))),
        engine=engine_state(SOCKET),
        user=user,
        in_engine_group=_in_engine_group(user),
        python=environment.find_python(),
        ready=ready,
        images=bool(ready) and _has_images(),
    )


def _is_here(program: str) -> bool:
    return shutil.which(program) is not None or any(_OFF_THE_PATH.glob(f"*/bin/{program}"))


def through_engine_group(command: list[str], /) -> list[str]:
    """Have sg run the command where this session is older than its user's access to the engine."""
    if engine_state(SOCKET) is not EngineState.REFUSES:
        return command
    if not _in_engine_group(_user()) or grp.getgrnam(ENGINE_GROUP).gr_gid in os.getgroups():
        return command
    return ["sg", ENGINE_GROUP, "-c", shlex.join(command)]


def _has_images() -> bool:
    """Ask the platform in .venv which images it means; it answers nothing if it is broken."""
    program = "from sandbox.images import content as c; print(*map(c.image_tag, c.images()))"
    command = [str(environment.PYTHON), "-c", program]
    answer = subprocess.run(
        command, cwd=environment.ROOT, capture_output=True, text=True, check=False
    )
    tags = answer.stdout.split()
    return bool(tags) and all(has_image(tag, at=SOCKET) for tag in tags)


def _kernel_has_apparmor() -> bool:
    try:
        return Path("/sys/module/apparmor/parameters/enabled").read_text().startswith("Y")
    except OSError:
        return False


def _sudo() -> bool:
    if shutil.which("sudo") is None:
        return False
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return asked.returncode == 0 or sys.stdin.isatty()  # at a terminal it can ask for the password


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # as in a container that was given a number for its user
        return str(os.geteuid())


def _in_engine_group(user: str, /) -> bool:
    try:
        return user in grp.getgrnam(ENGINE_GROUP).gr_mem
    except KeyError:
        return False
