"""Running the commands of a step: signs of life on the screen, everything in a log."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.provisioning.errors import SetupError

_WIDTH = 100
_PATIENCE = 15.0  # seconds between two signs of life where the output is not a terminal
_TAIL = 15  # lines of the log shown when a command fails


def say(text: str, /) -> None:
    """Print one line now, also when the output is a pipe."""
    print(text, flush=True)


def run(commands: Sequence[Sequence[str]], /, *, log: Path) -> None:
    """Run the commands one after the other, output to `log`, signs of life to the screen.

    Raises:
        SetupError: a command ended with an error; the rest is not run.

    """
    for command in commands:
        start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            code = _watch(process, log=log)
        finally:
            process.kill()  # nothing after a normal end; on Ctrl-C the command ends with us
        if code != 0:
            tail = "\n".join(f"    {line}" for line in _lines(log, start=start)[-_TAIL:])
            raise SetupError(
                f"{' '.join(command[:6])} … ended with {code}:\n{tail}\n  All of it: {log}"
            )


def _watch(process: subprocess.Popen[bytes], /, *, log: Path) -> int:
    terminal = sys.stdout.isatty()
    began = time.monotonic()
    while True:
        try:
            return process.wait(timeout=1.0 if terminal else _PATIENCE)
        except subprocess.TimeoutExpired:
            line = f"      {time.monotonic() - began:4.0f} s  {_latest(log)}"[:_WIDTH]
            print(f"\r\033[K{line}" if terminal else line, end="" if terminal else "\n", flush=True)
        finally:
            if terminal:
                print("\r\033[K", end="", flush=True)


def _latest(log: Path, /) -> str:
    lines = _lines(log, start=max(0, log.stat().st_size - 2000))
    return lines[-1].strip() if lines else ""


def _lines(log: Path, /, *, start: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace").splitlines()
