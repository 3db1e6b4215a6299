"""The reader of predictions accepts exactly what was asked for, and says what else it found."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.predictions.numbers import (
    INTEGER,
    INTEGERS,
    NUMBER,
    NUMBERS,
    NUMBERS_OR_NOTHING,
)
from scorers.predictions.problems import MAX_PROBLEMS
from scorers.predictions.table import (
    InvalidPredictions,
    InvalidTable,
    Problem,
    ProblemCode,
    check_size,
    read_ids,
    read_predictions,
    read_truth,
)
from scorers.tables import FloatColumn, SubmissionDefinition, TruthTable

IDS = ("a", "b", "c")
SUBMISSION = SubmissionDefinition(
    kinds=("predictions",),
    file="predictions.csv",
    ids="test.csv",
    id="id",
    columns={"risk": FloatColumn(type="float"), "share": FloatColumn(type="float", min=0, max=1)},
)
HEADER = "id,risk,share\n"
GOOD = HEADER + "a,1.5,0\nb,-2e-3,1\nc,3,0.5\n"


def refusal(
    file: str | bytes, /, *, ids: tuple[str, ...] = IDS, max_bytes: int = 10_000_000
) -> InvalidPredictions:
    data = file.encode() if isinstance(file, str) else file
    submission = SUBMISSION.model_copy(update={"max_bytes": max_bytes})
    with pytest.raises(InvalidPredictions) as caught:
        read_predictions(data, submission=submission, ids=ids)
    return caught.value


def only_problem(file: str | bytes, /) -> Problem:
    refused = refusal(file)
    assert refused.total == len(refused.problems) == 1
    return refused.problems[0]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(GOOD.encode(), id="as asked"),
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="BOM"),
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), id="BOM and CRLF"),
        pytest.param(GOOD.replace("\n", "\r").encode(), id="CR"),
        pytest.param(GOOD.rstrip().encode(), id="no end of the last line"),
        pytest.param(GOOD.encode() + b"\n\n", id="empty lines at the end"),
        pytest.param((HEADER + "c,3,0.5\na,1.5,0\nb,-2e-3,1\n").encode(), id="reordered rows"),
        pytest.param(b"share,id,risk\n0,a,1.5\n1,b,-2e-3\n0.5,c,3\n", id="reordered columns"),
        pytest.param(b'"id","risk","share"\n"a",1.5,0\n"b",-2e-3,1\n"c",3,0.5\n', id="R's quotes"),
    ],
)
def test_a_valid_file_is_read_in_the_order_of_the_ids(file: bytes) -> None:
    read = read_predictions(file, submission=SUBMISSION, ids=IDS)

    assert read.ids == IDS
    assert read.columns["risk"].tolist() == [1.5, -0.002, 3.0]
    assert read.columns["share"].tolist() == [0.0, 1.0, 0.5]
    assert read.columns["risk"].dtype == np.float64


BAD_NUMBERS = {
    "NaN": ProblemCode.NOT_FINITE,
    "nan": ProblemCode.NOT_FINITE,
    "inf": ProblemCode.NOT_FINITE,
    "-Infinity": ProblemCode.NOT_FINITE,
    "1e400": ProblemCode.NOT_FINITE,
    "-1e999": ProblemCode.NOT_FINITE,
    "": ProblemCode.EMPTY_CELL,
    "  ": ProblemCode.EMPTY_CELL,
    "high": ProblemCode.NOT_A_NUMBER,
    "NA": ProblemCode.NOT_A_NUMBER,
    "None": ProblemCode.NOT_A_NUMBER,
    "True": ProblemCode.NOT_A_NUMBER,
    "0_1": ProblemCode.NOT_A_NUMBER,
    " 5": ProblemCode.NOT_A_NUMBER,
    "5 ": ProblemCode.NOT_A_NUMBER,
    "+5": ProblemCode.NOT_A_NUMBER,
    ".5": ProblemCode.NOT_A_NUMBER,
    "5.": ProblemCode.NOT_A_NUMBER,
    "0x1p3": ProblemCode.NOT_A_NUMBER,
    "1e4000": ProblemCode.NOT_A_NUMBER,
    "--1": ProblemCode.NOT_A_NUMBER,
    "1e": ProblemCode.NOT_A_NUMBER,
    "=1+1": ProblemCode.NOT_A_NUMBER,
    "\u0661\u0662": ProblemCode.NOT_A_NUMBER,  # Arabic digits, which float() reads
    "\uff11": ProblemCode.NOT_A_NUMBER,  # a full-width digit
    '"0,5"': ProblemCode.NOT_A_NUMBER,
    "0" * 21: ProblemCode.NOT_A_NUMBER,
    "0." + "1" * 21: ProblemCode.NOT_A_NUMBER,
    "9" * 10_000: ProblemCode.CELL_TOO_LONG,
    "9" * 150_000: ProblemCode.CELL_TOO_LONG,
}


@pytest.mark.parametrize(("cell", "code"), BAD_NUMBERS.items(), ids=lambda value: str(value)[:20])
def test_a_cell_that_is_no_number_is_refused_by_line_and_column(
    cell: str, code: ProblemCode
) -> None:
    problem = only_problem(HEADER + f"a,1,0\nb,{cell},0\nc,1,0\n")

    assert (problem.code, problem.line, problem.column) == (code, 3, "risk")
    assert problem.found
    assert problem.expected
    assert problem.repair


@pytest.mark.parametrize("cell", ["-0.1", "1.0000001", "1e300"])
def test_a_number_outside_the_range_of_its_column_is_refused(cell: str) -> None:
    problem = only_problem(HEADER + f"a,1,0\nb,1,0\nc,1,{cell}\n")

    assert (problem.code, problem.line, problem.column) == (ProblemCode.OUT_OF_RANGE, 4, "share")
    assert problem.expected == "a number from 0 to 1"


BAD_FILES = {
    "empty": ("", ProblemCode.EMPTY_FILE, None, None),
    "only a BOM": (b"\xef\xbb\xbf", ProblemCode.EMPTY_FILE, None, None),
    "only line ends": ("\r\n\r\n", ProblemCode.EMPTY_FILE, None, None),
    "a NUL byte": (GOOD.encode() + b"\0", ProblemCode.BINARY_FILE, 5, None),
    "an Excel workbook": (b"PK\x03\x04\x14\x00", ProblemCode.BINARY_FILE, None, None),
    "a gzip archive": (b"\x1f\x8b\x08", ProblemCode.BINARY_FILE, None, None),
    "UTF-16": (GOOD.encode("utf-16"), ProblemCode.BINARY_FILE, None, None),
    "Latin-1": (HEADER.encode() + b"a,1,0\n\xe9,1,0\n", ProblemCode.NOT_UTF8, 3, None),
    "semicolons": (GOOD.replace(",", ";"), ProblemCode.WRONG_DELIMITER, 1, None),
    "quoted semicolons": (
        '"id";"risk";"share"\n"a";"1,5";"0"\n',
        ProblemCode.WRONG_DELIMITER,
        1,
        None,
    ),
    "tabs": (GOOD.replace(",", "\t"), ProblemCode.WRONG_DELIMITER, 1, None),
    "bars": (GOOD.replace(",", "|"), ProblemCode.WRONG_DELIMITER, 1, None),
    "missing column": ("id,risk\na,1\n", ProblemCode.MISSING_COLUMN, 1, "share"),
    "extra column": (
        "id,risk,share,note\na,1,0,x\n",
        ProblemCode.EXTRA_COLUMN,
        1,
        "note",
    ),
    "index column": (",id,risk,share\n0,a,1,0\n", ProblemCode.EXTRA_COLUMN, 1, ""),
    "duplicate column": (
        "id,risk,share,risk\na,1,0,1\n",
        ProblemCode.DUPLICATE_COLUMN,
        1,
        "risk",
    ),
    "quotes in the header": ('id,"risk,share\n', ProblemCode.UNBALANCED_QUOTES, 1, None),
    "endless header": ("x" * 200_000, ProblemCode.CELL_TOO_LONG, 1, None),
    "only a header": (HEADER, ProblemCode.NO_ROWS, None, None),
    "missing id": (HEADER + "a,1,0\nc,1,0\n", ProblemCode.MISSING_ID, None, "id"),
    "a short row": (HEADER + "a,1,0\nb,1\nc,1,0\n", ProblemCode.WRONG_CELL_COUNT, 3, None),
    "a long row": (HEADER + "a,1,0\nb,1,0,9\nc,1,0\n", ProblemCode.WRONG_CELL_COUNT, 3, None),
    "an endless row": (
        HEADER + "a,1,0\n" + "b," * 99_999 + "\nc,1,0\n",
        ProblemCode.WRONG_CELL_COUNT,
        3,
        None,
    ),
    "an empty line": (HEADER + "a,1,0\n\nc,1,0\n", ProblemCode.WRONG_CELL_COUNT, 3, None),
    "an open quote": (HEADER + 'a,1,0\n"b,1,0\nc,1,0\n', ProblemCode.UNBALANCED_QUOTES, 3, None),
    "a quote inside": (HEADER + 'a,1,0\n"b"x,1,0\nc,1,0\n', ProblemCode.UNBALANCED_QUOTES, 3, None),
}


@pytest.mark.parametrize(
    ("file", "code", "line", "column"), BAD_FILES.values(), ids=BAD_FILES.keys()
)
def test_a_bad_file_is_refused_with_its_one_problem(
    file: str | bytes, code: ProblemCode, line: int | None, column: str | None
) -> None:
    problem = only_problem(file)

    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert problem.found
    assert problem.expected
    assert problem.repair


def test_a_quoted_cell_that_spans_two_lines_is_refused_on_both() -> None:
    refused = refusal(HEADER + 'a,1,0\n"b\n",1,0\n')

    assert [problem.line for problem in refused.problems] == [3, 4]
    assert {problem.code for problem in refused.problems} == {ProblemCode.UNBALANCED_QUOTES}


@pytest.mark.parametrize(
    ("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_the_wrong_delimiter_is_named(sign: str, name: str) -> None:
    assert name in only_problem(GOOD.replace(",", sign)).found


def test_ids_are_text_and_each_is_told_that_is_wrong() -> None:
    refused = refusal(HEADER + "01,1,0\n1 ,1,0\n1.0,1,0\n,1,0\n", ids=("1", "2"))

    told = [(problem.code, problem.line) for problem in refused.problems]
    assert told == [
        (ProblemCode.UNKNOWN_ID, 2),
        (ProblemCode.UNKNOWN_ID, 3),
        (ProblemCode.TOO_MANY_ROWS, 4),
        (ProblemCode.UNKNOWN_ID, 4),
        (ProblemCode.EMPTY_CELL, 5),
        (ProblemCode.MISSING_ID, None),
        (ProblemCode.MISSING_ID, None),
    ]
    assert "spaces" in refused.problems[1].repair


def test_an_id_with_its_accents_in_another_unicode_form_is_told_so() -> None:
    composed, apart = "Ren\u00e9", "Rene\u0301"

    with pytest.raises(InvalidPredictions) as refused:
        read_predictions(f"{HEADER}{apart},1,1\n".encode(), submission=SUBMISSION, ids=(composed,))

    unknown = refused.value.problems[0]
    assert (unknown.code, unknown.line) == (ProblemCode.UNKNOWN_ID, 2)
    assert unknown.repair == "write its accents as the list has them, in the same Unicode form"


def test_a_duplicate_id_is_told_with_the_line_of_the_first() -> None:
    refused = refusal(HEADER + "a,1,0\nb,1,0\nb,2,0\n")

    duplicate, missing = refused.problems
    assert (duplicate.code, duplicate.line) == (ProblemCode.DUPLICATE_ID, 4)
    assert "line 3" in duplicate.expected
    assert (missing.code, missing.expected) == (ProblemCode.MISSING_ID, 'a row with the id "c"')


def test_surplus_rows_are_told_from_the_first_one_on() -> None:
    refused = refusal(GOOD + "d,1,0\nd,1,0\n")

    told = [(problem.code, problem.line) for problem in refused.problems]
    assert told == [
        (ProblemCode.TOO_MANY_ROWS, 5),
        (ProblemCode.UNKNOWN_ID, 5),
        (ProblemCode.UNKNOWN_ID, 6),
    ]
    assert refused.problems[0].found == "5 rows"


def test_rows_far_past_the_ids_are_not_read() -> None:
    refused = refusal(GOOD + "d,1,0\n" * 1_000_000, max_bytes=100_000_000)

    assert refused.problems[0].found == "1,000,003 rows"
    assert refused.total == 1 + MAX_PROBLEMS


def test_ids_are_not_told_to_be_missing_where_a_row_could_not_be_read() -> None:
    refused = refusal(HEADER + "a,1,0\nb,1,0,7\nc,high,0\n")

    assert [problem.code for problem in refused.problems] == [
        ProblemCode.WRONG_CELL_COUNT,
        ProblemCode.NOT_A_NUMBER,
    ]


def test_twenty_problems_are_told_and_all_are_counted() -> None:
    ids = tuple(f"p{index}" for index in range(500))
    refused = refusal(HEADER + "".join(f"{name},nan,7\n" for name in ids), ids=ids)

    assert len(refused.problems) == MAX_PROBLEMS
    assert refused.total == 1000
    assert str(refused).endswith("and 980 more")


def test_missing_ids_past_the_twentieth_are_counted() -> None:
    refused = refusal(HEADER + "p0,1,0\n", ids=tuple(f"p{index}" for index in range(30)))

    assert {problem.code for problem in refused.problems} == {ProblemCode.MISSING_ID}
    assert refused.total == 29


def test_problems_of_all_kinds_are_told_in_the_order_of_the_file() -> None:
    refused = refusal(HEADER + "a,high,0\nb,1,9\nb,1,0\n")

    assert [problem.line for problem in refused.problems] == [2, 3, 4, None]


def test_a_cell_is_repeated_short_and_with_its_control_characters_visible() -> None:
    found = only_problem(HEADER + "a,1,0\nb,\x1b[31m\u202e" + "z" * 500 + ",0\nc,1,0\n").found

    assert found.startswith(r'"\x1b[31m\u202ezzz')
    assert found.endswith('…" (506 characters)')
    assert len(found) < 80


def test_a_similar_column_name_is_suggested() -> None:
    refused = refusal("id,risk,Share \na,1,0\n")

    assert refused.problems[0].repair == 'rename "Share " to share'


def test_a_file_of_200_mb_is_refused_by_its_size_at_once() -> None:
    class Unread(bytes):
        def decode(self, *_: str) -> str:
            raise AssertionError("it is decoded")

    problem = refusal(Unread(200_000_000)).problems[0]

    assert problem.code is ProblemCode.FILE_TOO_LARGE
    assert problem.found == "200,000,000 bytes"


def test_a_size_is_refused_without_the_file() -> None:
    check_size(10_000_000, submission=SUBMISSION)
    with pytest.raises(InvalidPredictions):
        check_size(10_000_001, submission=SUBMISSION)


def test_every_problem_code_is_met_by_a_test() -> None:
    met = {*BAD_NUMBERS.values(), *(code for _, code, _, _ in BAD_FILES.values())}
    met |= {
        ProblemCode.OUT_OF_RANGE,
        ProblemCode.UNKNOWN_ID,
        ProblemCode.DUPLICATE_ID,
        ProblemCode.TOO_MANY_ROWS,
        ProblemCode.FILE_TOO_LARGE,
    }
    of_types = {  # met in test_types
        ProblemCode.NOT_AN_INTEGER,
        ProblemCode.UNKNOWN_LABEL,
        ProblemCode.TOO_MANY_CODES,
        ProblemCode.TOO_MANY_OBJECTS,
        ProblemCode.BROKEN_RULE,
    }

    of_archives = {  # met in test_archive
        ProblemCode.INVALID_ARCHIVE,
        ProblemCode.MISSING_FILE,
        ProblemCode.EXTRA_FILE,
        ProblemCode.UNREADABLE_MASK,
        ProblemCode.WRONG_MASK_TYPE,
        ProblemCode.WRONG_MASK_SHAPE,
    }

    of_documents = {  # met in test_documents
        ProblemCode.UNREADABLE_DOCUMENT,
        ProblemCode.WRONG_DOCUMENT,
    }

    assert met | of_types | of_archives | of_documents == set(ProblemCode)


def accepted(cell: str) -> bool:
    submission = SUBMISSION.model_copy(update={"columns": {"risk": FloatColumn(type="float")}})
    try:
        read = read_predictions(f"id,risk\na,{cell}\n".encode(), submission=submission, ids=("a",))
    except InvalidPredictions:
        return False
    assert read.columns["risk"].tolist() == [float(cell)]
    return True


@given(st.text(alphabet="0123456789+-.eE", max_size=12) | st.text(max_size=8))
def test_exactly_the_documented_numbers_are_accepted(cell: str) -> None:
    pattern = r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?"
    is_number = re.fullmatch(pattern, cell) is not None and math.isfinite(float(cell))

    assert accepted(cell) == is_number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_written_by_python_is_read_back_unchanged(number: float) -> None:
    assert NUMBER.fullmatch(repr(number))
    assert accepted(repr(number))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    refused = refusal(data)

    assert refused.total >= len(refused.problems) >= 1


@given(st.lists(st.sampled_from(['"', ",", "\n", "\r", "a", "b", "c", "1", ";", " "]), max_size=40))
def test_any_arrangement_of_csv_signs_is_refused(signs: list[str]) -> None:
    refused = refusal(HEADER + "".join(signs) + '\n"')

    assert refused.total >= len(refused.problems) >= 1


def test_ids_asked_for_twice_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        read_predictions(
            (HEADER + "a,1,0\nb,1,0\n").encode(), submission=SUBMISSION, ids=("a", "a")
        )


def test_ids_are_read_from_any_table_in_its_order() -> None:
    assert read_ids(b"age,patient\n50,p2\n60,p1\n", id_column="patient") == ("p2", "p1")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"age\n50\n", "no id column patient"),
        (b"patient,age\np1,1\n,2\n", "line 3"),
        (b"patient,age\np1,1\np1,2\n", "twice"),
        (b"patient,age\np1,1\np2\n", "line 3 .* wrong_cell_count"),
        (b"patient,patient\np1,1\n", "line 1"),
        (b"patient,age\n", "no rows"),
        (b"", "no rows|line 1"),
        (b"\0", "binary_file"),
    ],
)
def test_a_table_of_the_organizer_that_cannot_be_read_names_no_value(
    data: bytes, says: str
) -> None:
    with pytest.raises(InvalidTable, match=says) as caught:
        read_ids(data, id_column="patient")

    assert "p1" not in str(caught.value)


def test_truth_has_numbers_where_every_cell_is_one_and_text_elsewhere() -> None:
    truth = read_truth(
        b"id,event,time,centre,split\n1,1,,A,1\n2,0,2.5,B,2\n",
        table=TruthTable(id="id", text=("split",)),
    )

    assert truth.ids == ("1", "2")
    assert truth.columns["event"].tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(truth.columns["time"], [np.nan, 2.5])
    assert truth.columns["centre"].tolist() == ["A", "B"]
    assert truth.columns["split"].tolist() == ["1", "2"]


def test_truth_without_a_column_that_is_needed_is_refused() -> None:
    with pytest.raises(InvalidTable, match="usage"):
        read_truth(b"id,event\n1,1\n", table=TruthTable(id="id", text=("usage",)))


@pytest.mark.parametrize("pattern", [NUMBER, INTEGER, NUMBERS, NUMBERS_OR_NOTHING, INTEGERS])
def test_no_part_of_a_number_is_a_possessive_group(pattern: re.Pattern[str]) -> None:
    """Python 3.11.2, which the scoring image may have, matches more by one than it may."""
    assert not re.search(r"\)(?:\?|\{[^}]*\})\+", pattern.pattern)
