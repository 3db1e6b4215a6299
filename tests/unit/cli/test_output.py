"""Output: scores with their intervals, times, tables that fit, CSV and JSON."""

import csv
import io
import json
import time

import pytest

from challenge_platform.cli.documents import Score
from challenge_platform.cli.output import (
    Column,
    local_time_text,
    number_text,
    primary_score,
    score_cells,
    score_text,
    size_text,
    time_text,
    write_csv,
    write_json,
    write_table,
)
from challenge_platform.cli.terminal import printable


def score(
    value: float | None, low: float | None, high: float | None, undefined: str | None = None
) -> Score:
    return {
        "key": "score",
        "primary": True,
        "direction": "maximize",
        "value": value,
        "low": low,
        "high": high,
        "undefined": undefined,
        "no_interval": None,
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (score(0.7312, 0.6901, 0.7698), "0.7312 [0.6901, 0.7698]"),
        (score(0.73, 0.7, 0.76), "0.7300 [0.7000, 0.7600]"),
        (score(0.7312, None, None), "0.7312"),
        (score(None, None, None, "no_comparable_pairs"), "undefined (no_comparable_pairs)"),
        (
            {**score(0.7312, None, None), "no_interval": "few_events"},
            "0.7312 [no interval: few events]",
        ),
    ],
)
def test_a_score_is_written_with_its_interval(given: Score, text: str) -> None:
    assert score_text(given) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (1.0, "1.000"),
        (-0.5, "-0.5000"),
        (12.34, "12.34"),
        (12350.0, "12350"),
        (0.00001234, "0.00001234"),
    ],
)
def test_a_number_has_four_significant_digits_and_no_exponent(value: float, text: str) -> None:
    assert number_text(value) == text


def test_csv_gives_each_score_with_both_ends_of_its_interval() -> None:
    assert score_cells([score(0.7, 0.6, 0.8)]) == {
        "score": 0.7,
        "score_low": 0.6,
        "score_high": 0.8,
    }


def test_the_primary_score_may_be_undisclosed() -> None:
    assert primary_score([]) is None


def test_a_time_is_told_in_utc() -> None:
    assert time_text("2026-11-01T09:00:00+01:00") == "2026-11-01 08:00 UTC"


def test_a_time_is_also_told_in_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        text = local_time_text("2026-11-01T08:00:00+00:00")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert text == "2026-11-01 08:00 UTC (2026-11-01 09:00 CET)"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (148_312, "148.3 kB"), (10_000_000, "10.0 MB")]
)
def test_a_size_is_told_in_si_units(size: int, text: str) -> None:
    assert size_text(size) == text


def test_what_could_steer_a_terminal_is_made_visible() -> None:
    assert printable("Ada\x1b[2J\u202e\x9bB\nC") == "Ada\ufffd[2J\ufffd\ufffdB\nC"


def test_the_spaces_of_french_texts_stay_as_they_are() -> None:
    text = "Lisez\xa0: l\u2019accord\u202f!\n\tÀ vous."

    assert printable(text) == text


def test_a_table_shows_brackets_and_hostile_names_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns: list[Column[str]] = [Column(heading="TEAM", text=str)]

    write_table(["[red]Ada[/red]", "\x1b[31mBob"], columns=columns)

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["TEAM", "[red]Ada[/red]", "\ufffd[31mBob"]


def test_a_cell_too_wide_for_the_terminal_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    columns: list[Column[str]] = [Column(heading="TEAM", text=str, wraps=True)]

    write_table(["x" * 50], columns=columns)

    assert capsys.readouterr().out.count("x") == 50


def test_csv_has_the_columns_of_all_rows_and_empty_cells_for_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_csv([{"id": 1, "state": "queued"}, {"id": 2, "state": None, "score": 0.5}])

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows == [
        {"id": "1", "state": "queued", "score": ""},
        {"id": "2", "state": "", "score": "0.5"},
    ]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ('=HYPERLINK("http://x.example")', '\'=HYPERLINK("http://x.example")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\ufffd=1"),
        ("\x1b[2J\u202eAda", "\ufffd[2J\ufffdAda"),
        ("Ada = Bob", "Ada = Bob"),
    ],
)
def test_csv_holds_no_formula_and_nothing_that_steers_a_terminal(
    name: str, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv([{"team": name}])

    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row == {"team": cell}


def test_csv_leaves_numbers_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    write_csv([{"score": -0.5, "rank": 1, "baseline": False}])

    assert capsys.readouterr().out == "score,rank,baseline\n-0.5,1,False\n"


def test_json_is_the_document_itself(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"title": {"fr": "stéatose"}, "scores": [1.5, None]}

    write_json(document)

    out = capsys.readouterr().out
    assert json.loads(out) == document
    assert "stéatose" in out
