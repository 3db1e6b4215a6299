"""`python -m scripts.provisioning PROFILE [COMMAND...]`: look, announce, do, become the command."""

import fcntl
import os
import shlex
import subprocess
import sys
import time
from typing import IO

from scripts.provisioning import environment, progress
from scripts.provisioning.engine import SOCKET, EngineState, OwnDockerd, engine_state
from scripts.provisioning.errors import SetupError
from scripts.provisioning.machine import ENGINE_GROUP, Machine, engine_socket, look
from scripts.provisioning.plan import Plan, Profile, make_plan
from scripts.provisioning.progress import say
from scripts.provisioning.steps import steps

VAR = environment.ROOT / "var"
LOG = VAR / "setup.log"
PROFILES = {
    "check": Profile(lock="dev", services=False),
    "demo": Profile(lock="server", services=True),
    "test": Profile(
        lock="dev", services=True, browser=(environment.ROOT / "tests" / "browser").is_dir()
    ),
}
_IMAGE = [str(environment.PYTHON), "-m", "sandbox.images.build"]


def main(arguments: list[str], /) -> None:
    """Set up, then replace this process by the command, if there is one."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # where dockerd is, also for who is not root
    match arguments:
        case ["stop"]:
            _stop()
        case ["start-engine"]:  # as root, from the step below
            if engine_state(SOCKET) is EngineState.SILENT:  # the package may have started its own
                OwnDockerd().start()
        case [profile, *command] if profile in PROFILES:
            _set_up(PROFILES[profile])
            if command:
                _become(command, PROFILES[profile])
        case _:
            sys.exit(
                f"Usage: scripts/setup {'|'.join(PROFILES)} [COMMAND...], or scripts/setup stop"
            )


def _set_up(profile: Profile, /) -> None:
    began = time.monotonic()
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:
        _wait_for(lock)
        machine = look(dict(os.environ))
        plan = make_plan(machine, profile)
        _carry_out(plan, machine)
        if profile.services:
            _build_image(profile)
    say(f"Set-up: everything is in place ({time.monotonic() - began:.1f} s).")


def _wait_for(lock: IO[str], /) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Set-up: another set-up of this folder is at work; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _carry_out(plan: Plan, machine: Machine, /) -> None:
    todo = steps(plan, machine)
    if not todo:
        return
    say("Set-up will (CHALLENGE_NO_INSTALL=1 forbids what changes the system):")
    for number, step in enumerate(todo, 1):
        say(f"  {number}. {step.title}: {step.why}")
    if plan.changes_system and not machine.root:
        subprocess.run(["sudo", "-v"], check=True)  # asks for the password now, in plain sight
    for number, step in enumerate(todo, 1):
        began = time.monotonic()
        say(f"[{number}/{len(todo)}] {step.title} …")
        progress.run(step.commands, log=LOG)
        say(f"      done in {time.monotonic() - began:.1f} s")
    if plan.environment is not None:
        environment.note_installed(plan.environment)


def _build_image(profile: Profile, /) -> None:
    built = subprocess.run(_reach_engine(_IMAGE, profile), check=False)  # shows its own progress
    if built.returncode != 0:
        raise SetupError("the scoring sandbox's image could not be built; the lines above say why.")


def _become(command: list[str], profile: Profile, /) -> None:
    os.environ["PATH"] = f"{environment.PYTHON.parent}:{os.environ['PATH']}"
    command = _reach_engine(command, profile)
    os.execvp(command[0], command)


def _reach_engine(command: list[str], profile: Profile, /) -> list[str]:
    """Have sg run the command where this session is older than the user's access to the engine."""
    if profile.services and engine_state(engine_socket(dict(os.environ))) is EngineState.REFUSES:
        return ["sg", ENGINE_GROUP, "-c", shlex.join(command)]
    return command


def _stop() -> None:
    own = OwnDockerd()
    if own.pid() is None:
        say("No dockerd that set-up started is running; any other is left alone.")
    elif os.geteuid() != 0:
        os.execvp("sudo", ["sudo", sys.executable, "-B", "-m", "scripts.provisioning", "stop"])
    else:
        own.stop()
        say("The dockerd that set-up started is stopped.")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (SetupError, OSError) as error:
        sys.exit(f"Set-up stopped: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
