"""The steps of a plan: what each one does and why, and the commands that carry it out."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.provisioning import environment
from scripts.provisioning.engine import OwnDockerd
from scripts.provisioning.machine import ENGINE_GROUP, Machine
from scripts.provisioning.plan import Plan

# The lists are renewed if they can be; whether the packages can be had is for `install` to say.
_INSTALL = (
    "apt-get -q update; DEBIAN_FRONTEND=noninteractive exec"
    " apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends install"
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the announcement (`title`: `why`), then one line of progress (`title`)."""

    title: str
    why: str
    commands: list[list[str]]
    finish: Callable[[], None] = lambda: None  # what set-up itself does after the commands


def steps(plan: Plan, machine: Machine, /) -> list[Step]:
    """List the steps in their order."""
    made = []
    if plan.packages:
        made.append(_install_packages(plan, machine))
    if plan.start_engine:
        made.append(_start_engine(plan, machine))
    if plan.join_group is not None:
        made.append(_join_group(plan.join_group, machine))
    if plan.environment is not None:
        made.append(_install_environment(plan.environment, machine.python))
    if plan.images:
        made.append(_make_images(machine))
    return made


def _install_packages(plan: Plan, machine: Machine, /) -> Step:
    names = " ".join(plan.packages)
    commands = [_as_root(machine, ["sh", "-c", f"{_INSTALL} {names}"])]
    services = [
        name for name in ("redis-server", "postgresql", "docker-registry") if name in plan.packages
    ]
    if services and machine.systemd:
        commands.append(_as_root(machine, ["systemctl", "disable", "--now", *services]))
    return Step(
        title=f"install {names} with apt-get",
        why="; ".join(f"{name} {why}" for name, why in plan.packages.items()),
        commands=commands,
    )


def _start_engine(plan: Plan, machine: Machine, /) -> Step:
    if not plan.own_engine:
        return Step(
            title="start the service docker",
            why="the Docker Engine runs the sandboxes",
            commands=[_as_root(machine, ["systemctl", "start", "docker"])],
        )
    own = OwnDockerd()
    command = [sys.executable, "-B", "-m", "scripts.provisioning", "start-engine"]
    return Step(
        title="start dockerd",
        why="the Docker Engine runs the sandboxes, and there is no systemd to start it; it stays up"
        f" until `make stop` (pid file {own.pid_file}, log {own.log})",
        commands=[_as_root(machine, command)],
    )


def _join_group(user: str, machine: Machine, /) -> Step:
    return Step(
        title=f"let {user} use the Docker Engine",
        why=f"only root and the group {ENGINE_GROUP} may; beware, its members can become root",
        commands=[_as_root(machine, ["usermod", "--append", "--groups", ENGINE_GROUP, user])],
    )


def _install_environment(lock: str, found: Path | None, /) -> Step:
    # A plan that found no Python installs python3-venv first, which makes Debian's one usable.
    python = found or Path("/usr/bin/python3")
    file = environment.lock_file(lock)
    count = sum("==" in line for line in file.read_text().splitlines())
    return Step(
        title="install the Python packages into .venv",
        why=f"the {count} packages of {file.relative_to(environment.ROOT)}, each checked against"
        f" its hash, in a virtual environment of {python}",
        commands=environment.install_commands(lock, python=python),
        finish=partial(environment.note_installed, lock),
    )


def _make_images(machine: Machine, /) -> Step:
    python = [str(environment.PYTHON), "-B"]  # as root it must leave no files in the clone
    command = [*python, "-m", "sandbox.images.build"]
    return Step(
        title="make the images of the sandboxes",
        why="submitted code runs in one, submissions are scored in another, and the third tries"
        " whether sandboxes hold; their Python comes from an image registry, where none can be"
        " reached from Debian's packages (1 to 3 minutes)",
        commands=[_as_root(machine, command) if machine.sudo else command],
    )


def _as_root(machine: Machine, command: list[str], /) -> list[str]:
    return command if machine.root else ["sudo", *command]
