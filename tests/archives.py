"""Archives in memory, of files that tests make up."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping

Files = Mapping[str, bytes]
Pack = Callable[[Files], bytes]


def zipped(files: Files, /, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a zip archive of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unzipped(archive: bytes, /) -> dict[str, bytes]:
    """Give the files of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def tarred(files: Files, /, *, mode: str = "w:gz", form: int = tarfile.PAX_FORMAT) -> bytes:
    """Give a tar archive of files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, format=form) as archive:  # type: ignore[call-overload]  # any mode
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()
