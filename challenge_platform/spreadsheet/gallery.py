"""The folder of pictures that goes with a table: which row has which, and the archives of them."""

import difflib
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from challenge_platform.core.table_section import Table
from challenge_platform.errors import InvalidInput
from challenge_platform.spreadsheet.pictures import InvalidPicture, bare, kind_of
from challenge_platform.spreadsheet.sheet import Problems, Sheet

LITTER = {"thumbs.db", "desktop.ini"}
"""Files that file managers leave in a folder."""


def find_pictures(
    table: Table, folder: Path, /, *, sheet: Sheet, problems: Problems
) -> Mapping[str, list[Path]]:
    """Give the picture of each row by the column that names it, as `find_files` does."""
    columns = table.file_columns or (table.id,)
    found = find_files(folder, key="data.files", columns=columns, sheet=sheet, problems=problems)
    every = [path for paths in found.values() for path in paths]
    _require_one_kind(every, folder=folder, problems=problems)
    return found


def find_files(
    folder: Path, /, *, key: str, columns: Sequence[str], sheet: Sheet, problems: Problems
) -> Mapping[str, list[Path]]:
    """Give the file of each row by the column that names it.

    A row without one and a file without a row are problems; `key` is what names the folder.
    """
    there = _there(folder, key=key)
    by_name = _by_name(there)
    used: dict[Path, int] = {}
    found: dict[str, list[Path]] = {column: [] for column in columns}
    for column in columns:
        for line, name in zip(sheet.lines, sheet.column(column), strict=True):
            paths = by_name.get(name, []) if name else []
            if len(paths) != 1:
                problems.add(
                    sheet.name,
                    row=line,
                    column=column,
                    what=f"{folder.name}/ has {len(paths) or 'no'} pictures named {name!r}",
                    repair=_instead(name, by_name),
                )
            elif paths[0] in used:
                problems.add(
                    sheet.name,
                    row=line,
                    column=column,
                    what=f"{name!r} is the picture of row {used[paths[0]]} too",
                    repair="give each row a picture of its own",
                )
            else:
                used[paths[0]] = line
                found[column].append(paths[0])
    for path in there:
        if path not in used:
            problems.add(
                f"{folder.name}/{path.relative_to(folder)}",
                what=f"no row of {sheet.name} names it",
                repair="add a row for it, or take it out of the folder",
            )
    return found


def _there(folder: Path, *, key: str) -> list[Path]:
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {folder}, which {key} names")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.name.lower() not in LITTER
    )


def _by_name(there: Sequence[Path]) -> Mapping[str, list[Path]]:
    """Give the files by their whole names, and by those without what follows the last point."""
    known: defaultdict[str, list[Path]] = defaultdict(list)
    for path in there:
        for name in {path.name, path.stem}:
            known[name].append(path)
    return known


def _instead(name: str, known: Mapping[str, list[Path]]) -> str:
    if not name:
        return "write the name of its picture"
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else "add the picture, or remove the row"


def _require_one_kind(paths: Sequence[Path], *, folder: Path, problems: Problems) -> None:
    """Note pictures that are none, or of another kind than the first: kinds could tell classes."""
    kinds: dict[str, Path] = {}
    for path in paths:
        with path.open("rb") as file:
            start = file.read(8)
        name = f"{folder.name}/{path.relative_to(folder)}"
        try:
            kinds.setdefault(kind_of(start), path)
        except InvalidPicture as error:
            problems.add(name, what=str(error), repair="save it as PNG, or write a recipe")
    if len(kinds) > 1:
        (one, first), (other, second) = kinds.items()
        problems.add(
            f"{folder.name}/",
            what=f"{first.name} is a .{one}, {second.name} a .{other}, which may tell the classes",
            repair="save all as PNG",
        )


def write_archive(path: Path, /, *, pictures: Mapping[str, Path]) -> None:
    """Write pictures under the names that they are given for, bare and not compressed.

    Raise InvalidInput naming every picture that is not whole.
    """
    problems = Problems()
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, picture in sorted(pictures.items()):
            content = picture.read_bytes()
            try:
                alone = bare(content)
            except InvalidPicture as error:
                place = f"{picture.parent.name}/{picture.name}"
                problems.add(place, what=str(error), repair="save it anew as PNG")
                continue
            write_member(archive, f"{name}.{kind_of(content)}", alone)
    problems.raise_if_any()


def write_member(archive: zipfile.ZipFile, name: str, content: bytes, /) -> None:
    """Write a file without its time: it is of 1980, the least that ZIP can say."""
    member = zipfile.ZipInfo(name)
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)
