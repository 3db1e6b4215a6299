"""The geometry of plots, and what each kind of picture draws, says and lists."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from flask import Flask
from flask_babel import Babel  # type: ignore[import-untyped]  # ships no types

from challenge_platform.web.drawings import kaplan_meier
from challenge_platform.web.drawings.axis import Tick
from challenge_platform.web.drawings.grid import Grid
from challenge_platform.web.drawings.pictures import KINDS, TITLES, shown_of
from challenge_platform.web.drawings.plot import (
    MOST_MARKED,
    SQUARE,
    Curve,
    Plot,
    draw_plot,
    with_counts,
)
from challenge_platform.web.drawings.shown import Shown
from challenge_platform.web.report_words import REASONS
from scorers.metric import PictureKind, Reason
from scorers.pictures.document import Picture
from tests.web import pictures

DASH = "\N{EN DASH}"


@pytest.fixture(autouse=True)
def speaking() -> Iterator[None]:
    """Speak English."""
    app = Flask("plots")
    Babel(app)
    with app.test_request_context():
        yield


def shown(picture: Picture) -> Shown:
    """Give one picture as a report shows it."""
    [found] = shown_of([picture])
    return found


def plot_of(picture: Picture) -> Plot:
    """Give the plot of a picture."""
    drawn = shown(picture).drawing
    assert isinstance(drawn, Plot)
    return drawn


def grid_of(picture: Picture) -> Grid:
    """Give the grid of a picture."""
    drawn = shown(picture).drawing
    assert isinstance(drawn, Grid)
    return drawn


def places(path: str) -> list[tuple[float, ...]]:
    """Give the corners of a path of straight lines."""
    return [tuple(map(float, pair)) for pair in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_a_point_lands_at_its_place_on_both_axes() -> None:
    [line] = draw_plot(
        [Curve(name="a", points=[(0, 0), (50, 25), (100, 100)], style=1)],
        x=(0, 100),
        y=(0, 100),
        x_title="x",
        y_title="y",
    ).lines

    assert places(line.path) == [(46, 242), (152, 189), (258, 30)]
    assert line.marks.count("M") == 3
    assert (line.label_x, line.label_y) == (266, 30)


def test_a_curve_of_steps_keeps_a_value_until_the_next_one() -> None:
    [line] = draw_plot(
        [Curve(name="a", points=[(0, 100), (50, 50)], style=1, steps=True)],
        x=(0, 100),
        y=(0, 100),
        x_title="x",
        y_title="y",
    ).lines

    assert line.path == "M46 30H152V136"


def test_dots_have_marks_and_limits_and_no_line() -> None:
    [line] = draw_plot(
        [Curve(name="a", points=[(50, 50)], style=2, dots=True, limits=[(50, 25, 200)])],
        x=(0, 100),
        y=(0, 100),
        x_title="x",
        y_title="y",
    ).lines

    assert line.path == ""
    assert line.marks.startswith("M152 136")
    assert line.limits == "M149 189h6m-3 0V30m-3 0h6"


def test_a_line_of_many_points_is_marked_at_its_end_only() -> None:
    curve = Curve(name="a", points=[(n, n) for n in range(MOST_MARKED + 1)], style=1)

    [line] = draw_plot([curve], x=(0, 100), y=(0, 100), x_title="x", y_title="y").lines

    assert line.marks.count("M") == 1
    assert line.marks.startswith(f"M{line.path.rpartition('L')[2]}")


def test_numbers_below_a_plot_stand_under_their_places() -> None:
    plot = draw_plot(
        [Curve(name="a", points=[(0, 0)])], x=(0, 10), y=(0, 1), x_title="x", y_title="y"
    )

    counted = with_counts(plot, [("a", [Tick(at=5, text="7")])], x=(0, 10), title="left")

    [line] = counted.counts
    assert line.numbers == (Tick(at=152, text="7"),)
    assert SQUARE.height < line.y < counted.frame.height
    assert counted.frame.plot_bottom == plot.frame.plot_bottom


def test_every_kind_of_picture_is_drawn_and_every_reason_has_words() -> None:
    assert set(KINDS) == set(TITLES) == set(PictureKind)
    assert set(REASONS) == set(Reason)
    assert {one.kind for one in pictures.one_of_each()} == {*PictureKind, "none"}


@pytest.mark.parametrize("picture", pictures.one_of_each()[:-1], ids=lambda one: str(one.kind))
def test_every_picture_has_words_a_drawing_and_a_row_for_each_heading(picture: Picture) -> None:
    found = shown(picture)

    assert found.drawing is not None
    assert all((found.title, found.text, found.reading, found.remark, found.headings))
    assert found.rows
    assert {len(row) for row in found.rows} == {len(found.headings)}
    assert not re.search(r"%%|%\(", " ".join((found.text, found.reading, *found.headings)))
    if isinstance(found.drawing, Plot):
        assert found.drawing.x_title
        assert found.drawing.y_title


def test_a_picture_that_there_is_not_says_why() -> None:
    found = shown(pictures.no_picture())

    assert (found.title, found.drawing) == ("ROC curve", None)
    assert found.empty.startswith("It would rest on too few")


def test_a_roc_curve_is_drawn_from_the_false_alarms_and_listed_as_stored() -> None:
    curve, chance = plot_of(pictures.a_roc()).lines

    assert places(curve.path)[2] == (63.0, 108.4)  # 46 + 8 * 2.12, 242 - 63 * 2.12
    assert places(chance.path) == [(46, 242), (258, 30)]
    assert shown(pictures.a_roc()).rows[2] == ("90", "63.00", "92.00")
    assert shown(pictures.a_roc()).reading == (
        "Where 92 of 100 without the event are spared a false alarm, 63 of 100 with it are found."
    )


def test_a_precision_recall_curve_has_the_share_of_events_as_its_reference() -> None:
    _, chance = plot_of(pictures.a_precision_recall()).lines

    assert {y for _, y in places(chance.path)} == {round(242 - 212 / 9, 1)}
    assert shown(pictures.a_precision_recall()).rows[1] == ("90", "63.00", "25.00")
    assert shown(pictures.a_precision_recall()).reading == (
        "Where 63 of 100 with the event are found, 25 of 100 called positive have it; among all, "
        "11 of 100 do."
    )


def test_a_calibration_is_read_where_it_is_furthest_off() -> None:
    found = shown(pictures.a_calibration())

    assert found.reading == (
        "Of 100 given about 30 %, 24 had the event: here prediction and outcome differ most. In 2 "
        "of 3 groups the limits hold the prediction."
    )
    assert found.rows[1] == ("30.00", "24.00", f"20.00 {DASH} 28.00", "300")
    dots, perfect = plot_of(pictures.a_calibration()).lines
    assert dots.limits.count("V") == 3
    assert places(perfect.path) == [(46, 242), (258, 30)]
    assert [tick.text for tick in plot_of(pictures.a_calibration()).x_ticks][-1] == "60"


def test_a_calibration_by_a_time_names_it() -> None:
    assert shown(pictures.a_calibration(at=60)).title == "Calibration at time 60"


def test_a_decision_curve_counts_the_thresholds_at_which_it_does_good() -> None:
    found = shown(pictures.a_decision_curve())

    assert found.reading.startswith("At 2 of 4 thresholds, from 20 to 40 %,")
    assert found.rows[2] == ("40.00", "0.02000", "-0.5000")
    _, treat_all, nobody = plot_of(pictures.a_decision_curve()).lines
    assert [y for _, y in places(treat_all.path)][2:] == [SQUARE.plot_bottom] * 2
    assert plot_of(pictures.a_decision_curve()).y_ticks[0].text == "-0.05"
    assert len({y for _, y in places(nobody.path)}) == 1


def test_survival_falls_in_steps_above_those_still_watched() -> None:
    found = shown(pictures.a_kaplan_meier())
    plot = plot_of(pictures.a_kaplan_meier())

    low, _, high = plot.lines
    assert low.path.startswith("M46 30H152V36.4H258")
    assert high.path.endswith("H178.5V114.8")
    assert [line.name for line in plot.counts] == ["low risk", "middle risk", "high risk"]
    assert [tick.text for tick in plot.counts[0].numbers] == ["100", "80", "20"]
    assert ("high risk", "60", "60.00", f"55.00 {DASH} 65.00", "25") in found.rows
    assert found.reading == (
        "By time 60, 40 of 100 at the highest predicted risk had the event, and 3 of 100 at the "
        "lowest."
    )


def test_numbers_still_watched_never_cover_each_other() -> None:
    for line in plot_of(pictures.a_kaplan_meier()).counts:
        at = [tick.at for tick in line.numbers]
        assert all(b - a >= kaplan_meier.APART - 0.1 for a, b in pairwise(at))
    assert len(plot_of(pictures.a_kaplan_meier()).counts[2].numbers) == 3


def test_a_confusion_of_few_classes_has_its_numbers_in_the_cells() -> None:
    found, grid = shown(pictures.a_confusion()), grid_of(pictures.a_confusion())

    assert [cell.text for cell in grid.cells] == ["75", "25", "0", "0", "75", "0", "0", "0", "75"]
    assert grid.cells[0].shade > grid.cells[1].shade > grid.cells[2].shade == 0
    assert found.headings == ("True class", "1 benign", "2 malignant", "3 <b>other</b>")
    assert found.rows[0] == ("1 benign", "75", "25", "0")
    assert found.reading == (
        "The most frequent confusion: about 25 of the 100 that are truly “benign” are told as "
        "“malignant”."
    )


def test_a_confusion_of_many_classes_has_squares_and_a_list() -> None:
    many = pictures.a_confusion(*(f"class {number}" for number in range(23)))
    found, grid = shown(many), grid_of(many)

    assert grid.cells == ()
    assert grid.filled.count("M") == 24
    assert found.rows[0] == ("1 class 0", "1 class 0", "75")
    assert found.rows[-1] == ("1 class 0", "2 class 1", "25")


def test_agreement_says_on_which_side_it_is_off() -> None:
    assert shown(pictures.an_agreement()).reading == (
        "On average it predicts 2.3 too much; 95 of 100 differences lie between -7.5 and 12.1."
    )
    assert "2.3 too little" in shown(pictures.an_agreement(bias=-2.3)).reading
    assert shown(pictures.an_agreement()).rows[0] == (
        "20.00",
        "18.00",
        f"15.00 {DASH} 21.00",
        "100",
    )


def test_a_froc_curve_is_read_at_one_false_detection() -> None:
    found = shown(pictures.a_free_response())

    assert found.reading == (
        "With 0.8 false detections for each image, 70 of 100 of the 130 objects are found."
    )
    assert found.rows[1] == ("120", "0.8000", "70.00")
