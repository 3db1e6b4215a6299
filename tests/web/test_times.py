"""Times in three zones: which clocks are shown, what they say on odd days, and how long is left."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, g, render_template_string

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.definition import Phase, QuotaLimit
from challenge_platform.core.phase import Status, status_of
from challenge_platform.web import times
from challenge_platform.web.times import Reading, Whose
from tests.conftest import Participant, publish_changed
from tests.web.conftest import SLUG, Browser, Visitor

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def shown(app: Flask, when: datetime, *, organizers: str, query: str = "") -> list[Reading]:
    """Give the readings on a page at this address."""
    with app.test_request_context(f"/{query}"):
        return times.readings(when, organizers=organizers)


def said(app: Flask, left: timedelta, *, language: str = "en") -> str:
    """Give the words for a moment so far from now."""
    with app.test_request_context(f"/?language={language}"):
        g.opened_at = NOON
        return times.relative(NOON + left).replace("\N{NO-BREAK SPACE}", " ")


def test_a_moment_is_shown_in_utc_the_organizers_zone_and_the_readers(app: Flask) -> None:
    found = shown(app, NOON, organizers="Europe/Paris", query="?timezone=America/New_York")

    assert [(reading.text, reading.place, reading.whose) for reading in found] == [
        ("Sun 22 Nov 2026, 12:00", "UTC", []),
        ("Sun 22 Nov 2026, 13:00", "Europe/Paris (UTC+1)", [Whose.ORGANIZERS]),
        ("Sun 22 Nov 2026, 07:00", "America/New York (UTC\N{MINUS SIGN}5)", [Whose.READER]),
    ]


@pytest.mark.parametrize(
    ("organizers", "reader", "places"),
    [
        ("UTC", None, ["UTC"]),
        ("UTC", "UTC", ["UTC"]),
        ("UTC", "Africa/Abidjan", ["UTC, Africa/Abidjan"]),
        ("Europe/Paris", None, ["UTC", "Europe/Paris (UTC+1)"]),
        ("Europe/Paris", "Europe/Paris", ["UTC", "Europe/Paris (UTC+1)"]),
        ("Europe/Paris", "Europe/Rome", ["UTC", "Europe/Paris, Europe/Rome (UTC+1)"]),
        ("Asia/Kolkata", "Europe/London", ["UTC, Europe/London", "Asia/Kolkata (UTC+5:30)"]),
    ],
)
def test_clocks_that_agree_are_shown_once(
    app: Flask, organizers: str, reader: str | None, places: list[str]
) -> None:
    query = f"?timezone={reader}" if reader else ""

    found = shown(app, NOON, organizers=organizers, query=query)

    assert [reading.place for reading in found] == places


@pytest.mark.parametrize(
    ("when", "text", "offset"),
    [
        # On 29 March 2026 Paris has no time between 02:00 and 03:00, on 25 October two.
        ("2026-03-29T00:59:59", "Sun 29 Mar 2026, 01:59:59", "UTC+1"),
        ("2026-03-29T01:00:00", "Sun 29 Mar 2026, 03:00", "UTC+2"),
        ("2026-10-25T00:30:00", "Sun 25 Oct 2026, 02:30", "UTC+2"),
        ("2026-10-25T01:30:00", "Sun 25 Oct 2026, 02:30", "UTC+1"),
        ("2026-12-31T23:30:00", "Fri 1 Jan 2027, 00:30", "UTC+1"),
    ],
)
def test_the_offset_is_that_of_the_moment_not_of_today(
    app: Flask, when: str, text: str, offset: str
) -> None:
    moment = datetime.fromisoformat(when).replace(tzinfo=UTC)

    paris = shown(app, moment, organizers="Europe/Paris")[1]

    assert (paris.text, paris.offset) == (text, offset)


def test_zones_that_agree_in_winter_only_are_two_readings_in_summer(app: Flask) -> None:
    winter, summer = NOON, NOON.replace(month=7)

    found = [
        len(shown(app, when, organizers="Europe/London", query="?timezone=Atlantic/Reykjavik"))
        for when in (winter, summer)
    ]

    assert found == [1, 2]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=3, hours=4, minutes=59), "in 3 days 4 hours"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=1, minutes=5), "in 1 day"),
        (timedelta(hours=23, minutes=59, seconds=59), "in 23 hours 59 minutes"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(), "just now"),
        (-timedelta(seconds=59), "just now"),
        (-timedelta(hours=2), "2 hours ago"),
        (timedelta(days=9, hours=23), "in 9 days 23 hours"),
        (timedelta(days=10, hours=23), "in 10 days"),
        (-timedelta(days=1400, hours=1), "1,400 days ago"),
    ],
)
def test_how_long_is_left_is_said_in_two_units_and_never_rounded_up(
    app: Flask, left: timedelta, words: str
) -> None:
    assert said(app, left) == words


def test_a_day_of_25_hours_is_counted_in_hours_that_pass(app: Flask) -> None:
    midnight = datetime.fromisoformat("2026-10-25T00:00:00+02:00")
    next_midnight = datetime.fromisoformat("2026-10-26T00:00:00+01:00")

    with app.test_request_context("/"):
        g.opened_at = midnight.astimezone(UTC)
        assert times.relative(next_midnight).split() == ["in", "1", "day", "1", "hour"]


def test_french_readers_read_french(app: Flask) -> None:
    found = shown(app, NOON, organizers="Europe/Paris", query="?language=fr")

    assert found[1].text == "dim. 22 nov. 2026, 13:00"
    assert said(app, timedelta(days=3, hours=1), language="fr") == "dans 3 jours 1 heure"
    assert said(app, -timedelta(minutes=5), language="fr") == "il y a 5 minutes"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=24), "24 hours"),
        (timedelta(hours=48), "48 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=7), "7 days"),
    ],
)
def test_a_window_of_a_day_is_said_in_hours(app: Flask, length: timedelta, words: str) -> None:
    with app.test_request_context("/"):
        assert times.window(length) == words.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("opens", "closes", "revealed", "status"),
    [
        (NOON + timedelta(seconds=1), None, False, Status.SOON),
        (NOON, None, False, Status.OPEN),
        (NOON, NOON + timedelta(seconds=1), False, Status.OPEN),
        (NOON - timedelta(days=1), NOON, False, Status.CLOSED),
        (NOON - timedelta(days=1), None, True, Status.CLOSED),
        (NOON + timedelta(days=1), None, True, Status.SOON),
    ],
)
def test_a_phase_is_soon_open_or_closed(
    opens: datetime, closes: datetime | None, revealed: bool, status: Status
) -> None:
    phase = Phase(key="final", opens=opens, closes=closes, limit=QuotaLimit(n=1))

    assert status_of(phase, at=NOON, revealed=revealed) is status


PHASE_TIMES = '{% from "times.html" import phase_times %}{{ phase_times(phase, "Europe/Paris") }}'


def phase_times(app: Flask, phase: Phase) -> str:
    """Give the text of the macro that tells when a phase opens and closes."""
    with app.test_request_context("/"):
        g.opened_at = NOON
        html = render_template_string(PHASE_TIMES, phase=phase)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")


def test_a_phase_without_an_end_says_so_and_names_no_grace(app: Flask) -> None:
    text = phase_times(app, Phase(key="a", opens=NOON - timedelta(days=1), limit=QuotaLimit(n=1)))

    assert "No end is set." in text
    assert "grace" not in text
    assert "1 day ago" in text


def test_a_phase_with_an_end_names_the_grace(app: Flask) -> None:
    phase = Phase(key="a", opens=NOON, closes=NOON + timedelta(hours=2), limit=QuotaLimit(n=1))

    text = phase_times(app, phase)

    assert "Closes Sun 22 Nov 2026, 14:00 UTC" in text
    assert "Sun 22 Nov 2026, 15:00 Europe/Paris (UTC+1)" in text
    assert "in 2 hours" in text
    assert "within the grace of 30 minutes" in text


# What the reader prefers, and where that is kept.


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def footer(page: str) -> str:
    """Give the text of the footer, where a page names the reader's zone."""
    return re.sub(r"(<[^>]+>|\s)+", " ", page[page.index("<footer") :])


