"""No page shows a word that was not translated, however the word came there."""

import dataclasses
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from challenge_platform.bootstrap import Platform
from challenge_platform.core import heartbeat, recovery
from challenge_platform.core.account import User
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.heartbeat import Part
from challenge_platform.core.reveal import reveal
from challenge_platform.core.submission import Kind, Reason, State, Submission
from challenge_platform.web import create_app
from tests.conftest import Participant
from tests.fakes import Clock
from tests.web.bad_files import REFUSED
from tests.web.boards import a_baseline, a_board, compared, in_groups, keep
from tests.web.conftest import SLUG, Answer, Browser, csrf_token, predictions
from tests.web.lying_provider import Provider, come_back, serving, with_provider
from tests.web.marked_language import (
    CODE,
    left_over,
    marked,
    publish_marked,
    speak_marked,
    unmarked,
)
from tests.web.routes import PLAUSIBLE, Values, address_of, known_values, page_routes, unlimited_app
from tests.web.test_departure import confirm
from tests.web.test_second_factor import CODES, SET_UP, App, authenticator, give_password  # noqa: F401 -- a fixture
from tests.web.test_teams import invite

PAGE = f"/challenges/{SLUG}"
BOARD = f"{PAGE}/leaderboard"

VALUES = (", ".join(State), ", ".join(Board), ", ".join(Kind), "c, rank, team, entries, last")
"""What a parameter of an address, or a field, may be."""

DATA = re.compile(
    # What was sent or asked for, repeated in quotes.
    "\"+[^\"]*\"+|'[^']*'|`[^`]*`|"
    rf"(?<![A-Za-z])(?:{'|'.join(VALUES)}|"
    # Names that are the same in every language.
    r"Challenge Platform|API|BibTeX|CSV|JSON|OpenAPI|SHA|UTC|Français|"
    # What people, the challenge and the provider called things, and their addresses.
    r"alice|bob|olga|Ada|Hospital|team-\d+|age-alone|Zorro|tiny-survival|development|past|"
    r"patient_id|risk|[\w.@-]*\.(?:csv|json|org|example)|https?://[\w:./-]+|/[\w./?&=%;-]+|"
    # Digests, identifiers, and a byte of a file.
    r"[0-9a-f]{8,64}|e9|"
    # Zones, what scripts fill in, and what they and the stylesheets read.
    r"(?:Asia|Europe)/[A-Z]\w+|\{\w+\}|system|timezone|true|false"
    r")(?![A-Za-z])"
)
"""What may stand on a page as it is."""

AMISS = (
    "/nothing",
    f"{BOARD}?page=x",
    f"{BOARD}?page=9",
    f"{BOARD}?sort=age",
    f"{BOARD}?board=secret",
    f"{BOARD}?board=private",
    f"{BOARD}?phase=developmen",
    f"{BOARD}?phase=past",
    f"{BOARD}?q=Zorro",
    f"{PAGE}/submissions?state=failed",
    f"{PAGE}/submissions?state=nothing",
    f"{PAGE}/submissions?phase=nothing",
    f"{PAGE}/leaderboard/development/private/2026-11-22-1",
    "/?timezone=Europe/Paris",
)
"""Addresses of what is not there, is sealed, or is empty."""


