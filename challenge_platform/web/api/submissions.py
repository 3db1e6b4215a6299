"""Submissions: checking and making them, following them to their end, and their receipts."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, json, url_for
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from challenge_platform.core.account import Scope
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.feedback import VisibleSubmission
from challenge_platform.core.history import (
    cancel_submission,
    read_submission,
    read_submissions,
)
from challenge_platform.core.submission import Kind, State, find_submission
from challenge_platform.errors import NotFound
from challenge_platform.web import current, reception
from challenge_platform.web.api.answer import answer, refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import (
    QuotaDocument,
    ReasonDocument,
    Receipt,
    ScoreDocument,
    ScoredWithDocument,
    StageDocument,
    SubgroupDocument,
    SubmissionAccepted,
    SubmissionDocument,
    SubmissionList,
    SubmissionReport,
    TimingsDocument,
    Valid,
)
from challenge_platform.web.api.parameters import Parameters
from challenge_platform.web.api.tokens import TOKEN_REQUIRED, caller
from challenge_platform.web.attachment import attached
from challenge_platform.web.freshness import conditional
from challenge_platform.web.problem import ProblemItem
from challenge_platform.web.wording import REASONS

api = APIBlueprint(
    "api_submissions",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="submissions")],
    abp_security=TOKEN_REQUIRED,
    abp_responses=refusals(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
)
UPLOAD_REFUSALS = refusals(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class UploadForm(BaseModel):
    """The parts of an upload."""

    file: str | None = Field(default=None, json_schema_extra={"format": "binary"})
    upload: str | None = Field(
        default=None, description="The id of a large upload that is whole, instead of the file."
    )
    image: str | None = Field(
        default=None,
        description="`host/repository@sha256:…` in a registry of the operator's list, instead of "
        "the file.",
    )
    weights: str | None = Field(
        default=None,
        description="Weights beside code or an image, read-only in `/weights`: the id of a whole "
        "upload of the kind `weights`, the SHA-256 of some that the team has sent before, or, as a "
        "file, a small archive.",
    )
    source: str | None = Field(
        default=None,
        json_schema_extra={"format": "binary"},
        description="The notebook or archive that made the file; kept, never executed.",
    )
    kind: str = Field(
        default="predictions",
        description="`predictions`, `code` (a zip or tar.gz archive with main.py at its root) or "
        "`container`; that of the upload, if one is named.",
    )
    phase: str | None = None
    message: str = Field(default="", max_length=reception.MESSAGE_LENGTH)


# The form is described here and read by `reception`: flask-openapi3 would parse each text field as
# JSON, so that the message "1.50" arrived as 1.5 and "[[[[…" as an internal error.
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": UploadForm.model_json_schema()}},
    }
}


class Submit(BaseModel):
    """Headers of a submission: two requests with the same key make one submission."""

    idempotency_key: str | None = Field(
        default=None, alias="Idempotency-Key", max_length=reception.KEY_LENGTH
    )


class Page(Parameters):
    """Which hundred."""

    page: int = Field(default=1, ge=1, le=10_000)


class SubmissionPath(BaseModel):
    """Which submission."""

    id: str


@api.post(
    "/challenges/<slug:slug>/validate",
    responses={200: Valid, **UPLOAD_REFUSALS},
    openapi_extensions=UPLOAD_BODY,
)
def validate(path: ChallengePath) -> Response:
    """Check a file as a submission would; nothing is stored or run, no quota used."""
    checked = reception.check(path.slug, person=caller(Scope.SUBMIT))
    return answer(Valid(rows=checked.rows, files=checked.files))


@api.post(
    "/challenges/<slug:slug>/submissions",
    responses={
        201: SubmissionAccepted,
        **UPLOAD_REFUSALS,
        **refusals(HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
    },
    openapi_extensions=UPLOAD_BODY,
)
def submit(path: ChallengePath, header: Submit) -> Response:
    """Submit predictions or code; it is checked first, and what is refused uses no quota."""
    del header  # described here, read by `reception`
    accepted = reception.submit(path.slug, person=caller(Scope.SUBMIT))
    with current.platform().database.reading() as session:
        state = find_submission(session, accepted.submission_id).state
    return answer(
        SubmissionAccepted(
            id=accepted.submission_id,
            state=state,
            quota=QuotaDocument.model_validate(accepted.quota),
        ),
        status=HTTPStatus.CREATED,
        location=url_for("api_submissions.show", id=accepted.submission_id),
    )


@api.get("/challenges/<slug:slug>/submissions", responses={200: SubmissionList})
def list_(path: ChallengePath, query: Page) -> Response:
    """List the submissions of the caller's team, the newest first."""
    person = caller(Scope.READ)
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, path.slug)
        found = read_submissions(
            session, challenge, user=person, page=query.page, now=current.opened_at()
        )
    documents = [submission_document(submission) for submission in found]
    return conditional(answer(SubmissionList(submissions=documents)))