def test_a_zone_that_is_asked_for_is_remembered_by_a_cookie(anonymous: Visitor) -> None:
    assert "Your zone: Asia/Tokyo" in footer(anonymous.get("/?timezone=Asia/Tokyo").text)
    assert "Your zone: Asia/Tokyo" in footer(anonymous.get("/help").text)


def test_a_zone_that_does_not_exist_is_neither_shown_nor_remembered(anonymous: Visitor) -> None:
    answer = anonymous.get("/?timezone=Moon/Crater")

    assert answer.status_code == 200
    assert "Your zone" not in footer(answer.text)
    assert "timezone" not in str(answer.headers.getlist("Set-Cookie"))


def test_preferences_are_kept_with_the_account_for_every_browser(
    hers: Browser, alice: Participant, browser: Callable[[User], Browser]
) -> None:
    answer = hers.send("/profile/preferences", {"timezone": "Asia/Tokyo", "language": "fr"})

    assert answer.status_code == 303
    elsewhere = browser(alice.user).get("/dashboard").text
    assert '<html lang="fr"' in elsewhere
    assert "Asia/Tokyo" in footer(elsewhere)


def test_what_is_kept_with_the_account_outlives_a_cookie_of_this_browser(
    app: Flask, hers: Browser, alice: Participant
) -> None:
    hers.send("/profile/preferences", {"timezone": "Asia/Tokyo", "language": "en"})
    shared = Browser(app.test_client())
    shared.get("/?timezone=Europe/Rome&language=fr")

    shared.send("/login", {"email": alice.user.email, "password": "correct horse battery"})

    assert "Asia/Tokyo" in footer(shared.get("/dashboard").text)
    assert '<html lang="en"' in shared.get("/dashboard").text


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("Europe/Pari", "Did you mean Europe/Paris?"),
        ("<b>", "There is no such time zone. Write one such as Europe/Paris"),
    ],
)
def test_a_wrong_zone_is_told_beside_its_field_and_nothing_is_kept(
    hers: Browser, written: str, answer: str
) -> None:
    hers.send("/profile/preferences", {"timezone": "Asia/Tokyo"})

    refused = hers.send("/profile/preferences", {"timezone": written, "language": "fr"})

    assert refused.status_code == 422
    assert answer in refused.text
    assert "<b>" not in refused.text
    assert 'value="Asia/Tokyo"' in hers.get("/profile/preferences").text


