"""Names: stored in one form, with nothing hidden in them and no word of the organizers'."""

import pytest

from challenge_platform.core.name import normalize_name
from challenge_platform.errors import InvalidInput


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 81, "a\0"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        normalize_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "\u3164",  # Hangul filler
        "\u2800",  # Braille blank
        "Ada\u2800",
        "Ada\u034f",  # combining grapheme joiner
        "A\u200bda",
        "Ada\ufe0f",  # variation selector
        "Ada\U000e0100",
        "Ada\u115f",
        "\u0301",  # nothing but a mark
        "---",
    ],
)
def test_a_name_that_looks_blank_or_hides_something_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"letter or digit|invisible"):
        normalize_name(name)


def test_a_pile_of_marks_on_a_letter_is_refused() -> None:
    assert normalize_name("x\u0323\u0304") == "x\u0323\u0304"
    with pytest.raises(InvalidInput, match="marks"):
        normalize_name("x\u0323\u0304\u0335")


@pytest.mark.parametrize("name", ["Baseline", "the \uff22ASELINE 2", "ba\u017feline"])
def test_nobody_is_called_a_baseline(name: str) -> None:
    with pytest.raises(InvalidInput, match="baseline"):
        normalize_name(name)


@pytest.mark.parametrize("name", ["\u0410da", "Ad\u03b1"])
def test_a_name_that_mixes_latin_with_letters_that_look_like_it_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="Latin"):
        normalize_name(name)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Ada\u00a0\u2003Lovelace", "Ada Lovelace"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("\uff21\uff44\uff41", "Ada"),
        ("Ада", "Ада"),
        ("Αθηνά", "Αθηνά"),
        ("王小明 2", "王小明 2"),
    ],
)
def test_a_name_is_stored_in_one_form(name: str, stored: str) -> None:
    assert normalize_name(name) == stored


@pytest.mark.parametrize("name", ["https://a.example", "see WWW.a.example", "ftp://b"])
def test_a_name_is_no_address_of_a_page(name: str) -> None:
    with pytest.raises(InvalidInput, match="address"):
        normalize_name(name)


@pytest.mark.parametrize("name", ["Deleted team 7", "deleted  TEAM 12", "Deleted team 7 (2)"])
def test_nobody_is_called_as_a_deleted_team(name: str) -> None:
    with pytest.raises(InvalidInput, match="deleted team"):
        normalize_name(name)


def test_a_program_of_a_baseline_may_be_called_so() -> None:
    assert normalize_name("Baseline 2", is_baseline=True) == "Baseline 2"
