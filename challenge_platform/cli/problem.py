"""A refusal of the API (`application/problem+json`) as one of the platform's own errors."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from challenge_platform import errors
from challenge_platform.cli.exits import PlatformFault, TooManyRequests

Problem = Mapping[str, Any]


def _invalid_upload(problem: Problem) -> Exception:
    found = problem.get("errors") or []
    return errors.InvalidUpload(
        problem["detail"], problems=found, total=problem.get("total", len(found))
    )


def _quota_exceeded(problem: Problem) -> Exception:
    slot = problem.get("next_slot")
    return errors.QuotaExceeded(
        problem["detail"], next_slot=datetime.fromisoformat(slot) if slot else None
    )


def _plain(kind: type[Exception]) -> Callable[[Problem], Exception]:
    return lambda problem: kind(problem["detail"])


def _code(kind: type[Exception]) -> str:
    """Give the API's name of an error: its class in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


_BY_CODE: dict[str, Callable[[Problem], Exception]] = {
    _code(errors.InvalidUpload): _invalid_upload,
    _code(errors.QuotaExceeded): _quota_exceeded,
    **{
        _code(kind): _plain(kind)
        for kind in (
            errors.InvalidInput,
            errors.UploadTooLarge,
            errors.NotAuthenticated,
            errors.NotAllowed,
            errors.AgreementRequired,
            errors.NotFound,
            errors.Conflict,
            errors.PhaseClosed,
            errors.ConcurrencyExceeded,
            errors.TooManyUploads,
            errors.Sealed,
        )
    },
}

# For answers without a code of ours: of a proxy, or of a limit on the rate of requests.
_BY_STATUS: dict[int, type[Exception]] = {
    HTTPStatus.UNAUTHORIZED: errors.NotAuthenticated,
    HTTPStatus.FORBIDDEN: errors.NotAllowed,
    HTTPStatus.NOT_FOUND: errors.NotFound,
    HTTPStatus.CONFLICT: errors.Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.UploadTooLarge,
    HTTPStatus.UNPROCESSABLE_ENTITY: errors.InvalidInput,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests,
}


def error_of(response: httpx.Response, /) -> Exception:
    """Give the error that an answer of 400 or more stands for."""
    problem = _problem(response)
    if make := _BY_CODE.get(problem.get("code", "")):
        return make(problem)
    detail = problem["detail"]
    if after := response.headers.get("Retry-After"):
        detail = f"{detail}; try again in {after} s"
    kind = _BY_STATUS.get(response.status_code)
    if kind is not None:
        return kind(detail)
    return PlatformFault(
        f"{response.request.url.host} answered {response.status_code}: {detail}; "
        "this is not your fault, try again later"
    )


def _problem(response: httpx.Response) -> Problem:
    """Read the problem; an answer that is none becomes one with the status as its detail."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
    detail = document.get("detail") or response.reason_phrase or "no reason given"
    return {**document, "detail": str(detail)}