def test_a_language_that_is_not_offered_is_refused(hers: Browser) -> None:
    assert hers.send("/profile/preferences", {"language": "xx"}).status_code == 422


def test_a_zone_may_be_written_with_a_space_and_taken_back(hers: Browser) -> None:
    hers.send("/profile/preferences", {"timezone": "America/New York"})
    assert "America/New_York" in footer(hers.get("/dashboard").text)

    hers.send("/profile/preferences", {"timezone": ""})
    assert "Your zone" not in footer(hers.get("/dashboard").text)


def test_a_page_that_a_browser_has_is_sent_again_once_the_zone_is_another(hers: Browser) -> None:
    board = f"/challenges/{SLUG}/leaderboard"
    hers.get(board)  # its forms begin a token, which the next page shows as well
    etag = hers.get(board).headers["ETag"]
    unchanged = hers.get(board, headers={"If-None-Match": etag})

    hers.send("/profile/preferences", {"timezone": "Asia/Tokyo"})
    hers.get("/profile/preferences")  # shows the message that it was kept

    assert unchanged.status_code == 304
    changed = hers.get(board, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert "Your zone: Asia/Tokyo" in footer(changed.text)


def test_the_deadline_is_shown_on_the_submit_page_too(
    platform: Platform, tmp_path: Path, hers: Browser
) -> None:
    publish_changed(
        platform,
        tmp_path,
        "2020-01-01T00:00:00+00:00, board",
        "2020-01-01T00:00:00+00:00, closes: 2026-11-25T16:30:00+00:00, board",
    )

    page = hers.get(f"/challenges/{SLUG}/submit?timezone=Asia/Tokyo").text

    assert "Thu 26 Nov 2026, 01:30" in page
    assert "Asia/Tokyo (UTC+9)" in page
    assert 'href="/help#deadlines"' in page


@pytest.mark.usefixtures("challenge")
def test_the_api_heeds_no_preference_and_gives_utc(anonymous: Visitor) -> None:
    answer = anonymous.get(f"/api/v1/challenges/{SLUG}?timezone=Asia/Tokyo&language=fr")

    assert "Set-Cookie" not in answer.headers
    assert answer.json["phases"][0]["opens"] in {
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00+00:00",
    }


def test_the_organizers_zone_is_read_from_the_definition(
    platform: Platform, tmp_path: Path, hers: Browser
) -> None:
    publish_changed(
        platform, tmp_path, "slug: tiny-survival", "slug: tiny-survival\ntimezone: Asia/Kolkata"
    )

    assert "Asia/Kolkata (UTC+5:30)" in hers.get("/dashboard").text
