"""Writing an image anew: from what `docker save` writes to the form that launchers take."""

import hashlib
import io
import posixpath
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from sandbox.archive import Words
from sandbox.oci.canonical import (
    MANIFEST,
    Budget,
    Image,
    Layer,
    layer_name,
    opening,
    pass_layer,
    place,
)
from sandbox.oci.document import Manifest, Settings, read_manifest, read_settings
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import ImageCode, InvalidImage, refused, shown
from sandbox.oci.stream import (
    CHUNK,
    GZIP,
    FileWindow,
    check_compression,
    read_part,
    too_large,
    uncompressed,
)
from sandbox.oci.tar import BLOCK, END, Entry, EntryKind, entries, header, padding

_OUTER = "archive"


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Where in the archive the content of a file is."""

    offset: int
    size: int


def rebuild(
    source: BinaryIO,
    target: BinaryIO,
    /,
    *,
    architecture: str | None,
    limits: ImageLimits | None = None,
    folder: Path | None = None,
) -> Image:
    """Check what `docker save` wrote, plain or gzipped, and write it anew into `target`.

    Both are files that can be sought; `architecture` is the engine's, as images name it, None for
    any. Memory does not grow with the image; a gzipped one is uncompressed into a nameless file in
    `folder`. Raises InvalidImage; what `target` then holds is of no use.
    """
    limits = limits or ImageLimits()
    if not _is_compressed(source):
        return _rebuild(source, target, architecture=architecture, limits=limits)
    most = limits.uncompressed(source.seek(0, io.SEEK_END))
    source.seek(0)
    with tempfile.TemporaryFile(dir=folder) as plain:
        for piece in uncompressed(iter(lambda: source.read(CHUNK), b""), most=most, where=_OUTER):
            plain.write(piece)
        return _rebuild(plain, target, architecture=architecture, limits=limits)


def check(
    source: BinaryIO,
    /,
    *,
    architecture: str | None,
    limits: ImageLimits | None = None,
    folder: Path | None = None,
) -> Image:
    """Check an upload as `rebuild` does, and write nothing but what it uncompresses."""
    nowhere = cast("BinaryIO", _Nowhere())
    return rebuild(source, nowhere, architecture=architecture, limits=limits, folder=folder)


def identify(source: BinaryIO, /, *, limits: ImageLimits | None = None) -> str | None:
    """Give the id that a plain archive says it has, in no time; None for a gzipped one.

    It is that of its settings alone: a launcher that keeps this image has compared the layers.
    """
    limits = limits or ImageLimits()
    if _is_compressed(source):
        return None
    parts = _index(source, limits=limits)
    manifest = read_manifest(_document(source, parts, MANIFEST, limits=limits))
    config = _document(source, parts, manifest.config, limits=limits)
    return f"sha256:{hashlib.sha256(config).hexdigest()}"


class _Nowhere(io.RawIOBase):
    """A file that keeps nothing and knows where it is."""

    def __init__(self) -> None:
        self._at = 0

    def write(self, content: Any, /) -> int:  # noqa: ANN401 -- any buffer
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset if whence == 0 else self._at + offset
        return self._at


def _is_compressed(source: BinaryIO) -> bool:
    """Whether it is gzip. Raises InvalidImage for another compression."""
    source.seek(0)
    start = source.read(BLOCK)
    source.seek(0)
    check_compression(start, where=_OUTER)
    return start.startswith(GZIP)


def _rebuild(
    source: BinaryIO, target: BinaryIO, *, architecture: str | None, limits: ImageLimits
) -> Image:
    parts = _index(source, limits=limits)
    manifest = read_manifest(_document(source, parts, MANIFEST, limits=limits))
    config = _document(source, parts, manifest.config, limits=limits)
    settings = read_settings(config, architecture=architecture, limits=limits)
    files = _layer_files(manifest, settings, parts)
    target.write(opening(config, settings=settings))
    budget = Budget(limits=limits)
    written: dict[str, Layer] = {}
    for diff_id in settings.diff_ids:
        if diff_id not in written:
            written[diff_id] = _write_layer(
                source, target, files[diff_id], diff_id=diff_id, budget=budget
            )
        budget.add(written[diff_id], where=place(diff_id))
    target.write(END)
    return Image(
        id=f"sha256:{hashlib.sha256(config).hexdigest()}",
        working_dir=settings.working_dir,
        layers=len(settings.diff_ids),
        files=budget.files,
        size=target.tell(),
    )


def _write_layer(
    source: BinaryIO, target: BinaryIO, part: _Part, *, diff_id: str, budget: Budget
) -> Layer:
    """Write a layer, and then its header, since its size is known at its end."""
    start = target.tell()
    target.write(bytes(BLOCK))
    pieces = read_part(source, offset=part.offset, size=part.size)
    layer = pass_layer(
        uncompressed(pieces, most=budget.most, where=place(diff_id)),
        diff_id=diff_id,
        limits=budget.limits,
        sink=target.write,
    )
    target.write(padding(layer.size))
    end = target.tell()
    target.seek(start)
    target.write(header(layer_name(diff_id), size=layer.size))
    target.seek(end)
    return layer


def _index(source: BinaryIO, *, limits: ImageLimits) -> Mapping[str, _Part]:
    """Find the files of the archive; those that are not named later are left out."""
    files: dict[str, _Part] = {}
    links: dict[str, str] = {}
    for number, entry in enumerate(entries(FileWindow(source, where=_OUTER)), start=1):
        if number > limits.outer_files:
            raise refused(
                ImageCode.TOO_MANY_FILES,
                where=_OUTER,
                found=Words("more than {most:,} files", most=limits.outer_files),
                expected=Words("those of one image"),
                repair=Words("save one image alone: `docker save NAME -o FILE`"),
            )
        name = _name(entry)
        if name in files or name in links:
            raise _unfit(ImageCode.DUPLICATE_NAME, found=Words("{name} twice", name=shown(name)))
        if entry.kind is EntryKind.FILE:
            files[name] = _Part(offset=entry.offset, size=entry.size)
        elif entry.kind is EntryKind.SYMBOLIC_LINK:
            links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), entry.link))
        elif entry.kind is not EntryKind.FOLDER:
            raise _unfit(
                ImageCode.UNSUPPORTED_ENTRY,
                found=Words("{name}, which is no file", name=shown(name)),
            )
    # `docker save` writes a layer once, and links to it from where the image has it again.
    return files | {name: files[goal] for name, goal in links.items() if goal in files}


def _name(entry: Entry) -> str:
    name = entry.name.removeprefix("./").rstrip("/")
    if name.startswith("/") or ".." in name.split("/"):
        raise _unfit(
            ImageCode.ESCAPING_NAME, found=Words("the name {name}", name=shown(entry.name))
        )
    return name


def _unfit(code: ImageCode, *, found: Words) -> InvalidImage:
    return refused(
        code,
        where=_OUTER,
        found=found,
        expected=Words("regular files, each once, as `docker save` writes them"),
        repair=Words("save the image again: `docker save NAME -o FILE`"),
    )


def _document(
    source: BinaryIO, parts: Mapping[str, _Part], name: str, *, limits: ImageLimits
) -> bytes:
    part = _part(parts, name)
    if part.size > limits.config:
        raise too_large(shown(name), most=limits.config)
    return b"".join(read_part(source, offset=part.offset, size=part.size))


def _part(parts: Mapping[str, _Part], name: str) -> _Part:
    if name not in parts:
        raise refused(
            ImageCode.MISSING_FILE,
            where=_OUTER,
            found=Words("no regular file {name}", name=shown(name)),
            expected=Words("manifest.json, and every file that it names"),
            repair=Words("write it with `docker save NAME -o FILE`, not with `docker export`"),
        )
    return parts[name]


def _layer_files(
    manifest: Manifest, settings: Settings, parts: Mapping[str, _Part]
) -> Mapping[str, _Part]:
    """Give the file of each layer by its SHA-256. Raises InvalidImage if one is missing."""
    if len(manifest.layers) != len(settings.diff_ids):
        raise refused(
            ImageCode.BAD_DOCUMENT,
            where=MANIFEST,
            found=Words("{count:,} layers", count=len(manifest.layers)),
            expected=Words("{count:,}, as the image's config names", count=len(settings.diff_ids)),
            repair=Words("save the image again: `docker save NAME -o FILE`"),
        )
    named = [_part(parts, name) for name in manifest.layers]
    return dict(zip(settings.diff_ids, named, strict=True))
