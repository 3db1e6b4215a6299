"""Archives with one file an id: which files must be there, and each read strictly, one at a time.

The archive itself is read by `sandbox.archive`, as archives of code are. It is loaded where it is
needed: scorers of tables do without.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scorers.message import Message
from scorers.predictions.nearest import nearest
from scorers.predictions.problems import MAX_PROBLEMS, Findings, Problem, ProblemCode, visible

if TYPE_CHECKING:
    from sandbox.archive import ArchiveLimits, Words
    from sandbox.archive import Problem as ArchiveProblem

Take = Callable[[str, bytes], None]
"""Takes the name of a file that is wanted, and what it holds."""

SMALL_MASKS = Message("write the labels in the smallest integers, such as uint8")


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files that are wanted of an archive, of at most `largest` bytes each, and who takes them.

    `small` says how to make them smaller.
    """

    names: Collection[str]
    largest: int
    take: Take
    small: Message = SMALL_MASKS


SURPLUS = 100
"""Files and folders that an archive may have beside those that are wanted, and theirs."""

ADVICE = {
    "not_an_archive": Message("pack the files, and nothing else, as a zip archive"),
    "too_many_members": Message("leave out what was not asked for"),
}
"""The repair of what the reader of archives says of code, said of predictions."""

TOO_LARGE = {"member_too_large", "unpacks_too_large", "packed_too_tightly"}


def read_files(
    content: bytes,
    /,
    *,
    wanted: Sequence[Files],
    findings: Findings,
    others: bool = False,
) -> None:
    """Have each wanted file taken; what is missing, surplus or no archive becomes a finding.

    No file is unpacked past the bytes of the largest, and one is in memory at a time. `others` says
    that further files may be there. Raises InvalidPredictions if the archive itself cannot be read.
    """
    from sandbox.archive import InvalidArchive, read_archive  # noqa: PLC0415 -- see above

    missing = {name: files for files in wanted for name in files.names}
    small = wanted[-1].small
    surplus: list[str] = []

    def keep(name: str, chunks: Iterator[bytes] | None) -> int:
        if chunks is None:
            return 0
        if name in missing:
            data = b"".join(chunks)
            files = missing.pop(name)
            if len(data) > files.largest:
                findings.add(_too_large(name, files))
            else:
                files.take(name, data)
            return len(data)
        if not others:
            surplus.append(name)
        return sum(map(len, chunks))

    limits = _limits(wanted, others=others)
    try:
        read_archive(content, limits=limits, keep=keep)
    except InvalidArchive as end:
        for problem in end.problems:
            findings.add(_told(problem, small=small))
        findings.count(end.total - len(end.problems))
        findings.stop_if_any()
    _compare(list(missing), surplus, findings=findings)


def unpackable(names: Iterable[str], /) -> tuple[int, Message] | None:
    """Return the place of the first file that no archive can have, and why; None if there is none.

    Its name is refused, another is taken for it, or it is read in Unicode's form NFC.
    """
    from sandbox.archive import unusable_name  # noqa: PLC0415 -- see above

    found = unusable_name(names)
    return None if found is None else (found[0], message_of(found[1]))


def _limits(wanted: Sequence[Files], *, others: bool) -> "ArchiveLimits":
    """Bound what is unpacked by what is asked for; a blank mask is packed a thousand times."""
    from sandbox.archive import ArchiveLimits  # noqa: PLC0415 -- see above

    names = [name for files in wanted for name in files.names]
    largest = max(files.largest for files in wanted)
    folders = max((name.count("/") for name in names), default=0)
    members = len(names) * (1 + folders) + SURPLUS
    return ArchiveLimits(
        members=10 * members if others else members,
        unpacked=sum(files.largest * len(files.names) for files in wanted) + largest * SURPLUS,
        file=largest,
        ratio=1_100,
    )


def _compare(missing: list[str], surplus: list[str], *, findings: Findings) -> None:
    """Make findings of the files that are missing and of those that nobody asked for."""
    if folder := _folder_of(missing, surplus):
        findings.add(_inside(folder))
        return
    for name in surplus[:MAX_PROBLEMS]:
        findings.add(_extra(name, missing=missing))
    findings.count(len(surplus[MAX_PROBLEMS:]))
    for name in missing[:MAX_PROBLEMS]:
        findings.add(_missing(name))
    findings.count(len(missing[MAX_PROBLEMS:]))


def _folder_of(missing: list[str], surplus: list[str]) -> str:
    """Give the folder in which all files lie that are missing at the root; "" if there is none."""
    if not missing:
        return ""
    folder = next((n.removesuffix(missing[0]) for n in surplus if n.endswith(f"/{missing[0]}")), "")
    return folder if folder and {folder + name for name in missing} == set(surplus) else ""


def _inside(folder: str) -> Problem:
    return Problem(
        code=ProblemCode.INVALID_ARCHIVE,
        member=visible(folder),
        found=Message("all files in the folder {folder}", folder=visible(folder)),
        expected=Message("the files at the root of the archive"),
        repair=Message("pack what is in the folder, not the folder itself"),
    )


def _extra(name: str, *, missing: Collection[str]) -> Problem:
    alike = {other.casefold(): other for other in missing}
    meant = nearest(name.casefold(), among=alike)
    return Problem(
        code=ProblemCode.EXTRA_FILE,
        member=visible(name),
        found=Message("a file that was not asked for"),
        expected=Message("one file for each id of the list, and no other"),
        repair=Message("rename it to {name}, if that is meant", name=visible(meant))
        if meant
        else Message("remove the file"),
    )


def _missing(name: str) -> Problem:
    return Problem(
        code=ProblemCode.MISSING_FILE,
        member=visible(name),
        found=Message("no such file"),
        expected=Message("one file for each id of the list"),
        repair=Message("add the file, even if nothing is found in the image"),
    )


def _too_large(name: str, files: Files) -> Problem:
    return Problem(
        code=ProblemCode.INVALID_ARCHIVE,
        member=visible(name),
        found=Message("more than {most:,} bytes", most=files.largest),
        expected=Message("files of at most {most:,} bytes each", most=files.largest),
        repair=files.small,
    )


def _told(problem: "ArchiveProblem", *, small: Message) -> Problem:
    """Say what the reader of archives says; `small` is how to make the files smaller."""
    advice = small if problem.code in TOO_LARGE else ADVICE.get(str(problem.code))
    return Problem(
        code=ProblemCode.INVALID_ARCHIVE,
        member=problem.member,
        found=message_of(problem.found),
        expected=message_of(problem.expected),
        repair=advice or message_of(problem.repair),
    )


def message_of(words: "Words", /) -> Message:
    """Return the words of the sandbox's readers as a message, which can be translated too."""
    from sandbox.archive import Words  # noqa: PLC0415 -- see above

    values = {
        name: message_of(value) if isinstance(value, Words) else value
        for name, value in words.values.items()
    }
    return Message(words.template, **values)
