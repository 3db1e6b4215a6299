"""The pictures of a challenge, in its archives and folders, each read when it is looked at."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".svs", ".dcm", ".bmp", ".gif")
"""Names of files that are pictures."""

LARGEST = 256 << 20
"""Bytes of a picture that is looked at."""


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
    def folder(self) -> str:
        """The folders in which it is, in its archive; none outside of one."""
        return (self.member or "").rpartition("/")[0]

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
                    written=_moment(info.date_time),
                    place=place,
                )


def _moment(told: tuple[int, int, int, int, int, int]) -> float:
    """Give the time of a file in an archive, that of no file where it cannot be, such as month 0.

    Programs that tell no time write zeros there.
    """
    try:
        return datetime(*told, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def contents(pictures: Sequence[Picture], /) -> Iterator[tuple[Picture, bytes]]:
    """Read pictures one after the other, each archive opened once; too large ones are left out."""
    for source, group in groupby(pictures, key=lambda picture: picture.source):
        with ExitStack() as opened:
            archive: zipfile.ZipFile | None = None
            for picture in group:
                if picture.size > LARGEST:
                    continue
                if picture.member is None:
                    yield picture, source.read_bytes()
                    continue
                if archive is None:
                    archive = opened.enter_context(zipfile.ZipFile(source))
                yield picture, archive.read(picture.member)
