"""How large an image may be, in all its parts."""

from dataclasses import dataclass

GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """Bytes, counted while they are read, and numbers.

    `total` bounds the layers together as an engine keeps them, uncompressed, and `layer` each;
    `files` is for one layer, `all_files` for all; `layers` is what overlay file systems can stack.
    `ratio` is how many times larger than gzipped an archive may be, past its first `free` bytes.
    """

    total: int = 20 * GIB
    layer: int = 20 * GIB
    layers: int = 127
    files: int = 200_000
    all_files: int = 200_000
    config: int = 1_000_000
    outer_files: int = 2_000
    ratio: int = 20
    free: int = GIB // 4

    def uncompressed(self, packed: int, /) -> int:
        """Give how many bytes an archive of so many gzipped ones may have."""
        # A tar has its headers, documents and padding beside its layers.
        beside = self.outer_files * (self.config + 2_048)
        return min(self.total + beside, self.free + self.ratio * packed)
