"""The data dictionary is compared with the files; what is declared is read as it is written."""

from collections.abc import Sequence

import pytest

from challenge_platform.preflight.dictionary import check_dictionaries
from challenge_platform.preflight.entries import Entry, codes_of
from challenge_platform.preflight.finding import Severity
from challenge_platform.preflight.tables import Table


def dictionary(*rows: Sequence[str]) -> Table:
    heads = ("name", "type", "unit", "codes", "min", "max", "meaning")
    cells = zip(*rows, strict=True)
    return Table(name="dictionary.csv", columns=dict(zip(heads, map(list, cells), strict=True)))


def train(**columns: Sequence[str]) -> Table:
    return Table(name="train.csv", columns=columns)


def found(entry: Sequence[str], **columns: Sequence[str]) -> dict[str, tuple[Severity, int | None]]:
    data = train(**columns)
    findings = check_dictionaries([dictionary(entry), data], described=[data], skip=["id"])
    return {each.code: (each.severity, each.row) for each in findings}


def test_an_integer_column_with_a_list_in_a_cell_is_found_by_its_line() -> None:
    entry = ("onset", "integer", "", "1 to 6; 9 missing", "", "", "")

    assert found(entry, onset=["1", "2", "3", "4", "5", "6", "9", "2, 3"]) == {
        "not_an_integer": (Severity.BLOCK, 9),
        "undeclared_code": (Severity.BLOCK, 9),
    }


def test_a_code_that_no_entry_declares_and_a_class_that_never_comes_are_found() -> None:
    entry = ("T2DM", "integer", "", "0 = no; 1 = yes; 3 = unknown", "", "", "")

    assert found(entry, T2DM=["0", "1.0", "", "2"]) == {
        "undeclared_code": (Severity.BLOCK, 5),
        "code_never_seen": (Severity.WARN, 2),
    }


def test_a_body_surface_that_is_a_weight_is_found() -> None:
    assert found(("BSA", "float", "m2", "", "", "", ""), BSA=["70", "81.5", "20.8"]) == {
        "implausible_unit": (Severity.WARN, None)
    }
    assert found(("BSA", "float", "m2", "", "", "", ""), BSA=["1.7", "1.9", "2.1"]) == {}


def test_a_number_of_patients_that_no_file_has_is_found() -> None:
    said = "reconstructed for 1000 patients"
    assert found(("x", "", "", "", "", "", said), x=["1", "2"]) == {
        "row_count": (Severity.BLOCK, 2)
    }
    assert found(("x", "", "", "", "", "", "1,000 patients"), x=["1"] * 1000) == {}


def test_a_value_outside_its_declared_range_is_found() -> None:
    entry = ("hdl", "number", "mg/dL", "", "10", "100", "")

    assert found(entry, hdl=["10", "100", "", "9"]) == {"out_of_range": (Severity.BLOCK, 5)}
    assert found(entry, hdl=["10", "101"]) == {"out_of_range": (Severity.BLOCK, 3)}


def test_columns_without_an_entry_and_entries_without_a_column_warn() -> None:
    assert found(("age", "", "", "", "", "", ""), sex=["f"]) == {
        "column_undocumented": (Severity.WARN, 1),
        "column_missing": (Severity.WARN, 2),
    }


@pytest.mark.parametrize(
    ("name", "column", "covered"),
    [
        ("SNP1-75", "SNP75", True),
        ("SNP1-75", "SNP76", False),
        ("Age_v1..Age_v22", "Age_v22", True),
        ("BM_1_v1 à _v22", "BM_1_v22", True),
        ("BM_1_v1 à _v22", "BM_1_v23", False),
        ("bmi_v<k>", "bmi_v3", True),
        ("bmi_v*", "age_v3", False),
        ("bmi", "bmi2", False),
    ],
)
def test_an_entry_may_be_about_several_columns(name: str, column: str, *, covered: bool) -> None:
    assert Entry(name=name, row=2, cells={}).covers(column) is covered


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("0 = no; 1 = yes", {"0", "1"}),
        ("female; male", {"female", "male"}),
        ("0 none; 1 to 3; 9 missing", {"0", "1", "2", "3", "9"}),
        ("0 none; several are separated anyhow", set()),
        ("as in the protocol", set()),
        ("", set()),
    ],
)
def test_codes_are_read_and_sentences_are_none(text: str, codes: set[str]) -> None:
    assert codes_of(text) == codes
