"""The way of a submission, from the upload to the standing, with a fake sandbox and clock."""

import dataclasses
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota, submission
from challenge_platform.core.challenge import ChallengeVersion, PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.quota import LedgerEntry
from challenge_platform.core.result import Result
from challenge_platform.core.standing import Standing
from challenge_platform.core.submission import Reason, State, Submission
from challenge_platform.core.upload import SOURCE_BYTES, Accepted, Upload
from challenge_platform.errors import (
    AgreementRequired,
    ConcurrencyExceeded,
    Conflict,
    InvalidInput,
    InvalidUpload,
    PhaseClosed,
    QuotaExceeded,
    StaleClaim,
    UploadTooLarge,
)
from challenge_platform.migrations import METADATA
from challenge_platform.vault import open_truth
from sandbox import End, SandboxUnavailable
from scorers.request import read_header
from tests.conftest import Participant, publish_changed
from tests.fakes import Clock, FakeRunner

IDS = [f"p{number:03}" for number in range(120)]


def predictions(*, sign: int = 1) -> bytes:
    """Give a valid predictions file."""
    lines = [f"{name},{sign * number}\n" for number, name in enumerate(IDS)]
    return ("patient_id,risk\n" + "".join(lines)).encode()


def send(platform: Platform, who: Participant, **changes: Any) -> Accepted:
    """Submit a valid file to the tiny challenge, as changed."""
    upload = Upload(content=predictions(), filename="p.csv", opened_at=platform.clock())
    upload = dataclasses.replace(upload, **changes)
    return platform.uploads.submit("tiny-survival", upload, user_id=who.user.id)


def row(platform: Platform, submission_id: str) -> Submission:
    """Read a submission's row."""
    with platform.database.reading() as session:
        return submission.find_submission(session, submission_id)


def used(platform: Platform, challenge: PublishedChallenge, who: Participant) -> int:
    """Read what the team has used of its quota."""
    with platform.database.reading() as session:
        phase = challenge.definition.phases[0]
        return quota.quota_of(session, team_id=who.team.id, phase=phase, now=platform.clock()).used


