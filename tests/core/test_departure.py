"""Departures: what goes with a person, what stays without their name, and what is not theirs."""

import hashlib
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import JSON, Integer, inspect
from sqlmodel import AutoString, Session, SQLModel, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, standing
from challenge_platform.core import submission as submissions
from challenge_platform.core.account import Role, User
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.departure import KEPT, Departed, Departure, Tombstone, partings_of
from challenge_platform.core.identity import Claims, link
from challenge_platform.core.result import Result
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import Membership, Team, join
from challenge_platform.core.upload import Upload
from challenge_platform.database import UTCDateTime
from challenge_platform.errors import AgreementRequired, NotAuthenticated, NotFound
from tests.conftest import Participant, participant
from tests.postgresql import on_both_databases

SLUG = "tiny-survival"
ROUNDS = 15
BYTES = b"patient_id,risk\n" + b"".join(b"p%03d,%d\n" % (i, i) for i in range(120))
VALUES: dict[type, object] = {
    AutoString: "x",
    Integer: 77,
    JSON: ["x"],
    UTCDateTime: datetime(2001, 2, 3, tzinfo=UTC),
}
"""Something for each type of column that may be empty."""


def submit(
    platform: Platform, who: Participant, *, content: bytes = BYTES, source: bytes | None = None
) -> str:
    """Submit a file and have it scored."""
    upload = Upload(
        content=content,
        filename="the secret of alice.csv",
        message="my own words",
        source=source,
        opened_at=platform.clock(),
    )
    accepted = platform.uploads.submit(SLUG, upload, user_id=who.user.id)
    platform.evaluator.evaluate(accepted.submission_id)
    return accepted.submission_id


def depart(platform: Platform, who: Participant) -> Departed:
    """Let somebody leave at their own wish."""
    return platform.departures.depart(who.user.id, by=f"user {who.user.id}")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_nothing_of_the_person_is_left_in_any_table(platform: Platform, alice: Participant) -> None:
    submit(platform, alice)
    with platform.database.writing() as session:
        account.issue_token(session, alice.user, name="laptop of alice", now=platform.clock())
        claims = Claims(issuer="https://id.example", subject="alice-7", email="alice@id.example")
        link(session, alice.user, claims, now=platform.clock())

    depart(platform, alice)

    assert traces(platform, "alice", "secret of", "my own words") == []


def traces(platform: Platform, *words: str) -> list[tuple[str, str]]:
    """Find the columns (table, column) that hold one of these words, in any case."""
    found = []
    with platform.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for column in table.columns:
                values = " ".join(str(v) for v in session.execute(select(column)))
                if any(word in values.lower() for word in words):
                    found.append((table.name, column.name))
    return found


def test_every_column_of_the_person_is_emptied(platform: Platform, alice: Participant) -> None:
    values: dict[str, object] = {
        "language": "fr",
        "role": Role.ORGANIZER,
        "active": True,
    }
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        for column in inspect(User).columns:
            if column.nullable:
                values[column.name] = VALUES[type(column.type)]
        for name, value in values.items():
            setattr(user, name, value)
        session.add(user)
        session.flush()
        before = user.model_dump()

    depart(platform, alice)

    with platform.database.reading() as session:
        after = session.get_one(User, alice.user.id).model_dump()
    same = {name for name, value in after.items() if value == before[name]}
    assert same == {"id", "created_at"}


def test_each_table_that_refers_to_people_is_known_to_stay_or_to_go() -> None:
    people = SQLModel.metadata.tables["user"]
    referring = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.references(people.c.id)
    }

    assert referring - KEPT == {"api_token", "identity", "login_session"} | {
        *("membership", "recovery_link")
    }
    assert referring >= KEPT


def test_a_team_without_members_loses_its_name_and_its_boards_are_due(
    platform: Platform, alice: Participant
) -> None:
    submit(platform, alice)
    build(platform)
    with platform.database.writing() as session:
        session.get_one(Team, alice.team.id).reason = "Alice has two accounts."

    depart(platform, alice)

    with platform.database.reading() as session:
        left = session.get_one(Team, alice.team.id)
        assert (left.name, left.reason) == (f"Deleted team {alice.team.id}", None)
        assert [board for _, _, board, _ in standing.boards_due(session)] == ["public"]