@api.get("/submissions/<hex:id>", responses={200: SubmissionReport})
def show(path: SubmissionPath) -> Response:
    """Give a submission of the caller's team; with If-None-Match, 304 while it is the same."""
    return conditional(answer(_report(_read(path.id))))


@api.get("/submissions/<hex:id>/receipt", responses={200: Receipt})
def receipt(path: SubmissionPath) -> Response:
    """Give the signed receipt of a scored submission."""
    return receipt_file(_read(path.id))


@api.post(
    "/submissions/<hex:id>/cancel",
    responses={200: SubmissionDocument, **refusals(HTTPStatus.CONFLICT)},
)
def cancel(path: SubmissionPath) -> Response:
    """End a submission that is queued or under way; refunded if no worker has begun."""
    person = caller(Scope.SUBMIT)
    with current.platform().database.writing() as session:
        cancel_submission(session, path.id, user=person, now=current.opened_at())
        session.expire_all()
        return answer(submission_document(read_submission(session, path.id, user=person)))


def _read(submission_id: str) -> VisibleSubmission:
    person = caller(Scope.READ)
    with current.platform().database.reading() as session:
        return read_submission(session, submission_id, user=person, now=current.opened_at())


def _report(submission: VisibleSubmission) -> SubmissionReport:
    return SubmissionReport(
        **dict(submission_document(submission)),
        stages=stage_documents(submission),
        log=log_text(submission),
        report_board=submission.report.board,
        subgroups=[SubgroupDocument.model_validate(part) for part in submission.subgroups],
        pictures=list(submission.pictures),
        problems=[ProblemItem.model_validate(problem) for problem in problems_of(submission)],
    )


def problems_of(submission: VisibleSubmission, /) -> Sequence[Mapping[str, str | int | None]]:
    """Give the problems of a file that was rejected, as far as they are told; none of another."""
    if submission.state is not State.REJECTED:
        return ()
    if submission.kind is not Kind.PREDICTIONS:
        return submission.stages.refused.problems
    uploads = current.platform().uploads
    invalid = uploads.refusal(submission.challenge, submission.sha256)
    return () if invalid is None else invalid.problems


def stage_documents(submission: VisibleSubmission, /) -> list[StageDocument]:
    """Write the stages of a submission as their reader may see them."""
    return [StageDocument.model_validate(stage) for stage in submission.stages.views]


def log_text(submission: VisibleSubmission, /) -> str | None:
    """Write what a program said on public data; bytes that are no text are marked."""
    said = submission.stages.log
    return None if said is None else said.decode(errors="replace")


def submission_document(submission: VisibleSubmission, /) -> SubmissionDocument:
    """Write a submission as its reader may see it."""
    reason = submission.reason
    told = reason and ReasonDocument(code=reason, fault=reason.fault, message=str(REASONS[reason]))
    return SubmissionDocument(
        id=submission.id,
        challenge=submission.challenge.slug,
        phase=submission.phase,
        kind=submission.kind,
        team=submission.team,
        filename=submission.filename,
        size=submission.size,
        sha256=submission.sha256,
        weights=submission.weights,
        message=submission.message,
        state=submission.state,
        reason=told,
        position=submission.position,
        eta_seconds=submission.ends_in and int(submission.ends_in.total_seconds()),
        scores=[ScoreDocument.model_validate(score) for score in submission.scores],
        scored_with=ScoredWithDocument.model_validate(submission.scored_with)
        if submission.scored_with
        else None,
        timings=TimingsDocument(**submission.timings),
        received_at=submission.received_at,
        started_at=submission.started_at,
        finished_at=submission.finished_at,
        receipt=submission.receipt is not None,
    )


def receipt_file(submission: VisibleSubmission, /) -> Response:
    """Give a submission's receipt as a file to keep; raise NotFound before it is scored."""
    if submission.receipt is None:
        raise NotFound(
            "submission {submission} has no receipt: it is {state}",
            submission=submission.id,
            state=submission.state,
        )
    content = json.dumps(submission.receipt, ensure_ascii=False, indent=2)
    response = Response(content, mimetype="application/json")
    return attached(response, name=f"{submission.id}.receipt.json")
