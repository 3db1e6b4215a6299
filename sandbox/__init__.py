"""Running what nobody trusts: what a run is, what may come of it, and who runs it.

This module is the whole interface that the platform knows. The engine is behind it: `client`
reaches the launcher's socket, `launcher` is the one process that holds the Docker socket.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Protocol

MIB = 1024 * 1024

_ID = re.compile(r"[a-z0-9-]{1,64}")


class End(StrEnum):
    """How a run ended, as the engine and the clock saw it; the program has no say in it."""

    FINISHED = "finished"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_TOO_LARGE = "output_too_large"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may use: wall seconds, cores, processes; bytes of memory, scratch and output.

    Scratch lies in memory and counts towards `memory`. `output` bounds stdout; stderr has the same
    bound of its own. Raises ValueError for a limit that is not a positive, finite number.
    """

    seconds: float = 60
    memory: int = 512 * MIB
    cpus: float = 1
    processes: int = 64
    scratch: int = 64 * MIB
    output: int = MIB

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"limits.{limit.name} is {value!r}; give a number above 0")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One program to run once: a runtime of the launcher's table, its limits, and its stdin.

    `id` is opaque: 1 to 64 of a-z, 0-9 and `-`. Raises ValueError for another one.
    """

    id: str
    runtime: str
    limits: Limits
    input: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name, value in (("id", self.id), ("runtime", self.runtime)):
            if not _ID.fullmatch(value):
                raise ValueError(f"run.{name} is {value!r}; give 1 to 64 of a-z, 0-9 and '-'")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run.

    `output` is stdout, at most `limits.output` bytes, and partial unless `end` is FINISHED.
    `seconds` is the wall time from the container's start to its end, `image` the `sha256:…` id
    that ran, `timings` the seconds of each phase by name.
    """

    end: End
    output: bytes = field(repr=False)
    exit_code: int | None
    seconds: float
    image: str
    timings: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the launcher can do now: `problems` is empty when every runtime can run.

    `runtimes` gives the image id of each runtime, None for an image that is missing; `active` the
    ids of the runs under way; `engine` the facts that the options are chosen by, None when the
    engine cannot be reached. `pool` counts the sandboxes that are `ready`, the runs that found one
    (`hits`) and those that did not (`misses`).
    """

    version: str
    engine: Mapping[str, str | int | bool] | None
    runtimes: Mapping[str, str | None]
    active: tuple[str, ...]
    slots: int
    pool: Mapping[str, int]
    problems: tuple[str, ...]


class SandboxUnavailable(Exception):
    """The platform could not run it, whatever it was: nobody's submission is at fault.

    `code` is a short word for machines, the message is for operators. Callers try again later.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Runner(Protocol):
    """Runs programs, each in a fresh sandbox of its own."""

    def run(self, run: Run, /) -> Outcome:
        """Run it once and give what came of it; raise SandboxUnavailable when it could not run."""
        ...

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        ...


class Launcher(Runner, Protocol):
    """A runner that also tells what it can do now."""

    def status(self) -> Status:
        """Tell it; raise SandboxUnavailable when the launcher cannot be asked."""
        ...
