"""Taking an image in the launchers' form from a stream, checked while it goes on to the engine."""

import hashlib
from collections.abc import Iterable, Iterator

from sandbox.archive import Words
from sandbox.oci.canonical import (
    MANIFEST,
    Budget,
    Image,
    Layer,
    Sink,
    layer_name,
    opening,
    pass_layer,
    place,
)
from sandbox.oci.document import read_settings
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import ImageCode, InvalidImage, refused, shown
from sandbox.oci.stream import StreamWindow, too_large
from sandbox.oci.tar import END, Entry, EntryKind, entries, header, padding

_WHERE = "rebuilt archive"


def receive(
    pieces: Iterable[bytes],
    /,
    *,
    image_id: str,
    architecture: str,
    sink: Sink,
    tag: str | None = None,
    limits: ImageLimits | None = None,
) -> Image:
    """Write the image `image_id` anew into `sink`, whose last bytes come only if all was right.

    `tag` is the one name that an engine gives it; what the stream says of names is not read.
    So an engine that reads from `sink` is left with an archive without its end when InvalidImage is
    raised, and loads nothing. Every layer is read, measured and compared as `rebuild` does.
    """
    limits = limits or ImageLimits()
    size = 0

    def write(content: bytes) -> None:
        nonlocal size
        size += len(content)
        sink(content)

    window = StreamWindow(pieces, where=_WHERE)
    files = entries(window)
    _expect(files, name=MANIFEST)  # ours says the same, whatever it says
    name = f"{image_id.removeprefix('sha256:')}.json"
    config = _take(window, _expect(files, name=name), most=limits.config)
    if f"sha256:{hashlib.sha256(config).hexdigest()}" != image_id:
        raise _not_canonical(Words("the settings of another image"))
    settings = read_settings(config, architecture=architecture, limits=limits)
    write(opening(config, settings=settings, tag=tag))
    budget = Budget(limits=limits)
    received: dict[str, Layer] = {}
    for diff_id in settings.diff_ids:
        if diff_id not in received:
            entry = _expect(files, name=layer_name(diff_id))
            if entry.size > budget.most:
                raise too_large(place(diff_id), most=budget.most)
            write(header(entry.name, size=entry.size))
            received[diff_id] = pass_layer(
                window.pieces(entry.size), diff_id=diff_id, limits=limits, sink=write
            )
            write(padding(entry.size))
        budget.add(received[diff_id], where=place(diff_id))
    if next(files, None) is not None:
        raise _not_canonical(Words("more than one image"))
    write(END)
    return Image(
        id=image_id,
        working_dir=settings.working_dir,
        layers=len(settings.diff_ids),
        files=budget.files,
        size=size,
    )


def _expect(files: Iterator[Entry], *, name: str) -> Entry:
    entry = next(files, None)
    if entry is None or entry.kind is not EntryKind.FILE or entry.name != name:
        found = shown(entry.name) if entry else "…"
        raise _not_canonical(Words("{found} where {name} belongs", found=found, name=name))
    return entry


def _take(window: StreamWindow, entry: Entry, *, most: int) -> bytes:
    if entry.size > most:
        raise too_large(shown(entry.name), most=most)
    return window.take(entry.size)


def _not_canonical(found: Words) -> InvalidImage:
    return refused(
        ImageCode.NOT_CANONICAL,
        where=_WHERE,
        found=found,
        expected=Words("manifest.json, the image's settings, and its layers in order"),
        repair=Words("rebuild the upload with `sandbox.oci.rebuild` of the launcher's version"),
    )
