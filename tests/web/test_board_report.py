"""The page that says how sure a ranking is."""

import re

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board_state import Leaderboard
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.comparison import Alternative, Comparison, Scheme, Significance
from challenge_platform.core.definition import Board
from challenge_platform.web.report_words import SCHEMES
from tests.web.boards import a_baseline, a_board, a_row, in_groups, keep
from tests.web.conftest import SLUG, Visitor

BOARD = f"/challenges/{SLUG}/leaderboard"
PAGE = f"{BOARD}/report"
DASH = "\N{EN DASH}"


@pytest.fixture
def board(platform: Platform, challenge: PublishedChallenge) -> Leaderboard:
    """Give a board of 140 teams in two groups, with a baseline among them."""
    rows = in_groups(7, 133)
    rows.insert(3, a_baseline("Age alone", value=0.797))
    return keep(platform, challenge, a_board(rows))


def rows_of(page: str) -> list[list[str]]:
    """Give the texts of the cells of the tables of a page, row by row."""
    rows = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", page, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell).replace("&nbsp;", " ") for cell in re.split("</t[hd]>", row)]
        for row in rows
    ]


def test_the_table_beside_the_plot_of_ranks_has_what_the_state_holds(
    board: Leaderboard, anonymous: Visitor
) -> None:
    page = anonymous.get(PAGE).text

    found = [cells[:4] for cells in rows_of(page)]

    expected = [
        [row.team, str(row.rank), f"{row.rank_low} {DASH} {row.rank_high}", str(row.group)]
        for row in board.rows
        if not row.baseline
    ]
    assert found[:60] == expected[:60]


@pytest.mark.usefixtures("board")
def test_the_board_leads_to_its_report_and_the_report_to_all_teams(anonymous: Visitor) -> None:
    query = "?phase=development&amp;board=public"

    assert f'href="{PAGE}{query}">How sure is this ranking?</a>' in anonymous.get(BOARD).text
    assert f'href="{BOARD}{query}#ranking">' in anonymous.get(PAGE).text


@pytest.mark.usefixtures("board")
def test_a_report_is_sent_again_only_when_its_board_has_changed(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    known = {"If-None-Match": anonymous.get(PAGE).headers["ETag"]}

    assert anonymous.get(PAGE, headers=known).status_code == 304
    keep(platform, challenge, a_board(in_groups(2), number=2))
    assert anonymous.get(PAGE, headers=known).status_code == 200


def test_names_are_text_in_a_report(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    hostile = "<img/src=x/onerror=alert(1)>"
    keep(platform, challenge, a_board([a_row(hostile), a_row("{{ 7 * 7 }}", rank=2)]))

    page = anonymous.get(PAGE).text

    assert "<img" not in page
    assert "<title>&lt;img/src=x/onerror=alert(1)&gt;</title>" in page
    assert "<bdi>&lt;img/src=x/onerror=alert(1)&gt;</bdi>" in page
    assert "{{ 7 * 7 }}" in page


def test_the_report_tells_all_comparisons_that_the_state_holds(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    rows = [a_row("a", rank=1, first=0.8125), a_row("b", rank=2, first=0.1)]
    made = a_board(
        rows,
        comparisons=(
            Comparison(team="a", other="b", difference=0.0123, low=-0.01, high=0.034, p=0.2499),
        ),
        significance=Significance(teams=("a", "b"), p=((None, 0.0004), (0.0004, None))),
        robustness=(
            Alternative(
                scheme=Scheme.MEAN_RANK,
                metric=None,
                tau=0.5,
                first="b",
                firsts=3,
                keeps_first=False,
            ),
        ),
    )
    keep(platform, challenge, made)

    page = anonymous.get(PAGE).text

    found = rows_of(page)
    assert ["a", "1", f"1 {DASH} 3", "1", "81.2\N{NO-BREAK SPACE}%", ""] in found
    assert ["a", "b", "0.01230", f"-0.01000 {DASH} 0.03400", "0.250", ""] in found
    assert "Told apart: 1 of 1 pair of these teams." in page
    assert "≤\N{NO-BREAK SPACE}0.001 ≠" in page
    scheme = next(cells for cells in found if cells[0].startswith("By the mean rank over all"))
    assert scheme[1].strip() == "0.5000"
    assert scheme[2].strip() == f"b and 2 others {DASH} another than on the board"


def test_every_way_to_rank_has_words() -> None:
    assert set(SCHEMES) == set(Scheme)


def test_a_sealed_board_has_no_report(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    keep(platform, challenge, a_board(in_groups(2), board=Board.PRIVATE))

    page = anonymous.get(f"{PAGE}?board=private").text

    assert "This board is sealed" in page
    assert "team-1" not in page


def test_an_empty_board_says_that_there_is_nothing_to_compare(
    anonymous: Visitor, challenge: PublishedChallenge
) -> None:
    del challenge

    page = anonymous.get(PAGE)

    assert page.status_code == 200
    assert "There is nothing to compare yet" in page.text
    assert "<svg class=" not in page.text
