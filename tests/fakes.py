"""Fakes that implement the platform's interfaces, for tests that need no engine or clock."""

import io
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from sandbox import End, Outcome, Run, SandboxUnavailable, Status
from scorers.document import Evaluation, Refusal
from scorers.evaluation import evaluate
from scorers.predictions.problems import InvalidPredictions
from scorers.request import read_body, read_header

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
