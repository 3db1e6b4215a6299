"""Running what nobody trusts: what a run is, what may come of it, and who runs it.

This module is the whole interface that the platform knows. The engine is behind it: `client`
reaches the launcher's socket, `launcher` is the one process that holds the Docker socket.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import BinaryIO, Protocol

MIB = 1024 * 1024

_ID = re.compile(r"[a-z0-9-]{1,64}")
_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOT_STARTED = (
    b"The engine could not start this image. Expected: ENTRYPOINT or CMD names a program that is "
    b"in the image, may be executed by every user and is built for this machine; WORKDIR is a "
    b"folder. Try it with: docker run --rm --read-only --network none --user 65534:65534 IMAGE\n"
)
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class End(StrEnum):
    """How a run ended, as the engine and the clock saw it; the program has no say in it."""

    FINISHED = "finished"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_TOO_LARGE = "output_too_large"
    NO_FILE = "no_file"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may use: wall seconds, cores, processes; bytes of memory, scratch and output.

    Scratch and the folder of the collected file lie in memory and count towards `memory`. `output`
    bounds stdout; stderr has the same bound of its own; `file` bounds the collected file. `gpus` is
    how many graphics processors it gets, usually none. Raises ValueError for another limit that is
    not a positive, finite number.
    """

    seconds: float = 60
    memory: int = 512 * MIB
    cpus: float = 1
    processes: int = 64
    scratch: int = 64 * MIB
    output: int = MIB
    file: int = 64 * MIB
    gpus: int = 0

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            least = 0 if limit.name == "gpus" else math.ulp(0)
            if not (math.isfinite(value) and value >= least):
                wanted = "of 0 or above" if limit.name == "gpus" else "above 0"
                raise ValueError(f"limits.{limit.name} is {value!r}; give a number {wanted}")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One program to run once: what runs, its limits, what it is given and what is taken from it.

    `id` is opaque: 1 to 64 of a-z, 0-9 and `-`. `runtime` is a name of the launcher's table, or the
    `sha256:…` id of a submitted image that the launcher keeps, which gets no stdin. `input` is
    stdin; `files` the SHA-256 of a tar that the launcher keeps (`Runner.keep_files`), whose files
    are at `/input`, to be read only, and `weights` such a tar whose files are at `/weights`.
    `collect` names the file in `/output` to take when the program has ended. Such a program is a
    participant's: one whose input is `hidden` never runs beside one that is told of. With
    `answers`, stdout is one line, and the run is over as soon as that is complete: to wait for the
    program's exit would take longer than many an answer. Raises ValueError for anything else.
    """

    id: str
    runtime: str
    limits: Limits
    input: bytes = field(default=b"", repr=False)
    files: str | None = None
    weights: str | None = None
    collect: str | None = None
    hidden: bool = False
    answers: bool = False

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"run.id is {self.id!r}; give 1 to 64 of a-z, 0-9 and '-'")
        if not (_ID.fullmatch(self.runtime) or self.is_image):
            raise ValueError(
                f"run.runtime is {self.runtime!r}; give 1 to 64 of a-z, 0-9 and '-', or the "
                "sha256:… id of an image"
            )
        if self.is_image and self.input:
            raise ValueError("run.input must be empty: a submitted image gets no stdin")
        for name in ("files", "weights"):
            if (digest := getattr(self, name)) is not None and not _SHA256.fullmatch(digest):
                raise ValueError(f"run.{name} is {digest!r}; give a SHA-256 of 64 hex digits")
        if self.collect is not None and not _FILE_NAME.fullmatch(self.collect):
            raise ValueError(
                f"run.collect is {self.collect!r}; give 1 to 128 letters, digits, '.', '_' and "
                "'-', the first of which is no '.' or '-'"
            )

    @property
    def is_image(self) -> bool:
        """Whether a submitted image runs, and not one of the platform's runtimes."""
        return _IMAGE_ID.fullmatch(self.runtime) is not None

    @property
    def detached(self) -> bool:
        """Whether it outlives its caller: it may take hours, and whoever asks again joins it."""
        return self.collect is not None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a run used: processor seconds, bytes of memory at its peak, wall seconds, bytes out.

    Bytes out are those of stdout, stderr and the collected file. What this engine's control groups
    do not tell is None.
    """

    cpu_seconds: float | None = None
    peak_memory: int | None = None
    wall_seconds: float = 0.0
    output_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run.

    `output` is stdout, at most `limits.output` bytes, and partial unless `end` is FINISHED; `file`
    the collected file, None unless `end` is FINISHED. `log` is what the program said, for people:
    stderr, or stdout and stderr as they came for a run with `collect`; the middle of a long one is
    left out. `seconds` is the wall time from the container's start to its end, `image` the
    `sha256:…` id that ran, `timings` the seconds of each phase by name.
    """

    end: End
    output: bytes = field(repr=False)
    exit_code: int | None
    seconds: float
    image: str
    timings: Mapping[str, float]
    file: bytes | None = field(default=None, repr=False)
    log: bytes = field(default=b"", repr=False)
    usage: Usage = field(default_factory=Usage)


def not_started(image: str, /) -> Outcome:
    """Tell of a submitted image that the engine can load or start nothing of, by its own fault.

    The log, which its team may read, has no word of the engine's, which names places of the host.
    """
    return Outcome(
        end=End.CRASHED,
        output=b"",
        exit_code=None,
        seconds=0,
        image=image,
        timings={},
        log=_NOT_STARTED,
    )


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the launcher can do now: `problems` is empty when every runtime can run.

    `runtimes` gives the image id of each runtime, None for an image that is missing; `active` the
    ids of the runs under way; `engine` the facts that the options are chosen by, None when the
    engine cannot be reached. `pool` counts the sandboxes that are `ready`, the bytes of `memory`
    that these hold, the runs that found one (`hits`) and those that did not (`misses`). `notes` say
    what this engine lacks, though programs are contained. `selftest` is the verdict on hostile
    programs: off, under_way, contained or escaped.
    """

    version: str
    engine: Mapping[str, str | int | bool] | None
    runtimes: Mapping[str, str | None]
    active: tuple[str, ...]
    slots: int
    pool: Mapping[str, int]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    selftest: str = "off"


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
        """Run it once and give what came of it; raise SandboxUnavailable when it could not run.

        A detached run is joined by whoever asks for the same id again, also after its end, until
        `acknowledge` or for an hour.
        """
        ...

    def acknowledge(self, run_id: str, /) -> None:
        """Forget a detached run's outcome, which the caller has recorded."""
        ...

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        ...

    def has_files(self, digest: str, /) -> bool:
        """Whether the tar of this SHA-256 is kept, so that a run may have its files."""
        ...

    def keep_files(self, digest: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep a plain tar of regular files and folders of `size` bytes, whose SHA-256 this is.

        It is read once, in pieces. Files that were not used for long make room for new ones. Raises
        SandboxUnavailable when it cannot be kept, with code "files_refused" for a wrong one.
        """
        ...

    def has_image(self, image_id: str, /) -> bool:
        """Whether the submitted image of this `sha256:…` id is kept, so that it may be run."""
        ...

    def keep_image(self, image_id: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep an image of this id, given as a checked `docker save` archive of `size` bytes.

        It is read once, in pieces. Images that were not used for long make room for new ones.
        Raises SandboxUnavailable when it cannot be kept, with code "image_refused" for a wrong one.
        """
        ...


class Launcher(Runner, Protocol):
    """A runner that also tells what it can do now."""

    def status(self) -> Status:
        """Tell it; raise SandboxUnavailable when the launcher cannot be asked."""
        ...
