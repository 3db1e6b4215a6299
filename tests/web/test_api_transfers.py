"""Large uploads by the tus protocol: what its specification asks, and what is admitted at all."""

import base64
import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.core.challenge import find_challenge, record_reveal
from tests.conftest import Participant, participant, publish_changed
from tests.core.programs import CODE, publish_hidden
from tests.core.test_weights import ARCHIVE
from tests.fakes import Clock
from tests.web.conftest import API, SLUG, Answer, Program, Visitor, predictions

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = predictions()
UPLOADS = f"/challenges/{SLUG}/uploads"


def metadata(**values: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in values.items()
    )


def begin(
    program: Program,
    *,
    content: bytes = CONTENT,
    headers: Mapping[str, str | None] | None = None,
    **values: str,
) -> Answer:
    told = {"kind": "predictions", "sha256": hashlib.sha256(content).hexdigest(), **values}
    sent = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": metadata(**told)}
    merged = {key: text for key, text in {**sent, **(headers or {})}.items() if text is not None}
    return program.post(UPLOADS, headers=merged)


def begun(program: Program, *, content: bytes = CONTENT) -> str:
    answer = begin(program, content=content)
    assert answer.status_code == 201
    return answer.headers["Location"].removeprefix(API)


def patch(program: Program, path: str, content: bytes, *, offset: int, **headers: str) -> Answer:
    sent = {
        **TUS,
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    return program.open(path, method="PATCH", data=content, headers=sent)


def head(program: Program, path: str) -> Answer:
    return program.open(path, method="HEAD", headers=TUS)


def test_the_protocol_is_told_to_anybody(anonymous: Visitor) -> None:
    answer = anonymous.open(f"{API}/challenges/{SLUG}/uploads", method="OPTIONS")

    assert answer.status_code == 200
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_an_upload_goes_on_where_it_was(alices: Program, clock: Clock) -> None:
    path = begun(alices)
    first = patch(alices, path, CONTENT[:100], offset=0)
    asked = head(alices, path)
    last = patch(alices, path, CONTENT[100:], offset=100)

    assert [answer.status_code for answer in (first, asked, last)] == [204, 200, 204]
    assert [answer.headers["Upload-Offset"] for answer in (first, asked, last)] == [
        "100",
        "100",
        str(len(CONTENT)),
    ]
    assert asked.headers["Upload-Length"] == str(len(CONTENT))
    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.headers["Tus-Resumable"] == "1.0.0"
    expected = f"{clock.time.replace(day=clock.time.day + 1):%d %b %Y %H:%M:%S} GMT"
    assert asked.headers["Upload-Expires"].endswith(expected)
    assert asked.data == b""
    assert alices.get(path).json["offset"] == len(CONTENT)


def test_an_offset_that_is_not_the_uploads_is_a_conflict(alices: Program) -> None:
    path = begun(alices)

    answer = patch(alices, path, CONTENT[5:], offset=5)

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert head(alices, path).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_damaged_part_is_told_by_the_status_of_the_protocol(
    alices: Program, algorithm: str
) -> None:
    path = begun(alices)
    digest = base64.b64encode(hashlib.new(algorithm, CONTENT).digest()).decode()

    damaged = patch(
        alices, path, b"x" + CONTENT[1:], offset=0, Upload_Checksum=f"{algorithm} {digest}"
    )
    offset = head(alices, path).headers["Upload-Offset"]
    right = patch(alices, path, CONTENT, offset=0, Upload_Checksum=f"{algorithm} {digest}")

    assert (damaged.status_code, damaged.json["code"]) == (460, "checksum_mismatch")
    assert damaged.mimetype == "application/problem+json"
    assert offset == "0"
    assert right.status_code == 204


def test_a_file_that_is_not_what_was_announced_is_given_up(alices: Program) -> None:
    path = begun(alices)

    answer = patch(alices, path, b"x" + CONTENT[1:], offset=0)

    assert answer.status_code == 460
    assert head(alices, path).status_code == 404


@pytest.mark.parametrize("checksum", ["md5 AAAA", "sha1", "sha1 ?", ""])
def test_a_checksum_of_another_kind_is_refused(alices: Program, checksum: str) -> None:
    answer = patch(alices, begun(alices), CONTENT, offset=0, Upload_Checksum=checksum)

    assert answer.status_code == 400
    assert "sha1, sha256" in answer.json["detail"]


def test_a_part_of_another_type_or_of_another_protocol_is_refused(alices: Program) -> None:
    path = begun(alices)

    assert patch(alices, path, CONTENT, offset=0, Content_Type="text/csv").status_code == 415
    for version in ("0.2.2", ""):
        answer = patch(alices, path, CONTENT, offset=0, Tus_Resumable=version)
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert begin(alices, headers={"Tus-Resumable": version}).status_code == 412
        gone = alices.open(path, method="DELETE", headers={"Tus-Resumable": version})
        assert gone.status_code == 412
    assert head(alices, path).headers["Upload-Offset"] == "0"


def test_more_than_was_announced_is_not_read(alices: Program) -> None:
    path = begun(alices)

    answer = patch(alices, path, CONTENT + b"x", offset=0)

    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")
    assert head(alices, path).headers["Upload-Offset"] == "0"


def test_an_upload_that_was_given_up_is_gone(alices: Program) -> None:
    path = begun(alices)

    assert alices.open(path, method="DELETE", headers=TUS).status_code == 204
    assert head(alices, path).status_code == 404
    assert patch(alices, path, CONTENT, offset=0).status_code == 404
    assert alices.open(path, method="DELETE", headers=TUS).status_code == 404


def test_an_upload_is_its_persons_own(alices: Program, bobs: Program) -> None:
    path = begun(alices)

    assert head(bobs, path).status_code == 404
    assert patch(bobs, path, CONTENT, offset=0).status_code == 404
    assert bobs.open(path, method="DELETE", headers=TUS).status_code == 404


def test_an_upload_expires(alices: Program, clock: Clock) -> None:
    path = begun(alices)
    clock.advance(hours=25)

    assert head(alices, path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {"Upload-Length": None}}, 422),
        ({"headers": {"Upload-Length": "-1"}}, 422),
        ({"headers": {"Upload-Length": "0"}}, 422),
        ({"headers": {"Upload-Length": "1e9"}}, 422),
        ({"headers": {"Upload-Length": "9" * 20}}, 422),
        ({"headers": {"Upload-Length": None, "Upload-Defer-Length": "1"}}, 422),
        ({"headers": {"Upload-Length": "100001"}}, 413),
        ({"headers": {"Upload-Metadata": "filename ?"}}, 422),
        ({"headers": {"Upload-Metadata": "filename AAAA AAAA AAA"}}, 422),
        ({"headers": {"Upload-Metadata": None}}, 422),
        ({"sha256": "0"}, 422),
        ({"kind": "container"}, 422),
        ({"kind": "nothing"}, 422),
        ({"phase": "past"}, 409),
        ({"phase": "nothing"}, 422),
    ],
)
def test_what_cannot_become_a_submission_is_not_begun(
    alices: Program, changes: dict[str, Any], status: int
) -> None:
    answer = begin(alices, **changes)

    assert answer.status_code == status
    assert len(answer.json["detail"]) > 10


