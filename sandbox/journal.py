"""What a launcher must remember of detached runs, in files: one killed at any moment loses none.

A run is noted when its program has its input, and concluded, with its outcome, before its sandbox
is removed. The next launcher adopts what is noted, and answers for what is concluded.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from sandbox import Outcome, Run
from sandbox.wire import decode_run, encode_outcome, encode_run

_NOTE = ".run"
_OUTCOME = ".outcome"


@dataclass(frozen=True, kw_only=True)
class Note:
    """A run under way: the sandbox it is in, and the wall-clock time at which it must end.

    `run` has no input any more; `owner` is the label of the sandbox, `number` gives it its user.
    """

    run: Run
    image: str
    owner: str
    number: int
    container: str
    holder: str
    volume: str
    started: float
    deadline: float

    def to_json(self) -> str:
        """Write it as a line."""
        return json.dumps(asdict(self) | {"run": encode_run(self.run).decode()})

    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """Read it. Raises ValueError or TypeError when it is not one."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields | {"run": decode_run(fields["run"].encode())})


class Journal:
    """The notes and outcomes in one folder, which no other user can enter and one launcher uses."""

    def __init__(self, folder: Path, /) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for partial in folder.glob(".*"):  # of a launcher that was killed
            partial.unlink()

    def note(self, note: Note, /) -> None:
        """Remember a run under way."""
        self._write(note.run.id + _NOTE, note.to_json().encode())

    def notes(self) -> Iterator[Note]:
        """Give every run that was under way; what is damaged is forgotten."""
        for path in sorted(self._folder.glob(f"*{_NOTE}")):
            try:
                yield Note.from_json(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue
            except (ValueError, TypeError, KeyError, AttributeError):
                path.unlink(missing_ok=True)

    def is_noted(self, run_id: str, /) -> bool:
        """Whether this run is under way."""
        return self._path(run_id, _NOTE).exists()

    def conclude(self, run_id: str, outcome: Outcome, /) -> None:
        """Keep a run's outcome in place of its note."""
        self._write(run_id + _OUTCOME, encode_outcome(outcome))
        self.forget_note(run_id)

    def outcome(self, run_id: str, /) -> bytes | None:
        """Give the outcome of a run as it is sent to callers, None while there is none."""
        try:
            return self._path(run_id, _OUTCOME).read_bytes()
        except FileNotFoundError:
            return None

    def has_outcome(self, run_id: str, /) -> bool:
        """Whether a run is concluded."""
        return self._path(run_id, _OUTCOME).exists()

    def forget_note(self, run_id: str, /) -> None:
        """Forget that a run is under way."""
        self._path(run_id, _NOTE).unlink(missing_ok=True)

    def forget_outcome(self, run_id: str, /) -> None:
        """Forget a run's outcome."""
        self._path(run_id, _OUTCOME).unlink(missing_ok=True)

    def expire(self, *, seconds: float) -> None:
        """Forget outcomes that are older than this."""
        oldest = time.time() - seconds
        for path in self._folder.glob(f"*{_OUTCOME}"):
            with suppress(FileNotFoundError):  # acknowledged meanwhile
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _path(self, run_id: str, suffix: str) -> Path:
        if "/" in run_id or run_id.startswith("."):
            raise ValueError(f"{run_id!r} is no id of a run")
        return self._folder / (run_id + suffix)

    def _write(self, name: str, content: bytes) -> None:
        """Write a file that is there whole or not at all, also after a loss of power."""
        partial = self._folder / f".{name}.{os.getpid()}"
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._folder / name)