@pytest.fixture
def app(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Give the application without limits, which speaks the marked language."""
    return speak_marked(unlimited_app(platform), monkeypatch)


@pytest.fixture
def known(platform: Platform, alice: Participant, tmp_path: Path) -> Values:
    """Give what leads somewhere, on a challenge whose texts are marked."""
    publish_marked(platform, tmp_path / "first", changed={})
    return known_values(platform, alice, filename="p.csv", message=marked("a note"))


@pytest.fixture
def hers(browser: Callable[[User], Browser], alice: Participant, known: Values) -> Browser:
    """Give Alice's browser; she submitted."""
    assert known
    return marked_browser(browser(alice.user))


@pytest.fixture
def olgas(browser: Callable[[User], Browser], organizer: User, known: Values) -> Browser:
    """Give the organizer's browser."""
    assert known
    return marked_browser(browser(organizer))


def marked_browser(browser: Browser) -> Browser:
    """Give the browser, which from now on is answered in the marked language."""
    assert browser.get(f"/challenges?language={CODE}").status_code
    return browser


def untranslated(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Give what was not translated of the answers that are pages; at least one must be."""
    pages = {
        name: answer.text
        for name, answer in answers.items()
        if answer.mimetype == "text/html" and answer.status_code // 100 != 3
    }
    assert pages
    assert [name for name, page in pages.items() if '<html lang="el"' not in page] == []
    return left_over(pages, data=DATA)


def test_a_word_that_was_not_translated_is_found_wherever_it_stands() -> None:
    page = (
        f"<title>one</title><p>{marked('said')}<b>two</b></p><img alt='three'>"
        "<input type=submit value='four'>"
        "<td data-heading='five'><template><p>six</p></template><svg><title>seven</title></svg>"
        "<code>code</code><script>script</script><p lang=en>English</p><input value='Alice'>"
        "<p>alice</p><p>malice</p>"
    )

    words = ["one", "two", "three", "four", "five", "six", "seven", "malice"]
    assert list(unmarked(page, data=DATA)) == words


def test_no_page_of_a_route_has_an_untranslated_word(
    app: Flask, known: Values, hers: Browser, olgas: Browser
) -> None:
    nobody = marked_browser(Browser(app.test_client()))

    answers = {
        f"{name} {rule}": browser.get(address_of(rule, known))
        for name, browser in {"nobody": nobody, "alice": hers, "olga": olgas}.items()
        for rule, _ in page_routes(app, method="GET")
        if rule.endpoint != "help.page"  # which is a template of its own in each language
    }

    assert untranslated(answers) == {}


def test_no_refused_form_has_an_untranslated_word(app: Flask, known: Values, hers: Browser) -> None:
    nobody = marked_browser(Browser(app.test_client()))
    wrong = {name: f"{value}." for name, value in PLAUSIBLE.items()} | {"language": CODE}
    answers = {}
    for rule, _ in page_routes(app, method="POST"):
        if rule.endpoint == "security.logout":
            continue
        for name, browser in {"nobody": nobody, "alice": hers}.items():
            for fields in ({}, wrong):
                marked_browser(browser)  # the form of the preferences may have changed them
                page = browser.get("/login")
                token = csrf_token(page if page.status_code == HTTPStatus.OK else form(browser))
                data = {**fields, "csrf_token": token}
                answer = browser.post(address_of(rule, known), data=data)
                answers[f"{name} {rule} {len(fields)}"] = answer

    statuses = {answer.status_code for answer in answers.values()}
    assert {200, 404, 409, 422} <= statuses
    assert untranslated(answers) == {}


def form(browser: Browser) -> Answer:
    """Get a page with a form for who is logged in."""
    return browser.get("/profile/preferences")


def test_no_refused_file_has_an_untranslated_word(hers: Browser) -> None:
    good = predictions()
    files = {name: content for name, (content, *_) in REFUSED.items()} | {
        "long header": good.replace(b"patient_id,", b"x" * 99 + b","),
        "many rows": good + good[len(b"patient_id,risk\n") :],
        "no quote": good.replace(b"p002,", b'"p002,'),
        "large": b"x" * 100_001,
    }

    answers = {
        name: hers.send(f"{PAGE}/submit", {"file": (io.BytesIO(content), "p.csv")})
        for name, content in files.items()
    }

    statuses = {answer.status_code for answer in answers.values()}
    assert statuses == {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    assert untranslated(answers) == {}


def test_no_refused_submission_has_an_untranslated_word(
    hers: Browser, olgas: Browser, clock: Clock
) -> None:
    answers = {
        "no file": hers.send(f"{PAGE}/submit"),
        "kind": submit(hers, kind="model"),
        "note": submit(hers, message="x" * 501),
        "no such phase": submit(hers, phase="developmen"),
        "phase": submit(hers, phase="past"),
        "source": submit(hers, source=(io.BytesIO(b"x"), "x.zip")),
        "not joined": submit(olgas),
        "checked": submit(hers, action="check"),
    }
    for number in range(4):
        assert submit(hers, form_key=f"{number:032}").status_code == HTTPStatus.SEE_OTHER
    answers["under way or used"] = submit(hers)
    clock.advance(hours=25)
    answers["later"] = hers.get(f"{PAGE}/submit")

    assert untranslated(answers) == {}


def submit(browser: Browser, **fields: object) -> Answer:
    """Send the form that submits, with a good file."""
    file = (io.BytesIO(predictions()), "p.csv")
    return browser.send(f"{PAGE}/submit", {"file": file, **fields})


def test_no_page_that_is_amiss_has_an_untranslated_word(hers: Browser) -> None:
    assert untranslated({address: hers.get(address) for address in AMISS}) == {}


def test_no_board_has_an_untranslated_word(hers: Browser, platform: Platform) -> None:
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    rows = [*in_groups(3, 140, 60), a_baseline("age-alone")]
    compare = [compared(*found, baseline="age-alone") for found in ((0.01, 0.09), (-0.01, 0.1))]
    for number, found in enumerate([*compare, compared(None, None, baseline="age-alone")], 2):
        state = a_board(rows, number=number, comparisons=(found,))
        keep(platform, challenge, state, after=timedelta(minutes=number))
    keep(platform, challenge, a_board(rows[-1:], board=Board.PRIVATE))

    answers = {
        address: hers.get(address)
        for address in (
            BOARD,
            f"{BOARD}?page=2",
            f"{BOARD}?sort=team&q=team-1",
            f"{BOARD}/development/public",
            *(f"{BOARD}/development/public/2026-11-22-{number}" for number in range(1, 5)),
            "/dashboard",
        )
    }

    assert {answer.status_code for answer in answers.values()} == {HTTPStatus.OK}
    assert untranslated(answers) == {}


def test_no_submission_has_an_untranslated_word_in_any_state(
    hers: Browser, olgas: Browser, platform: Platform, known: Values, clock: Clock
) -> None:
    answers = {}
    ends = [(state, None) for state in State] + [(State.ERRORED, reason) for reason in Reason]
    for state, reason in ends:
        with platform.database.writing() as session:
            submission = session.get_one(Submission, known["id"])
            submission.state, submission.reason = state, reason
            session.add(submission)
        for name, browser in {"alice": hers, "olga": olgas}.items():
            for address in (f"/submissions/{known['id']}", f"{PAGE}/submissions", "/dashboard"):
                answers[f"{name} {address} {state} {reason}"] = browser.get(address)
        answers[f"cancel {state} {reason}"] = hers.send(
            f"/submissions/{known['id']}/cancel", form="/profile/preferences"
        )
    with platform.database.writing() as session:
        for part in Part:
            heartbeat.beat(session, part, now=clock() - timedelta(hours=1), problem="no Docker")
    answers["late"] = olgas.get("/dashboard")

    assert untranslated(answers) == {}


def test_no_news_have_an_untranslated_word(
    hers: Browser, platform: Platform, alice: Participant, clock: Clock, tmp_path: Path
) -> None:
    changes = {
        "agreement": {'version: "1"': 'version: "2"'},
        "phases": {"{n: 5, per: 24h}": "{n: 6, per: 24h}"},
        "undisclosed": {"limit:": "disclosure: [], limit:"},
        "closed": {"closes: 2020-02-01": "closes: 2026-11-23", "2020-01-01": "2026-11-22"},
        "zone": {"slug:": "timezone: Asia/Tokyo\nslug:"},
    }
    answers = {"first": hers.get("/dashboard")}
    for name, changed in changes.items():
        clock.advance(hours=5)
        publish_marked(platform, tmp_path / name, changed=changed)
        known = known_values(platform, alice, filename="p.csv") if name == "phases" else {}
        pages = ("/dashboard", "/", PAGE, f"{PAGE}/rules", f"{PAGE}/submit", BOARD)
        addresses = [*pages, *(f"/submissions/{id_}" for id_ in {known.get("id")} - {None})]
        answers |= {f"{name} {address}": hers.get(address) for address in addresses}
    reveal_phase(platform, clock)
    for address in ("/dashboard", f"{BOARD}?board=private", f"{BOARD}/development/private"):
        answers[f"revealed {address}"] = hers.get(address)
    until = {"until": clock().isoformat()}
    answers["read"] = follow(hers, hers.send("/dashboard/seen", until, form="/dashboard"))

    assert untranslated(answers) == {}


def reveal_phase(platform: Platform, clock: Clock) -> None:
    """Open the private scores of the first phase."""
    with platform.database.writing() as session:
        reveal(
            session,
            platform.store,
            find_challenge(session, SLUG),
            phase="development",
            release_key=platform.keys.release.open(SLUG),
            now=clock(),
        )


def test_no_page_of_a_second_factor_has_an_untranslated_word(
    app: Flask,
    hers: Browser,
    authenticator: App,  # noqa: F811 -- the fixture
    alice: Participant,
) -> None:
    nobody = marked_browser(Browser(app.test_client()))
    give_password(nobody, alice.user)

    answers = {
        "on": hers.get(SET_UP),
        "codes": hers.send(CODES),
        "code": nobody.get("/login/code"),
        "wrong code": nobody.send("/login/code", {"code": "1"}),
        "recovery code": nobody.get("/login/recovery-code"),
        "wrong recovery code": nobody.send("/login/recovery-code", {"code": "1"}),
        "lost": nobody.get("/login/lost-code"),
    }

    assert authenticator.code()
    assert untranslated(answers) == {}


def test_no_page_of_teams_and_of_leaving_has_an_untranslated_word(
    hers: Browser, bob: Participant, browser: Callable[[User], Browser]
) -> None:
    his = marked_browser(browser(bob.user))
    link = invite(hers)
    answers = {"team": hers.get(f"{PAGE}/team"), "invitation": his.get(link)}
    answers["invite"] = hers.send(f"{PAGE}/team/invitations", form=f"{PAGE}/team")
    answers["joined"] = follow(his, his.send(link))
    answers["ended"] = his.get(link)
    answers["stays"] = his.send(f"{PAGE}/team/leave", form=f"{PAGE}/team")
    answers["mates"] = his.get(f"{PAGE}/team")
    answers["not confirmed"] = confirm(hers, password="wrong")  # noqa: S106 -- as the name says
    answers["to delete"] = hers.get("/profile/delete")
    answers["deleted"] = confirm(hers)

    assert untranslated(answers) == {}


def follow(browser: Browser, answer: Answer) -> Answer:
    """Give the page that an answer leads to."""
    assert answer.location is not None
    return browser.get(answer.location)


def test_no_page_of_recovery_has_an_untranslated_word(
    platform: Platform, alice: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = {"mail_url": SecretStr("smtp://127.0.0.1:1?tls=off"), "mail_sender": "c@example.org"}
    settings = platform.settings.model_copy(update=update)
    mailing = create_app(dataclasses.replace(platform, settings=settings))
    visitor = marked_browser(Browser(speak_marked(mailing, monkeypatch).test_client()))
    with platform.database.writing() as session:
        key = recovery.issue_link(session, alice.user, now=platform.clock())
    reset = visitor.get(f"/recovery/{key}").location
    assert reset is not None

    answers = {
        "recover": visitor.get("/recover"),
        "no link": follow(visitor, visitor.get("/recovery/nothing")),
        "reset": visitor.get(reset),
        "refused": visitor.send(reset, {"password": "short", "password_confirm": "other"}),
        "confirm": visitor.get("/confirm"),
        "not confirmed": visitor.send("/confirm", {"email": "x"}),
    }

    assert untranslated(answers) == {}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Serve an OpenID provider."""
    with serving() as provider:
        yield provider


def test_no_page_of_a_provider_has_an_untranslated_word(
    platform: Platform, alice: Participant, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = speak_marked(create_app(with_provider(platform, provider.issuer)), monkeypatch)
    one, other = (marked_browser(Browser(app.test_client())) for _ in range(2))
    come_back(one, provider)
    answers = {"log in": other.get("/login"), "name": one.get("/login/openid/name")}
    answers["no name"] = one.send("/login/openid/name", {"name": ""})
    one.send("/login/openid/name", {"name": "Ada"})
    marked_browser(one)  # whoever logs in starts with what the account says
    answers |= {"profile": one.get("/profile"), "provider": one.get("/profile/openid")}
    answers["only way in"] = one.send("/profile/openid/unlink", form="/profile/openid")
    provider.claims = {"sub": "another", "email": alice.user.email}
    come_back(other, provider)
    answers["link"] = other.get("/login/openid/link")
    answers["wrong password"] = other.send("/login/openid/link", {"password": "wrong"})
    answers["refused"] = come_back(other, provider, error="access_denied")

    assert untranslated(answers) == {}
