"""What the columns of a public table hold, found in its bytes."""

import io

import pytest

from challenge_platform.core.public_table import LARGEST, Holds, columns_of, meanings

INTEGER, FLOAT, TEXT = Holds.INTEGER, Holds.FLOAT, Holds.TEXT


def found(content: bytes) -> dict[str, Holds] | None:
    """Give the columns of a table in memory."""
    return columns_of(io.BytesIO(content), size=len(content))


@pytest.mark.parametrize(
    ("cells", "holds"),
    [
        (b"1,-2,0", INTEGER),
        (b"1,,2.5", FLOAT),
        (b".5,1e-3,1", FLOAT),
        (b"1,2,NA", TEXT),
        (b"007,1,2", FLOAT),  # a number to those who read tables, and no whole one
        (b",,", TEXT),
        (b"1,2,9999999999999999999", FLOAT),
        (b"\xd9\xa1,1,1", TEXT),  # a digit, but not one that programs read
    ],
)
def test_a_column_holds_what_all_its_cells_are(cells: bytes, holds: Holds) -> None:
    rows = b"\n".join(b"p%d,%s" % (number, cell) for number, cell in enumerate(cells.split(b",")))

    assert found(b"id,x\n" + rows) == {"id": TEXT, "x": holds}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a;b\n1;2\n",
        b"a,a\n1,2\n",
        b"a,\n1,2\n",
        b"a,b\n1\n",
        b"\xe9ge,b\n1,2\n",
        b'a,b\n"1,2\n',
    ],
    ids=["nothing", "semicolons", "twice", "unnamed", "short", "latin-1", "unclosed"],
)
def test_what_cannot_be_read_as_it_stands_is_no_table(content: bytes) -> None:
    assert found(content) is None


def test_of_a_large_table_nothing_but_the_header_is_read() -> None:
    table = io.BytesIO(b"a,b\n1,2\n")

    assert columns_of(table, size=LARGEST + 1) == {"a": TEXT, "b": TEXT}


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        (b"name,meaning_en\nage,Age in years\nsex,\n", {"age": "Age in years"}),
        (b"name,description\nage,Age\n", {"age": "Age"}),
        (b"column,meaning\nage,Age\n", {}),
        (b"name,meaning\n\xe2ge,x\n", {}),
        (b"", {}),
    ],
)
def test_a_dictionary_says_what_columns_mean(content: bytes, meant: dict[str, str]) -> None:
    assert meanings(io.BytesIO(content)) == meant
