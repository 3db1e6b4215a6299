"""The geometry of grids, and of the map of which teams are told apart."""

import re

from challenge_platform.core.comparison import Significance
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.grid import LARGEST, Places
from challenge_platform.web.drawings.significance import significance_map

FRAME = Frame(width=300, height=0, left=100, right=0, top=40, bottom=10, x_ticks=0)
FEW = tuple(f"team-{number}" for number in range(1, 6))
TOLD = Significance(
    teams=("a", "b", "c"),
    p=((None, 0.2, 0.001), (0.2, None, None), (0.001, None, None)),
)


def test_a_cell_lies_in_the_column_and_the_row_of_its_names() -> None:
    places = Places(frame=FRAME, names=FEW)

    assert places.side == 40
    assert places.corner(0, 0) == (100, 40)
    assert places.corner(2, 4) == (260, 120)
    assert places.centre(2, 4) == (280, 140)
    assert places.empty().frame.height == 40 + 5 * 40 + 10


def test_few_names_have_cells_of_a_limited_size() -> None:
    assert Places(frame=FRAME, names=("a", "b")).side == LARGEST


def test_narrow_columns_are_numbered_where_there_is_room() -> None:
    many = Places(frame=FRAME, names=[f"c{number}" for number in range(20)])

    assert many.side == 10
    assert [tick.text for tick in many.empty().columns][:4] == ["1", "2", "4", "6"]
    assert [tick.text for tick in Places(frame=FRAME, names=FEW).empty().columns] == list("12345")


def test_names_that_are_short_stand_above_their_columns() -> None:
    short = Places(frame=FRAME, names=("no", "yes")).empty()
    long = Places(frame=FRAME, names=("benign", "malignant")).empty()

    assert not short.numbered
    assert [tick.text for tick in (*short.rows, *short.columns)] == ["no", "yes", "no", "yes"]
    assert long.numbered
    assert [tick.text for tick in long.rows] == ["1 benign", "2 malignant"]
    assert [tick.text for tick in long.columns] == ["1", "2"]


def test_the_area_of_a_square_is_the_share_of_its_cell() -> None:
    places = Places(frame=FRAME, names=FEW)

    path = places.squares(lambda row, column: 0.25 if (row, column) == (2, 4) else 0.0)

    assert path == "M270.5 130.5h19v19h-19z"


def test_a_pair_that_is_told_apart_has_a_square_and_another_a_ring() -> None:
    found = significance_map(TOLD)

    assert found
    assert (found.told, found.pairs) == (1, 2)
    for drawn in found.drawn.values():
        assert drawn.filled.count("M") == 2
        assert drawn.hollow.count("M") == 2
        side, left, top = drawn.side, drawn.frame.left, drawn.frame.top
        x, y = map(float, re.findall(r"^M([\d.]+) ([\d.]+)h", drawn.filled)[0])
        assert left + 2 * side < x < left + 3 * side
        assert top < y < top + side


def test_a_map_needs_two_teams() -> None:
    assert significance_map(None) is None
    assert significance_map(Significance(teams=("a",), p=((None,),))) is None
