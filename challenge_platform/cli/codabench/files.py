"""The files that a bundle names: folders with or without a slash, archives, and missing ones."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from challenge_platform.cli.codabench.bundle import Program
from challenge_platform.cli.codabench.report import Report
from challenge_platform.cli.codabench.unpacking import LIMITS, unpack_archive
from challenge_platform.cli.codabench.yamls import read_mapping
from challenge_platform.errors import InvalidInput

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
METADATA = ("metadata.yaml", "metadata")

VARIABLES = {
    "ingestion_program": "/app/program",
    "submission_program": "/app/ingested_program",
    "predictions": "/app/input/res",
    "program": "/app/program",
    "hidden": "/app/input/ref",
    "shared": "/app/shared",
    "output": "/app/output",
    "input": "/app/input",
}
"""What a command may say in the place of a path, the longer names first."""

_PYTHONS = {"python", "python3"}


class Files:
    """Finds what a bundle names below its folder, and unpacks its archives into another."""

    def __init__(
        self, root: Path, /, *, unpacked: Path, report: Report, room: int = LIMITS.unpacked
    ) -> None:
        """Find files below `root`; `room` is how many bytes its archives may hold in all."""
        self.root = root
        self._room = room
        self._unpacked = unpacked
        self._report = report
        self._known: dict[Path, Path] = {}

    def file(self, name: Any, /, *, place: str) -> Path | None:  # noqa: ANN401 -- what YAML gives
        """Give a file of the bundle; None, with a line in the report, if there is none."""
        path = self._path(name, place=place)
        if path is None:
            return None
        if not path.is_file():
            self._report.decide(place, f"{name!r} is no file of the bundle")
            return None
        return path

    def folder(self, name: Any, /, *, place: str, needed: bool = True) -> Path | None:  # noqa: ANN401 -- as above
        """Give a folder of the bundle, or what an archive in it holds; None as above."""
        path = self._path(name, place=place, needed=needed)
        if path is None or path.is_dir():
            return path
        if path in self._known:
            return self._known[path]
        if path.suffix.lower() == ".zip":
            target = self._unpacked / f"{len(self._known)}"
            target.mkdir(parents=True)
            limits = replace(LIMITS, unpacked=self._room)
            self._room -= unpack_archive(
                path, target, place=f"{place} ({name})", report=self._report, limits=limits
            )
            self._known[path] = target
            return target
        self._report.decide(place, f"{name!r} is neither a folder nor a zip archive")
        return None

    def program(self, name: Any, /, *, place: str) -> Program | None:  # noqa: ANN401 -- as above
        """Give a program with the words of its command; None if it cannot run here."""
        folder = self.folder(name, place=place)
        if folder is None:
            return None
        command = self._command(folder, place=place)
        if command is None:
            return None
        words = tuple(filled(word) for word in command)
        first = Path(words[0]).name
        if first.lower().endswith(".exe"):
            self._report.decide(
                place,
                f"refused: {first!r} is a program of Windows, and sandboxes run Linux; give one "
                "that Linux runs",
            )
            return None
        if first not in _PYTHONS:
            self._report.decide(
                place, f"the command begins with {first!r}; only programs of Python 3 can be run"
            )
            return None
        return Program(folder=folder, command=words)

    def _command(self, folder: Path, *, place: str) -> list[str] | None:
        """Give the words of a program's command; None, with a line, if it names none."""
        path = next((folder / name for name in METADATA if (folder / name).is_file()), None)
        if path is None:
            self._report.decide(place, f"the program has no {METADATA[0]}, which has its command")
            return None
        try:
            found = read_mapping(path, place=f"{place}/{path.name}", report=self._report)
            command = found.get("command")
            words = shlex.split(str(command)) if command else []
        except (InvalidInput, ValueError) as error:
            self._report.decide(place, f"its {path.name} has no command that can be read: {error}")
            return None
        if not words:
            self._report.decide(place, f"its {path.name} has no command")
            return None
        return words

    def _path(self, name: Any, *, place: str, needed: bool = True) -> Path | None:  # noqa: ANN401 -- as above
        """Give the path of a name, which stays below the bundle's folder."""
        if name is None or name == "":
            return None
        note = self._report.decide if needed else self._report.dropped
        text = str(name).strip()
        if _UUID.fullmatch(text):
            note(place, f"{text} is a data set of the server it came from, and not in the bundle")
            return None
        try:
            path = (self.root / text.rstrip("/")).resolve()
            is_there = path.is_relative_to(self.root.resolve()) and path.exists()
        except (OSError, ValueError):  # too long for a name, or with a null
            is_there = False
        if not is_there:
            note(place, f"{text!r} is not in the bundle")
            return None
        return path


def filled(word: str, /) -> str:
    """Put paths in the place of the variables that older programs use."""
    for name, path in VARIABLES.items():
        word = word.replace(f"${{{name}}}", path).replace(f"${name}", path)
    return word
