"""The page of what a submission's scores are made of: pictures, subgroups, comparisons."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.comparison import Comparison
from challenge_platform.core.feedback import Score, Subgroup
from challenge_platform.web.drawings.differences import NARROW, WIDE, differences
from challenge_platform.web.drawings.pictures import shown_of
from challenge_platform.web.drawings.subgroups import forest
from tests.conftest import Participant, publish_changed
from tests.web.boards import a_score
from tests.web.conftest import Browser, Program
from tests.web.pictures import a_confusion, no_picture, one_of_each
from tests.web.reported import ALL, Reported, a_stored_score, compare

DASH = "\N{EN DASH}"


@pytest.fixture
def report(
    platform: Platform,
    alice: Participant,
    alices: Program,
    browser: Callable[[User], Browser],
    tmp_path: Path,
) -> Callable[..., Reported]:
    """Give a maker of a report on Alice's submission, where this is disclosed."""

    def make(disclosure: str = ALL) -> Reported:
        publish_changed(platform, tmp_path, "concurrent: 5}", f"concurrent: 5, {disclosure}}}")
        sent = alices.submit().json["id"]
        platform.evaluator.evaluate(sent)
        return Reported(browser(alice.user), platform, sent)

    return make


def a_subgroup(value: str, score: float | None, *, column: str = "sex") -> Subgroup:
    """Give a subgroup with its primary score."""
    undefined = None if score else "too_few"
    primary = a_score("c", score, primary=True, undefined=undefined)
    return Subgroup(column=column, value=value, units=30, scores=(primary,))


def tables(page: str) -> list[tuple[str, list[list[str]]]]:
    """Give the headings of figures, each with the cells of the body of its table."""
    found = []
    for figure in re.findall(r"<figure.*?</figure>", page, re.DOTALL):
        heading = re.findall(r"<h4[^>]*>(.*?)(?:<code|</h4>)", figure)[0]
        rows = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", figure, re.DOTALL)
        cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
        found.append((text_of(heading), [[text_of(cell) for cell in row] for row in cells]))
    return found


def text_of(cell: str) -> str:
    """Give what is read in a cell."""
    return unescape(re.sub(r"<[^>]+>", "", cell)).replace("\N{NO-BREAK SPACE}", " ").strip()


def test_the_tables_beside_the_pictures_have_what_the_result_holds(
    report: Callable[..., Reported],
) -> None:
    made = report()
    made.keep(one_of_each())

    page = made.page

    expected = [(one.title, [list(row) for row in one.rows]) for one in shown_of(one_of_each())]
    assert tables(page) == expected
    assert page.count('role="img"') == len(expected) - 1 == 8
    assert "Of 100 given about 30 %, 24 had the event" in page
    assert "It would rest on too few to be told" in page
    assert len(page) < 150_000


def test_each_picture_has_a_title_a_description_and_named_axes(
    report: Callable[..., Reported],
) -> None:
    made = report()
    made.keep(one_of_each())

    page = made.page

    for named in re.findall(r'role="img" aria-labelledby="([^"]+)"', page):
        for one in named.split():
            assert page.count(f'id="{one}"') == 1, one
    for title in ("False alarms (%)", "Net benefit for each unit", "Still watched"):
        assert f">{title}</text>" in page


def test_names_of_classes_and_subgroups_are_text(report: Callable[..., Reported]) -> None:
    made = report()
    hostile = "<img src=x onerror=alert(1)>"
    scores = {"units": 30, "metrics": {"c": a_stored_score(0.7)}}
    made.keep(one_of_each(), {"sex": {hostile: scores, "{{ 7 * 7 }}": scores}})

    page = made.page

    assert "<img" not in page
    assert "<b>other" not in page
    assert "&lt;b&gt;other&lt;/b&gt;" in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "{{ 7 * 7 }}" in page
    made.keep([a_confusion("benign", hostile, *map(str, range(20)))])
    assert "&lt;img src=x onerror=alert(1)&gt;" in made.page
    assert "<img" not in made.page


def test_what_is_not_disclosed_is_not_shown_and_the_page_says_who_decides(
    report: Callable[..., Reported],
) -> None:
    made = report("disclosure: [score]")
    made.keep(one_of_each(), {"sex": {"f": {"units": 30, "metrics": {"c": a_stored_score(0.7)}}}})

    page = made.page

    decides = "The organizer decides this, by <code>subgroups</code> in the disclosure of the phase"
    assert f"This phase does not tell the scores of subgroups. {decides}" in page
    assert "This phase does not show pictures of the predictions. The organizer decides" in page
    assert 'role="img"' not in page


