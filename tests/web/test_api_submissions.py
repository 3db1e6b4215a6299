"""Submitting through the API: accepted, refused, followed to the end, and seen by its team only."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota, receipt
from challenge_platform.core.account import Scope
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.submission import State, find_submission
from challenge_platform.web import create_app
from tests.conftest import Participant, publish_changed
from tests.fakes import Clock
from tests.web.conftest import API, IDS, SLUG, Program, Visitor, predictions


def used(platform: Platform, challenge: PublishedChallenge, who: Participant) -> int:
    """Read what the team has used of its quota."""
    phase = challenge.definition.phases[0]
    with platform.database.reading() as session:
        return quota.quota_of(session, team_id=who.team.id, phase=phase, now=platform.clock()).used


def test_a_valid_file_is_queued_though_redis_is_down(alices: Program) -> None:
    answer = alices.submit(message="first try")

    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["state"] == "queued"
    assert answer.json["quota"] == {"limit": 5, "used": 1, "remaining": 4, "next_slot": None}
    assert answer.location == f"{API}/submissions/{answer.json['id']}"


@pytest.mark.redis
def test_a_valid_file_is_enqueued(queueing: Platform, alices: Program) -> None:
    connected = Program(create_app(queueing).test_client(), alices.token)

    assert connected.submit().status_code == 201
    assert queueing.queue.length("scoring") == 1


def test_a_message_that_looks_like_json_is_kept_as_it_was_sent(alices: Program) -> None:
    submission_id = alices.submit(message="1.50").json["id"]

    assert alices.get(f"/submissions/{submission_id}").json["message"] == "1.50"


def test_a_submission_is_followed_to_its_end(alices: Program, platform: Platform) -> None:
    submission_id = alices.submit().json["id"]
    queued = alices.get(f"/submissions/{submission_id}")
    platform.evaluator.evaluate(submission_id)
    scored = alices.get(f"/submissions/{submission_id}")

    assert (queued.json["state"], queued.json["position"]) == ("queued", 1)
    assert queued.json["scores"] == []
    assert (scored.json["state"], scored.json["position"]) == ("scored", None)
    assert scored.json["reason"] == {
        "code": "complete",
        "fault": "nobody",
        "message": "It was scored.",
    }
    [score] = scored.json["scores"]
    assert score["low"] < score["value"] < score["high"]
    assert scored.json["receipt"] is True


def test_an_answer_names_its_state_and_is_not_sent_twice(
    alices: Program, platform: Platform
) -> None:
    submission_id = alices.submit().json["id"]
    etag = alices.get(f"/submissions/{submission_id}").headers["ETag"]

    same = alices.get(f"/submissions/{submission_id}", headers={"If-None-Match": etag})
    platform.evaluator.evaluate(submission_id)
    changed = alices.get(f"/submissions/{submission_id}", headers={"If-None-Match": etag})

    assert (same.status_code, same.data) == (304, b"")
    assert changed.status_code == 200


def test_nothing_sealed_and_no_resample_leaves(
    alices: Program, platform: Platform, challenge: PublishedChallenge
) -> None:
    submission_id = alices.submit().json["id"]
    platform.evaluator.evaluate(submission_id)

    told = alices.get(f"/submissions/{submission_id}").text
    told += alices.get(f"/submissions/{submission_id}/receipt").text

    assert "resamples" not in told
    assert '"private"' not in told.replace('"private": {\n      "sealed_sha256"', "")
    assert challenge.version.release_recipient not in told


def test_a_receipt_is_genuine(alices: Program, platform: Platform) -> None:
    submission_id = alices.submit().json["id"]
    platform.evaluator.evaluate(submission_id)

    answer = alices.get(f"/submissions/{submission_id}/receipt")
    key = alices.get("/receipt-key").json

    payload = receipt.verify_receipt(
        json.loads(answer.data), public_key=platform.keys.receipt_public.read_bytes()
    )
    assert payload["submission"] == submission_id
    assert key["key"] == answer.json["key"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_there_is_no_receipt_before_the_score(alices: Program) -> None:
    answer = alices.get(f"/submissions/{alices.submit().json['id']}/receipt")

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_stranger_is_told_that_there_is_no_such_submission(
    alices: Program, bobs: Program, platform: Platform
) -> None:
    submission_id = alices.submit().json["id"]
    platform.evaluator.evaluate(submission_id)
    unknown = "0" * 32

    for path in ("", "/receipt"):
        hidden = bobs.get(f"/submissions/{submission_id}{path}")
        absent = bobs.get(f"/submissions/{unknown}{path}")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json["detail"].replace(submission_id, unknown) == absent.json["detail"]
    assert bobs.post(f"/submissions/{submission_id}/cancel").status_code == 404
    assert bobs.get(f"/challenges/{SLUG}/submissions").json == {"submissions": []}


def test_an_organizer_sees_a_submission_but_cannot_cancel_it(
    alices: Program, organizers: Program
) -> None:
    submission_id = alices.submit().json["id"]

    assert organizers.get(f"/submissions/{submission_id}").status_code == 200
    assert organizers.post(f"/submissions/{submission_id}/cancel").status_code == 404


def test_a_cancelled_submission_is_refunded(
    alices: Program, platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    submission_id = alices.submit().json["id"]

    first = alices.post(f"/submissions/{submission_id}/cancel")
    second = alices.post(f"/submissions/{submission_id}/cancel")

    assert (first.status_code, first.json["state"]) == (200, "cancelled")
    assert first.json["reason"]["fault"] == "participant"
    assert (second.status_code, second.json["code"]) == (409, "conflict")
    assert used(platform, challenge, alice) == 0


def test_a_list_has_the_newest_first(alices: Program, clock: Clock) -> None:
    first = alices.submit().json["id"]
    clock.advance(seconds=1)
    second = alices.submit().json["id"]

    found = alices.get(f"/challenges/{SLUG}/submissions").json["submissions"]

    assert [submission["id"] for submission in found] == [second, first]


def test_the_same_idempotency_key_makes_one_submission(
    alices: Program, platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    key = {"Idempotency-Key": "run-7"}
    first = alices.submit(headers=key)
    second = alices.submit(headers=key)

    assert first.status_code == second.status_code == 201
    assert first.json["id"] == second.json["id"]
    assert used(platform, challenge, alice) == 1


def test_the_quota_refuses_with_the_time_of_the_next_slot(alices: Program, clock: Clock) -> None:
    for _ in range(5):
        assert alices.submit().status_code == 201
    answer = alices.submit()

    assert (answer.status_code, answer.json["code"]) == (429, "quota_exceeded")
    clock.advance(hours=24)
    assert answer.json["next_slot"] == clock().isoformat()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"phase": "past"}, 409, "phase_closed"),
        ({"phase": "developmnet"}, 422, "invalid_input"),
        ({"kind": "code"}, 422, "invalid_input"),
        ({"kind": "spell"}, 422, "invalid_input"),
        ({"message": "x" * 501}, 422, "invalid_input"),
        ({"message": "a\0b"}, 422, "invalid_input"),
        ({"message": "[" * 20_000}, 422, "invalid_input"),
        ({"headers": {"Idempotency-Key": "x" * 81}}, 422, "invalid_input"),
    ],
)
def test_wrong_fields_are_refused_and_use_no_quota(
    fields: dict[str, Any],
    status: int,
    code: str,
    alices: Program,
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
) -> None:
    answer = alices.submit(**fields)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert used(platform, challenge, alice) == 0


def test_a_form_without_a_file_is_refused(alices: Program) -> None:
    answer = alices.post(f"/challenges/{SLUG}/submissions", data={"message": "no file"})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
    assert "file" in answer.json["detail"]


@pytest.mark.parametrize("path", ["submissions", "validate"])
def test_two_hundred_megabytes_are_refused_before_they_are_read(path: str, alices: Program) -> None:
    class Unread(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise AssertionError("the body was read")

    answer = alices.post(
        f"/challenges/{SLUG}/{path}",
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "200000000"},
        content_type="multipart/form-data; boundary=b",
    )

    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")


def test_validation_stores_nothing_and_uses_no_quota(
    alices: Program, platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    good = alices.submit(path="validate")
    bad = alices.submit(b"patient_id,risk\n", path="validate")

    assert (good.status_code, good.json) == (200, {"valid": True, "rows": len(IDS), "files": None})
    assert (bad.status_code, bad.json["code"]) == (422, "invalid_upload")
    assert used(platform, challenge, alice) == 0
    assert alices.get(f"/challenges/{SLUG}/submissions").json == {"submissions": []}


def test_reading_tokens_cannot_submit(program: Callable[..., Program], alice: Participant) -> None:
    reader = program(alice.user, scopes=(Scope.READ,))

    assert reader.submit().status_code == 403
    assert reader.get(f"/challenges/{SLUG}/submissions").status_code == 200


@pytest.mark.usefixtures("challenge")
def test_whoever_has_not_joined_is_told_to_accept_the_agreement(organizers: Program) -> None:
    answer = organizers.submit()

    assert (answer.status_code, answer.json["code"]) == (403, "agreement_required")


@pytest.mark.usefixtures("alices")
def test_a_session_cookie_opens_nothing_of_the_api(anonymous: Visitor) -> None:
    answer = anonymous.post(
        f"{API}/challenges/{SLUG}/submissions",
        data={"file": (io.BytesIO(predictions()), "p.csv")},
    )

    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_file_name_is_kept_without_its_folders(alices: Program, platform: Platform) -> None:
    path = "../folder/try 1.csv"
    answer = alices.post(
        f"/challenges/{SLUG}/submissions", data={"file": (io.BytesIO(predictions()), path)}
    )

    with platform.database.reading() as session:
        row = find_submission(session, answer.json["id"])
    assert row.filename == "try 1.csv"
    assert row.state is State.QUEUED


def test_a_source_is_kept_beside_the_file(
    alices: Program, platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    assert challenge.definition.submission.source == "none"
    publish_changed(platform, tmp_path, "max_bytes: 100kB", "max_bytes: 100kB\n  source: optional")
    notebook = bytes(300_000)

    answer = alices.submit(source=(io.BytesIO(notebook), "model.ipynb"))

    assert answer.status_code == 201
    with platform.database.reading() as session:
        kept = find_submission(session, answer.json["id"]).source
    assert kept == hashlib.sha256(notebook).hexdigest()
