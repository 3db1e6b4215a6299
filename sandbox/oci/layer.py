"""One layer of an image: which names and kinds of files it may hold."""

from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import FLATTEN, ImageCode, InvalidImage, refused, shown
from sandbox.oci.stream import Window
from sandbox.oci.tar import Entry, EntryKind, entries

PLACES = frozenset({"input", "output", "tmp", "dev", "dev/shm", "proc", "sys", "etc"})
"""What a sandbox mounts or replaces; an engine fails to start where one of them leads elsewhere."""

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
            found=f"the name {shown(name)}",
            expected="names below the root of the image, without `..`",
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
                found=f"{shown(name)}, written through the link {shown(folder)} of its own layer",
                expected="files below folders",
                repair=FLATTEN,
            )
        folder = folder.rpartition("/")[0]


def _check_special(entry: Entry, *, path: str, links: set[int], where: str) -> None:
    """Raise InvalidImage for a device, a link out of the image, and a place that is no folder."""
    if entry.kind in _DEVICES:
        raise refused(
            ImageCode.DEVICE,
            where=where,
            found=f"the device {shown(entry.name)}",
            expected="no device files",
            repair=f"remove it (`RUN rm -f /{path}`), then {FLATTEN}",
        )
    if entry.kind is EntryKind.HARD_LINK:
        target = _path(entry.link, where=where)
        _check_folder(target.rpartition("/")[0], links=links, where=where, name=entry.name)
    if path in PLACES:
        raise refused(
            ImageCode.RESERVED_PLACE,
            where=where,
            found=f"/{path} as a {entry.kind.name.lower().replace('_', ' ')}",
            expected=f"/{path} as a folder, or nothing there",
            repair=f"make it a folder (`RUN rm -rf /{path} && mkdir /{path}`), then {FLATTEN}",
        )


def _too_many(where: str, *, most: int) -> InvalidImage:
    return refused(
        ImageCode.TOO_MANY_FILES,
        where=where,
        found=f"more than {most:,} files",
        expected=f"at most {most:,}",
        repair="leave out caches, documentation and data, and remove them in the same RUN line",
    )
