"""The geometry of rows with intervals, and of the plot of ranks."""

import pytest

from challenge_platform.web.drawings.axis import Axis, fixed
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.ranks import MOST_DRAWN, NARROW, WIDE, rank_plot
from challenge_platform.web.drawings.rows import ROW, Interval, axis_of, draw_rows, sized
from challenge_platform.web.drawings.shown import beside
from tests.web.boards import a_baseline, a_row, in_groups

DASH = "\N{EN DASH}"
FRAME = Frame(width=400, height=0, left=88, right=100, top=40, bottom=10, x_ticks=5)
EMPTY = Interval(name="none")


def test_a_value_and_the_ends_of_its_interval_land_at_their_places() -> None:
    frame = sized(FRAME, 2)
    drawn = draw_rows(
        [Interval(name="first", value=0.5, low=0.25, high=1.0), EMPTY],
        frame=frame,
        axis=axis_of(frame, 0, 1),
        ticks=(),
        reference=0.75,
    )

    first, second = drawn.rows
    assert (first.low, first.at, first.high) == (150, 200, 300)
    assert (second.low, second.at, second.high) == (None, None, None)
    assert (first.y, second.y) == (40 + ROW / 2, 40 + ROW * 1.5)
    assert drawn.reference == 250
    assert frame.height == 40 + 2 * ROW + 10


def test_what_is_past_the_axis_is_drawn_at_its_end() -> None:
    frame = sized(FRAME, 1)
    one = Interval(name="wide", value=0.5, low=-3, high=7)

    [row] = draw_rows([one], frame=frame, axis=axis_of(frame, 0, 1), ticks=()).rows

    assert (row.low, row.high) == (100, 300)


def test_ranks_are_ticked_at_the_first_and_at_round_ones() -> None:
    def ticks(last: int) -> list[str]:
        axis = Axis(low=1, high=last, start=0, end=1)
        return [tick.text for tick in axis.whole_ticks(most=7)]

    assert ticks(2) == ["1", "2"]
    assert ticks(7) == ["1", "2", "3", "4", "5", "6", "7"]
    assert ticks(60) == ["1", "10", "20", "30", "40", "50", "60"]


def test_the_plot_of_ranks_draws_the_first_teams_and_counts_the_others() -> None:
    rows = in_groups(3, 80)
    rows.insert(1, a_baseline("Age alone"))

    plot = rank_plot(rows)

    assert plot
    assert [row.team for row in plot.teams] == [f"team-{n}" for n in range(1, MOST_DRAWN + 1)]
    assert (plot.first, plot.left) == (3, 83 - MOST_DRAWN)
    wide = plot.drawn["wide"]
    assert [row.name for row in wide.rows] == [row.team for row in plot.teams]
    assert [row.note for row in wide.rows[:4]] == ["Group 1", "", "", "Group 2"]
    assert {row.note for row in plot.drawn["narrow"].rows} == {""}
    assert wide.borders == (WIDE.top + 3 * ROW,)


def test_every_mark_of_the_plot_of_ranks_is_within_its_frame() -> None:
    plot = rank_plot(in_groups(5))

    assert plot
    for drawn, frame in zip(plot.drawn.values(), (WIDE, NARROW), strict=True):
        for row in drawn.rows:
            assert row.low is not None
            assert row.at is not None
            assert row.high is not None
            assert frame.left < row.low <= row.at <= row.high <= frame.plot_right
        assert drawn.rows[0].at == frame.left + 12


def test_without_a_rank_interval_there_is_no_plot() -> None:
    far = a_row("far", rank=501, group=None, rank_low=None, rank_high=None)

    assert rank_plot([a_baseline("Age alone"), far]) is None


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ((0.77, 0.695, 0.831), f"0.770 (0.695 {DASH} 0.831)"),
        ((0.0002, -0.0132, 0.0089), f"0.0002 (-0.0132 {DASH} 0.0089)"),
        ((1234.5, 1000.0, 2000.0), f"1,234 (1,000 {DASH} 2,000)"),
        ((0.5,), "0.500"),
        ((0.0, 0.0, 0.0), f"0 (0 {DASH} 0)"),
    ],
)
def test_a_value_and_the_ends_of_its_interval_have_as_many_decimals(
    given: tuple[float, ...], written: str
) -> None:
    assert beside(*given) == written


def test_a_huge_number_is_written_with_its_power() -> None:
    assert [fixed(number) for number in (1e30, -1e15, 1e300)] == ["1e+30", "-1e+15", "1e+300"]
