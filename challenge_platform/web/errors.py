"""Errors as readers get them: a problem document for programs, a page for people."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, flash, json, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError

from challenge_platform.errors import (
    AgreementRequired,
    ChecksumMismatch,
    ConcurrencyExceeded,
    Conflict,
    ForgedJob,
    InvalidInput,
    InvalidUpload,
    KeyUnavailable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NoWorker,
    ObjectDamaged,
    PhaseClosed,
    PlatformError,
    QueueUnavailable,
    QuotaExceeded,
    RegistryUnavailable,
    RequestRefused,
    Sealed,
    StaleClaim,
    StorageFull,
    TooManyUploads,
    UploadTooLarge,
)
from challenge_platform.redaction import without_secrets
from challenge_platform.web.language import gettext
from challenge_platform.web.problem import MEDIA_TYPE, Problem, ProblemItem
from challenge_platform.web.wording import REFUSALS
from scorers.message import Message

OUR_FAULT = Message("this is the platform's fault; it was recorded")

STATUS: dict[type[PlatformError], HTTPStatus] = {
    RequestRefused: HTTPStatus.BAD_REQUEST,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidUpload: HTTPStatus.UNPROCESSABLE_ENTITY,
    UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ChecksumMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    RegistryUnavailable: HTTPStatus.FAILED_DEPENDENCY,
    NoWorker: HTTPStatus.SERVICE_UNAVAILABLE,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    AgreementRequired: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    PhaseClosed: HTTPStatus.CONFLICT,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    ConcurrencyExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyUploads: HTTPStatus.TOO_MANY_REQUESTS,
    Sealed: HTTPStatus.FORBIDDEN,
    KeyUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    QueueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ObjectDamaged: HTTPStatus.INTERNAL_SERVER_ERROR,
    StaleClaim: HTTPStatus.INTERNAL_SERVER_ERROR,
    ForgedJob: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of every anticipated error; a test holds it complete."""

HTTP_CODES = {
    HTTPStatus.UNAUTHORIZED: "not_authenticated",
    HTTPStatus.FORBIDDEN: "not_allowed",
}
"""Werkzeug's refusals that have a name of ours; the others are called as HTTP calls them."""

log = structlog.get_logger()


def code_of(error: PlatformError, /) -> str:
    """Give the name of an error's class in snake case, by which programs know it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def problem_of(error: PlatformError, /) -> Problem:
    """Describe an anticipated error; a fault of ours says no more than that."""
    status = STATUS[type(error)]
    return Problem(
        title=status.phrase,
        status=status,
        code=code_of(error),
        detail=_detail(error) if status < HTTPStatus.INTERNAL_SERVER_ERROR else OUR_FAULT,
        **_extras(error),
    )


def _detail(error: PlatformError) -> Message:
    return Message(error.template, **error.values)


def _extras(error: PlatformError) -> dict[str, Any]:
    if isinstance(error, InvalidUpload):
        return {"errors": error.problems, "total": error.total}
    if isinstance(error, QuotaExceeded) and error.next_slot:
        return {"next_slot": error.next_slot.isoformat()}
    return {}


def problem_of_http(error: HTTPException, /) -> Problem:
    """Describe a refusal of Flask's or Werkzeug's."""
    if isinstance(error, RequestEntityTooLarge):
        return _too_large()
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = error.description or status.description
    return Problem(
        title=status.phrase,
        status=status,
        code=HTTP_CODES.get(status, status.name.lower()),
        detail=OUR_FAULT if status >= HTTPStatus.INTERNAL_SERVER_ERROR else detail,
    )


def _too_large() -> Problem:
    """Describe a body over its bytes, or a form that has too many parts or too long ones."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    most = request.max_content_length or 0
    code = "upload_too_large"
    detail = Message("the request is over the {most:,} bytes allowed here", most=most)
    if request.content_length is None or request.content_length <= most:
        code = "request_entity_too_large"
        detail = Message(
            "the form has more than {most:,} bytes, more than {parts} parts, or a part that is no "
            "file and has more than {part:,} bytes; send the fields of the form alone",
            most=most,
            parts=request.max_form_parts,
            part=request.max_form_memory_size,
        )
    return Problem(title=status.phrase, status=status, code=code, detail=detail)


def invalid_parameters(error: ValidationError, /) -> Response:
    """Answer for parameters or a JSON body that pydantic refused."""
    items = [
        ProblemItem(
            column=".".join(str(part) for part in detail["loc"]) or None,
            code=detail["type"],
            expected=detail["msg"],
            found=repr(detail.get("input"))[:80],
            repair="send the value that is expected",
        )
        for detail in error.errors(include_url=False, include_context=False)
    ]
    status = STATUS[InvalidInput]
    names = ", ".join(item.column or "the body" for item in items[:20])
    return _document(
        Problem(
            title=status.phrase,
            status=status,
            code="invalid_input",
            detail=f"wrong or missing: {names}",
            errors=items[:20],
            total=len(items),
        )
    )


def register(app: Flask, /) -> None:
    """Answer every error, ours and Flask's, in the reader's form."""

    @app.errorhandler(PlatformError)
    def refuse(error: PlatformError) -> ResponseReturnValue:
        problem = problem_of(error)
        _record(problem, error)
        if isinstance(error, NotAuthenticated) and not _wants_document():
            return _to_log_in()
        return _answer(problem, detail=problem.detail)

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None:
            return error.response
        if isinstance(error, SecurityError):  # under a foreign host name no page has an address
            return _document(problem_of_http(error))
        problem = problem_of_http(error)
        ours = isinstance(error, RequestEntityTooLarge)  # the others speak English only
        return _answer(
            problem, detail=problem.detail if ours else None, headers=dict(error.get_headers())
        )

    @app.errorhandler(RecursionError)
    def refuse_nesting(_error: RecursionError) -> ResponseReturnValue:
        # Python's JSON parser gives up on a body of thousands of brackets.
        return refuse(InvalidInput("the request is nested too deeply"))


def _record(problem: Problem, error: PlatformError) -> None:
    path = without_secrets(request.path)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("platform error", code=problem.code, error=str(error), path=path)
    elif problem.status == HTTPStatus.FORBIDDEN:
        log.warning("refused", code=problem.code, path=path)


def _way_back() -> str | None:
    """Give the page of this site whose link or form led here, if it was another one."""
    before = request.referrer or ""
    return before if before.startswith(request.host_url) and before != request.url else None


def _answer(
    problem: Problem, *, detail: Message | None, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with the document, or with a page that shows the `detail` in its reader's language."""
    if _wants_document():
        response = _document(problem)
    else:
        title, advice = REFUSALS.get(problem.code) or REFUSALS[_page_of(problem.status)]
        page = render_template(
            "error.html",
            problem=problem,
            title=title,
            advice=advice,
            detail=detail,
            back=_way_back(),
        )
        response = Response(page, problem.status)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    for name in ("Allow", "Retry-After"):
        if headers and name in headers:
            response.headers[name] = headers[name]
    return response


def _page_of(status: int) -> str:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "unavailable"
    return "bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal_server_error"


def _document(problem: Problem) -> Response:
    content = json.dumps(problem.model_dump(exclude_none=True))
    return Response(content, problem.status, mimetype=MEDIA_TYPE)


def _to_log_in() -> ResponseReturnValue:
    flash(gettext("Log in to see this page."), "info")
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("security.login", next=wanted), HTTPStatus.SEE_OTHER)


def _wants_document() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return request.path.startswith("/api/") or best == "application/json"
