"""The Markdown that all reference pages are made of."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `make reference` from the code; a test fails when they differ. -->"


def page(title: str, /, *parts: str) -> str:
    """Give a page; every part is a block."""
    return "\n\n".join((f"# {title}", GENERATED, *(part for part in parts if part))) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], /) -> str:
    """Give a table, or nothing without rows; bars and line ends cannot break it."""
    body = [[_cell(cell) for cell in row] for row in rows]
    if not body:
        return ""
    lines = [list(heads), ["---"] * len(heads), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str, /, *, language: str = "") -> str:
    """Give a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def inline(text: object, /) -> str:
    """Give a piece of code in a line."""
    return f"`{text}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or " "
