"""Exit codes and errors: one sentence each, and never a traceback that nobody asked for."""

import json
from pathlib import Path

import pytest

from challenge_platform import errors
from challenge_platform.cli.exits import EXIT_OF_ERROR, ExitCode
from tests.cli.conftest import Run
from tests.cli.fake_api import (
    SLUG,
    SUBMISSION_ID,
    Answer,
    FakeApi,
    challenge_document,
    document,
    problem,
)

UPLOADS = f"/api/v1/challenges/{SLUG}/submissions"
REFUSALS = [
    (422, "invalid_input", 1),
    (422, "invalid_upload", 2),
    (413, "upload_too_large", 2),
    (401, "not_authenticated", 6),
    (403, "not_allowed", 6),
    (403, "agreement_required", 1),
    (404, "not_found", 1),
    (409, "conflict", 1),
    (409, "phase_closed", 1),
    (429, "quota_exceeded", 7),
    (429, "concurrency_exceeded", 7),
    (429, "too_many_uploads", 7),
    (403, "sealed", 1),
]


@pytest.mark.parametrize(("status", "code", "exit_code"), REFUSALS)
def test_each_refusal_of_the_platform_has_its_exit_code_and_one_sentence(
    ada: Run, api: FakeApi, predictions: Path, status: int, code: str, exit_code: int
) -> None:
    api.then("POST", UPLOADS, problem(status, code, "what is wrong and how to repair it"))

    done = ada("submit", SLUG, "-f", predictions.name, "-m", "x", "--no-check")

    assert done.code == exit_code
    assert done.err.startswith("challenge: what is wrong and how to repair it")
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_every_refusal_that_is_not_the_platforms_fault_is_in_this_table() -> None:
    names = {code.replace("_", "") for _, code, _ in REFUSALS}

    assert names == {
        kind.__name__.lower()
        for kind, code in EXIT_OF_ERROR.items()
        if code is not ExitCode.PLATFORM and issubclass(kind, errors.RequestRefused | errors.Sealed)
    }


@pytest.mark.parametrize(
    ("status", "exit_code"), [(401, 6), (403, 6), (404, 1), (413, 2), (422, 1), (429, 7), (500, 4)]
)
def test_an_answer_of_a_proxy_is_understood_by_its_status(
    ada: Run, api: FakeApi, predictions: Path, status: int, exit_code: int
) -> None:
    page = Answer(body=b"<html>no</html>", status=status, headers={"Retry-After": "30"})
    api.then("POST", UPLOADS, page)

    done = ada("submit", SLUG, "-f", predictions.name, "-m", "x", "--no-check")

    assert done.code == exit_code
    assert "try again in 30 s" in done.err


def test_a_platform_that_cannot_be_reached_is_a_platform_error(run: Run, api: FakeApi) -> None:
    port = api.url.rpartition(":")[2]
    api.then("GET", "/api/v1/challenges", Answer(lost=True))

    done = run("--url", f"http://127.0.0.1:{port}", "challenges", "list")

    assert done.code == 4
    assert "cannot be reached" in done.err


def test_a_web_server_that_is_no_platform_is_recognised(run: Run, api: FakeApi) -> None:
    api.then("GET", "/api/v1/challenges", Answer(body=b"<html>hello</html>"))

    done = run("--url", api.url, "challenges", "list")

    assert done.code == 4
    assert "did not answer as a challenge platform does" in done.err


def test_a_platform_that_moved_says_where_to(run: Run, api: FakeApi) -> None:
    moved = Answer(status=301, headers={"Location": "https://new.example.org/"})
    api.then("GET", "/api/v1/challenges", moved)

    done = run("--url", api.url, "challenges", "list")

    assert done.code == 4
    assert "has moved to https://new.example.org/" in done.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["sumbit"], "Did you mean 'submit'"),
        (["submit", SLUG], "Missing option"),
        (["submit", SLUG, "--fil", "x"], "Run `challenge submit --help` for help."),
        (["challenges", "list", "--format", "xml"], "'table', 'csv', 'json'"),
        (["challenges", "list", "--url", "x"], "--url stands before the command"),
        (["leaderboard", SLUG, "--page", "0"], "--page"),
        (["challenges", "list"], "challenge auth login"),
        (["--url", "localhost:8080", "challenges", "list"], "expected one like https://"),
        (["challenges", "nonsense"], "No such command 'nonsense'"),
    ],
)
def test_a_mistake_in_the_arguments_is_exit_code_1_and_one_line(
    run: Run, args: list[str], told: str
) -> None:
    done = run(*args)

    assert done.code == 1
    assert told in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


@pytest.mark.parametrize("args", [[], ["auth"], ["submissions"]])
def test_without_a_command_the_help_is_shown_and_it_is_a_usage_error(
    run: Run, args: list[str]
) -> None:
    done = run(*args)

    assert done.code == 1
    assert "Usage: challenge" in done.err


def test_a_traceback_is_shown_only_when_asked_for(run: Run, api: FakeApi) -> None:
    quiet = run("--url", api.url, "submissions", "list", SLUG)
    verbose = run("--url", api.url, "--verbose", "submissions", "list", SLUG)

    assert (quiet.code, verbose.code) == (6, 6)
    assert "Traceback" not in quiet.err
    assert "Traceback" in verbose.err


def test_a_bug_is_called_one_and_is_never_exit_code_1(run: Run, api: FakeApi) -> None:
    api.then("GET", "/api/v1/challenges", document({"challenges": [{"slug": "x"}]}))

    done = run("--url", api.url, "challenges", "list")

    assert done.code == 4
    assert "this is a bug, KeyError" in done.err


def test_a_team_name_cannot_steer_the_terminal(ada: Run, api: FakeApi) -> None:
    hostile = {**challenge_document(api.files), "team": "\x1b]0;owned\x07Ada"}
    api.then("GET", f"/api/v1/challenges/{SLUG}", document(hostile))

    assert "\x1b" not in ada("challenges", "show", SLUG).out


def test_nor_can_an_error_message(ada: Run, api: FakeApi) -> None:
    path = f"/api/v1/submissions/{SUBMISSION_ID}"
    api.then("GET", path, problem(404, "not_found", "\x1b[2Jgone"))

    assert ada("submissions", "show", SUBMISSION_ID).err == "challenge: \ufffd[2Jgone\n"


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == "challenge 0.1.0\n"


def test_an_id_is_sent_as_one_part_of_the_address(ada: Run, api: FakeApi) -> None:
    ada("submissions", "show", "../me")

    assert [each.path for each in api.requests] == ["/api/v1/submissions/..%2Fme"]
    assert json.dumps(api.requests[0].headers).count("chp_") == 1
