"""What an archive holds, told after all of it was unpacked and counted."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sandbox.archive.content import Content
from sandbox.archive.entries import Entry
from sandbox.archive.limits import ArchiveLimits, Meter, member_too_large
from sandbox.archive.names import Names, is_leftover
from sandbox.archive.problems import (
    ArchiveProblem,
    Findings,
    InvalidArchive,
    Problem,
    Words,
    refuse,
    visible,
)
from sandbox.archive.recognition import read_entries

Keep = Callable[[str, Iterator[bytes] | None], int]
"""Takes the path of a file and what it holds, or of a folder and None; gives the bytes read."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A regular file: its path below the archive's root, with `/`, and its bytes unpacked."""

    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What an archive holds, in its order.

    `unpacked` is how many bytes came out of it. Of what systems leave in folders and no program
    needs, such as `.DS_Store`, `skipped` has the count; it is checked, and not unpacked.
    """

    files: tuple[Member, ...]
    unpacked: int
    skipped: int


def check_archive(
    content: Content, /, *, limits: ArchiveLimits | None = None, must_have: Sequence[str] = ()
) -> Listing:
    """List a zip, tar or tar.gz archive that can be unpacked; nothing is written.

    All that it holds is unpacked and counted, at most 64 KiB of it in memory at a time. Raises
    InvalidArchive if it cannot be used, or lacks one of the files that it `must_have`.
    """
    findings = Findings()
    listing = _read_on(content, limits=limits, keep=_count, findings=findings)
    names = [member.name for member in listing.files]
    for wanted in must_have:
        if wanted not in names:
            findings.add(_missing(wanted, names=names))
    findings.stop_if_any()
    return listing


def read_archive(
    content: Content, /, *, limits: ArchiveLimits | None = None, keep: Keep
) -> Listing:
    """Give each file and folder of a zip, tar or tar.gz archive to `keep`, and list them.

    What `keep` was given counts only if this returns: it raises InvalidArchive, at the end or where
    reading must end, if anything is wrong with the archive or a member.
    """
    findings = Findings()
    listing = _read_on(content, limits=limits, keep=keep, findings=findings)
    findings.stop_if_any()
    return listing


def _read_on(
    content: Content, *, limits: ArchiveLimits | None, keep: Keep, findings: Findings
) -> Listing:
    """Read past what is wrong with one member; where reading must end, all findings are raised."""
    try:
        return read(content, limits=limits, keep=keep, findings=findings)
    except InvalidArchive as end:
        raise InvalidArchive(
            [*end.problems, *findings.kept], total=end.total + findings.total
        ) from end


def _count(_path: str, chunks: Iterator[bytes] | None) -> int:
    return sum(map(len, chunks or ()))


def read(
    content: Content,
    /,
    *,
    limits: ArchiveLimits | None,
    keep: Keep,
    findings: Findings | None = None,
) -> Listing:
    """Give each member to `keep`, then list them; raise InvalidArchive when reading must end.

    What is wrong with one member becomes a finding, and the member is passed over; without
    `findings` it ends the reading too.
    """
    meter = Meter(limits or ArchiveLimits(), packed=len(content))
    files: list[Member] = []
    skipped = 0
    for path, entry in members(content, meter=meter, findings=findings):
        if is_leftover(path):
            skipped += 1
            _count(path, bounded(entry, path=path, limits=meter.limits))
        elif entry.folder:
            keep(path, None)
        else:
            size = keep(path, bounded(entry, path=path, limits=meter.limits))
            files.append(Member(name=path, size=size))
    return Listing(files=tuple(files), unpacked=meter.unpacked, skipped=skipped)


def members(
    content: Content, /, *, meter: Meter, findings: Findings | None = None
) -> Iterator[tuple[str, Entry]]:
    """Give each member under the path at which it is to be; `read` tells what findings are."""
    names = Names(meter.limits)
    for entry in read_entries(content, meter=meter):
        path = entry.problem or names.place(entry.name, folder=entry.folder)
        if not isinstance(path, Problem):
            yield path, entry
        elif findings is None:
            refuse(path)
        else:
            findings.add(path)


def bounded(entry: Entry, *, path: str, limits: ArchiveLimits) -> Iterator[bytes]:
    """Give what a file holds; raise InvalidArchive where it is larger than one may be."""
    size = 0
    for chunk in entry.chunks:
        size += len(chunk)
        if size > limits.file:
            refuse(member_too_large(limits, member=visible(path)))
        yield chunk


def _missing(wanted: str, *, names: Collection[str]) -> Problem:
    """Say that a file is not there and, if it is somewhere else, how to get it there."""
    within = sorted(name for name in names if name.endswith(f"/{wanted}"))
    folders = {name.partition("/")[0] for name in names}
    if len(folders) == 1 and f"{min(folders)}/{wanted}" in within:
        return _inside_a_folder(wanted, folder=min(folders))
    found = Words("no {wanted} at the root of the archive", wanted=wanted)
    if within:
        found = Words("{wanted} only as {other}", wanted=wanted, other=visible(within[0]))
    return Problem(
        code=ArchiveProblem.MISSING_MEMBER,
        member=wanted,
        found=found,
        expected=Words("the file {wanted} at the root of the archive", wanted=wanted),
        repair=Words("put it there under exactly this name, in small letters"),
    )


def _inside_a_folder(wanted: str, *, folder: str) -> Problem:
    return Problem(
        code=ArchiveProblem.INSIDE_A_FOLDER,
        member=visible(f"{folder}/{wanted}"),
        found=Words("all files in the folder {folder}", folder=visible(folder)),
        expected=Words("the file {wanted} at the root of the archive", wanted=wanted),
        repair=Words(
            "pack what is in the folder, not the folder: cd {folder} && zip -r ../code.zip .",
            folder=visible(folder),
        ),
    )
