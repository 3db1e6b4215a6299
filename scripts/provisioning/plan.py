"""What set-up will do on a machine: decided from facts alone, before anything is changed."""

from dataclasses import dataclass

from scripts.provisioning.engine import EngineState
from scripts.provisioning.errors import SetupError
from scripts.provisioning.machine import ENGINE_GROUP, Machine


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a command of this project needs of the machine."""

    lock: str
    services: bool  # a Docker Engine, the images of the sandboxes and a redis-server
    browser: bool = False
    postgresql: bool = False
    registry: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps that are left to do; an empty plan means that everything is in place."""

    packages: dict[str, str]  # apt package -> why
    start_engine: bool = False
    own_engine: bool = False  # set-up runs dockerd itself, as there is no service manager to do it
    join_group: str | None = None  # the user who gets access to the engine
    environment: str | None = None  # the lock to install into .venv
    images: bool = False  # make the images of the sandboxes

    @property
    def changes_system(self) -> bool:
        """Whether a step needs root."""
        return bool(self.packages) or self.start_engine or self.join_group is not None


def make_plan(machine: Machine, profile: Profile, /) -> Plan:
    """Decide what to do.

    Raises:
        SetupError: something is missing that set-up cannot or may not provide.

    """
    packages = _packages(machine, profile)
    silent = profile.services and machine.engine is EngineState.SILENT
    closed = profile.services and machine.engine is not EngineState.ANSWERS and not machine.root
    plan = Plan(
        packages=packages,
        start_engine=silent,
        own_engine=silent and not machine.systemd,
        join_group=machine.user if closed and not machine.in_engine_group else None,
        environment=None if profile.lock in machine.ready else profile.lock,
        images=profile.services and not machine.images,
    )
    _check_allowed(machine, plan)
    return plan


def _packages(machine: Machine, profile: Profile, /) -> dict[str, str]:
    wanted: dict[str, str] = {}
    if machine.python is None and profile.lock not in machine.ready:
        wanted["python3-venv"] = "makes virtual environments"
    if profile.services:
        wanted |= _service_packages(machine)
    if profile.browser and "chromium" not in machine.programs:
        wanted["chromium"] = "is the browser of the page tests"
    if profile.postgresql and "postgres" not in machine.programs:
        wanted["postgresql"] = (
            "is the database of the tests of races (they start their own, so the package's service"
            " is switched off)"
        )
    if profile.registry and "docker-registry" not in machine.programs:
        wanted["docker-registry"] = (
            "is what the tests pull images from (they start their own, so the package's service is"
            " switched off)"
        )
    return wanted


def _service_packages(machine: Machine, /) -> dict[str, str]:
    wanted: dict[str, str] = {}
    if machine.engine is EngineState.SILENT and "dockerd" not in machine.programs:
        wanted["docker.io"] = "is the Docker Engine, which runs the sandboxes"
        if machine.apparmor and "apparmor_parser" not in machine.programs:
            wanted["apparmor"] = "confines them, without which this kernel's engine runs none"
    if "redis-server" not in machine.programs:
        wanted["redis-server"] = (
            "is the queue (the platform starts its own, so the package's service is switched off)"
        )
    # Not needed where an image registry can be reached, so its absence alone stops nobody.
    able = machine.may_install and machine.apt and (machine.root or machine.sudo)
    if able and not machine.images and "debootstrap" not in machine.programs:
        wanted["debootstrap"] = "makes the sandbox's base image without an image registry"
    return wanted


def _check_allowed(machine: Machine, plan: Plan, /) -> None:
    if plan.packages:
        _check_installs(machine, " ".join(plan.packages))
    if plan.join_group and not machine.may_install:
        raise SetupError(
            f"the Docker Engine does not let {machine.user} in, and CHALLENGE_NO_INSTALL=1 forbids"
            f" changing it: run `usermod --append --groups {ENGINE_GROUP} {machine.user}` as root,"
            " then run the same command again."
        )
    if plan.changes_system and not (machine.root or machine.sudo):
        need = "be started" if plan.start_engine else f"let {machine.user} in"
        raise SetupError(
            f"the Docker Engine must {need}, and you are neither root nor able to use sudo: ask an"
            " administrator, or run the same command as root."
        )


def _check_installs(machine: Machine, names: str, /) -> None:
    how = (
        f"install {names} (Debian, Ubuntu: `apt-get install --no-install-recommends {names}` as"
        " root), then run the same command again."
    )
    if not machine.may_install:
        raise SetupError(f"CHALLENGE_NO_INSTALL=1 forbids installing what is missing: {how}")
    if not machine.apt:
        raise SetupError(f"set-up can install with apt-get only, which is not here: {how}")
    if not (machine.root or machine.sudo):
        raise SetupError(f"you are neither root nor able to use sudo: {how}")
