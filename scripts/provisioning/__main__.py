"""`python -m scripts.provisioning PROFILE [COMMAND...]`: look, announce, do, become the command."""

import fcntl
import os
import subprocess
import sys
import time
from typing import IO

from scripts.provisioning import environment, progress
from scripts.provisioning.engine import SOCKET, EngineState, OwnDockerd, engine_state
from scripts.provisioning.errors import SetupError
from scripts.provisioning.machine import Machine, look, through_engine_group
from scripts.provisioning.plan import Plan, Profile, make_plan
from scripts.provisioning.progress import say
from scripts.provisioning.steps import steps

VAR = environment.ROOT / "var"
LOG = VAR / "setup.log"
PROFILES = {
    "check": Profile(lock="dev", services=False),
    "demo": Profile(lock="server", services=True),
    "test": Profile(lock="dev", services=True, browser=True, postgresql=True, registry=True),
}


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
            if PROFILES[profile].services:
                _enter_engine_group(arguments)
            _set_up(PROFILES[profile])
            if command:
                _become(command)
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
    if any(command[0] == "sudo" for step in todo for command in step.commands):
        _become_able_to_sudo()
    for number, step in enumerate(todo, 1):
        began = time.monotonic()
        say(f"[{number}/{len(todo)}] {step.title} …")
        progress.run(step.commands, log=LOG)
        step.finish()
        say(f"      done in {time.monotonic() - began:.1f} s")


def _become_able_to_sudo() -> None:
    asked = subprocess.run(["sudo", "-v"], check=False)  # for the password now, in plain sight
    if asked.returncode != 0:
        raise SetupError("sudo did not let you: run the same command again, or run it as root.")


def _enter_engine_group(arguments: list[str], /) -> None:
    again = [sys.executable, "-m", "scripts.provisioning", *arguments]
    command = through_engine_group(again)
    if command != again:
        os.execvp(command[0], command)


def _become(command: list[str], /) -> None:
    os.environ["PATH"] = f"{environment.PYTHON.parent}:{os.environ['PATH']}"
    command = through_engine_group(command)  # it may have been joined just now
    os.execvp(command[0], command)


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
