"""`challenge submit`: the upload, the quota that is left, and waiting for the end."""

import csv
import io
import json
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from challenge_platform.cli.submit import with_default_wait
from tests.cli.conftest import Run
from tests.cli.fake_api import (
    LOST,
    QUOTA,
    SLUG,
    SUBMISSION,
    SUBMISSION_ID,
    VALID,
    FakeApi,
    Request,
    document,
    problem,
    report,
)

UPLOADS = f"/api/v1/challenges/{SLUG}/submissions"
MINE = f"/api/v1/submissions/{SUBMISSION_ID}"
RUNNING = {**SUBMISSION, "state": "running", "reason": None, "scores": [], "finished_at": None}
QUEUED = {**RUNNING, "state": "queued", "position": 3, "eta_seconds": 180}


def fields(request: Request, /) -> dict[str, bytes]:
    """Read the parts of a multipart body by name."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + request.body)
    parts: list[Message] = [part for part in parsed.walk() if not part.is_multipart()]
    found = {}
    for part in parts:
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_param("name", header="content-disposition"))] = content
    return found


@pytest.fixture
def submit(ada: Run, predictions: Path) -> Run:
    """Submit the valid predictions file, with more options."""
    return lambda *more: ada("submit", SLUG, "-f", predictions.name, "-m", "age alone", *more)


def test_the_file_and_what_was_said_about_it_arrive(submit: Run, api: FakeApi) -> None:
    done = submit("--phase", "final")

    sent = api.sent("POST", UPLOADS)[0]
    assert done.code == 0
    assert fields(sent) == {
        "file": VALID,
        "kind": b"predictions",
        "message": b"age alone",
        "phase": b"final",
    }
    assert b'filename="predictions.csv"' in sent.body


def test_the_id_and_what_is_left_of_the_quota_are_printed(submit: Run) -> None:
    done = submit()

    assert done.out.splitlines() == [
        f"Submission {SUBMISSION_ID} was accepted.",
        "4 of 5 submissions are left.",
    ]


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ("2026-11-23T02:31:00+00:00", "the next is possible from 2026-11-23 02:31 UTC"),
        (None, "None of 5 submissions is left in this phase."),
    ],
)
def test_the_last_submission_is_told_when_the_next_is_possible(
    submit: Run, api: FakeApi, slot: str | None, text: str
) -> None:
    quota = {**QUOTA, "remaining": 0, "next_slot": slot}
    accepted = {"id": SUBMISSION_ID, "state": "queued", "quota": quota}
    api.then("POST", UPLOADS, document(accepted, status=201))

    assert text in submit().out


REFERENCE = f"registry.example.org/team/model@sha256:{'5' * 64}"


@pytest.mark.parametrize("kind", [(), ("--kind", "container")])
def test_an_image_in_a_registry_is_named_and_nothing_is_sent(
    ada: Run, api: FakeApi, kind: tuple[str, ...]
) -> None:
    done = ada("submit", SLUG, *kind, "--image", REFERENCE, "-m", "by digest", "--wait")

    assert done.code == 0
    assert f"The platform fetches {REFERENCE}" in done.err
    assert "It was scored in 0.4 s." in done.out
    form = parse_qs(api.sent("POST", UPLOADS)[0].body.decode())
    assert form == {"kind": ["container"], "message": ["by digest"], "image": [REFERENCE]}


@pytest.mark.parametrize(
    "image", [REFERENCE.replace("@sha256:", ":"), "model@sha256:" + "5" * 64, REFERENCE[:-1]]
)
def test_an_image_that_is_not_named_by_its_digest_is_refused_here(
    ada: Run, api: FakeApi, image: str
) -> None:
    done = ada("submit", SLUG, "--image", image, "-m", "a tag")

    assert done.code == 2
    assert f"{image} was refused" in done.err
    assert "expected host/repository@sha256:…, with the digest of the image" in done.err
    assert "copy the digest that `docker push` shows; a tag can move" in done.err
    assert api.sent("POST", UPLOADS) == []


def test_an_image_of_an_unlisted_registry_is_told_as_the_platform_does(
    ada: Run, api: FakeApi
) -> None:
    found = {
        "code": "bad_reference",
        "found": f"'{REFERENCE}'",
        "expected": "one of the hosts none",
        "repair": "push the image to one of these, or send it with `docker save`",
    }
    api.then("POST", UPLOADS, problem(422, "invalid_upload", "refused", errors=[found], total=1))

    done = ada("submit", SLUG, "--image", REFERENCE, "-m", "elsewhere")

    assert done.code == 2
    assert f"{REFERENCE} was refused and no quota was used; it has 1 problem:" in done.err
    assert "expected one of the hosts none; push the image to one of these" in done.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "give either a file, with -f FILE, or --image"),
        (("--image", REFERENCE, "-f", "predictions.csv"), "give either a file"),
        (("--image", REFERENCE, "--kind", "code"), "leave out --kind code"),
    ],
)
def test_what_is_submitted_is_one_thing(
    ada: Run, predictions: Path, api: FakeApi, given: tuple[str, ...], told: str
) -> None:
    assert predictions.exists()

    done = ada("submit", SLUG, "-m", "both", *given)

    assert done.code == 1
    assert told in done.err
    assert api.requests == []


def test_a_file_that_is_wrong_is_refused_here_and_not_uploaded(
    ada: Run, downloaded: Path, api: FakeApi
) -> None:
    assert downloaded.exists()
    Path("bad.csv").write_bytes(VALID.replace(b"0.1", b"abc"))

    done = ada("submit", SLUG, "-f", "bad.csv", "-m", "oops")

    assert done.code == 2
    assert 'line 2, column risk_event: found "abc"' in done.err
    assert api.sent("POST", UPLOADS) == []


def test_the_check_can_be_left_to_the_platform(ada: Run, downloaded: Path, api: FakeApi) -> None:
    assert downloaded.exists()
    Path("bad.csv").write_bytes(VALID.replace(b"0.1", b"abc"))

    ada("submit", SLUG, "-f", "bad.csv", "-m", "oops", "--no-check")

    assert len(api.sent("POST", UPLOADS)) == 1


def test_without_downloaded_files_the_platform_checks(submit: Run, api: FakeApi) -> None:
    done = submit()

    assert "the platform checks it" in done.err
    assert len(api.sent("POST", UPLOADS)) == 1


def test_what_the_platform_refuses_is_told_like_what_is_refused_here(
    submit: Run, api: FakeApi
) -> None:
    found = {
        "line": 2,
        "column": "risk_event",
        "code": "not_a_number",
        "found": '"abc"',
        "expected": "a number",
        "repair": "write one",
    }
    refusal = problem(422, "invalid_upload", "refused", errors=[found], total=30)
    api.then("POST", UPLOADS, refusal)

    done = submit()

    assert done.code == 2
    assert done.err.splitlines()[-3:] == [
        "challenge: predictions.csv was refused and no quota was used; it has 30 problems:",
        '  line 2, column risk_event: found "abc", expected a number; write one',
        "  and 29 more",
    ]


def test_a_lost_connection_is_retried_with_the_same_key(submit: Run, api: FakeApi) -> None:
    accepted = {"id": SUBMISSION_ID, "state": "queued", "quota": QUOTA}
    api.then("POST", UPLOADS, LOST, problem(503, "", "restarting"), document(accepted, status=201))

    done = submit()

    sent = api.sent("POST", UPLOADS)
    assert done.code == 0
    assert [fields(request)["file"] for request in sent] == [VALID] * 3
    assert len({request.headers["idempotency-key"] for request in sent}) == 1


def test_two_submissions_have_different_keys(submit: Run, api: FakeApi) -> None:
    submit()
    submit()

    first, second = (each.headers["idempotency-key"] for each in api.sent("POST", UPLOADS))
    assert first != second


def test_a_platform_that_stays_away_says_how_to_try_again_safely(submit: Run, api: FakeApi) -> None:
    api.then("POST", UPLOADS, LOST)

    done = submit("--idempotency-key", "mine")

    assert done.code == 4
    assert "add --idempotency-key mine" in done.err
    assert {each.headers["idempotency-key"] for each in api.sent("POST", UPLOADS)} == {"mine"}


def test_waiting_tells_each_state_once_and_then_the_scores(submit: Run, api: FakeApi) -> None:
    answers = [document(each) for each in (QUEUED, QUEUED, RUNNING, SUBMISSION)]
    api.then("GET", MINE, *answers)

    done = submit("--wait", "20")

    assert done.code == 0
    assert done.err.splitlines()[1:] == [
        "queued, position 3, about 3 min to go",
        "running",
        "scored",
    ]
    assert "It was scored in 0.4 s." in done.out
    assert "score (ranks)  0.7312 [0.6912, 0.7712]" in done.out


def test_waiting_outlives_a_platform_that_restarts(submit: Run, api: FakeApi) -> None:
    api.then("GET", MINE, *[LOST] * 4, document(SUBMISSION))

    done = submit("--wait", "20")

    assert done.code == 0
    assert "the platform does not answer, trying again" in done.err


def ended(state: str, code: str, fault: str, /) -> dict[str, Any]:
    """Give a submission that ended without a score."""
    reason = {"code": code, "fault": fault, "message": "The program ended early."}
    return {**SUBMISSION, "state": state, "reason": reason, "scores": []}


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        (SUBMISSION, 0, "It was scored"),
        (ended("rejected", "invalid_predictions", "participant"), 2, "on your team's side"),
        (ended("failed", "out_of_memory", "participant"), 3, "Repair your code"),
        (ended("errored", "worker_lost", "platform"), 4, "It costs you no quota"),
        (ended("cancelled", "cancelled_by_team", "participant"), 8, "It was cancelled"),
    ],
)
def test_each_end_has_its_exit_code_reason_and_advice(
    submit: Run, api: FakeApi, end: dict[str, Any], code: int, told: str
) -> None:
    api.then("GET", MINE, document(end))

    done = submit("--wait")

    assert done.code == code
    assert told in done.out
    assert end["reason"]["code"] in done.out or code == 0


def test_a_wait_that_is_over_says_where_to_look(submit: Run, api: FakeApi) -> None:
    api.then("GET", MINE, document(RUNNING))

    done = submit("--wait", "0.3")

    assert done.code == 5
    assert f"challenge submissions show {SUBMISSION_ID}" in done.err


def test_json_is_the_only_thing_on_the_standard_output(submit: Run) -> None:
    assert json.loads(submit("--format", "json").out) == report(SUBMISSION)
    assert json.loads(submit("--format", "json", "--wait").out) == report(SUBMISSION)


def test_csv_has_the_scores_with_their_intervals(submit: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(submit("--format", "csv", "--wait").out)))

    assert rows[0]["state"] == "scored"
    assert (rows[0]["score"], rows[0]["score_low"]) == ("0.7312", "0.6912")


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (["--wait"], ["--wait=3600"]),
        (["--wait", "20"], ["--wait", "20"]),
        (["--wait", "0.5", "x"], ["--wait", "0.5", "x"]),
        (["--wait", "slug"], ["--wait=3600", "slug"]),
        (["slug", "--wait", "-f", "x"], ["slug", "--wait=3600", "-f", "x"]),
        (["--wait=7"], ["--wait=7"]),
    ],
)
def test_a_bare_wait_waits_for_an_hour(given: list[str], understood: list[str]) -> None:
    assert with_default_wait(given) == understood