def test_an_accepted_upload_is_queued_and_charged(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    accepted = send(platform, alice)

    assert row(platform, accepted.submission_id).state is State.QUEUED
    assert accepted.quota.remaining == 4
    assert used(platform, challenge, alice) == 1


def test_a_submission_is_scored_once_with_an_interval_and_a_standing(
    platform: Platform, alice: Participant, runner: FakeRunner
) -> None:
    submission_id = send(platform, alice).submission_id

    first = platform.evaluator.evaluate(submission_id)
    second = platform.evaluator.evaluate(submission_id)

    assert (first, second) == (State.SCORED, None)
    assert len(runner.runs) == 1
    with platform.database.reading() as session:
        score = session.get_one(Result, submission_id).public["metrics"]["c"]
        standing = session.exec(select(Standing)).one()
    assert score["interval"][0] < score["value"] < score["interval"][1]
    assert standing.submission_id == submission_id
    assert standing.score == score["value"]


def test_the_sandbox_gets_truth_predictions_and_no_name_of_the_team(
    platform: Platform, alice: Participant, runner: FakeRunner
) -> None:
    platform.evaluator.evaluate(send(platform, alice).submission_id)

    request = runner.runs[0].input
    assert b"patient_id,usage,event,time" in request
    assert b"alice" not in request


def test_a_better_submission_takes_the_standing_and_a_worse_one_does_not(
    platform: Platform, alice: Participant
) -> None:
    scores = []
    for sign in (1, -1):
        sent = send(platform, alice, content=predictions(sign=sign)).submission_id
        platform.evaluator.evaluate(sent)
        with platform.database.reading() as session:
            value = session.get_one(Result, sent).public["metrics"]["c"]["value"]
            scores.append((value, sent))

    with platform.database.reading() as session:
        standing = session.exec(select(Standing)).one()
    assert standing.submission_id == max(scores)[1]
    assert scores[0][0] != scores[1][0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"content": b""}, InvalidUpload),
        ({"content": b"patient_id;risk\np000;1\n"}, InvalidUpload),
        ({"content": b"x" * 100_001}, UploadTooLarge),
        ({"phase": "past"}, PhaseClosed),
        ({"phase": "developmnet"}, InvalidInput),
        ({"kind": submission.Kind.CODE}, InvalidInput),
    ],
)
def test_a_refused_upload_leaves_no_row_and_uses_no_quota(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    changes: dict[str, object],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        send(platform, alice, **changes)

    with platform.database.reading() as session:
        assert session.exec(select(Submission)).all() == []
    assert used(platform, challenge, alice) == 0


def test_who_has_not_accepted_the_agreement_cannot_submit(
    platform: Platform, alice: Participant
) -> None:
    upload = Upload(content=predictions(), filename="p.csv", opened_at=platform.clock())

    with pytest.raises(AgreementRequired, match="accepting version '1'"):
        platform.uploads.submit("tiny-survival", upload, user_id=alice.user.id + 1)


def test_an_upload_that_began_in_time_counts_only_within_the_grace(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    closes = clock.time.replace(year=2020, month=2, day=1, hour=0)
    opened = closes - timedelta(seconds=1)

    clock.time = closes + timedelta(minutes=29)
    assert send(platform, alice, phase="past", opened_at=opened).submission_id
    clock.time = closes + timedelta(minutes=31)
    with pytest.raises(PhaseClosed, match="grace"):
        send(platform, alice, phase="past", opened_at=opened)


def test_the_quota_names_the_next_slot_and_frees_it_after_the_window(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    first = clock.time
    for _ in range(5):
        platform.evaluator.evaluate(send(platform, alice).submission_id)
        clock.advance(minutes=1)

    with pytest.raises(QuotaExceeded) as refused:
        send(platform, alice)
    assert refused.value.next_slot == first + timedelta(hours=24)

    clock.time = first + timedelta(hours=24, seconds=1)
    assert send(platform, alice).quota.remaining == 0


def test_the_same_idempotency_key_gives_the_same_submission(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    first = send(platform, alice, idempotency_key="k")
    again = send(platform, alice, idempotency_key="k")

    assert (again.submission_id, again.repeated) == (first.submission_id, True)
    assert used(platform, challenge, alice) == 1


def test_a_team_cannot_have_more_under_way_than_the_phase_allows(
    platform: Platform, alice: Participant, challenge: PublishedChallenge
) -> None:
    with platform.database.writing() as session:
        definition = dict(challenge.version.definition)
        definition["phases"][0]["concurrent"] = 1
        challenge.version.definition = definition
        session.merge(challenge.version)
        session.flush()
    send(platform, alice)

    with pytest.raises(ConcurrencyExceeded, match="under way"):
        send(platform, alice)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (End.CRASHED, Reason.SCORING_CRASHED),
        (End.TIMED_OUT, Reason.SCORING_TIMED_OUT),
        (End.OUT_OF_MEMORY, Reason.SCORING_OUT_OF_MEMORY),
        (End.OUTPUT_TOO_LARGE, Reason.SCORING_OUTPUT_TOO_LARGE),
    ],
)
def test_a_fault_of_ours_is_tried_again_then_ends_errored_and_refunded(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    clock: Clock,
    end: End,
    reason: Reason,
) -> None:
    attempts = platform.settings.max_attempts
    failing = dataclasses.replace(platform, runner=FakeRunner(ends=[end] * attempts))
    submission_id = send(platform, alice).submission_id

    states = []
    for _ in range(attempts):
        states.append(failing.evaluator.evaluate(submission_id))
        clock.advance(minutes=1)

    ended = row(platform, submission_id)
    assert states == [State.QUEUED] * (attempts - 1) + [State.ERRORED]
    assert (ended.state, ended.reason) == (State.ERRORED, reason)
    assert used(platform, challenge, alice) == 0


def test_while_no_sandbox_can_be_had_a_submission_waits_for_a_day(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    down = SandboxUnavailable("down", code="down")
    failing = dataclasses.replace(platform, runner=FakeRunner(ends=[down] * 20))
    submission_id = send(platform, alice).submission_id

    states = []
    for _ in range(13):
        states.append(failing.evaluator.evaluate(submission_id))
        clock.advance(hours=2)

    ended = row(platform, submission_id)
    assert states == [State.QUEUED] * 13
    assert failing.evaluator.evaluate(submission_id) is State.ERRORED
    assert ended.attempt == 0
    assert row(platform, submission_id).reason is Reason.SANDBOX_UNAVAILABLE
    assert used(platform, challenge, alice) == 0


def test_what_cannot_be_tried_is_tried_again_after_twice_the_wait_up_to_a_minute(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    down = SandboxUnavailable("down", code="down")
    failing = dataclasses.replace(platform, runner=FakeRunner(ends=[down] * 20))
    submission_id = send(platform, alice).submission_id

    waits = []
    for _ in range(9):
        failing.evaluator.evaluate(submission_id)
        waits.append((row(platform, submission_id).not_before - clock()).total_seconds())
        clock.advance(minutes=1)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("release_recipient", "age1" + "q" * 58),
        ("truth_commitment", "f" * 64),
        ("definition", {"scoring": {"resamples": 7}}),
    ],
)
def test_a_challenge_that_was_changed_in_the_database_is_not_scored(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    runner: FakeRunner,
    column: str,
    value: Any,
) -> None:
    """Web can write to the database; it must not choose what the worker scores by."""
    submission_id = send(platform, alice).submission_id
    with platform.database.writing() as session:
        version = session.get_one(ChallengeVersion, challenge.version_id)
        if column == "definition":
            value = {
                **version.definition,
                "scoring": {**version.definition["scoring"], **value["scoring"]},
            }
        setattr(version, column, value)
        session.add(version)

    assert platform.evaluator.evaluate(submission_id) is State.QUEUED
    assert runner.runs == []


def test_all_teams_share_the_resamples_of_a_phase(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    runner: FakeRunner,
) -> None:
    for who in (alice, bob):
        platform.evaluator.evaluate(send(platform, who).submission_id)

    seeds = [read_header(io.BytesIO(run.input)).seed for run in runner.runs]
    sealed = platform.store.read(challenge.version.truth_object)
    truth = open_truth(sealed, key=platform.keys.scoring.open("tiny-survival"))
    assert seeds == [truth.seed("resamples/development")] * 2
    assert truth.seed("resamples/development") != truth.seed("resamples/past")


def test_an_idempotency_key_cannot_carry_another_file(
    platform: Platform, alice: Participant
) -> None:
    send(platform, alice, idempotency_key="k")

    with pytest.raises(Conflict, match="another file"):
        send(platform, alice, idempotency_key="k", content=predictions(sign=-1))


def test_a_postponed_submission_waits_for_its_time(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    failing = dataclasses.replace(platform, runner=FakeRunner(ends=[End.CRASHED]))
    submission_id = send(platform, alice).submission_id
    failing.evaluator.evaluate(submission_id)

    assert platform.evaluator.evaluate(submission_id) is None
    clock.advance(seconds=1)
    assert platform.evaluator.evaluate(submission_id) is State.SCORED


def test_a_worker_that_lost_its_claim_changes_nothing(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    submission_id = send(platform, alice).submission_id
    lease = timedelta(seconds=10)
    with platform.database.writing() as session:
        old = submission.claim(session, submission_id, now=clock(), lease=lease)
    assert old is not None
    clock.advance(seconds=11)
    platform.reaper.round()
    clock.advance(seconds=1)
    with platform.database.writing() as session:
        new = submission.claim(session, submission_id, now=clock(), lease=lease)

    assert new is not None
    assert new.token == old.token + 1
    with pytest.raises(StaleClaim), platform.database.writing() as session:
        submission.finish(session, old, state=State.SCORED, reason=Reason.COMPLETE, now=clock())
    assert row(platform, submission_id).state is State.RUNNING
    assert used(platform, challenge, alice) == 1


def test_a_submission_whose_workers_all_vanish_ends_errored_and_refunded(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    submission_id = send(platform, alice).submission_id
    for _ in range(platform.settings.max_attempts):
        with platform.database.writing() as session:
            held = submission.claim(
                session, submission_id, now=clock(), lease=timedelta(seconds=10)
            )
        assert held is not None
        clock.advance(minutes=1)
        platform.reaper.round()
        clock.advance(minutes=1)

    ended = row(platform, submission_id)
    assert (ended.state, ended.reason) == (State.ERRORED, Reason.WORKER_LOST)
    assert used(platform, challenge, alice) == 0


def test_a_submission_cancelled_before_it_began_is_refunded(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    submission_id = send(platform, alice).submission_id
    with platform.database.writing() as session:
        submission.cancel(session, submission_id, now=platform.clock())

    assert row(platform, submission_id).state is State.CANCELLED
    assert used(platform, challenge, alice) == 0
    assert platform.evaluator.evaluate(submission_id) is None
    with pytest.raises(Conflict, match="cancelled"), platform.database.writing() as session:
        submission.cancel(session, submission_id, now=platform.clock())


def test_private_scores_are_sealed_and_nowhere_else_in_the_database(
    platform: Platform, alice: Participant
) -> None:
    submission_id = send(platform, alice).submission_id
    platform.evaluator.evaluate(submission_id)

    with platform.database.reading() as session:
        result = session.get_one(Result, submission_id)
        boards = session.exec(select(Standing.board)).all()
    private = json.loads(platform.keys.release.decrypt(result.sealed, slug="tiny-survival"))
    value = private["metrics"]["c"]["value"]
    assert boards == [Board.PUBLIC]
    with platform.database.reading() as session:
        tables = METADATA.sorted_tables
        stored = "".join(repr(row) for table in tables for row in session.execute(table.select()))
    assert repr(value) not in stored
    assert repr(result.public["metrics"]["c"]["value"]) in stored


def test_each_submission_has_one_charge_and_at_most_one_refund(
    platform: Platform, alice: Participant
) -> None:
    submission_id = send(platform, alice).submission_id
    with platform.database.writing() as session:
        for _ in range(2):
            quota.refund(session, submission_id=submission_id, reason="x", now=platform.clock())
            session.flush()

    with platform.database.reading() as session:
        query = select(LedgerEntry.amount).order_by(col(LedgerEntry.id))
        assert session.exec(query).all() == [1, -1]


def test_a_source_sent_along_is_kept_and_never_reaches_the_sandbox(
    platform: Platform, alice: Participant, runner: FakeRunner, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "max_bytes: 100kB", "max_bytes: 100kB\n  source: optional")

    submission_id = send(platform, alice, source=b"a notebook").submission_id
    platform.evaluator.evaluate(submission_id)

    kept = row(platform, submission_id).source
    assert kept is not None
    assert platform.store.read(kept) == b"a notebook"
    assert b"a notebook" not in runner.runs[0].input


@pytest.mark.parametrize(
    ("asked", "source", "error", "message"),
    [
        ("none", b"a notebook", InvalidInput, "takes no source"),
        ("required", None, InvalidInput, "asks for the source"),
        ("optional", bytes(SOURCE_BYTES + 1), UploadTooLarge, "at most 20,000,000"),
    ],
)
def test_a_source_is_as_the_challenge_asks_or_refused(
    platform: Platform,
    alice: Participant,
    tmp_path: Path,
    asked: str,
    source: bytes | None,
    error: type[Exception],
    message: str,
) -> None:
    publish_changed(platform, tmp_path, "max_bytes: 100kB", f"max_bytes: 100kB\n  source: {asked}")

    with pytest.raises(error, match=message):
        send(platform, alice, source=source)
