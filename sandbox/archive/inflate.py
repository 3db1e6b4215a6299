"""Inflating piece by piece, whatever the compressed bytes say of their size."""

import zlib
from collections.abc import Iterator

from sandbox.archive.entries import CHUNK, damaged, hidden_data
from sandbox.archive.problems import Words, refuse

DEFLATE = -zlib.MAX_WBITS
"""Bare deflated data, as zip has it."""

GZIP = 16 + zlib.MAX_WBITS
"""One member of a gzip file, its header and checksum included."""


def inflated(
    packed: Iterator[bytes], /, *, form: int, member: str | None = None
) -> Iterator[bytes]:
    """Give what was compressed, at most 64 KiB at a time.

    Raises InvalidArchive if it is damaged, cut off or followed by other bytes.
    """
    inflating = zlib.decompressobj(form)
    try:
        for piece in packed:
            rest, full = piece, False
            while rest or full:
                chunk = inflating.decompress(rest, CHUNK)
                if chunk:
                    yield chunk
                # After a full chunk, zlib may still keep what there was no room for.
                rest, full = inflating.unconsumed_tail, len(chunk) == CHUNK
            if inflating.eof:
                break
    except zlib.error:
        refuse(damaged(Words("bytes that cannot be inflated"), member=member))
    if not inflating.eof:
        refuse(damaged(Words("compressed data that is cut off"), member=member))
    if inflating.unused_data or next(packed, b""):
        refuse(hidden_data(Words("bytes after the end of the compressed data"), member=member))
