"""CSV files: what spreadsheets and scripts write, and what nobody writes without intent."""

from collections.abc import Callable, Iterable
from functools import partial

from tests.uploads.case import (
    ACCEPTED,
    BOXES,
    CLASS,
    CODES,
    IDS,
    MANY,
    MAX_BYTES,
    NUMBER,
    NUMBERS,
    WIDE,
    Asked,
    Case,
)

HEADER = "patient_id,risk"
ROWS = [f"{name},{number}.5" for number, name in enumerate(IDS)]


def text(rows: Iterable[str], *, header: str = HEADER, end: str = "\n") -> bytes:
    """Give a table of these rows."""
    return end.join([header, *rows, ""]).encode()


GOOD = text(ROWS)


def cell(value: str) -> bytes:
    """Give a table whose third row has this cell."""
    return text([*ROWS[:2], f"p002,{value}", *ROWS[3:]])


def ids(name: str) -> bytes:
    """Give a table whose third row has this id."""
    return text([*ROWS[:2], f"{name},1", *ROWS[3:]])


def classes(value: str) -> bytes:
    """Give a table of classes whose first row has this one."""
    rows = [f"p000,{value}", *(f"{name},benign" for name in IDS[1:])]
    return text(rows, header="patient_id,label")


def codes(value: str) -> bytes:
    """Give a table of codes whose first row has these."""
    rows = [f"p000,{value}", *(f"{name},I10|E11" for name in IDS[1:])]
    return text(rows, header="patient_id,codes")


def boxes(rows: Iterable[str]) -> bytes:
    """Give a table of boxes."""
    return text(rows, header="patient_id,x1,y1,x2,y2")


def many(value: str) -> bytes:
    """Give a table of a hundred thousand rows with this cell."""
    return text(f"{name},{value}" for name in MANY)


def _accepted() -> dict[str, Callable[[], bytes]]:
    return {
        "plain": lambda: GOOD,
        "BOM of UTF-8": lambda: b"\xef\xbb\xbf" + GOOD,
        "lines end as on Windows": lambda: text(ROWS, end="\r\n"),
        "lines end as on an old Mac": lambda: text(ROWS, end="\r"),
        "no end of the last line": lambda: GOOD.rstrip(b"\n"),
        "empty lines at the end": lambda: GOOD + b"\n\r\n\n",
        "rows in another order": lambda: text(reversed(ROWS)),
        "columns in another order": lambda: text(
            (",".join(reversed(row.split(","))) for row in ROWS), header="risk,patient_id"
        ),
        "every cell in quotes": lambda: text(
            (f'"{row.replace(",", chr(34) + "," + chr(34))}"' for row in ROWS),
            header='"patient_id","risk"',
        ),
        "numbers with exponents": lambda: cell("-1.5E-300"),
        "a number too small for float64": lambda: cell("1e-999"),
        "minus zero": lambda: cell("-0.0"),
        "twenty digits a part": lambda: cell("12345678901234567890.12345678901234567890"),
    }


