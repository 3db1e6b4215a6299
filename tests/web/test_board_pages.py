"""The pages of leaderboards: groups, words, search, order, states, files and citations."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.board_state import Leaderboard
from challenge_platform.core.challenge import PublishedChallenge, find_challenge, record_reveal
from challenge_platform.core.comparison import Significance
from challenge_platform.core.definition import Board
from challenge_platform.web.language import LANGUAGES
from challenge_platform.web.spreadsheet import defused
from scorers.ranking.entry_state import EntryState
from tests.conftest import Participant, participant, publish_changed
from tests.web.boards import a_baseline, a_board, a_row, a_score, compared, in_groups, keep
from tests.web.conftest import SLUG, Browser, Program, Visitor, predictions
from tests.web.test_plain_words import SOLE_FIRST

PAGE = f"/challenges/{SLUG}/leaderboard"
STATES = f"{PAGE}/development/public"
STATE = f"{STATES}/2026-11-22-1"


@pytest.fixture
def board(platform: Platform, challenge: PublishedChallenge) -> Leaderboard:
    """Give a board of 140 teams in groups of 7, 1 and 132, with a baseline in the first."""
    rows = in_groups(7, 1, 132)
    rows.insert(3, a_baseline("Age alone", value=0.797))
    made = a_board(rows, comparisons=(compared(-0.01, 0.05),))
    return keep(platform, challenge, made)


def teams(page: str) -> list[str]:
    """Give the names of the rows of a page, in order."""
    return [unescape(name) for name in re.findall(r'<th scope="row"[^>]*><bdi>(.*?)</bdi>', page)]


def groups(page: str) -> list[str]:
    """Give the headings of the groups of a page."""
    return re.findall(r'scope="rowgroup">(.*?)</th>', page)


@pytest.mark.usefixtures("board")
def test_groups_are_blocks_that_words_head(anonymous: Visitor) -> None:
    page = anonymous.get(PAGE).text

    assert groups(page) == [
        "Group 1: 7 teams, which cannot be told apart from team-1",
        "Group 2: 1 team",
        "Group 3: 132 teams, which cannot be told apart from team-9",
    ]
    assert page.count("<tbody") == 3
    assert groups(anonymous.get(f"{PAGE}?page=2").text) == ["Group 3, continued"]


@pytest.mark.usefixtures("board")
def test_the_words_stand_above_the_table(anonymous: Visitor) -> None:
    page = anonymous.get(PAGE).text

    assert page.index("judged on 1,204 patients") < page.index("<table")
    assert "What this does not prove." in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("board")
def test_nothing_anybody_reads_names_a_sole_first_while_its_group_holds_several(
    language: str, anonymous: Visitor
) -> None:
    addresses = [
        *(f"{PAGE}?language={language}&{query}" for query in ("", "page=2", "sort=-c", "q=team-1")),
        *(f"{PAGE}.{file}?language={language}" for file in ("csv", "json")),
        *(f"{STATE}{file}?language={language}" for file in ("", ".csv", ".json")),
        f"{STATES}?language={language}",
        f"/api/v1{PAGE}",
    ]

    for address in addresses:
        answer = anonymous.get(address)

        assert answer.status_code == 200, address
        assert SOLE_FIRST.search(answer.text) is None, address


@pytest.mark.usefixtures("board")
def test_pages_lead_to_their_neighbours_and_to_both_ends(anonymous: Visitor) -> None:
    first, last = (anonymous.get(f"{PAGE}?sort=team&page={page}").text for page in (1, 2))

    assert "Rows 1 to 100 of 141" in first
    assert 'rel="next">Next</a>' in first
    assert 'rel="prev"' not in first
    assert "sort=team&amp;page=2#ranking" in first
    assert "Rows 101 to 141 of 141" in last
    assert 'rel="prev">Previous</a>' in last
    assert 'rel="next"' not in last


@pytest.mark.usefixtures("board")
def test_a_team_is_found_on_whatever_page_it_is(anonymous: Visitor) -> None:
    page = anonymous.get(f"{PAGE}?q=TEAM-131").text

    assert teams(page) == ["team-131"]
    assert '<tr id="row-132">' in page
    assert "1 row has “TEAM-131” in its name." in page
    assert 'value="TEAM-131"' in page


@pytest.mark.usefixtures("board")
def test_a_search_without_a_find_says_so_and_leads_back(anonymous: Visitor) -> None:
    page = anonymous.get(f"{PAGE}?q=<script>").text

    assert "No team here has “&lt;script&gt;” in its name." in page
    assert "<script>" not in page
    assert "<table" not in page
    assert ">Show all</a>" in page


@pytest.mark.usefixtures("board")
def test_another_order_shows_the_group_in_a_column_and_says_which_order_it_is(
    anonymous: Visitor,
) -> None:
    page = anonymous.get(f"{PAGE}?sort=-team").text

    assert teams(page)[:2] == ["team-99", "team-98"]
    assert groups(page) == []
    assert '<th scope="col" class="number">Group</th>' in page
    assert '<th scope="col" aria-sort="descending"><a href="' in page
    assert page.count("aria-sort") == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("sort=nothing", 422),
        ("sort=--rank", 422),
        ("sort=", 200),
        ("page=3", 404),
        ("page=9999", 404),
        ("page=0", 422),
        ("page=x", 422),
        ("q=zzz&page=2", 404),
        ("q=%00%ff&sort=score", 200),
        ("q=" + "x" * 3000, 200),
        ("phase=nothing", 422),
        ("board=secret", 422),
    ],
)
@pytest.mark.usefixtures("board")
def test_what_cannot_be_shown_is_refused(query: str, status: int, anonymous: Visitor) -> None:
    assert anonymous.get(f"{PAGE}?{query}").status_code == status


def test_a_board_without_a_state_has_empty_pages_and_files(
    anonymous: Visitor, challenge: PublishedChallenge
) -> None:
    del challenge
    document = anonymous.get(f"{PAGE}.json")

    assert "Nobody stands here yet" in anonymous.get(PAGE).text
    assert "Nobody stands here yet" in anonymous.get(STATES).text
    assert document.json["rows"] == []
    assert anonymous.get(f"{PAGE}.csv").text.startswith("rank,rank_low,rank_high,first,group,team,")
    assert anonymous.get(STATE).status_code == 404


def test_before_its_reveal_a_private_board_is_sealed_everywhere(
    anonymous: Visitor, platform: Platform, challenge: PublishedChallenge
) -> None:
    keep(platform, challenge, a_board(in_groups(2), board=Board.PRIVATE))
    state = f"{PAGE}/development/private/2026-11-22-1"
    closed = (
        *(f"{PAGE}.{file}?board=private" for file in ("csv", "json")),
        *(f"{state}{file}" for file in ("", ".csv", ".json")),
        f"{PAGE}/development/private",
    )

    sealed = [anonymous.get(address) for address in closed]
    page = anonymous.get(f"{PAGE}?board=private")
    with platform.database.writing() as session:
        record_reveal(session, challenge.id, phase="development", now=platform.clock())

    assert [answer.status_code for answer in sealed] == [403] * len(closed)
    assert page.status_code == 200
    assert "This board is sealed" in page.text
    assert not any("team-1" in answer.text for answer in (*sealed, page))
    assert [anonymous.get(address).status_code for address in closed] == [200] * len(closed)
    revealed = anonymous.get(
        f"{PAGE}?board=private", headers={"If-None-Match": page.headers["ETag"]}
    )
    assert "Private leaderboard" in revealed.text
    assert "Nobody could see these private scores before" in revealed.text


def test_ones_own_row_is_marked_and_one_link_away(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    browser: Callable[[User], Browser],
    anonymous: Visitor,
) -> None:
    rows = in_groups(150)
    rows[119] = a_row("alice", rank=120, group=1)
    keep(platform, challenge, a_board(rows))
    hers = browser(alice.user)

    first, second = hers.get(PAGE).text, hers.get(f"{PAGE}?page=2").text

    assert "Your team, alice, has rank 120, and could have any from 118 to 122." in first
    assert "page=2#row-120" in first
    assert 'class="own"' not in first
    assert '<tr id="row-120" class="own">' in second
    assert "your team" not in anonymous.get(f"{PAGE}?page=2").text


def test_a_baseline_of_ones_teams_name_is_not_ones_row(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    browser: Callable[[User], Browser],
) -> None:
    keep(platform, challenge, a_board([*in_groups(2), a_baseline("alice")]))

    assert "Your team" not in browser(alice.user).get(PAGE).text


def test_a_disqualified_team_is_struck_off_with_the_reason(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    out = a_row(
        "Cheat",
        rank=None,
        group=None,
        state=EntryState.DISQUALIFIED,
        reason="Two <accounts>.",
    )
    guest = a_row("Guest", rank=None, group=None, state=EntryState.NOT_ELIGIBLE)
    keep(platform, challenge, a_board([*in_groups(2), guest, out]))

    page = anonymous.get(PAGE).text

    assert "1 disqualified team" in page
    assert "<s><bdi>Cheat</bdi></s>" in page
    assert "Two &lt;accounts&gt;." in page
    assert '<bdi>Guest</bdi> <span class="tag">not eligible</span>' in page


def test_a_board_that_took_luck_off_says_so(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    said = "The best of many submissions is partly the luckiest"
    keep(platform, challenge, a_board(in_groups(2)))
    assert said not in anonymous.get(PAGE).text

    compared_all = Significance(teams=("team-1", "team-2"), p=((None, 0.5), (0.5, None)))
    board = a_board(in_groups(2), number=2, significance=compared_all)
    keep(platform, challenge, board, after=timedelta(hours=1))
    assert said in anonymous.get(PAGE).text


def test_ones_own_team_is_marked_though_it_is_not_eligible(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    browser: Callable[[User], Browser],
) -> None:
    own = a_row("alice", rank=None, group=None, state=EntryState.NOT_ELIGIBLE)
    keep(platform, challenge, a_board([*in_groups(2), own]))

    page = browser(alice.user).get(PAGE).text

    assert '<span class="tag">not eligible</span> <span class="tag">your team</span>' in page


def test_a_team_is_not_taken_for_one_of_its_name_that_is_gone(
    platform: Platform, challenge: PublishedChallenge, browser: Callable[[User], Browser]
) -> None:
    keep(platform, challenge, a_board([a_row("alice"), a_row("bob", rank=2)]))
    platform.clock.advance(hours=1)  # type: ignore[attr-defined]  # the tests' clock
    hers = browser(participant(platform, challenge, name="alice").user)

    for address in (PAGE, STATE):
        page = hers.get(address).text
        assert "<bdi>alice</bdi>" in page
        assert "Your team" not in page
        assert 'class="own"' not in page


def improve_twice(platform: Platform, program: Program) -> None:
    """Have a team scored now and better in 30 hours."""
    for sign, hours in ((-1, 0), (1, 30)):
        platform.clock.advance(hours=hours)  # type: ignore[attr-defined]  # the tests' clock
        platform.evaluator.evaluate(program.submit(predictions(sign=sign)).json["id"])


def test_names_are_text_in_pages_and_pictures(
    platform: Platform,
    challenge: PublishedChallenge,
    program: Callable[..., Program],
    anonymous: Visitor,
) -> None:
    hostile = "<img/src=x/onerror=alert(1)>"
    mallory = participant(platform, challenge, name=hostile)
    improve_twice(platform, program(mallory.user))
    rows = [a_row(hostile), a_row('"><img src=x>', rank=2), a_row("{{ 7 * 7 }}", rank=3)]
    keep(platform, challenge, a_board(rows), after=timedelta(hours=31))

    for query in ("", "sort=team", "q=img"):
        page = anonymous.get(f"{PAGE}?{query}").text

        assert "<img" not in page
        assert "<title>&lt;img/src=x/onerror=alert(1)&gt;</title>" in page
        assert "<bdi>&lt;img/src=x/onerror=alert(1)&gt;</bdi>" in page
        assert "<bdi>&#34;&gt;&lt;img src=x&gt;</bdi>" in page
    assert "{{ 7 * 7 }}" in anonymous.get(PAGE).text


def test_the_picture_shows_improvements_with_names_units_and_the_numbers(
    platform: Platform,
    challenge: PublishedChallenge,
    alices: Program,
    anonymous: Visitor,
) -> None:
    improve_twice(platform, alices)
    keep(platform, challenge, a_board([a_row("alice")]), after=timedelta(hours=31))

    page = anonymous.get(PAGE).text
    figure = page[page.index("<figure") : page.index("</figure>")]

    assert figure.count("<svg") == 2
    assert "each of the first 6 teams and of the first 3 baselines stood" in figure
    assert 'role="img" aria-labelledby="wide-title wide-text"' in figure
    assert "c (higher is better)" in figure
    assert "Date (UTC), 2026" in figure
    assert '<g class="chart-1"><title>alice</title><path class="chart-line"' in figure
    assert '<time datetime="2026-11-23T18:00Z">23 Nov 2026, 18:00</time>' in figure
    assert figure.count("<time") == 2


@pytest.mark.usefixtures("board")
def test_without_a_history_there_is_no_picture(anonymous: Visitor) -> None:
    assert "<figure" not in anonymous.get(PAGE).text


def test_one_moment_is_no_history(
    platform: Platform, challenge: PublishedChallenge, alices: Program, anonymous: Visitor
) -> None:
    platform.evaluator.evaluate(alices.submit().json["id"])
    keep(platform, challenge, a_board([a_row("alice")]), after=timedelta(hours=1))

    assert "<figure" not in anonymous.get(PAGE).text


def test_a_score_that_is_to_be_small_is_said_to_be_so(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    row = a_row("a")
    low = replace(row, scores=(a_score("c", 0.2, primary=True, direction="minimize"),))
    keep(platform, challenge, a_board([low]))

    assert "?phase=development&amp;board=public&amp;sort=c#ranking" in anonymous.get(PAGE).text


def test_the_rule_is_that_of_the_version_the_board_was_built_under(
    platform: Platform,
    challenge: PublishedChallenge,
    anonymous: Visitor,
    tmp_path: Path,
) -> None:
    keep(platform, challenge, a_board(in_groups(2)))
    before = anonymous.get(STATE).text
    publish_changed(platform, tmp_path, "phases:", "ranking: {tolerance: 0.01}\nphases:")

    assert "multiples of 0.000000000001 share a rank" in before
    assert "multiples of 0.000000000001 share a rank" in anonymous.get(STATE).text


def test_a_permanent_address_shows_a_state_for_ever(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    keep(platform, challenge, a_board(in_groups(2)))
    alone = anonymous.get(STATE).text
    keep(platform, challenge, a_board(in_groups(3), number=2), after=timedelta(days=1))
    overtaken = anonymous.get(STATE).text

    assert "which is the latest so far" in alone
    assert "This is how the board stood on 22 November 2026. It has changed since." in overtaken
    assert (
        f'href="{PAGE}?phase=development&amp;board=public">The board as it stands</a>' in overtaken
    )
    assert teams(alone) == teams(overtaken) == ["team-1", "team-2"]
    assert len(teams(anonymous.get(PAGE).text)) == 3
    assert teams(anonymous.get(f"{STATES}/2026-11-23-2?q=team-3").text) == ["team-3"]


def test_the_permanent_address_outlives_its_phase(
    platform: Platform,
    challenge: PublishedChallenge,
    anonymous: Visitor,
    tmp_path: Path,
) -> None:
    keep(platform, challenge, a_board(in_groups(2)))
    publish_changed(platform, tmp_path, "key: development", "key: final")

    assert teams(anonymous.get(STATE).text) == ["team-1", "team-2"]
    assert anonymous.get(f"{STATE}.json").status_code == 200
    assert anonymous.get(f"{PAGE}?phase=development").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "development/public/2026-11-21-1",
        "development/public/2026-11-22-2",
        "development/public/2026-11-22-0",
        "development/public/2026-11-22-01",
        "development/public/2026-11-22-999999999999",
        "development/public/2026-11-2-1",
        "development/public/٢٠٢٦-11-22-1",
        "development/public/latest",
        "development/secret/2026-11-22-1",
        "nothing/public/2026-11-22-1",
        "development/private/../public/2026-11-22-1",
        "nothing/public",
        "development/public?page=2",
    ],
)
@pytest.mark.usefixtures("board")
def test_a_wrong_permanent_address_is_not_found(path: str, anonymous: Visitor) -> None:
    assert anonymous.get(f"{PAGE}/{path}").status_code == 404
    if "?" not in path:
        assert anonymous.get(f"{PAGE}/{path}.json").status_code == 404


def test_states_are_listed_newest_first_with_their_digests(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    made = [
        keep(
            platform,
            challenge,
            a_board(in_groups(number), number=number),
            after=timedelta(hours=number),
        )
        for number in range(1, 53)
    ]

    first, second = (anonymous.get(f"{STATES}?page={page}").text for page in (1, 2))

    assert re.findall(r'<code class="digest">(\w+)', first) == [
        board.digest for board in reversed(made[2:])
    ]
    assert f'href="{STATES}/2026-11-24-52"' in first
    assert re.findall(r'<code class="digest">(\w+)', second) == [made[1].digest, made[0].digest]
    assert "Page 2 of 2" in second
    assert anonymous.get(f"{STATES}?page=3").status_code == 404


def test_the_document_is_the_stored_bytes_which_give_the_digest(
    board: Leaderboard, platform: Platform, anonymous: Visitor
) -> None:
    for address in (f"{PAGE}.json", f"{STATE}.json"):
        answer = anonymous.get(address)

        assert answer.data == platform.store.read(board.digest)
        assert hashlib.sha256(answer.data).hexdigest() == board.digest
        assert answer.mimetype == "application/json"
        assert (
            "tiny-survival-development-public-2026-11-22-1.json"
            in (answer.headers["Content-Disposition"])
        )
    assert board.digest in anonymous.get(PAGE).text


def test_a_citation_names_title_state_date_address_and_digest(
    board: Leaderboard, platform: Platform, anonymous: Visitor
) -> None:
    address = f"{platform.settings.public_url}{STATE}"

    english, french = (
        unescape(anonymous.get(f"{PAGE}?language={language}").text) for language in LANGUAGES
    )

    assert (
        "Tiny survival (2026). Public leaderboard of the phase development, state 1 of "
        f"22 November 2026. {address}. SHA-256 {board.digest}."
    ) in english
    assert "Petite survie (2026). Classement public de la phase development, état 1 du " in french
    assert f'echo "{board.digest}  board.json" | sha256sum --check' in english
    assert f"  url = {{{address}}},\n  note = {{SHA-256 {board.digest}}}" in english
    assert "author = {{Tiny survival}}" in english
    assert f'<a href="{STATE}">{address}</a>' in english


def test_signs_of_tex_are_escaped_in_bibtex(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor, tmp_path: Path
) -> None:
    del challenge
    publish_changed(platform, tmp_path, "en: Tiny survival", "en: 'R&D {x} 50% a_b $1 #2 ~ ^ \\'")
    with platform.database.reading() as session:
        keep(platform, find_challenge(session, SLUG), a_board(in_groups(1)))

    assert (
        r"author = {{R\&D \{x\} 50\% a\_b \$1 \#2 \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}}}"
    ) in unescape(anonymous.get(PAGE).text)


def test_the_table_as_csv_has_every_row_and_score(board: Leaderboard, anonymous: Visitor) -> None:
    answer = anonymous.get(f"{STATE}.csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.mimetype == "text/csv"
    assert len(rows) == board.total
    assert rows[0] == {
        "rank": "1",
        "rank_low": "1",
        "rank_high": "3",
        "first": "",
        "group": "1",
        "team": "team-1",
        "state": "ranked",
        "baseline": "false",
        "c": "0.799",
        "c_low": "0.759",
        "c_high": "0.839",
        "entries": "3",
        "last_submission": "2026-11-22T12:00:00+00:00",
    }
    assert (rows[3]["rank"], rows[3]["team"], rows[3]["baseline"]) == ("", "Age alone", "true")


FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_a_spreadsheet_would_run_is_defused(name: str) -> None:
    assert defused(name) == f"'{name}"


@pytest.mark.parametrize("name", ["alice", "a=b", "'=1", "1-2", "Zoé", ""])
def test_other_names_are_left_alone(name: str) -> None:
    assert defused(name) == name


def test_no_cell_of_a_csv_begins_a_formula(
    platform: Platform, challenge: PublishedChallenge, anonymous: Visitor
) -> None:
    rows = [a_row(name, rank=rank, value=-0.5) for rank, name in enumerate(FORMULAS, 1)]
    keep(platform, challenge, a_board(rows))

    found = list(csv.reader(io.StringIO(anonymous.get(f"{PAGE}.csv").text, newline="")))

    assert [row[5] for row in found[1:]] == [f"'{name}" for name in FORMULAS]
    texts = [cell for row in found[1:] for cell in row if not re.fullmatch(r"-?[\d.]+", cell)]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in texts)
    assert found[1][8] == "-0.5"


@pytest.mark.usefixtures("board")
def test_a_page_that_has_not_changed_is_not_sent_again(
    anonymous: Visitor, platform: Platform, challenge: PublishedChallenge
) -> None:
    first = anonymous.get(PAGE)
    known = {"If-None-Match": first.headers["ETag"]}

    again = anonymous.get(PAGE, headers=known)
    french = anonymous.get(PAGE, headers={**known, "Accept-Language": "fr"})
    other = anonymous.get(f"{PAGE}?page=2", headers=known)
    keep(platform, challenge, a_board(in_groups(3), number=2), after=timedelta(hours=1))
    changed = anonymous.get(PAGE, headers=known)

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.data) == (304, b"")
    assert (french.status_code, other.status_code, changed.status_code) == (200, 200, 200)


@pytest.mark.usefixtures("board")
def test_who_logs_in_or_out_gets_a_page_of_their_own(
    app: Flask, organizer: User, browser: Callable[[User], Browser]
) -> None:
    stranger = Visitor(app.test_client()).get(PAGE).headers["ETag"]
    hers = browser(organizer)
    hers.get(PAGE)  # shows what logging in left to say

    page = hers.get(PAGE, headers={"If-None-Match": stranger})

    assert page.status_code == 200
    known = {"If-None-Match": page.headers["ETag"]}
    assert hers.get(PAGE, headers=known).status_code == 304
    assert Visitor(app.test_client()).get(PAGE, headers=known).status_code == 200


@pytest.mark.usefixtures("board")
def test_a_full_page_is_light(anonymous: Visitor) -> None:
    page = anonymous.get(PAGE)
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)

    weight = len(page.data) + sum(len(anonymous.get(asset).data) for asset in set(assets))

    assert len(teams(page.text)) == 100
    assert weight < 150_000


@pytest.mark.usefixtures("board")
def test_files_that_have_not_changed_are_not_sent_again(anonymous: Visitor) -> None:
    for file in ("csv", "json"):
        known = {"If-None-Match": anonymous.get(f"{STATE}.{file}").headers["ETag"]}

        assert anonymous.get(f"{STATE}.{file}", headers=known).status_code == 304


def test_phases_and_parts_are_switched_by_links(
    anonymous: Visitor, challenge: PublishedChallenge
) -> None:
    del challenge
    page = anonymous.get(PAGE).text

    assert f'href="{PAGE}?phase=development" aria-current="true"' in page
    assert f'href="{PAGE}?phase=past"' in page
    assert f'href="{PAGE}?phase=development&amp;board=private"' in page


def test_the_api_and_the_document_agree(board: Leaderboard, anonymous: Visitor) -> None:
    document = json.loads(anonymous.get(f"{PAGE}.json").data)

    assert anonymous.get(f"/api/v1{PAGE}").json["digest"] == board.digest
    assert [row["team"] for row in document["rows"]] == [row.team for row in board.rows]
