"""Unpacking a bundle: the strict reader of archives, which forgives what bundles are known for.

That is one folder around everything, forks of macOS, and a file that is there twice with the same
bytes. Everything else that is wrong with an archive ends the import before anything is made of it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from challenge_platform.cli.codabench.report import Report
from challenge_platform.errors import InvalidInput
from sandbox.archive import ArchiveLimits, FileContent, InvalidArchive
from sandbox.archive.entries import Entry
from sandbox.archive.limits import Meter
from sandbox.archive.listing import bounded
from sandbox.archive.names import Names, is_leftover
from sandbox.archive.problems import Problem, refuse, visible
from sandbox.archive.recognition import read_entries

COMPETITION = "competition.yaml"
LIMITS = ArchiveLimits(members=20_000, unpacked=4 << 30, file=2 << 30, ratio=100, free=64 << 20)
"""What a bundle may hold: data come with it, so more than the code of a submission."""


def unpack_bundle(archive: Path, folder: Path, /, *, report: Report) -> Path:
    """Unpack a bundle into an existing, empty folder and give the folder of its competition.yaml.

    Raise InvalidInput, with every problem, for an archive that cannot be trusted or has none.
    """
    unpack_archive(archive, folder, place=archive.name, report=report)
    if (folder / COMPETITION).is_file():
        return folder
    inside = [path for path in folder.iterdir() if path.is_dir()]
    if len(inside) == 1 and (inside[0] / COMPETITION).is_file():
        report.changed(
            COMPETITION,
            "the bundle has one folder around everything, which Codabench refuses; it was entered",
            old=f"{inside[0].name}/{COMPETITION}",
            new=COMPETITION,
        )
        return inside[0]
    raise InvalidInput(
        f"{archive} has no {COMPETITION}, neither at its root nor in one folder around everything; "
        "pack the folder that holds it"
    )


def unpack_archive(
    archive: Path, folder: Path, /, *, place: str, report: Report, limits: ArchiveLimits = LIMITS
) -> int:
    """Write the files of a zip or tar.gz archive below a folder, and give their bytes.

    Raise InvalidInput as above.
    """
    seen: dict[str, str] = {}
    skipped = twice = 0
    try:
        with archive.open("rb") as file:
            content = FileContent(file)
            meter = Meter(limits, packed=len(content))
            names = Names(limits)
            for entry in read_entries(content, meter=meter):
                path = entry.problem or _placed(entry, names=names, seen=seen)
                if isinstance(path, Problem):
                    refuse(path)
                elif is_leftover(path):
                    skipped += 1
                    _digest(entry, path=path)
                elif entry.folder:
                    (folder / path).mkdir(parents=True, exist_ok=True)
                elif path in seen:
                    twice += 1
                    _require_same(_digest(entry, path=path), seen[path], path=path, place=place)
                else:
                    seen[path] = _digest(entry, path=path, into=folder / path)
    except InvalidArchive as invalid:
        raise InvalidInput(f"{place} cannot be imported:\n{invalid}") from invalid
    except OSError as error:
        raise InvalidInput(f"{place} cannot be unpacked: {error}") from error
    if skipped:
        report.dropped(place, f"{skipped} files that a system or Python left, such as __MACOSX")
    if twice:
        report.changed(place, f"{twice} files are in it twice, with the same bytes; one is kept")
    return meter.unpacked


def _placed(entry: Entry, /, *, names: Names, seen: dict[str, str]) -> str | Problem:
    """Give where a member is to be, which for one that is there already is where that is."""
    if not entry.folder and entry.name in seen:
        return entry.name
    return names.place(entry.name, folder=entry.folder)


def _digest(entry: Entry, /, *, path: str, into: Path | None = None) -> str:
    """Give the SHA-256 of what a member holds, which is written into a new file if one is named."""
    digest = hashlib.sha256()
    for chunk in _kept(bounded(entry, path=path, limits=LIMITS), into=into):
        digest.update(chunk)
    return digest.hexdigest()


def _kept(chunks: Iterator[bytes], /, *, into: Path | None) -> Iterator[bytes]:
    if into is None:
        yield from chunks
        return
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
            yield chunk


def _require_same(found: str, before: str, /, *, path: str, place: str) -> None:
    if found != before:
        raise InvalidInput(
            f"{place} has {visible(path)} twice, with different bytes; which of the two is meant "
            "cannot be told, so remove one"
        )
