"""The table of a board: search, order, pages and groups, as pure functions of a state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from challenge_platform.core.board_state import Leaderboard
from challenge_platform.errors import InvalidInput, NotFound
from challenge_platform.web.board_table import (
    PER_PAGE,
    Kind,
    Table,
    Wanted,
    page_of,
    read_wanted,
    table_of,
)
from scorers.ranking.entry_state import EntryState
from tests.web.boards import NOW, a_baseline, a_board, a_row, a_score, in_groups


def shown(board: Leaderboard, **wanted: str | int) -> list[str]:
    """Give the names on a page."""
    return [placed.row.team for placed in table(board, **wanted).rows]


def table(board: Leaderboard, **wanted: str | int) -> Table:
    """Give a page."""
    return table_of(board, Wanted(**wanted))  # type: ignore[arg-type]  # the test's own


def test_rows_stand_in_the_order_of_the_board_with_their_places() -> None:
    found = table(a_board([a_baseline("Oracle", value=0.9), *in_groups(2)]))

    assert [(placed.place, placed.row.team) for placed in found.rows] == [
        (1, "Oracle"),
        (2, "team-1"),
        (3, "team-2"),
    ]


def test_groups_are_blocks_with_the_baselines_that_stand_among_them() -> None:
    rows = [
        a_baseline("Oracle", value=0.9),
        *in_groups(2, 1),
        a_row("far", rank=4, group=None),
        a_baseline("Age alone"),
        a_row("void", rank=None, group=None, value=None),
    ]

    blocks = table(a_board(rows)).blocks

    assert [(block.kind, block.group, block.teams, block.head) for block in blocks] == [
        (Kind.ABOVE, None, 0, ""),
        (Kind.GROUP, 1, 2, "team-1"),
        (Kind.GROUP, 2, 1, "team-3"),
        (Kind.UNCOMPARED, None, 1, "far"),
        (Kind.UNRANKED, None, 1, "void"),
    ]
    assert [placed.row.team for placed in blocks[3].rows] == ["far", "Age alone"]
    assert not any(block.continued for block in blocks)


def test_baselines_after_the_last_team_are_in_no_group() -> None:
    rows = [*in_groups(2), a_baseline("Age alone"), a_baseline("Coin")]

    group, below = table(a_board(rows)).blocks

    assert [placed.row.team for placed in group.rows] == ["team-1", "team-2"]
    assert (below.kind, below.group) == (Kind.BELOW, None)
    assert [placed.row.team for placed in below.rows] == ["Age alone", "Coin"]


def test_a_group_goes_on_over_the_end_of_a_page() -> None:
    board = a_board(in_groups(PER_PAGE - 1, 3))

    first, second = table(board).blocks[-1], table(board, page=2).blocks[0]

    assert (first.group, first.continued, len(first.rows), first.teams) == (2, False, 1, 3)
    assert (second.group, second.continued, len(second.rows), second.teams) == (2, True, 2, 3)


def test_a_page_that_begins_with_a_group_does_not_go_on_with_it() -> None:
    board = a_board(in_groups(PER_PAGE, 3))

    assert [block.continued for block in table(board, page=2).blocks] == [False]


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        ("heli", ["Équipe Héliotrope"]),
        ("HÉLI", ["Équipe Héliotrope"]),
        ("e", ["Équipe Héliotrope", "Strasse"]),
        ("straße", ["Strasse"]),
        ("zzz", []),
        ("%", []),
        ("Équipe  Hé", ["Équipe Héliotrope"]),
    ],
)
def test_teams_are_found_by_a_part_of_their_name(sought: str, expected: list[str]) -> None:
    board = a_board([a_row("Équipe Héliotrope"), a_row("Strasse")])

    found = table_of(board, read_wanted(q=sought, sort="rank", page=1))

    assert [placed.row.team for placed in found.rows] == expected
    assert found.found == len(expected)


def test_what_is_found_keeps_its_place_on_the_board() -> None:
    [placed] = table(a_board(in_groups(300)), q="team-250").rows

    assert placed.place == 250
    assert page_of(placed.place) == 3


def sortable_board() -> Leaderboard:
    """Give a board whose columns all have another order."""
    parts = {"b": (0.3, 5, 2), "C": (0.2, 9, 0), "a": (None, 1, 1)}
    rows = []
    for rank, (team, (part, entries, hours)) in enumerate(parts.items(), 1):
        score = a_row(team, rank=rank).scores[0]
        rows.append(
            replace(
                a_row(team, rank=rank),
                scores=(score, a_score("part", part, direction="minimize")),
                entries=entries,
                last_submission=NOW - timedelta(hours=hours),
            )
        )
    return a_board(rows)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("rank", ["b", "C", "a"]),
        ("-rank", ["a", "C", "b"]),
        ("team", ["a", "b", "C"]),
        ("-team", ["C", "b", "a"]),
        ("score", ["a", "C", "b"]),
        ("-score", ["b", "C", "a"]),
        ("c", ["a", "C", "b"]),
        ("part", ["C", "b", "a"]),
        ("-part", ["b", "C", "a"]),
        ("entries", ["a", "b", "C"]),
        ("-entries", ["C", "b", "a"]),
        ("last", ["b", "a", "C"]),
        ("-last", ["C", "a", "b"]),
    ],
)
def test_a_board_is_sorted_by_any_column_what_is_undefined_last(
    sort: str, expected: list[str]
) -> None:
    assert shown(sortable_board(), sort=sort) == expected


def test_equal_rows_stay_in_the_order_of_the_board_either_way() -> None:
    board = a_board(in_groups(3))

    assert shown(board, sort="entries") == shown(board, sort="-entries") == shown(board)


@pytest.mark.parametrize("sort", ["nothing", "--rank", "", "rank ", "-", "rank_low", "tEam"])
def test_an_order_that_there_is_not_is_refused_with_those_that_there_are(sort: str) -> None:
    with pytest.raises(InvalidInput, match="it can by c, part, rank, team, entries, last"):
        table(sortable_board(), sort=sort)


def test_a_score_that_is_not_disclosed_is_no_order() -> None:
    parts = (a_score("part", 0.5),)
    for scores in ((), parts):
        board = a_board([replace(row, scores=scores) for row in in_groups(2)])

        with pytest.raises(InvalidInput):
            table(board, sort="score")


def test_a_metric_called_score_is_that_column() -> None:
    first, second = in_groups(2)
    rows = [
        replace(first, scores=(*first.scores, a_score("score", 0.1))),
        replace(second, scores=(*second.scores, a_score("score", 0.2))),
    ]

    assert shown(a_board(rows), sort="-score") == ["team-2", "team-1"]


def test_a_heading_sorts_by_what_is_better_first_and_then_the_reverse() -> None:
    board = sortable_board()

    assert table(board).next_sort("c") == "-c"
    assert table(board).next_sort("part") == "part"
    assert table(board, sort="-c").next_sort("c") == "c"
    assert table(board, sort="score").direction("c") == "ascending"
    assert table(board, sort="-last").direction("last") == "descending"
    assert table(board, sort="-last").direction("rank") is None


def test_pages_hold_a_hundred_rows_and_end() -> None:
    board = a_board(in_groups(2 * PER_PAGE + 1))

    assert [len(table(board, page=page).rows) for page in (1, 2, 3)] == [100, 100, 1]
    assert (table(board, page=3).first, table(board, page=3).last) == (201, 201)
    assert table(board).pages == 3
    with pytest.raises(NotFound, match="no page 4 here: the last is 3"):
        table(board, page=4)


def test_nothing_found_is_one_empty_page() -> None:
    found = table(a_board(in_groups(3)), q="zzz")

    assert (found.pages, found.rows, found.blocks) == (1, (), ())
    with pytest.raises(NotFound):
        table(a_board(in_groups(3)), q="zzz", page=2)


def test_an_address_says_what_differs_from_the_usual_only() -> None:
    wanted = Wanted(q="é & co", sort="-team", page=3)

    assert Wanted().query({}) == ""
    assert Wanted().query({"phase": "past"}, page=2) == "phase=past&page=2"
    assert wanted.query({}, page=1) == "q=%C3%A9+%26+co&sort=-team"


def test_a_search_is_cut_to_the_length_of_a_name() -> None:
    assert len(read_wanted(q="x" * 10_000, sort="rank", page=1).q) == 80


def test_thousands_of_teams_are_paged_quickly_by_any_order() -> None:
    board = a_board(in_groups(500, 1500))

    assert shown(board, sort="-rank")[0] == "team-2000"
    assert table(board, page=20).last == 2000


def test_teams_that_are_not_eligible_stand_among_others_and_disqualified_ones_below() -> None:
    guest = a_row("Guest", rank=None, group=None, state=EntryState.NOT_ELIGIBLE)
    cheat = a_row("Cheat", rank=None, group=None, state=EntryState.DISQUALIFIED, reason="Two.")
    first, second = in_groups(2)

    blocks = table(a_board([first, guest, second, a_baseline("Coin"), cheat])).blocks

    assert [(block.kind, block.teams) for block in blocks] == [
        (Kind.GROUP, 2),
        (Kind.BELOW, 0),
        (Kind.DISQUALIFIED, 1),
    ]
    assert [placed.row.team for placed in blocks[0].rows] == ["team-1", "Guest", "team-2"]
