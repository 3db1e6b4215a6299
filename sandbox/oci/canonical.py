"""The one form of an image that launchers take, and what is checked of it at every place.

It is a plain tar of `manifest.json` without a tag, `<id>.json` (the settings, byte for byte, whose
SHA-256 is the image's id), and `<SHA-256>.tar` for each layer, uncompressed, in this order.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sandbox.archive import Words
from sandbox.oci.document import Settings
from sandbox.oci.layer import check_layer
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import ImageCode, refused
from sandbox.oci.stream import StreamWindow, too_large
from sandbox.oci.tar import header, padding

MANIFEST = "manifest.json"

Sink = Callable[[bytes], object]


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that was taken: its `sha256:…` id, the bytes of its tar, the files of all layers."""

    id: str
    working_dir: str
    layers: int
    files: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer that was read: its bytes, uncompressed, and its entries."""

    size: int
    files: int


@dataclass(kw_only=True)
class Budget:
    """What the layers of one image have used of its limits; a layer twice is on disk twice."""

    limits: ImageLimits
    size: int = 0
    files: int = 0

    @property
    def most(self) -> int:
        """Bytes that the next layer may have."""
        return min(self.limits.layer, self.limits.total - self.size)

    def add(self, layer: Layer, /, *, where: str) -> None:
        """Count a layer. Raises InvalidImage when the image is too large with it."""
        self.size += layer.size
        self.files += layer.files
        if self.size > self.limits.total:
            raise too_large("layers", most=self.limits.total)
        if self.files > self.limits.all_files:
            raise refused(
                ImageCode.TOO_MANY_FILES,
                where=where,
                found=Words("more than {most:,} files in all layers", most=self.limits.all_files),
                expected=Words("at most {most:,}", most=self.limits.all_files),
                repair=Words("leave out caches and data, and remove them in the same RUN line"),
            )


def opening(config: bytes, /, *, settings: Settings, tag: str | None = None) -> bytes:
    """Write the two documents that come before the layers; `tag` is what an engine names it."""
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    layers = [layer_name(diff_id) for diff_id in settings.diff_ids]
    manifest = [{"Config": name, "RepoTags": [tag] if tag else None, "Layers": layers}]
    written = json.dumps(manifest, separators=(",", ":")).encode()
    return b"".join(
        header(title, size=len(content)) + content + padding(len(content))
        for title, content in ((MANIFEST, written), (name, config))
    )


def layer_name(diff_id: str, /) -> str:
    """Give the name of a layer's file."""
    return f"{diff_id.removeprefix('sha256:')}.tar"


def place(diff_id: str, /) -> str:
    """Name a layer to its author."""
    return f"layer {diff_id[:19]}…"


def pass_layer(
    pieces: Iterable[bytes], /, *, diff_id: str, limits: ImageLimits, sink: Sink
) -> Layer:
    """Give a layer's bytes to `sink` while they are read and checked, down to their SHA-256."""
    digest, size = hashlib.sha256(), 0

    def passed() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            sink(piece)
            yield piece

    window = StreamWindow(passed(), where=place(diff_id))
    files = check_layer(window, limits=limits)
    for _ in window.rest():  # padding, which belongs to its SHA-256
        pass
    if f"sha256:{digest.hexdigest()}" != diff_id:
        raise refused(
            ImageCode.WRONG_DIGEST,
            where=place(diff_id),
            found=Words("content with the SHA-256 {digest}", digest=digest.hexdigest()),
            expected=Words("the one that the image's config names"),
            repair=Words("save the image again and send that file unchanged"),
        )
    return Layer(size=size, files=files)
