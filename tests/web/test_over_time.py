"""The geometry of the picture of scores over time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from flask_babel import Babel  # type: ignore[import-untyped]  # ships no types

from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.lines import STYLES
from challenge_platform.web.drawings.over_time import (
    MARKED,
    NARROW,
    WIDE,
    Chart,
    Series,
    step_chart,
    time_title,
)

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def speaking() -> Iterator[None]:
    """Speak English."""
    app = Flask("charts")
    Babel(app)
    with app.test_request_context():
        yield


def series(name: str, *scores: float, every: timedelta = timedelta(days=1), **more: bool) -> Series:
    """Give a line whose score changes now and then."""
    points = tuple((START + number * every, score) for number, score in enumerate(scores))
    return Series(name=name, points=points, reference=more.get("reference", False))


def drawn(*lines: Series, days: float = 10, frame: Frame = WIDE) -> Chart:
    """Draw lines up to some days after the start."""
    return step_chart(lines, until=START + timedelta(days=days), frame=frame)


def test_a_line_goes_in_steps_to_the_end_of_the_picture() -> None:
    [line] = drawn(series("a", 0.5, 0.7)).lines

    assert re.fullmatch(r"M58 [\d.]+H120\.2V[\d.]+H680", line.path)
    assert line.marks.count("M") == 2


def test_a_better_score_stands_higher_and_all_is_within_the_frame() -> None:
    for frame in (WIDE, NARROW):
        [line] = drawn(series("a", 0.5, 0.7), frame=frame).lines
        low, high = (float(y) for y in re.findall(r"[ V]([\d.]+)", line.path))

        assert frame.top <= high < low <= frame.plot_bottom


def test_lines_have_styles_of_their_own_and_references_none() -> None:
    lines = [series(f"t{number}", 0.5 + number / 10) for number in range(STYLES)]
    chart = drawn(*lines, series("base", 0.4, reference=True))

    assert [line.style for line in chart.lines] == [1, 2, 3, 4, 5, 6, 0]
    assert len({line.marks.partition("m")[2] for line in chart.lines[:STYLES]}) == STYLES
    assert chart.lines[-1].marks == ""


def test_a_line_of_many_points_is_marked_at_its_end_only() -> None:
    [line] = drawn(series("a", *(0.1 * n for n in range(MARKED + 1)))).lines

    assert line.marks.count("M") == 1


@pytest.mark.parametrize("frame", [WIDE, NARROW])
@pytest.mark.parametrize("alone", [0.1, 0.9])
def test_labels_never_cover_each_other(alone: float, frame: Frame) -> None:
    crowd = (series(f"t{n}", 0.5 + n * 1e-6) for n in range(8))
    chart = drawn(series("far", alone), *crowd, frame=frame)

    heights = sorted(line.label_y for line in chart.lines)
    assert min(b - a for a, b in pairwise(heights)) >= 16 - 0.11
    assert heights[-1] <= frame.plot_bottom
    assert heights[0] >= frame.top


def test_a_long_name_is_cut_to_the_room_there_is_and_kept_in_the_title() -> None:
    name = "A very long team name that goes on and on"
    [line] = drawn(series(name, 0.5), frame=NARROW).lines

    assert line.label == "A very lon\N{HORIZONTAL ELLIPSIS}"
    assert line.name == name


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.7, 0.8), ["0.70", "0.72", "0.74", "0.76", "0.78", "0.80"]),
        ((0.71234, 0.71239), ["0.71234", "0.71235", "0.71236", "0.71237", "0.71238", "0.71239"]),
        ((-20, 35), ["-20", "0", "20"]),
        ((1200, 5300), ["1,000", "2,000", "3,000", "4,000", "5,000"]),
        ((0.5,), ["0.48", "0.49", "0.50", "0.51", "0.52"]),
        ((0,), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
    ],
)
def test_scores_are_ticked_at_round_values(scores: tuple[float, ...], expected: list[str]) -> None:
    assert [tick.text for tick in drawn(series("a", *scores)).y_ticks] == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0.02, ["09:30", "09:35", "09:40", "09:45", "09:50", "09:55"]),
        (0.4, ["12:00", "15:00", "18:00"]),
        (
            3,
            [
                "2 Mar 12:00",
                "3 Mar 00:00",
                "3 Mar 12:00",
                "4 Mar 00:00",
                "4 Mar 12:00",
                "5 Mar 00:00",
            ],
        ),
        (10, ["4 Mar", "6 Mar", "8 Mar", "10 Mar", "12 Mar"]),
        (40, ["9 Mar", "16 Mar", "23 Mar", "30 Mar", "6 Apr"]),
        (200, ["Apr 2026", "May 2026", "Jun 2026", "Jul 2026", "Aug 2026", "Sept 2026"]),
        (4000, ["Jan 2028", "Jan 2030", "Jan 2032", "Jan 2034", "Jan 2036"]),
    ],
)
def test_times_are_ticked_at_round_ones(days: float, expected: list[str]) -> None:
    texts = [tick.text for tick in drawn(series("a", 0.5), days=days).x_ticks]

    assert [text.replace("Sep ", "Sept ") for text in texts] == expected


def test_a_line_that_begins_at_the_end_is_still_drawn() -> None:
    chart = drawn(series("a", 0.5), days=0)

    assert chart.lines[0].path.startswith("M58 ")


def test_the_axis_of_times_says_what_its_ticks_leave_out() -> None:
    assert time_title(START, START + timedelta(hours=5)) == "Time (UTC) on 2 March 2026"
    assert time_title(START, START + timedelta(days=5)) == "Date (UTC), 2026"
    assert time_title(START, START + timedelta(days=500)) == "Date (UTC), 2026\N{EN DASH}2027"
