"""The part of a program's log that a page shows: its head and its tail."""

from dataclasses import dataclass

HEAD, TAIL = 4_000, 8_000
"""Bytes of a log's beginning and end on a page; the end says how it came out."""

OMISSION = "\n[…]\n"


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A text to be shown, and how many bytes of the log are not in it."""

    text: str
    left_out: int


def excerpt_of(log: bytes | None, /) -> Excerpt | None:
    """Give what of a log is shown, None where nothing was said; what is no text is marked."""
    if not log:
        return None
    if len(log) <= HEAD + TAIL:
        return Excerpt(text=_text(log), left_out=0)
    text = _text(log[:HEAD]) + OMISSION + _text(log[-TAIL:])
    return Excerpt(text=text, left_out=len(log) - HEAD - TAIL)


def _text(log: bytes) -> str:
    """Read bytes as text, with marks in place of what a terminal would obey."""
    text = log.decode(errors="replace").replace("\r\n", "\n")
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
