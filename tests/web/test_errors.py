"""Errors: each has a status and words, and programs get a problem document for every one."""

import inspect

import pytest
from flask import Flask

from challenge_platform import errors as tree
from challenge_platform.core.submission import Fault, Reason, State
from challenge_platform.errors import KeyUnavailable, PlatformError
from challenge_platform.web.errors import HTTP_CODES, STATUS, code_of, problem_of
from challenge_platform.web.wording import FAULTS, REASONS, REFUSALS, STATES
from tests.web.conftest import API, Visitor

ANTICIPATED = {
    error
    for _, error in inspect.getmembers(tree, inspect.isclass)
    if issubclass(error, PlatformError) and error is not PlatformError
}


def test_every_anticipated_error_has_a_status() -> None:
    assert set(STATUS) == ANTICIPATED


def test_every_refusal_and_every_state_has_words() -> None:
    for error, status in STATUS.items():
        if status < 500 and error is not tree.RequestRefused:
            assert code_of(error.__new__(error)) in REFUSALS
    assert set(HTTP_CODES.values()) <= set(REFUSALS)
    assert set(STATES) == set(State)
    assert set(REASONS) == set(Reason)
    assert set(FAULTS) == set(Fault)


def test_a_fault_of_ours_tells_nothing_of_the_inside() -> None:
    problem = problem_of(KeyUnavailable("/secret/place cannot be read"))

    assert (problem.status, problem.code) == (503, "key_unavailable")
    assert "secret" not in problem.detail


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("DELETE", "/challenges", 405, "method_not_allowed"),
        ("TRACE", "/challenges", 405, "method_not_allowed"),
    ],
)
def test_refusals_of_the_server_are_problem_documents_too(
    method: str, path: str, status: int, code: str, anonymous: Visitor
) -> None:
    answer = anonymous.open(f"{API}{path}", method=method)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


def test_an_unexpected_error_is_a_problem_document_without_its_message(app: Flask) -> None:
    def fail() -> str:
        raise ZeroDivisionError("the secret")

    app.testing = False
    app.add_url_rule("/api/v1/fail", "fail", fail)

    answer = Visitor(app.test_client()).get("/api/v1/fail")

    assert (answer.status_code, answer.json["code"]) == (500, "internal_server_error")
    assert "secret" not in answer.text


def test_a_foreign_host_name_is_refused(anonymous: Visitor) -> None:
    assert anonymous.get(f"{API}/challenges", headers={"Host": "evil.example"}).status_code == 400
