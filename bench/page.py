"""Tables of the documentation that a benchmark writes, between two comments of the page."""

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parents[1] / "docs" / "explanation"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], /) -> list[str]:
    """Return the lines of a table in Markdown."""
    return [_line(header), _line(["---"] * len(header)), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def replace_section(name: str, lines: Iterable[str], /, *, page: Path) -> None:
    """Write `lines` between the comments `<!-- name -->` and `<!-- /name -->` of the page.

    Raises ValueError if the page has no such comments.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = page.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page.name} has no {begin.strip()} … {end}; write both comments")
    body = "\n".join(lines)
    page.write_text(f"{before}{begin}\n{body}\n\n{end}{after}")


def machine() -> str:
    """Say in a sentence on what machine this runs."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    cpu = f"{platform.machine()} with {extensions[-1]}" if extensions else platform.machine()
    return (
        f"Measured on {os.cpu_count()} shared processors ({cpu}), {platform.system()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}."
    )
