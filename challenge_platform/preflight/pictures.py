"""The pictures of a challenge, in its archives and folders, each read when it is looked at."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from challenge_platform.preflight.tables import Table

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".svs", ".dcm", ".bmp", ".gif")
"""Names of files that are pictures."""

LARGEST = 256 << 20
"""Bytes of a picture that is read; a larger one is told, and not looked at."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture: the file or archive that has it, its name there, its size and time."""

    source: Path
    member: str | None
    size: int
    written: float
    place: int

    @property
    def name(self) -> str:
        """Its name without folders."""
        return (self.member or self.source.name).rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Its name without folders and ending."""
        return self.name.partition(".")[0]

    @property
    def shown(self) -> str:
        """Where it is, for people."""
        return self.source.name if self.member is None else f"{self.source.name}: {self.member}"

    @property
    def learned(self) -> bool:
        """Whether one learns from it, by the name of what has it."""
        return "train" in self.source.name.lower() or "train" in (self.member or "").lower()

    @property
    def is_mask(self) -> bool:
        """Whether it says what is in another, by the name of what has it."""
        return "mask" in self.source.name.lower()

    def read(self) -> bytes:
        """Read it whole."""
        if self.member is None:
            return self.source.read_bytes()
        with zipfile.ZipFile(self.source) as archive:
            return archive.read(self.member)


def find_pictures(folders: Sequence[Path], /) -> list[Picture]:
    """List the pictures of folders, those in ZIP archives too, in the order of the files."""
    found: list[Picture] = []
    for folder in folders:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            if path.suffix.lower() in SUFFIXES:
                stat = path.stat()
                found.append(
                    Picture(
                        source=path,
                        member=None,
                        size=stat.st_size,
                        written=0.0,  # when the recipe ran, which participants do not see
                        place=len(found),
                    )
                )
            elif path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
                found += _members(path)
    return found


def _members(path: Path) -> Iterator[Picture]:
    with zipfile.ZipFile(path) as archive:
        for place, info in enumerate(archive.infolist()):
            if info.filename.lower().endswith(SUFFIXES):
                yield Picture(
                    source=path,
                    member=info.filename,
                    size=info.file_size,
                    written=datetime(*info.date_time, tzinfo=UTC).timestamp(),
                    place=place,
                )


def pictures_of(table: Table, pictures: Sequence[Picture], /) -> list[Picture] | None:
    """Give the picture of each row of a table, None if no column names one for every row."""
    known: dict[str, Picture] = {}
    for picture in pictures:
        if not picture.is_mask:
            known |= {picture.stem: picture, picture.name: picture}
            known |= {picture.member: picture} if picture.member else {}
    for cells in table.columns.values():
        if len(set(cells)) == len(cells) and cells and all(cell in known for cell in cells):
            return [known[cell] for cell in cells]
    return None
