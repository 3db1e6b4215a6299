"""Values that say who somebody is are found by file, line and column; numbers of others are not."""

import pytest

from challenge_platform.preflight.identities import find_identities, is_social_security_number
from challenge_platform.preflight.tables import Table


def codes(
    cell: str, *, column: str = "note", id_column: str = "id"
) -> list[tuple[str, int | None]]:
    table = Table(name="train.csv", columns={column: ["", "0", cell]})
    return [(each.code, each.row) for each in find_identities(table, skip=[id_column])]


@pytest.mark.parametrize(
    ("cell", "column", "code"),
    [
        ("255081416802538", "note", "identity_nir"),
        ("seen as 2 55 08 14 168 025 38 in May", "note", "identity_nir"),
        ("write to ada.lovelace@hospital.example", "note", "identity_email"),
        ("06 12 34 56 78", "note", "identity_phone"),
        ("+33 1 42 34 56 78", "note", "identity_phone"),
        ("0612345678", "note", "identity_phone"),
        ("1955-08-30", "birth_date", "identity_birth_date"),
        ("30/08/1955", "date_naissance", "identity_birth_date"),
        ("Lovelace", "patient_name", "identity_name"),
        ("Lovelace", "Nom", "identity_name"),
    ],
)
def test_an_identity_is_found_by_its_line(cell: str, column: str, code: str) -> None:
    assert codes(cell, column=column) == [(code, 4)]


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ("255081416802539", "note"),  # the key is wrong
        ("0.255081416802538", "value"),
        ("1955-08-30", "visit_date"),
        ("1955", "birth_year"),
        ("0612345678", "id"),
        ("12.06.12345678", "value"),
        ("slide_0612345678.png", "file"),
        ("12", "nom"),
        ("E11.9", "code"),
        ("3.14@", "note"),
    ],
)
def test_what_only_looks_like_an_identity_is_not_told(cell: str, column: str) -> None:
    assert codes(cell, column=column) == []


def test_the_departments_of_corsica_have_a_key_too() -> None:
    number = "180012A004005"
    key = 97 - int(number.replace("2A", "19")) % 97

    assert is_social_security_number(f"{number}{key:02}")
    assert not is_social_security_number(f"{number}{(key + 1) % 97:02}")
