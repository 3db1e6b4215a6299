"""Predictions files that API and page must refuse, and some that they must not."""

from tests.web.conftest import IDS, predictions

GOOD = predictions()
ROWS = GOOD.decode().splitlines()


def _with(line: int, text: str) -> bytes:
    """Give the good file with one line (counted from 1) replaced."""
    rows = list(ROWS)
    rows[line - 1] = text
    return ("\n".join(rows) + "\n").encode()


REFUSED: dict[str, tuple[bytes, str, int | None, str | None]] = {
    "empty file": (b"", "empty_file", None, None),
    "binary file": (b"\x89PNG\r\n\x1a\n\0\0\0", "binary_file", 3, None),
    "zip archive": (b"PK\x03\x04rest", "binary_file", None, None),
    "not UTF-8": (_with(1, "patient_id,risk").replace(b"p003", b"p\xe9003"), "not_utf8", 5, None),
    "wrong delimiter": (GOOD.replace(b",", b";"), "wrong_delimiter", 1, None),
    "missing column": (b"patient_id\np000\n", "missing_column", 1, "risk"),
    "extra column": (
        "\n".join(["patient_id,risk,note", *(f"{row},x" for row in ROWS[1:])]).encode(),
        "extra_column",
        1,
        "note",
    ),
    "duplicate column": (
        "\n".join(["patient_id,risk,risk", *(f"{row},1" for row in ROWS[1:])]).encode(),
        "duplicate_column",
        1,
        "risk",
    ),
    "header only": (b"patient_id,risk\n", "no_rows", None, None),
    "missing id": ("\n".join(ROWS[:-1]).encode(), "missing_id", None, "patient_id"),
    "unknown id": (_with(2, "p999,1"), "unknown_id", 2, "patient_id"),
    "duplicate id": (_with(3, ROWS[1]), "duplicate_id", 3, "patient_id"),
    "empty cell": (_with(4, "p002,"), "empty_cell", 4, "risk"),
    "NaN": (_with(4, "p002,NaN"), "not_finite", 4, "risk"),
    "inf": (_with(4, "p002,inf"), "not_finite", 4, "risk"),
    "1e400": (_with(4, "p002,1e400"), "not_finite", 4, "risk"),
    "text in a number": (_with(4, "p002,high"), "not_a_number", 4, "risk"),
    "long cell": (_with(4, "p002," + "9" * 10_000), "cell_too_long", 4, "risk"),
    "short row": (_with(4, "p002"), "wrong_cell_count", 4, None),
}
"""Name: content, and the code, line and column that its problem must have."""

ACCEPTED: dict[str, bytes] = {
    "BOM": b"\xef\xbb\xbf" + GOOD,
    "CRLF": GOOD.replace(b"\n", b"\r\n"),
    "reordered rows": "\n".join([ROWS[0], *reversed(ROWS[1:])]).encode(),
    "reordered columns": "\n".join(
        ["risk,patient_id", *(f"{number},{name}" for number, name in enumerate(IDS))]
    ).encode(),
}