def _refused() -> dict[str, tuple[str, Callable[[], bytes]]]:
    found: dict[str, tuple[str, Callable[[], bytes]]] = {
        "nothing": ("empty_file", lambda: b""),
        "a BOM alone": ("empty_file", lambda: b"\xef\xbb\xbf"),
        "spaces and lines alone": ("empty_file", lambda: b" \t \r\n" * 1_000),
        "ten million empty lines": ("empty_file", lambda: b"\n" * MAX_BYTES),
        "ten million old Mac's lines": ("empty_file", lambda: b"\r" * MAX_BYTES),
        "the header alone": ("no_rows", lambda: b"patient_id,risk\n"),
        "UTF-16": ("binary_file", lambda: GOOD.decode().encode("utf-16")),
        "UTF-32 without a BOM": ("binary_file", lambda: GOOD.decode().encode("utf-32-le")),
        "a NUL in a cell": ("binary_file", lambda: cell("1\0")),
        "Latin-1": ("not_utf8", lambda: ids("p\xe9").decode().encode("latin-1")),
        "an overlong slash": ("not_utf8", lambda: GOOD.replace(b"p002", b"p\xc0\xaf2")),
        "a surrogate in UTF-8": ("not_utf8", lambda: GOOD.replace(b"p002", b"p\xed\xa0\x80")),
        "a byte cut off at the end": ("not_utf8", lambda: GOOD.rstrip(b"\n") + b"\xf0\x9f"),
        "a second BOM": ("missing_column", lambda: b"\xef\xbb\xbf" * 2 + GOOD),
        "semicolons": ("wrong_delimiter", lambda: GOOD.replace(b",", b";")),
        "tabs": ("wrong_delimiter", lambda: GOOD.replace(b",", b"\t")),
        "a column too many": ("extra_column", lambda: text(_with_index(), header=f",{HEADER}")),
        "a column less": ("missing_column", lambda: text(IDS, header="patient_id")),
        "a column twice": (
            "duplicate_column",
            lambda: text((f"{row},1" for row in ROWS), header=f"{HEADER},risk"),
        ),
        "capital letters in the header": (
            "missing_column",
            lambda: text(ROWS, header="Patient_ID,Risk"),
        ),
        "letters that only look the same": (
            "missing_column",
            lambda: text(ROWS, header="p\u0430tient_id,risk"),
        ),
        "no header": ("missing_column", lambda: "\n".join(ROWS).encode()),
        "a header of ten million commas": ("cell_too_long", lambda: b"," * MAX_BYTES),
        "a header of 99,999 columns": (
            "missing_column",
            lambda: b"," * 99_998 + b"\n" + b"1," * 4_000_000,
        ),
        "a header of 30,000 names alike": (
            "missing_column",
            lambda: (",".join(f"ri{number:x}" for number in range(14_000))).encode() + b"\nx\n",
        ),
        "a header in one quote": ("unbalanced_quotes", lambda: b'"' + GOOD),
        "a quote that never ends": ("unbalanced_quotes", lambda: cell('"1')),
        "a cell over two lines": ("unbalanced_quotes", lambda: cell('"1\n2"')),
        "ten million quotes": ("too_many_rows", lambda: GOOD + b'"' * (MAX_BYTES - 10_000)),
        "one line of ten million digits": (
            "cell_too_long",
            lambda: GOOD.replace(b"p002,2.5", b"p002," + b"9" * (MAX_BYTES - 10_000)),
        ),
        "a cell of 1,001 digits": ("cell_too_long", lambda: cell("9" * 1_001)),
        "an id of 99,000 letters": ("cell_too_long", lambda: ids("p" * 99_000)),
        "a cell too many in a row": ("wrong_cell_count", lambda: cell("1,2")),
        "a cell less in a row": ("wrong_cell_count", lambda: GOOD.replace(b"p002,2.5", b"p002")),
        "a decimal comma": ("wrong_cell_count", lambda: cell("2,5")),
        "an empty line between rows": (
            "wrong_cell_count",
            lambda: GOOD.replace(b"p050", b"\np050"),
        ),
        "a row of 99,999 commas": ("wrong_cell_count", lambda: cell("," * 99_000)),
        "a row less": ("missing_id", lambda: text(ROWS[:-1])),
        "a row twice": ("duplicate_id", lambda: text([*ROWS[:-1], ROWS[0]])),
        "a row too many": ("too_many_rows", lambda: text([*ROWS, "p120,1"])),
        "two million rows too many": ("too_many_rows", lambda: GOOD + b"x,1\n" * 2_000_000),
        "an id that nobody asked for": ("unknown_id", lambda: ids("p999")),
        "an id with a space": ("unknown_id", lambda: ids(" p002")),
        "an id in full width": ("unknown_id", lambda: ids("\uff50\uff10\uff10\uff12")),
        "an id read from right to left": ("unknown_id", lambda: ids("\u202ep002")),
        "an id with a zero-width space": ("unknown_id", lambda: ids("p002\u200b")),
        "an id that is markup": ("unknown_id", lambda: ids("<script>alert(1)</script>")),
        "an id that is a formula": ("unknown_id", lambda: ids("=1+1|' /C calc'!A0")),
        "an id that moves the cursor": ("unknown_id", lambda: ids("\x1b[2J\x1b]0;x\x07p002")),
        "an id that is a template": ("unknown_id", lambda: ids("{{7*7}}${7*7}{found}")),
        "no id": ("empty_cell", lambda: ids("")),
        "a row of MultiIndex": ("missing_column", lambda: text(ROWS, header="('a', 'b'),risk")),
    }
    return found | {name: (code, partial(cell, value)) for name, code, value in CELLS}


def _with_index() -> Iterable[str]:
    return (f"{number},{row}" for number, row in enumerate(ROWS))