def test_where_there_is_nothing_to_draw_the_page_says_why(report: Callable[..., Reported]) -> None:
    made = report()
    made.keep()

    page = made.page

    assert "the metrics ask for no picture" in page
    assert "the challenge names no subgroups" in page
    assert "is compared with nobody" in page
    made.keep([no_picture()])
    assert "It would rest on too few to be told" in made.page


@pytest.mark.parametrize(
    ("disclosure", "says"),
    [("disclosure: []", "This phase shows no scores"), (ALL, "There is no score yet")],
)
def test_without_scores_a_report_says_why(
    report: Callable[..., Reported], alices: Program, disclosure: str, says: str
) -> None:
    made = report(disclosure)
    if disclosure == ALL:
        waiting = alices.submit().json["id"]
        made = Reported(made.browser, made.platform, waiting)

    assert says in made.page
    assert 'role="img"' not in made.page


def test_who_stands_on_the_board_is_compared_with_the_next_team_and_the_baselines(
    report: Callable[..., Reported],
) -> None:
    made = report()
    compare(
        made,
        Comparison(team="alice", other="team-2", difference=0.02, low=-0.01, high=0.05, p=0.18),
        Comparison(team="alice", other="Age alone", difference=0.1, low=0.04, high=0.16, p=0.0002),
        Comparison(team="team-2", other="Age alone", difference=0.08, low=0.02, high=0.1, p=0.01),
    )

    page = made.page

    (heading, rows), *_ = tables(page)
    assert heading == "Differences of scores"
    assert rows == [
        ["alice", "team-2", "0.02000", f"-0.01000 {DASH} 0.05000", "0.180"],
        ["alice", "Age alone", "0.1000", f"0.04000 {DASH} 0.1600", "≤ 0.001"],
    ]
    assert "With it the team has rank 1 on the leaderboard" in page


def test_a_report_is_sent_again_only_when_it_has_changed(report: Callable[..., Reported]) -> None:
    made = report()
    assert made.page  # the first one begins a session
    known = {"If-None-Match": made.browser.get(made.address).headers["ETag"]}

    assert made.browser.get(made.address, headers=known).status_code == 304
    made.keep(one_of_each())
    assert made.browser.get(made.address, headers=known).status_code == 200


def test_the_submission_leads_to_its_report(report: Callable[..., Reported]) -> None:
    made = report()

    page = made.browser.get(f"/submissions/{made.sent}").text

    assert f'href="{made.address}"' in page
    assert f'href="/submissions/{made.sent}"' in made.page


def test_subgroups_are_drawn_below_their_columns_beside_the_score_of_all() -> None:
    overall: Score = a_score("c", 0.75, primary=True)
    found = forest(
        overall,
        [a_subgroup("f", 0.7), a_subgroup("m", None), a_subgroup("", 0.85, column="site")],
    )

    assert found
    assert (found.apart, found.told, found.left) == (2, 2, 1)
    wide = found.drawn["wide"]
    assert [row.name for row in wide.rows] == ["all", "sex", "f", "m", "site", "(empty)"]
    assert [row.heading for row in wide.rows] == [False, True, False, False, True, False]
    assert wide.rows[3].instead == "too few to be told"
    for drawn, frame in zip(found.drawn.values(), (WIDE, NARROW), strict=True):
        [every, _, women, men, _, site] = drawn.rows
        assert drawn.reference == every.at
        assert every.at
        assert women.at
        assert site.at
        assert frame.left < women.at < every.at < site.at < frame.plot_right
        assert men.at is None


def test_differences_are_drawn_beside_the_line_of_none() -> None:
    better = Comparison(team="a", other="b", difference=0.02, low=-0.01, high=0.05, p=0.18)
    found = differences([("b", better), ("c", replace(better, low=None, high=None))])

    assert found
    for drawn in found.drawn.values():
        first, second = drawn.rows
        assert first.low
        assert first.at
        assert drawn.reference
        assert first.low < drawn.reference < first.at
        assert first.at - drawn.reference == pytest.approx(2 * (drawn.reference - first.low), 0.02)
        assert second.low is None
    assert [row.note for row in found.drawn["wide"].rows] == [
        f"0.0200 (-0.0100 {DASH} 0.0500)",
        "0.0200",
    ]
    assert differences([]) is None


def test_without_a_score_there_is_no_forest() -> None:
    assert forest(None, []) is None
    assert forest(None, [a_subgroup("f", None)]) is None
