"""A bundle as it was understood, of whichever version: what the draft of a challenge is made of."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MOST_PARTS = 100
"""Phases, tasks, pages, solutions and columns that a bundle may have, of each."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of text: what it is called, and its file in the unpacked bundle."""

    title: str
    file: Path


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program of the bundle: its folder, and the words of its command."""

    folder: Path
    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What one score is made of; a part that is not in the bundle is None.

    `ingested` says that a program of the bundle would first run the code of participants.
    """

    index: int
    name: str
    description: str = ""
    ingested: bool = False
    scorer: Program | None
    reference: Path | None
    input: Path | None


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A phase; a limit is None where there is none, and 0 where that is what stands there.

    `place` is what the bundle calls it.
    """

    place: str
    name: str
    description: str
    opens: datetime | None
    closes: datetime | None
    tasks: tuple[int, ...]
    most: int | None
    most_per_day: int | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the leaderboard. `computed` says of which others it is made, and how."""

    key: str
    title: str
    ascending: bool
    precision: int
    hidden: bool
    computed: str | None = None


@dataclass(frozen=True, kw_only=True)
class Solution:
    """A submission that comes with the bundle: its folder, and for which tasks it is."""

    name: str
    folder: Path
    tasks: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The whole. `primary` is the position of the column that ranks."""

    version: str
    title: str
    description: str
    contact: str | None
    image: str | None
    pages: tuple[Page, ...]
    terms: Path | None
    phases: tuple[Phase, ...]
    tasks: tuple[Task, ...]
    columns: tuple[Column, ...]
    primary: int
    solutions: tuple[Solution, ...]
    public: tuple[Path, ...]

    def task(self, index: int, /) -> Task:
        """Give a task by its index, which some phase or solution named."""
        return next(task for task in self.tasks if task.index == index)