CELLS = [
    ("nan", "not_finite", "nan"),
    ("NaN", "not_finite", "NaN"),
    ("inf", "not_finite", "inf"),
    ("-Infinity", "not_finite", "-Infinity"),
    ("a number too large for float64", "not_finite", "1e400"),
    ("a number with an underscore", "not_a_number", "0_1"),
    ("Arabic digits", "not_a_number", "\u0661\u0662"),
    ("full-width digits", "not_a_number", "\uff11"),
    ("a superscript", "not_a_number", "2\u00b2"),
    ("a space before the number", "not_a_number", " 5"),
    ("a line's end of Unicode after the number", "not_a_number", "5\u2028"),
    ("a number in hexadecimal", "not_a_number", "0x1p3"),
    ("a plus", "not_a_number", "+5"),
    ("a point without digits", "not_a_number", "5."),
    ("no digit before the point", "not_a_number", ".5"),
    ("twenty-one digits", "not_a_number", "123456789012345678901"),
    ("a thousand digits", "not_a_number", "9" * 1_000),
    ("a number in words", "not_a_number", "high"),
    ("None", "not_a_number", "None"),
    ("True", "not_a_number", "True"),
    ("a complex number", "not_a_number", "1j"),
    ("a percentage", "not_a_number", "50%"),
    ("a list", "not_a_number", "[0.5]"),
    ("a tensor", "not_a_number", "tensor(0.5)"),
    ("a Unicode minus", "not_a_number", "\u22121"),
    ("a formula", "not_a_number", "=1+1"),
    ("an empty cell", "empty_cell", ""),
    ("a space alone", "empty_cell", " "),
    ("quotes around nothing", "empty_cell", '""'),
]

OTHERS: list[tuple[str, str, Asked, Callable[[], bytes]]] = [
    ("classes", ACCEPTED, CLASS, lambda: classes("malignant")),
    ("a class in capital letters", "unknown_label", CLASS, lambda: classes("Malignant")),
    ("a class of 90,000 letters", "cell_too_long", CLASS, lambda: classes("m" * 90_000)),
    ("codes", ACCEPTED, CODES, lambda: codes("A00|B99")),
    ("fifty thousand codes in a cell", "too_many_codes", CODES, lambda: codes("A|" * 49_000)),
    ("nothing between two codes", "empty_cell", CODES, lambda: codes("A||B")),
    ("boxes", ACCEPTED, BOXES, lambda: boxes(f"{name},1,2,3,4" for name in IDS)),
    ("no box at all", ACCEPTED, BOXES, lambda: b"patient_id,x1,y1,x2,y2\n"),
    (
        "a hundred boxes and one of one id",
        "too_many_objects",
        BOXES,
        lambda: boxes(["p000,1,2,3,4"] * 101),
    ),
    (
        "half a million boxes",
        "too_many_rows",
        BOXES,
        lambda: boxes(["p000,1,2,3,4"] * 500_000),
    ),
    (
        "480 long names that are almost those of a hundred columns",
        "missing_column",
        WIDE,
        lambda: text([], header=",".join(f"risk_{'x' * 140}y{'x' * 39}{n:03}" for n in range(480))),
    ),
    (
        "9,000 names that are almost those of a hundred columns",
        "missing_column",
        WIDE,
        lambda: text([], header=",".join(f"risk{number:05}" for number in range(9_000))),
    ),
    (
        "a hundred thousand rows of digits and one face",
        "not_a_number",
        NUMBERS,
        lambda: text((f"{name},{'9' * 80}\N{GRINNING FACE}" for name in MANY), end="\r\n"),
    ),
    ("a hundred thousand rows", ACCEPTED, NUMBERS, lambda: many("0.25")),
    ("a hundred thousand wrong numbers", "not_a_number", NUMBERS, lambda: many("x")),
    ("a hundred thousand numbers of 80 digits", "not_a_number", NUMBERS, lambda: many("9" * 80)),
    (
        "a hundred thousand rows of one id",
        "duplicate_id",
        NUMBERS,
        lambda: text("p000000,1" for _ in MANY),
    ),
    (
        "a hundred thousand ids that are not asked for",
        "unknown_id",
        NUMBERS,
        lambda: text(f"q{number},1" for number in range(100_000)),
    ),
    (
        "a hundred thousand rows of three cells",
        "wrong_cell_count",
        NUMBERS,
        lambda: text(f"{name},1,2" for name in MANY),
    ),
    (
        "a hundred thousand rows of a lone quote",
        "unbalanced_quotes",
        NUMBERS,
        lambda: text(f'{name},"' for name in MANY),
    ),
    (
        "one row of ten million letters among many",
        "cell_too_long",
        NUMBERS,
        lambda: text(["p000000," + "x" * (MAX_BYTES // 2), *(f"{name},1" for name in MANY[1:])]),
    ),
]


CASES = [
    *(
        Case(name=name, format="csv", verdict=ACCEPTED, make=make, asked=NUMBER)
        for name, make in _accepted().items()
    ),
    *(
        Case(name=name, format="csv", verdict=verdict, make=make, asked=NUMBER)
        for name, (verdict, make) in _refused().items()
    ),
    *(
        Case(name=name, format="csv", verdict=verdict, make=make, asked=asked)
        for name, verdict, asked, make in OTHERS
    ),
]
