"""One layer of an image: which names and kinds of files it may hold."""

from sandbox.archive import Words
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import FLATTEN, ImageCode, InvalidImage, refused, shown
from sandbox.oci.stream import Window
from sandbox.oci.tar import Entry, EntryKind, entries

PLACES = frozenset({"input", "weights", "output", "tmp", "dev", "dev/shm", "proc", "sys", "etc"})
"""What a sandbox mounts or replaces; an engine fails to start where one of them leads elsewhere."""

ENGINE_READS = frozenset({"etc/passwd", "etc/group"})
"""What the engine itself opens, outside of the sandbox: it hangs for good on a pipe."""

ENGINE_READS_BYTES = 60_000
"""It gives up at lines of more than 64 KiB."""

_DEVICES = (EntryKind.CHARACTER_DEVICE, EntryKind.BLOCK_DEVICE)


def check_layer(window: Window, /, *, limits: ImageLimits) -> int:
    """Read a layer to its end and give the number of its entries.

    A symbolic link may lead anywhere, since it is followed inside of the sandbox alone; a file may
    not be written *through* one, and no name leads out. Raises InvalidImage.
    """
    count = 0
    links: set[int] = set()  # hashes of paths: some thirty bytes for each, however long they are
    folder_seen = ""
    for entry in entries(window):
        count += 1
        if count > limits.files:
            raise _too_many(window.where, most=limits.files)
        path = _path(entry.name, where=window.where)
        folder = path.rpartition("/")[0]
        if folder != folder_seen:
            _check_folder(folder, links=links, where=window.where, name=entry.name)
            folder_seen = folder
        if path in ENGINE_READS:
            _check_read_by_engine(entry, path=path, where=window.where)
        if entry.kind is EntryKind.FOLDER:
            links.discard(hash(path))
        else:
            _check_special(entry, path=path, links=links, where=window.where)
            if entry.kind is EntryKind.SYMBOLIC_LINK:
                links.add(hash(path))
    return count


def _path(name: str, *, where: str) -> str:
    """Give a name without its `.` and empty parts; raise InvalidImage if it leads out."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        raise refused(
            ImageCode.ESCAPING_NAME,
            where=where,
            found=Words("the name {name}", name=shown(name)),
            expected=Words("names below the root of the image, without `..`"),
            repair=FLATTEN,
        )
    return "/".join(parts)


def _check_folder(folder: str, *, links: set[int], where: str, name: str) -> None:
    """Raise InvalidImage if a link of this layer is on the way to the folder."""
    while links and folder:
        if hash(folder) in links:
            raise refused(
                ImageCode.ESCAPING_NAME,
                where=where,
                found=Words(
                    "{name}, written through the link {link} of its own layer",
                    name=shown(name),
                    link=shown(folder),
                ),
                expected=Words("files below folders"),
                repair=FLATTEN,
            )
        folder = folder.rpartition("/")[0]


def _check_special(entry: Entry, *, path: str, links: set[int], where: str) -> None:
    """Raise InvalidImage for a device, a link out of the image, and a place that is no folder."""
    if entry.kind in _DEVICES:
        raise refused(
            ImageCode.DEVICE,
            where=where,
            found=Words("the device {name}", name=shown(entry.name)),
            expected=Words("no device files"),
            repair=Words(
                "remove it (`RUN rm -f {name}`), then {flatten}", name=shown(path), flatten=FLATTEN
            ),
        )
    if entry.kind is EntryKind.HARD_LINK:
        target = _path(entry.link, where=where)
        _check_folder(target.rpartition("/")[0], links=links, where=where, name=entry.name)
    if path in PLACES:
        raise refused(
            ImageCode.RESERVED_PLACE,
            where=where,
            found=Words("/{path}, which is no folder", path=path),
            expected=Words("/{path} as a folder, or nothing there", path=path),
            repair=Words(
                "make it a folder (`RUN rm -rf /{path} && mkdir /{path}`), then {flatten}",
                path=path,
                flatten=FLATTEN,
            ),
        )


def _check_read_by_engine(entry: Entry, *, path: str, where: str) -> None:
    """Raise InvalidImage unless it is a plain, short file."""
    if entry.kind is not EntryKind.FILE or entry.size > ENGINE_READS_BYTES:
        raise refused(
            ImageCode.RESERVED_PLACE,
            where=where,
            found=Words("/{path}, which is no plain file or is too long", path=path),
            expected=Words(
                "/{path} as a plain file of at most {most:,} bytes, or nothing there",
                path=path,
                most=ENGINE_READS_BYTES,
            ),
            repair=Words(
                "write it anew as a plain file, or remove it (`RUN rm -rf /{path}`), "
                "then {flatten}",
                path=path,
                flatten=FLATTEN,
            ),
        )


def _too_many(where: str, *, most: int) -> InvalidImage:
    return refused(
        ImageCode.TOO_MANY_FILES,
        where=where,
        found=Words("more than {most:,} files", most=most),
        expected=Words("at most {most:,}", most=most),
        repair=Words(
            "leave out caches, documentation and data, and remove them in the same RUN line"
        ),
    )