def build(platform: Platform) -> None:
    """Let no board be due."""
    with platform.database.writing() as session:
        for revision in session.exec(select(standing.BoardRevision)):
            revision.built_revision = revision.revision
            session.add(revision)


def test_a_name_that_another_team_has_is_not_taken_twice(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    other = participant(platform, challenge, name="bob").team
    with platform.database.writing() as session:
        session.get_one(Team, other.id).name = f"Deleted team {alice.team.id}"

    depart(platform, alice)

    with platform.database.reading() as session:
        assert session.get_one(Team, alice.team.id).name == f"Deleted team {alice.team.id} (2)"


def test_the_scores_and_digests_stay_and_the_contents_go(
    platform: Platform, alice: Participant
) -> None:
    kept = submit(platform, alice)

    departed = depart(platform, alice)

    assert departed.digests == (digest(BYTES),)
    assert not platform.store.has(digest(BYTES))
    with platform.database.reading() as session:
        row, result = session.get_one(Submission, kept), session.get_one(Result, kept)
        stone = session.get_one(Tombstone, kept)
    assert (row.artifact, row.size, row.state) == (digest(BYTES), len(BYTES), State.SCORED)
    assert (row.filename, row.message) == ("", "")
    assert result.public["metrics"]
    assert result.receipt == {}
    assert (stone.by, stone.why) == (f"user {alice.user.id}", "account deleted")
    assert stone.removed_at == platform.clock()


def test_what_somebody_else_submitted_too_is_not_deleted(
    platform: Platform, alice: Participant, bob: Participant
) -> None:
    submit(platform, alice)
    submit(platform, bob)

    depart(platform, alice)
    assert platform.store.read(digest(BYTES)) == BYTES

    depart(platform, bob)
    assert not platform.store.has(digest(BYTES))


def test_what_the_challenge_itself_is_made_of_is_not_deleted(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    own = (challenge.file("test.csv").digest, challenge.version.truth_object)
    with platform.database.writing() as session:
        submission = session.get_one(Submission, queue(platform, alice))
        submission.artifact, submission.source = own
        session.add(submission)

    depart(platform, alice)

    assert [platform.store.has(one) for one in own] == [True, True]


def queue(platform: Platform, who: Participant) -> str:
    """Submit a file that nobody scores."""
    upload = Upload(content=BYTES, filename="p.csv", opened_at=platform.clock())
    return platform.uploads.submit(SLUG, upload, user_id=who.user.id).submission_id


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_under_way_is_cancelled(
    begun: bool, platform: Platform, alice: Participant
) -> None:
    under_way = queue(platform, alice)
    if begun:
        with platform.database.writing() as session:
            submissions.claim(
                session, under_way, now=platform.clock(), lease=platform.settings.lease
            )

    departed = depart(platform, alice)

    assert [parting.under_way for parting in departed.partings] == [1]
    with platform.database.reading() as session:
        assert session.get_one(Submission, under_way).state is State.CANCELLED


def test_a_team_that_has_others_keeps_its_name_and_its_files(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    kept = submit(platform, alice)
    with platform.database.writing() as session:
        theirs = session.get_one(Membership, (bob.user.id, challenge.id))
        theirs.team_id = alice.team.id
        session.add(theirs)

    departed = depart(platform, alice)

    assert (departed.partings[0].ends, departed.digests) == (False, ())
    assert platform.store.has(digest(BYTES))
    with platform.database.reading() as session:
        assert session.get_one(Team, alice.team.id).name == "alice"
        assert session.get_one(Submission, kept).message == "my own words"
        assert session.get(Membership, (alice.user.id, challenge.id)) is None


def test_a_baseline_stays_with_its_challenge(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    maker = participant(platform, challenge, name="age", baseline=True)
    submit(platform, maker)

    departed = depart(platform, maker)

    assert departed.partings == ()
    assert platform.store.has(digest(BYTES))
    with platform.database.reading() as session:
        assert session.get_one(Team, maker.team.id).name == "age"


def test_the_audit_trail_names_a_number_and_who_asked(
    platform: Platform, alice: Participant
) -> None:
    platform.departures.depart(alice.user.id, by="administrator")

    with platform.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.action == "account deleted")
        event = session.exec(query).one()
        departure = session.get_one(Departure, alice.user.id)
    assert (event.subject, event.actor) == (f"user {alice.user.id}", "administrator")
    assert (departure.by, departure.departed_at) == ("administrator", platform.clock())


def test_nobody_leaves_twice(platform: Platform, alice: Participant) -> None:
    depart(platform, alice)

    with pytest.raises(NotFound):
        depart(platform, alice)


def test_the_address_and_the_name_are_free_again(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    depart(platform, alice)

    again = participant(platform, challenge, name="alice")

    assert again.user.id != alice.user.id
    assert again.team.name == "alice"


def test_what_an_interruption_left_is_removed_later(
    platform: Platform, alice: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(platform, alice)

    def interrupted(_digest: str) -> bool:
        raise OSError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(platform.store, "delete", interrupted)
        with pytest.raises(OSError, match="the power went"):
            depart(platform, alice)
    assert platform.store.has(digest(BYTES))

    assert platform.departures.remove_contents() == 1
    assert not platform.store.has(digest(BYTES))
    assert platform.departures.remove_contents() == 0


def test_an_upload_that_was_under_way_is_refused_after_its_sender_left(
    platform: Platform, alice: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*_: object) -> int:
        depart(platform, alice)
        return 0

    monkeypatch.setattr(type(platform.uploads), "check", leave)

    with pytest.raises(AgreementRequired):
        queue(platform, alice)
    with platform.database.reading() as session:
        assert session.exec(select(Submission)).all() == []


def test_an_upload_of_the_same_bytes_at_the_same_time_keeps_them(
    platform: Platform, alice: Participant, bob: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(platform, alice)
    put = platform.store.put

    def put_then_lose(content: bytes) -> object:
        stored = put(content)
        monkeypatch.undo()
        depart(platform, alice)
        return stored

    monkeypatch.setattr(platform.store, "put", put_then_lose)
    queue(platform, bob)

    assert platform.store.read(digest(BYTES)) == BYTES


def test_who_left_joins_nothing_by_a_request_that_was_under_way(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    depart(platform, alice)

    with platform.database.writing() as session, pytest.raises(NotAuthenticated):
        join(session, challenge, user=alice.user, agreement_version="1", now=platform.clock())


def test_two_departures_at_once_end_one_team_each(
    platform: Platform, alice: Participant, bob: Participant
) -> None:
    for who in (alice, bob):
        submit(platform, who)
    threads = [threading.Thread(target=depart, args=(platform, who)) for who in (alice, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not platform.store.has(digest(BYTES))
    with platform.database.reading() as session:
        assert len(session.exec(select(Departure)).all()) == 2
        assert all(stone.removed_at for stone in session.exec(select(Tombstone)))


def test_what_becomes_of_each_team_is_told_beforehand(
    platform: Platform, alice: Participant
) -> None:
    queue(platform, alice)

    with platform.database.reading() as session:
        [parting] = partings_of(session, reload(session, alice))

    assert (parting.team, parting.ends, parting.submissions, parting.under_way) == (
        *("alice", True),
        *(1, 1),
    )


def reload(session: Session, who: Participant) -> User:
    return session.get_one(User, who.user.id)


def test_a_departed_person_cannot_be_found_by_the_address_they_had(
    platform: Platform, alice: Participant
) -> None:
    depart(platform, alice)

    with platform.database.reading() as session, pytest.raises(NotFound):
        account.find_user(session, email=alice.user.email)


@on_both_databases
def test_uploads_and_departures_side_by_side_lose_no_file_that_somebody_still_has(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    for number in range(ROUNDS):
        leaving = participant(platform, challenge, name=f"leaving{number}")
        staying = participant(platform, challenge, name=f"staying{number}")
        content = BYTES.replace(b"p000,0", b"p000,0.%03d" % number)
        send(platform, leaving, content)
        together = threading.Barrier(2)

        def leave(who: Participant = leaving, gate: threading.Barrier = together) -> None:
            gate.wait()
            depart(platform, who)

        thread = threading.Thread(target=leave)
        thread.start()
        together.wait()
        send(platform, staying, content)
        thread.join()

        assert platform.store.has(digest(content))


def send(platform: Platform, who: Participant, content: bytes) -> None:
    """Submit a file that nobody scores."""
    upload = Upload(content=content, filename="p.csv", opened_at=platform.clock())
    platform.uploads.submit(SLUG, upload, user_id=who.user.id)
