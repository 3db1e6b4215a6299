"""Bundles of our own, changed as a test needs them, packed as they would be sent, and imported."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from challenge_platform.cli.codabench.importing import Scoring, import_bundle
from challenge_platform.cli.codabench.report import Kind, Report
from sandbox import Runner
from tests.fakes import FakePrograms

BUNDLES = Path(__file__).parents[3] / "data" / "codabench"
COMPETITION = "competition.yaml"


@dataclass
class Packed:
    """A copy of a bundle that can be changed before it is packed."""

    folder: Path
    prefix: str = ""
    more: list[tuple[str, bytes]] = field(default_factory=list)

    def change(self, old: str, new: str, /, *, file: str = COMPETITION) -> "Packed":
        """Put something else into the place of what stands there, once."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return self

    def add(self, name: str, content: bytes, /) -> "Packed":
        """Add a member to the archive, whatever is there already."""
        self.more.append((name, content))
        return self

    def pack(self) -> Path:
        """Write the archive."""
        path = self.folder.with_suffix(".zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in sorted(self.folder.rglob("*")):
                if each.is_file():
                    archive.write(each, self.prefix + each.relative_to(self.folder).as_posix())
            for name, content in self.more:
                archive.writestr(zipfile.ZipInfo(name), content)
        return path


def imported(
    packed: Packed, /, *, accept: tuple[str, ...] = ("not-run",), to: Path | None = None
) -> Report:
    """Import a bundle without running anything of it."""
    return import_bundle(packed.pack(), to, accepted=accept)


def imported_with(
    packed: Packed,
    runner: Runner,
    /,
    *,
    to: Path | None = None,
    solution: Path | None = None,
    **expected: float,
) -> Report:
    """Import a bundle and score its solutions, and another before them, with a runner."""

    @contextmanager
    def opened() -> Iterator[Runner]:
        yield runner

    scoring = Scoring(runner=opened(), runtime="local", expected=expected)
    return import_bundle(packed.pack(), to, scoring=scoring, solution=solution)


def lines(report: Report, kind: Kind, /) -> Mapping[str, str]:
    """Give the texts of the lines of a kind by their place."""
    found: dict[str, str] = {}
    for item in report.of(kind):
        found[item.place] = "; ".join(filter(None, [found.get(item.place), item.text]))
    return found


def changes(report: Report, /) -> Mapping[str, tuple[str | None, str | None]]:
    """Give what was before and what is now of each changed place."""
    return {item.place: (item.old, item.new) for item in report.of(Kind.CHANGED)}


def answering(scores: bytes, /) -> FakePrograms:
    """Give a runner whose programs write these scores."""
    return FakePrograms(program=lambda _files: scores)
