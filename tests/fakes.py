"""Fakes that implement the platform's interfaces, for tests that need no engine or clock."""

import io
import tarfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from sandbox import End, Outcome, Run, SandboxUnavailable, Status, Usage
from scorers.document import Evaluation, Refusal
from scorers.evaluation import evaluate
from scorers.predictions.problems import InvalidPredictions
from scorers.request import read_body, read_header
from tests.archives import unzipped

IMAGE = "sha256:" + "0" * 64


@dataclass
class Clock:
    """A clock that only moves when told."""

    time: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.time

    def advance(self, **units: float) -> None:
        """Move forward by a timedelta's units."""
        self.time += timedelta(**units)


@dataclass
class FakeRunner:
    """Scores in this process what the scoring sandbox would score.

    Each run first takes the next of `ends`: a SandboxUnavailable is raised, an End other than
    FINISHED is given back without a score; when none is left, runs finish.
    """

    ends: Iterable[End | SandboxUnavailable] = ()
    runs: list[Run] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ends = deque(self.ends)

    def run(self, run: Run, /) -> Outcome:
        """Score the request in `run.input`."""
        self.runs.append(run)
        end = self._ends.popleft() if self._ends else End.FINISHED
        if isinstance(end, SandboxUnavailable):
            raise end
        output = _scored(run.input) if end is End.FINISHED else b""
        code = 0 if end is End.FINISHED else 1
        return Outcome(
            end=end, output=output, exit_code=code, seconds=0.01, image=IMAGE, timings={}
        )

    def status(self) -> Status:
        """Say that all is well."""
        return Status(
            version="0", engine=None, runtimes={}, active=(), slots=1, pool={}, problems=()
        )

    def acknowledge(self, run_id: str, /) -> None:
        """Forget nothing: a fake run's outcome is given once."""

    def has_files(self, digest: str, /) -> bool:
        """Whether these files were given."""
        return digest in self.kept

    def keep_files(self, digest: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep an archive, whatever it is."""
        self.kept[digest] = archive.read(size)

    def has_image(self, image_id: str, /) -> bool:
        """Whether this image was given."""
        return image_id in self.kept

    def keep_image(self, image_id: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep an archive, whatever it is."""
        self.kept[image_id] = archive.read(size)

    def cancel(self, run_id: str, /) -> bool:
        """Say that no run of this id is under way: a fake run ends before it can be cancelled."""
        del run_id
        return False


Files = Mapping[str, bytes]


@dataclass
class FakePrograms(FakeRunner):
    """Runs `program` on the files of /input for a team's program, and scores as FakeRunner does.

    Of a run without such files, which is of the organizers' own scoring program, it gets the files
    of its archive.

    `program` gives the collected file, or the End that it comes to; `log` is what it says. An id of
    a detached run that is asked for again before it was acknowledged gives the same outcome.
    """

    program: Callable[[Files], bytes | End] = field(default=lambda _files: End.NO_FILE)
    log: bytes = b"hello\n"
    exit_code: int = 0
    usage: Usage = field(default_factory=lambda: Usage(cpu_seconds=1.1, wall_seconds=1.2))
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def run(self, run: Run, /) -> Outcome:
        """Run the program, or score."""
        if run.collect is None:
            return super().run(run)
        if run.id not in self.outcomes:
            self.runs.append(run)
            given = run.files is not None
            files = _untarred(self.kept[run.files or ""]) if given else unzipped(run.input)
            self.outcomes[run.id] = self._outcome(files)
        return self.outcomes[run.id]

    def acknowledge(self, run_id: str, /) -> None:
        """Forget an outcome."""
        self.outcomes.pop(run_id, None)

    def _outcome(self, files: Files) -> Outcome:
        made = self.program(files)
        return Outcome(
            end=End.FINISHED if isinstance(made, bytes) else made,
            output=b"",
            exit_code=self.exit_code,
            seconds=self.usage.wall_seconds,
            image=IMAGE,
            timings={"create": 0.01, "start": 0.05, "run": self.usage.wall_seconds},
            file=made if isinstance(made, bytes) else None,
            log=self.log,
            usage=self.usage,
        )


def _untarred(archive: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        return {member.name: found.extractfile(member).read() for member in found}  # type: ignore[union-attr]  # regular files all


def _scored(request: bytes) -> bytes:
    stream = io.BytesIO(request)
    header = read_header(stream)
    truth = read_body(stream, header.sizes.truth, name="truth")
    predictions = read_body(stream, header.sizes.predictions, name="predictions")
    answer: Evaluation | Refusal
    try:
        answer = evaluate(header.task, truth=truth, predictions=predictions, seed=header.seed)
    except InvalidPredictions as refused:
        answer = Refusal.of(refused)
    return answer.to_json().encode()
