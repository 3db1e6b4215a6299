"""Challenges through the API: the list, one of them, its files, and joining."""

import hashlib
from collections.abc import Callable

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.core.account import Scope, User
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.challenge import PublishedChallenge
from tests.conftest import PASSWORD
from tests.fakes import Clock
from tests.web.conftest import API, SLUG, Program, Visitor


@pytest.fixture
def newcomer(platform: Platform) -> User:
    """Give a participant who joined nothing."""
    with platform.database.writing() as session:
        return account.create_user(
            session,
            email="nina@example.org",
            name="nina",
            password=PASSWORD,
            now=platform.clock(),
        )


def test_anybody_lists_the_challenges(anonymous: Visitor, challenge: PublishedChallenge) -> None:
    answer = anonymous.get(f"{API}/challenges")

    [summary] = answer.json["challenges"]
    assert summary["slug"] == challenge.slug
    assert summary["title"] == {"en": "Tiny survival", "fr": "Petite survie"}
    development, past = summary["phases"]
    assert (development["open"], past["open"]) == (True, False)
    assert development["limit"] == {"n": 5, "per_seconds": 86400.0}
    assert development["opens"] == "2020-01-01T00:00:00Z"


def test_without_a_token_a_challenge_says_nothing_of_a_place_in_it(
    anonymous: Visitor, challenge: PublishedChallenge
) -> None:
    document = anonymous.get(f"{API}/challenges/{SLUG}").json

    assert [document[key] for key in ("joined", "team", "quota")] == [None, None, None]
    assert document["version"] == challenge.version.digest
    assert document["agreement"]["sha256"] == challenge.agreement_digest
    assert document["submission"]["max_bytes"] == 100_000
    assert [metric["key"] for metric in document["metrics"]] == ["c"]
    assert document["definition"]["schema"] == "challenge/1"


def test_the_document_of_a_challenge_has_no_truth(
    anonymous: Visitor, challenge: PublishedChallenge
) -> None:
    text = anonymous.get(f"{API}/challenges/{SLUG}").text

    assert challenge.version.truth_object not in text
    assert challenge.version.release_recipient not in text


@pytest.mark.usefixtures("challenge")
def test_joining_accepts_the_agreement_once(
    program: Callable[..., Program], newcomer: User
) -> None:
    ninas = program(newcomer)
    path = f"/challenges/{SLUG}"
    before = ninas.get(path).json

    first = ninas.post(f"{path}/join", json={"agreement_version": "1"})
    second = ninas.post(f"{path}/join", json={"agreement_version": "1"})

    assert before["joined"] is False
    assert first.json == second.json == {"team": "nina"}
    after = ninas.get(path).json
    assert (after["joined"], after["team"]) == (True, "nina")
    assert after["quota"]["development"]["remaining"] == 5


@pytest.mark.parametrize(
    "body", [{"agreement_version": "0"}, {}, [], None, {"agreement_version": 1}, "x"]
)
@pytest.mark.usefixtures("challenge")
def test_another_version_or_a_wrong_body_does_not_join(
    body: object, program: Callable[..., Program], newcomer: User
) -> None:
    ninas = program(newcomer)

    answer = ninas.post(f"/challenges/{SLUG}/join", json=body)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
    assert answer.content_type == "application/problem+json"
    assert ninas.get(f"/challenges/{SLUG}").json["joined"] is False


@pytest.mark.usefixtures("challenge")
def test_a_body_of_ten_thousand_brackets_is_refused(
    program: Callable[..., Program], newcomer: User
) -> None:
    answer = program(newcomer).post(
        f"/challenges/{SLUG}/join", data="[" * 10_000, content_type="application/json"
    )

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")


@pytest.mark.usefixtures("challenge")
def test_a_file_is_handed_to_who_accepted_and_the_hand_out_is_recorded(
    alices: Program, platform: Platform
) -> None:
    answer = alices.get(f"/challenges/{SLUG}/files/test.csv")

    assert answer.data.startswith(b"patient_id\n")
    digest = hashlib.sha256(answer.data).hexdigest()
    assert answer.headers["ETag"] == f'"{digest}"'
    assert answer.headers["Content-Disposition"] == "attachment; filename=test.csv"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with platform.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.action == "data downloaded")
        event = session.exec(query).one()
    assert event.detail == {"file": "test.csv", "sha256": digest}


@pytest.mark.usefixtures("challenge")
def test_a_file_that_is_known_is_not_sent_again(alices: Program) -> None:
    path = f"/challenges/{SLUG}/files/test.csv"
    etag = alices.get(path).headers["ETag"]

    answer = alices.get(path, headers={"If-None-Match": etag})

    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.usefixtures("challenge")
def test_an_interrupted_download_goes_on_where_it_stopped(alices: Program) -> None:
    address = f"/challenges/{SLUG}/files/test.csv"
    whole = alices.get(address)

    rest = alices.get(address, headers={"Range": "bytes=10-", "If-Range": whole.headers["ETag"]})

    assert rest.status_code == 206
    assert rest.data == whole.data[10:]


@pytest.mark.usefixtures("challenge")
def test_a_file_is_not_handed_to_who_has_not_accepted(
    program: Callable[..., Program], newcomer: User, anonymous: Visitor, organizers: Program
) -> None:
    path = f"/challenges/{SLUG}/files/test.csv"

    assert program(newcomer).get(path).json["code"] == "agreement_required"
    assert anonymous.get(f"{API}{path}").json["code"] == "not_authenticated"
    assert organizers.get(path).status_code == 200


@pytest.mark.parametrize("name", ["truth.csv", "data.py", "..%2Ftruth.csv", ".hidden"])
@pytest.mark.usefixtures("challenge")
def test_only_public_files_have_an_address(name: str, alices: Program) -> None:
    assert alices.get(f"/challenges/{SLUG}/files/{name}").status_code == 404


@pytest.mark.parametrize("slug", ["tiny", "Tiny-Survival", "%00", "a" * 65])
def test_an_unknown_challenge_is_not_found(slug: str, anonymous: Visitor) -> None:
    answer = anonymous.get(f"{API}/challenges/{slug}")

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer chp_x_y", "Basic YTpi", "chp_0_0", "Bearer chp_%00_x", "Bearer é_é_é"],
)
@pytest.mark.usefixtures("challenge")
def test_a_bad_token_is_refused_even_where_none_is_needed(header: str, anonymous: Visitor) -> None:
    answer = anonymous.get(f"{API}/challenges/{SLUG}", headers={"Authorization": header})

    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


def test_a_token_says_whose_it_is_and_when_it_was_used(
    alices: Program, platform: Platform, clock: Clock
) -> None:
    clock.advance(hours=1)
    answer = alices.get("/me")

    assert answer.json == {"name": "alice", "email": "alice@example.org", "role": "participant"}
    with platform.database.reading() as session:
        user = account.find_user(session, email="alice@example.org")
        [token] = account.tokens_of(session, user)
    assert token.last_used_at == clock()


def test_a_revoked_or_expired_token_opens_nothing(
    program: Callable[..., Program], alices: Program, platform: Platform, clock: Clock
) -> None:
    with platform.database.writing() as session:
        user = account.find_user(session, email="alice@example.org")
        [token] = account.tokens_of(session, user)
        account.revoke_token(session, user, token_id=token.id, now=clock())
    fresh = program(user, scopes=(Scope.READ,))

    assert alices.get("/me").status_code == 401
    assert fresh.get("/me").status_code == 200
    clock.advance(days=31)
    assert fresh.get("/me").status_code == 401
