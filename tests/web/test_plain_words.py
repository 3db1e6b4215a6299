"""The plain words above a board: true to its groups, in whole sentences, in both languages."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask, request
from flask_babel import Babel  # type: ignore[import-untyped]  # ships no types

from challenge_platform.core.board_state import Judged, Leaderboard
from challenge_platform.core.definition import Board
from challenge_platform.web.formats import interval
from challenge_platform.web.language import LANGUAGES, LOCALES, CatalogueDomain
from challenge_platform.web.plain_words import FEW_EVENTS, NAMED, PlainWords, plain_words
from scorers.uncertainty.intervals import FEWEST_UNITS, NoInterval
from tests.web.boards import a_baseline, a_board, a_row, a_score, compared, in_groups

Said = Callable[..., str]

SOLE_FIRST = re.compile(
    r"\bwinn|\bwon\b|first place|\bbest\b|\bchampion|\bleader\b|\bleads\b|stands first"
    r"|gagn|vainqueu|meilleur|première place|arrive en tête|remporte",
    re.IGNORECASE,
)
"""What would say, in either language, that one team is ahead of all others."""


@pytest.fixture(scope="module")
def speaking() -> Flask:
    """Give an application that has the languages, and nothing else."""
    made = Flask("words")
    babel = Babel(made, locale_selector=lambda: LOCALES[request.args["language"]])
    babel.domain_instance = CatalogueDomain()
    return made


@pytest.fixture
def said(speaking: Flask) -> Said:
    """Give a function that puts a board into words, as text."""

    def say(board: Leaderboard, *, language: str = "en") -> str:
        with speaking.test_request_context(f"/?language={language}"):
            found = plain_words(board)
        return text_of(found)

    return say


def text_of(words: PlainWords) -> str:
    """Give the sentences as a reader sees them."""
    text = unescape(re.sub(r"<[^>]+>", "", " ".join([*words.said, *words.open])))
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_patients_and_events_are_counted(said: Said) -> None:
    judged = Judged(unit="patient_id", units=1204, events={"c": 1087, "score": None})
    board = a_board(in_groups(2), judged=judged)

    assert "judged on 1,204 patients, the public part of the test set." in said(board)
    assert "The metric c rests on 1,087 events." in said(board)
    assert "The metric score" not in said(board)
    assert "1 204 patients, la partie publique du jeu de test." in said(board, language="fr")
    assert "La métrique c repose sur 1 087 événements." in said(board, language="fr")


def test_metrics_that_rest_on_as_many_events_are_told_together(said: Said) -> None:
    events = {"c": 72, "a": 9, "b": 72, "score": None}
    board = a_board(in_groups(2), judged=Judged(unit="patient_id", units=184, events=events))

    assert "The metrics c, b rest on 72 events each. The metric a rests on 9 ev" in said(board)
    assert "Les métriques c, b reposent chacune sur 72 événements." in said(board, language="fr")


def test_one_patient_and_one_event_are_singular(said: Said) -> None:
    board = a_board(in_groups(2), judged=Judged(unit="Patient", units=1, events={"c": 1}))

    assert "judged on 1 patient, the public" in said(board)
    assert "rests on 1 event." in said(board)
    assert "sur 1 patient, la" in said(board, language="fr")
    assert "sur 1 événement." in said(board, language="fr")


def test_none_is_plural_in_english_and_singular_in_french(said: Said) -> None:
    board = a_board(in_groups(2), judged=Judged(unit="patient_id", units=9, events={"c": 0}))

    assert "rests on 0 events." in said(board)
    assert "sur 0 événement." in said(board, language="fr")


def test_units_that_are_no_patients_are_called_by_their_column(said: Said) -> None:
    judged = Judged(unit="eye_id", units=40, events={})

    assert "judged on 40 units (eye_id), the public part" in said(
        a_board(in_groups(2), judged=judged)
    )
    assert "40 unités (eye_id), la partie privée" in said(
        a_board(in_groups(2), judged=judged, board=Board.PRIVATE), language="fr"
    )


def test_without_a_count_of_patients_none_is_claimed(said: Said) -> None:
    assert "judged on" not in said(a_board(in_groups(2), judged=None))


def test_events_are_told_in_the_order_of_the_columns(said: Said) -> None:
    judged = Judged(unit="patient_id", units=90, events={"aaa": 20, "c": 30})

    words = said(a_board(in_groups(2), judged=judged))

    assert words.index("metric c ") < words.index("metric aaa ")


def test_a_board_without_rows_says_nothing(said: Said) -> None:
    assert said(a_board([])) == ""


def test_only_baselines_are_said_to_be_so(said: Said) -> None:
    words = said(a_board([a_baseline("Age alone")]))

    assert "Only baselines have been scored so far." in words
    assert "cannot be told" not in words
    assert "does not prove" not in words


def test_the_only_team_is_compared_with_no_other(said: Said) -> None:
    board = a_board([*in_groups(1), a_baseline("Age alone")], comparisons=(compared(0.01, 0.09),))

    words = said(board)

    assert "team-1 is the only team that is ranked: there is no other to compare it with." in words
    assert "does better than the baseline Age alone, by 0.050 (95 % interval 0.010 to" in words
    assert not SOLE_FIRST.search(words)


def test_a_team_whose_group_is_its_own_stands_first_with_the_evidence(said: Said) -> None:
    board = a_board(in_groups(1, 3))

    assert "team-1 stands first among the teams: it does better than team-2" in said(board)
    assert "the 95 % interval of their difference is above zero" in said(board)
    assert "team-1 arrive en tête" in said(board, language="fr")


@pytest.mark.parametrize(
    ("size", "others"),
    [
        (2, "team-2"),
        (3, "team-2 and team-3"),
        (4, "team-2, team-3, and team-4"),
        (5, "team-2, team-3, team-4, and 1 other"),
        (1500, "team-2, team-3, team-4, and 1,496 others"),
    ],
)
def test_up_to_three_teams_that_cannot_be_told_from_the_top_are_named(
    size: int, others: str, said: Said
) -> None:
    words = said(a_board(in_groups(size)))

    assert f"cannot tell team-1, the team listed at the top, from {others}: none of them" in words
    assert NAMED == 3


def test_teams_below_the_first_group_are_counted_from_the_first_that_is_apart(said: Said) -> None:
    assert "2,000 teams stand below them, from team-4 on, which does less well" in said(
        a_board(in_groups(3, 1200, 800))
    )
    assert "team-4 stands below them and does less well" in said(a_board(in_groups(3, 1)))
    assert "below them" not in said(a_board(in_groups(3)))


def test_equal_scores_are_told_apart_no_more_than_close_ones(said: Said) -> None:
    rows = [a_row(f"team-{number}", rank=1, group=1, value=0.5) for number in (1, 2, 3)]

    assert "cannot tell team-1, the team listed at the top, from team-2 and team-3" in said(
        a_board(rows)
    )


def test_undefined_scores_are_not_ranked_nor_counted(said: Said) -> None:
    undefined = [a_row("void", rank=None, group=None, value=None)]

    assert "No team has a score here that can be ranked." in said(a_board(undefined))
    assert "team-1 is the only team that is ranked" in said(a_board([*in_groups(1), *undefined]))


def test_where_groups_are_not_computed_nothing_is_said_of_the_order(said: Said) -> None:
    rows = [a_row("team-1", rank=1, group=None), a_row("team-2", rank=2, group=None)]

    assert "How sure the order below is has not been computed." in said(a_board(rows))


def test_scores_that_are_not_disclosed_are_not_told(said: Said) -> None:
    rows = [*in_groups(2), a_baseline("Age alone")]

    words = said(a_board([replace(row, scores=()) for row in rows]))

    assert "cannot tell team-1" in words
    assert "0." not in words


@pytest.mark.parametrize(
    ("low", "high", "difference", "expected"),
    [
        (0.01, 0.09, 0.05, "does better than the baseline Age alone, by 0.050 (95 % interval 0.0"),
        (-0.01, 0.1, 0.05, "cannot be told from the baseline Age alone: the difference is 0.050 ("),
        (0.0, 0.1, 0.05, "cannot be told from the baseline Age alone"),
        (-0.01, 0.1, 0.05, "(95 % interval \N{MINUS SIGN}0.010 to 0.10), and may be none."),
        (-0.09, -0.01, -0.05, "does worse than the baseline Age alone, by 0.050 (95 % interval"),
        (-0.09, -0.01, -0.05, "(95 % interval 0.010 to 0.090)"),
        (None, None, -0.05, "differs from that of the baseline Age alone by 0.050; how sure"),
    ],
)
def test_the_top_of_the_list_is_compared_with_the_baseline(
    low: float | None, high: float | None, difference: float, expected: str, said: Said
) -> None:
    board = a_board(
        [*in_groups(2), a_baseline("Age alone")],
        comparisons=(compared(low, high, difference=difference),),
    )

    assert expected in said(board)


def test_the_comparison_is_with_the_baseline_that_stands_highest(said: Said) -> None:
    board = a_board(
        [*in_groups(2), a_baseline("Boosting", value=0.75), a_baseline("Age alone")],
        comparisons=(compared(0.02, 0.1), compared(0.01, 0.09, baseline="Boosting")),
    )

    assert "the baseline Boosting" in said(board)
    assert "Age alone" not in said(board)


def test_without_a_baseline_the_words_say_so(said: Said) -> None:
    assert "No baseline has been scored here" in said(a_board(in_groups(2)))


@pytest.mark.parametrize("group_sizes", [(1, 3), (4,)])
def test_with_few_events_nobody_is_said_to_be_ahead(
    group_sizes: tuple[int, ...], said: Said
) -> None:
    judged = Judged(unit="patient_id", units=90, events={"c": FEW_EVENTS - 1, "d": 90})
    rows = [*in_groups(*group_sizes), a_baseline("Age alone")]
    board = a_board(rows, judged=judged, comparisons=(compared(0.01, 0.09),))

    words = said(board)

    assert "So few events in c cannot tell which team does better than another" in words
    assert not SOLE_FIRST.search(words)
    assert "team-1" not in words
    enough = Judged(unit="patient_id", units=90, events={"c": FEW_EVENTS})
    assert "So few" not in said(a_board(rows, judged=enough))


def test_with_few_cases_nobody_is_said_to_be_ahead(said: Said) -> None:
    rows = [*in_groups(1, 3), a_baseline("Age alone")]

    words = [
        said(a_board(rows, judged=Judged(unit="patient_id", units=units, events={"mae": None})))
        for units in (FEWEST_UNITS - 1, FEWEST_UNITS)
    ]

    assert "So few cases cannot tell which team does better than another" in words[0]
    assert not SOLE_FIRST.search(words[0])
    assert "So few" not in words[1]


def test_what_a_public_board_does_not_prove(said: Said) -> None:
    words = said(a_board(in_groups(2, 1500)))

    assert "could be another on other patients or in another hospital" in words
    assert "does not prove that a model is useful in care" in words
    assert "4,506 submissions have been tried against this public part." in words
    assert "the private part decides" in words


def test_what_a_private_board_does_not_prove(said: Said) -> None:
    words = said(a_board(in_groups(2), board=Board.PRIVATE))

    assert "Nobody could see these private scores before they were revealed" in words
    assert "other patients" in words
    assert "private part decides" not in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_text(language: str, speaking: Flask) -> None:
    hostile = "<script>alert(1)</script> %(team)s %s {0}"
    rows = [a_row(hostile, rank=1, group=1), a_row(f"{hostile}2", rank=2, group=1)]

    with speaking.test_request_context(f"/?language={language}"):
        words = " ".join(plain_words(a_board(rows)).said)

    assert "<script" not in words
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt; %(team)s %s {0}</bdi>" in words


def boards() -> Iterator[Leaderboard]:
    """Make boards of all kinds whose first group holds several teams."""
    chance = random.Random(7)  # noqa: S311 -- boards for a test, the same each time
    for first in (2, 3, 4, 5, 60):
        for rest in ((), (1,), (1, 1, 5), (40,)):
            rows = in_groups(first, *rest)
            rows[chance.randrange(len(rows)) : 0] = [a_baseline("Age alone")] * chance.randrange(2)
            low = chance.choice([-0.2, -0.01, 0.01, None])
            yield a_board(
                rows,
                board=chance.choice(list(Board)),
                judged=Judged(
                    unit=chance.choice(["patient_id", "eye"]),
                    units=chance.choice([1, 50, 4000]),
                    events={"c": chance.choice([None, 0, 1, 5, 200])},
                ),
                comparisons=(compared(low, None if low is None else low + 0.1),),
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_of_any_board_name_a_sole_first_while_its_group_holds_several(
    language: str, said: Said
) -> None:
    for board in boards():
        words = said(board, language=language)

        assert not SOLE_FIRST.search(words), words
        assert len(re.findall(r"[a-zé)»]\.( |$)", words)) >= 3, words


@pytest.mark.parametrize("reason", NoInterval)
def test_every_reason_for_no_interval_has_words(speaking: Flask, reason: NoInterval) -> None:
    few = a_score("c", 0.7, low=None, high=None, no_interval=reason)

    written = []
    for language in ("en", "fr"):
        with speaking.test_request_context(f"/?language={language}"):
            written.append(interval(few))

    assert len({*written, "\N{EN DASH}", "&ndash;"}) == 4
