"""The truth of a challenge that the organizers' own program scores: an archive of folders.

`program/` is the scoring program, `public/` and `private/` the reference data of each board. Being
the truth, all of it is encrypted, committed to and sealed, and it is in no folder of a sandbox that
was given to anybody before.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from challenge_platform.core.definition import Board
from challenge_platform.errors import InvalidInput
from sandbox import program_entry

PROGRAM = "program"
MOST_BYTES = 200_000_000
"""What the program and its reference data may have: they go into each run's standard input."""


def pack(folders: Mapping[str, Path], /) -> bytes:
    """Pack folders under their names, the same files always as the same bytes.

    Raise InvalidInput naming a folder without files, a link, or what is too large.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        size = 0
        for name, folder in sorted(folders.items()):
            files = list(_files(folder))
            if not files:
                raise InvalidInput(
                    "{folder} has no file; scoring.program needs what is in it", folder=folder
                )
            for path in files:
                size += path.stat().st_size
                if size > MOST_BYTES:
                    raise InvalidInput(
                        "{folder} and the other folders of scoring.program and data.reference "
                        "have more than {most:,} bytes, which go into every run; leave out "
                        "what scoring does not read",
                        folder=folder,
                        most=MOST_BYTES,
                    )
                place = f"{name}/{path.relative_to(folder).as_posix()}"
                archive.writestr(zipfile.ZipInfo(place), path.read_bytes())
    return packed.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise InvalidInput(
                "{path} is a link, which leads elsewhere in a sandbox; copy its file", path=path
            )
        if path.is_file():
            yield path


def require_packed(truth: bytes, /) -> None:
    """Raise InvalidInput unless this is what `pack` makes of a program and its reference data."""
    try:
        with _opened(truth) as archive:
            found = {entry.filename.partition("/")[0] for entry in archive.infolist()}
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise InvalidInput(
            "the truth is no archive of a scoring program: {error}", error=error
        ) from error
    if not {PROGRAM, Board.PUBLIC} <= found <= {PROGRAM, *Board} or size > MOST_BYTES:
        raise InvalidInput(
            "the truth has {found}, of {size:,} bytes; a scoring program's has program, public and "
            "perhaps private, of at most {most:,}",
            found=", ".join(sorted(found)),
            size=size,
            most=MOST_BYTES,
        )


def boards_of(truth: bytes, /) -> tuple[Board, ...]:
    """Give the boards that have reference data of their own, the public one first."""
    with _opened(truth) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    return tuple(board for board in Board if board in tops)


def program_digest(truth: bytes, /) -> str:
    """SHA-256 over the names and bytes of the program's files."""
    digest = hashlib.sha256()
    with _opened(truth) as archive:
        for name in archive.namelist():
            if name.startswith(f"{PROGRAM}/"):
                content = hashlib.sha256(archive.read(name)).hexdigest()
                digest.update(json.dumps([name, content]).encode())
    return digest.hexdigest()


def request(
    truth: bytes, /, *, board: Board, command: Sequence[str], given: Mapping[str, bytes]
) -> bytes:
    """Pack what a run is given: the program, the reference data of a board, and a submission.

    It is an archive of code: its main.py lays out the folders as Codabench does.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive, _opened(truth) as kept:
        write_main(archive, command=command)
        for name in kept.namelist():
            top, _, rest = name.partition("/")
            if top == PROGRAM:
                archive.writestr(name, kept.read(name))
            elif top == board:
                archive.writestr(f"input/ref/{rest}", kept.read(name))
        for name, content in given.items():
            archive.writestr(f"input/res/{name}", content)
    return packed.getvalue()


def write_main(archive: zipfile.ZipFile, /, *, command: Sequence[str]) -> None:
    """Write what runs the command in the sandbox into an archive of code."""
    archive.writestr("main.py", Path(str(program_entry.__file__)).read_bytes())
    archive.writestr("command.json", json.dumps(command))


def _opened(truth: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(truth))
