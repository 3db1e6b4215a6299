"""How large an image may be, in all its parts."""

from dataclasses import dataclass

GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """Bytes, counted while they are read, and numbers.

    `total` bounds the layers together as an engine keeps them, uncompressed, and `layer` each;
    `files` is for one layer, `all_files` for all; `layers` is what overlay file systems can stack.
    """

    total: int = 20 * GIB
    layer: int = 20 * GIB
    layers: int = 127
    files: int = 300_000
    all_files: int = 1_000_000
    config: int = 1_000_000
    outer_files: int = 2_000