def test_a_team_without_quota_begins_no_upload(
    alices: Program, platform: Platform, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "n: 5, per: 24h", "n: 1, per: 24h")
    assert alices.submit().status_code == 201

    answer = begin(alices)

    assert (answer.status_code, answer.json["code"]) == (429, "quota_exceeded")
    assert answer.json["next_slot"]


def test_a_revealed_phase_begins_no_upload(alices: Program, platform: Platform) -> None:
    with platform.database.writing() as session:
        challenge = find_challenge(session, SLUG)
        record_reveal(session, challenge.id, phase="development", now=platform.clock())

    answer = begin(alices)

    assert (answer.status_code, answer.json["code"]) == (409, "phase_closed")


def test_a_person_has_three_uploads_at_a_time(alices: Program, bobs: Program) -> None:
    paths = [begun(alices) for _ in range(3)]

    answer = begin(alices)

    assert (answer.status_code, answer.json["code"]) == (429, "too_many_uploads")
    begun(bobs)
    alices.open(paths[0], method="DELETE", headers=TUS)
    begun(alices)


def test_pages_have_threads_left_while_uploads_arrive(
    app: Flask, alices: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("challenge_platform.web.lanes.WAIT_SECONDS", 0.01)
    path = begun(alices)
    lanes = app.extensions["upload_lanes"]
    taken = [lanes.acquire(blocking=False) for _ in range(16)]

    answer = patch(alices, path, CONTENT, offset=0)
    image = alices.submit(kind="container")
    other = alices.get("/me")
    for _ in filter(None, taken):
        lanes.release()

    assert sum(taken) == 4
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert image.status_code == 503  # it would be checked, which may take minutes
    assert other.status_code == 200
    assert alices.submit(kind="container").status_code == 422
    assert patch(alices, path, CONTENT, offset=0).status_code == 204


def test_a_name_is_shown_without_what_cannot_be_shown(alices: Program) -> None:
    path = begin(alices, filename="C:\\x\\im\nage.tar").headers["Location"].removeprefix(API)

    assert alices.get(path).json["filename"] == "im?age.tar"


def test_a_read_token_uploads_nothing(program: Callable[..., Program], alice: Participant) -> None:
    reader = program(alice.user, scopes=("read",))

    assert begin(reader).status_code == 403


def test_only_who_may_submit_begins_an_upload(
    organizers: Program, alices: Program, anonymous: Visitor
) -> None:
    assert begin(organizers).status_code == 403
    assert begin(alices).status_code == 201
    assert anonymous.post(f"{API}{UPLOADS}", headers=TUS).status_code == 401


def test_a_finished_upload_becomes_a_submission(alices: Program, platform: Platform) -> None:
    path = begun(alices)
    named = {"upload": path.rpartition("/")[2], "message": "in parts"}
    too_early = alices.post(f"/challenges/{SLUG}/submissions", data=named)
    patch(alices, path, CONTENT, offset=0)

    key = {"Idempotency-Key": "once"}
    first = alices.post(f"/challenges/{SLUG}/submissions", data=named, headers=key)
    again = alices.post(f"/challenges/{SLUG}/submissions", data=named, headers=key)

    assert (too_early.status_code, too_early.json["code"]) == (409, "conflict")
    assert [answer.status_code for answer in (first, again)] == [201, 201]
    assert first.json["id"] == again.json["id"]
    made = alices.get(f"/submissions/{first.json['id']}").json
    assert made["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert (made["filename"], made["kind"], made["size"]) == (
        "upload",
        "predictions",
        len(CONTENT),
    )
    assert platform.store.read(made["sha256"]) == CONTENT


def test_an_upload_that_cannot_be_scored_is_refused_as_a_file_is(alices: Program) -> None:
    content = CONTENT.replace(b"p003", b"q003")
    path = begun(alices, content=content)
    patch(alices, path, content, offset=0)

    named = {"upload": path.rpartition("/")[2]}
    answer = alices.post(f"/challenges/{SLUG}/submissions", data=named)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_upload")
    assert alices.get(f"/challenges/{SLUG}").json["quota"]["development"]["used"] == 0


def test_somebody_elses_upload_cannot_be_submitted(alices: Program, bobs: Program) -> None:
    path = begun(alices)
    patch(alices, path, CONTENT, offset=0)

    answer = bobs.post(f"/challenges/{SLUG}/submissions", data={"upload": path.rpartition("/")[2]})

    assert answer.status_code == 404


@pytest.fixture
def hidden(platform: Platform, program: Callable[..., Program]) -> Program:
    """Give a program of somebody in the challenge that takes code, images and weights."""
    return program(participant(platform, publish_hidden(platform), name="ann").user)


def whole(program: Program, content: bytes, *, kind: str) -> str:
    """Send a file whole, and give the id of its upload."""
    sent = {"kind": kind, "sha256": hashlib.sha256(content).hexdigest()}
    headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": metadata(**sent)}
    answer = program.post("/challenges/hidden-cells/uploads", headers=headers)
    assert answer.status_code == 201, answer.json
    path = answer.headers["Location"].removeprefix(API)
    assert patch(program, path, content, offset=0).status_code == 204
    return path.rpartition("/")[2]


def test_weights_are_named_by_their_upload_and_then_by_their_digest(hidden: Program) -> None:
    sent = whole(hidden, ARCHIVE, kind="weights")
    digest = hashlib.sha256(ARCHIVE).hexdigest()

    answers = [
        hidden.post(
            "/challenges/hidden-cells/submissions",
            data={"kind": "code", "file": (io.BytesIO(CODE), "code.zip"), "weights": named},
        )
        for named in (sent, digest, digest)
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    shown = hidden.get(f"/submissions/{answers[1].json['id']}").json
    assert (shown["weights"], shown["kind"]) == (digest, "code")


def test_an_upload_of_another_kind_is_no_weights(hidden: Program) -> None:
    sent = whole(hidden, ARCHIVE, kind="code")

    answer = hidden.post(
        "/challenges/hidden-cells/submissions",
        data={"kind": "code", "file": (io.BytesIO(CODE), "code.zip"), "weights": sent},
    )

    assert answer.status_code == 422
    assert "names an upload of another kind" in answer.json["detail"]


@pytest.mark.parametrize(
    ("slug", "size", "status", "told"),
    [
        ("hidden-cells", 300_001, 413, "takes at most 300,000"),
        (SLUG, 10, 422, "takes no weights"),
    ],
)
def test_weights_that_would_not_be_taken_are_not_begun(
    hidden: Program, alices: Program, slug: str, size: int, status: int, told: str
) -> None:
    sent = metadata(kind="weights", sha256="0" * 64)
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": sent}

    answer = (alices if slug == SLUG else hidden).post(
        f"/challenges/{slug}/uploads", headers=headers
    )

    assert answer.status_code == status
    assert told in answer.json["detail"]
