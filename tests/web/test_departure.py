"""The pages of one's own data: the archive of all of it, and the deletion of the account."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import audit, ban
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.departure import Departure
from challenge_platform.core.identity import NO_PASSWORD, Claims, link
from challenge_platform.core.team import Membership
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import SLUG, Answer, Browser, Program, predictions

ALICES, BOBS = predictions(), predictions(sign=-1)


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def archive(browser: Browser) -> dict[str, bytes]:
    """Download the archive, and give its files by name."""
    answer = browser.send("/profile/data", form="/profile/data")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as found:
        assert found.testzip() is None
        return {
            name.removeprefix("challenge-platform/"): found.read(name) for name in found.namelist()
        }


def submit(program: Program, platform: Platform, content: bytes, **options: str) -> str:
    """Submit a file through the API and have it scored."""
    submission_id = str(program.submit(content, **options).json["id"])
    platform.evaluator.evaluate(submission_id)
    return submission_id


def test_the_archive_has_all_that_is_the_persons(
    platform: Platform, hers: Browser, alices: Program, alice: Participant
) -> None:
    submission_id = submit(alices, platform, ALICES, message="first try")
    with platform.database.writing() as session:
        claims = Claims(issuer="https://id.example", subject="alice-7", email="")
        link(session, alice.user, claims, now=platform.clock())

    files = archive(hers)

    profile = json.loads(files["profile.json"])
    assert profile["account"]["email"] == "alice@example.org"
    assert profile["identities"][0]["subject"] == "alice-7"
    assert [token["name"] for token in profile["tokens"]] == ["test"]
    assert len(profile["sessions"]) == 1
    challenges = json.loads(files["challenges.json"])
    assert challenges["teams"][0] | {"created_at": ""} == {
        "challenge": SLUG,
        "name": "alice",
        "state": "ranked",
        "reason": None,
        "members": 1,
        "created_at": "",
    }
    assert challenges["agreements"][0]["version"] == "1"
    [submission] = json.loads(files["submissions.json"])
    assert (submission["id"], submission["message"]) == (submission_id, "first try")
    assert submission["scores"]
    assert files[submission["files"][0]] == ALICES
    receipt = json.loads(files[f"receipts/{submission_id}.json"])
    assert receipt["payload"]["submission"] == submission_id
    actions = {event["action"] for event in json.loads(files["events.json"])}
    assert actions >= {"user created", "agreement accepted", "submitted", "ended scored"}


def test_the_archive_has_no_secret_and_nothing_sealed(
    platform: Platform, hers: Browser, alices: Program, alice: Participant
) -> None:
    submit(alices, platform, ALICES)

    everything = b"\n".join(archive(hers).values())

    assert alices.token.encode() not in everything
    assert hashlib.sha256(alices.token.rpartition("_")[2].encode()).hexdigest().encode() not in (
        everything
    )
    assert alice.user.password.encode() not in everything
    assert alice.user.fs_uniquifier.encode() not in everything
    assert b"age-encryption" not in everything
    with platform.database.reading() as session:
        events = session.exec(select(audit.AuditEvent)).all()
    assert events


def test_the_archive_has_nothing_of_others(
    platform: Platform,
    challenge: PublishedChallenge,
    hers: Browser,
    alice: Participant,
    bobs: Program,
    bob: Participant,
) -> None:
    of_a_team_mate = submit(bobs, platform, BOBS, message="of bob")
    with platform.database.writing() as session:
        theirs = session.get_one(Membership, (bob.user.id, challenge.id))
        theirs.team_id = alice.team.id
        audit.record(
            session,
            action=ban.BANNED,
            subject=f"user {alice.user.id}",
            actor=f"user {bob.user.id}",
            now=platform.clock(),
            reason="Bob Smith complained",
        )

    everything = b"\n".join(archive(hers).values())

    assert of_a_team_mate.encode() not in everything
    assert ban.BANNED.encode() in everything
    assert b"Bob Smith" not in everything
    assert b"bob" not in everything
    assert f"user {bob.user.id}".encode() not in everything
    assert b"somebody else" in everything


def test_the_archive_is_explained_in_the_readers_language(hers: Browser) -> None:
    assert b"What the Challenge Platform has of you." in archive(hers)["README.txt"]
    hers.get("/?language=fr")

    files = archive(hers)

    assert "Ce que la plateforme" in files["README.txt"].decode()
    named = [line for line in files["README.txt"].decode().splitlines() if line[:1].islower()]
    assert {name for name in named if name.endswith(".json")} == {
        name for name in files if name.endswith(".json") and "/" not in name
    }


def test_a_file_that_is_lost_does_not_break_the_archive(
    platform: Platform, hers: Browser, alices: Program
) -> None:
    submit(alices, platform, ALICES)
    platform.store.delete(hashlib.sha256(ALICES).hexdigest())

    files = archive(hers)

    assert [name for name in files if name.startswith("submissions/")] == []


def test_the_archive_is_given_ten_times_an_hour(hers: Browser) -> None:
    statuses = [hers.send("/profile/data").status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]


def confirm(browser: Browser, **fields: str) -> Answer:
    """Send the form that deletes the account."""
    return browser.send(
        "/profile/delete", {"email": "alice@example.org", "password": PASSWORD, **fields}
    )


def departures(platform: Platform) -> list[int]:
    """List who left."""
    with platform.database.reading() as session:
        return list(session.exec(select(Departure.user_id)))


def test_the_page_says_beforehand_what_goes_and_what_stays(
    platform: Platform, hers: Browser, alices: Program, challenge: PublishedChallenge
) -> None:
    submit(alices, platform, ALICES)
    submit(alices, platform, BOBS)
    alices.submit(ALICES)

    page = hers.get("/profile/delete").text

    assert "your team “alice” is called “Deleted team”" in page
    assert "the messages of its 3 submissions" in page
    assert "One submission that is under way is cancelled." in page
    assert "keep the public name of the team" in page
    assert challenge.definition.title.en in page
    assert departures(platform) == []


def test_the_page_says_that_a_team_with_others_stays(
    platform: Platform,
    hers: Browser,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
) -> None:
    with platform.database.writing() as session:
        session.get_one(Membership, (bob.user.id, challenge.id)).team_id = alice.team.id

    page = hers.get("/profile/delete").text

    assert "your team “alice” has other members" in page
    assert "“Deleted team”" not in page


def test_a_confirmed_deletion_ends_everything_at_once(
    platform: Platform,
    hers: Browser,
    alices: Program,
    browser: Callable[[User], Browser],
    alice: Participant,
) -> None:
    submit(alices, platform, ALICES)
    elsewhere = browser(alice.user)

    answer = confirm(hers, email=" Alice@Example.org ")

    assert answer.status_code == 200
    assert "Your account is deleted" in answer.text
    assert "Log out" not in answer.text
    assert hashlib.sha256(ALICES).hexdigest() in answer.text
    assert departures(platform) == [alice.user.id]
    assert hers.get("/profile").status_code == 303
    assert elsewhere.get("/profile").status_code == 303
    assert alices.get("/me").status_code == 401
    again = hers.send("/login", {"email": "alice@example.org", "password": PASSWORD})
    assert "The address or the password is wrong." in again.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password": "not the password"}, "This is not the password of the account."),
        ({"password": ""}, "This is not the password of the account."),
        ({"email": "bob@example.org"}, "This is not the address of your account."),
        ({"email": "no address"}, "This is not the address of your account."),
    ],
)
def test_a_deletion_that_is_not_confirmed_changes_nothing(
    fields: dict[str, str], message: str, platform: Platform, hers: Browser
) -> None:
    answer = confirm(hers, **fields)

    assert answer.status_code == 422
    assert message in answer.text
    assert departures(platform) == []
    assert hers.get("/profile").status_code == 200


def test_an_account_without_a_password_needs_a_fresh_log_in(
    platform: Platform, hers: Browser, alice: Participant
) -> None:
    with platform.database.writing() as session:
        session.get_one(User, alice.user.id).password = NO_PASSWORD

    page = hers.get("/profile/delete").text
    answer = hers.send("/profile/delete", {"email": "alice@example.org"}, form="/profile/data")

    assert 'name="email"' not in page
    assert answer.status_code == 422
    assert departures(platform) == []


def test_an_organizer_is_deleted_by_the_administrator_only(
    platform: Platform, organizer: User, browser: Callable[[User], Browser]
) -> None:
    theirs = browser(organizer)

    page = theirs.get("/profile/delete")
    answer = theirs.send(
        "/profile/delete",
        {"email": organizer.email, "password": PASSWORD},
        form="/profile/data",
    )

    assert "The administrator of this platform deletes it for you." in page.text
    assert answer.status_code == 403
    assert departures(platform) == []


def test_guesses_of_the_password_are_limited(hers: Browser) -> None:
    statuses = {confirm(hers, password="not the password").status_code for _ in range(21)}  # noqa: S106 -- a wrong one

    assert statuses == {422, 429}
