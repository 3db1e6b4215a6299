"""Spreadsheets and CSV files as people save them."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from challenge_platform.errors import InvalidInput
from challenge_platform.spreadsheet.sheet import read_sheet


def test_a_spreadsheet_is_read_as_it_is_seen(tmp_path: Path) -> None:
    book = Workbook()
    first = book.create_sheet(index=0)
    first.append(["id", "seen", "score", "ill", None])
    first.append([1, dt.datetime(2026, 1, 31), 2.5, True, None])  # noqa: DTZ001 -- Excel knows no zones
    first.append([None, None, None, None, None])
    first.append(["x ", dt.datetime(2026, 1, 31, 8, 30), 3.0, False, None])  # noqa: DTZ001 -- as above
    book.save(tmp_path / "t.xlsx")

    sheet = read_sheet(tmp_path / "t.xlsx")

    assert sheet.header == ("id", "seen", "score", "ill")
    assert sheet.rows == (("1", "2026-01-31", "2.5", "1"), ("x", "2026-01-31 08:30:00", "3", "0"))
    assert sheet.lines == (2, 4)


def test_another_sheet_is_read_by_its_name(tmp_path: Path) -> None:
    book = Workbook()
    other = book.create_sheet("Labels")
    other.append(["id"])
    other.append(["a"])
    book.save(tmp_path / "t.xlsx")

    assert read_sheet(tmp_path / "t.xlsx", sheet="Labels").rows == (("a",),)
    with pytest.raises(
        InvalidInput, match=r"no sheet 'labels', which data.sheet names: Sheet, Lab"
    ):
        read_sheet(tmp_path / "t.xlsx", sheet="labels")


def test_an_error_of_a_formula_is_told_with_its_cell(tmp_path: Path) -> None:
    book = Workbook()
    first = book.create_sheet(index=0)
    first.append(["id", "age"])
    first.append(["a", "#DIV/0!"])
    first["B2"].data_type = "e"
    book.save(tmp_path / "t.xlsx")

    with pytest.raises(InvalidInput, match=r"t.xlsx, row 2, column B: holds the error #DIV/0!"):
        read_sheet(tmp_path / "t.xlsx")


def test_what_a_french_spreadsheet_program_saves_is_read(tmp_path: Path) -> None:
    content = "\ufeffid;taille;note\r\n1;1,75;bon, sage\r\n2;;\r\n3;180;\r\n"
    (tmp_path / "t.csv").write_bytes(content.encode())

    sheet = read_sheet(tmp_path / "t.csv")

    assert sheet.rows == (("1", "1.75", "bon, sage"), ("2", "", ""), ("3", "180", ""))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,âge\n1,2\n".encode("cp1252"), r"row 1: a letter is not UTF-8; save it as `CSV UTF-8`"),
        (b"id,a\n1,2,3\n", r"row 2: has more than 2 cells; name all columns in row 1"),
        (b"id,a,a\n1,2,3\n", r"2 columns are named 'a'; rename one"),
        (b"id,,a\n1,2,3\n", r"column 2 has no name"),
        (b'id,a\n1,"two\nlines"\n', r"row 2: a cell has several lines"),
        (b'id,a\n1,"two" more\n', r"row 2: .*look at its quotes"),
        (b"id,a\n", r"has no rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_row_and_repair(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(InvalidInput, match=message):
        read_sheet(tmp_path / "t.csv")


def test_a_file_that_is_not_there_or_no_spreadsheet_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.xlsx").write_bytes(b"not a workbook")

    with pytest.raises(InvalidInput, match=r"there is no file .*; did you mean labels.xlsx\?"):
        read_sheet(tmp_path / "label.xlsx")
    with pytest.raises(InvalidInput, match=r"is no .xlsx file .*save it as .xlsx"):
        read_sheet(tmp_path / "labels.xlsx")


@pytest.mark.parametrize(
    ("old", "new"), [(b"<row", b"<raw"), (b'r="A2"', b'r="!!"'), (b"<v>1</v>", b"<v>zz</v>")]
)
def test_a_damaged_spreadsheet_is_told_with_its_repair(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["id", "y"])
    sheet.append(["a", 1])
    book.save(tmp_path / "whole.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "whole.xlsx") as whole,
        zipfile.ZipFile(tmp_path / "table.xlsx", "w") as damaged,
    ):
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content.replace(old, new) if "sheet1" in name else content)

    with pytest.raises(InvalidInput, match=r"is damaged .*save it anew"):
        read_sheet(tmp_path / "table.xlsx")
