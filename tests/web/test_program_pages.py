"""Submitted programs on pages and in the API: what is told of them, and what is never told."""

import io
import json
import re
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.account import User
from challenge_platform.core.submission import Submission
from challenge_platform.web import create_app
from sandbox import End, Usage
from tests.archives import zipped
from tests.conftest import Participant, participant
from tests.core.programs import CANARY, CODE, Runs, code, good, sizes, with_programs
from tests.core.test_weights import ARCHIVE
from tests.fakes import Clock, FakePrograms, Files
from tests.images import HandMadeImage, digest, file, tarball
from tests.web.conftest import Answer, Browser, Program, Visitor

PLAIN = Usage(cpu_seconds=1.5, peak_memory=8_000_000, wall_seconds=2.5, output_bytes=1_000)
TELLING = Usage(
    cpu_seconds=7.918273, peak_memory=91_827_364, wall_seconds=6.918273, output_bytes=918_273
)
"""What a program may choose so that it says hidden data."""

TOLD = re.compile(rf"{re.escape(CANARY)}|918\D?27|91\.8|6\.92|7\.92|\bc05[0-9]\b")
"""How hidden data look, written with or without separators: the canary, its numbers, hidden ids."""


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs predict well."""
    return with_programs(platform, runner=FakePrograms(program=good), clock=clock)


@pytest.fixture
def app(runs: Runs) -> Flask:
    """Give the application of that platform."""
    made = create_app(runs.platform)
    made.testing = True
    return made


@pytest.fixture
def ann(runs: Runs) -> Participant:
    """Give a participant of the challenge."""
    return participant(runs.platform, runs.challenge, name="ann")


@pytest.fixture
def hers(ann: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Ann's browser."""
    return browser(ann.user)


@pytest.fixture
def anns(ann: Participant, program: Callable[..., Program]) -> Program:
    """Give Ann's program."""
    return program(ann.user)


def send(program: Program, content: bytes, *, path: str = "submissions", **fields: str) -> Answer:
    """Send code through the API."""
    data = {"file": (io.BytesIO(content), "code.zip"), "kind": "code", **fields}
    return program.post(f"/challenges/hidden-cells/{path}", data=data)


def hidden(files: Files) -> bool:
    """Whether these are the hidden files, and not their sample."""
    return CANARY.encode() in files["test.csv"]


def telling(runner: FakePrograms, files: Files, *, made: bytes | End) -> bytes | End:
    """Say hidden data by every way that there is, if these are hidden."""
    if not hidden(files):
        runner.log, runner.exit_code, runner.usage = b"all is well", 0, PLAIN
        return good(files)
    runner.log, runner.exit_code, runner.usage = f"{CANARY}\n".encode(), 91, TELLING
    return made


def wrong_cells(files: Files) -> bytes:
    """Write hidden values where probabilities should be, and ids that nobody asked for."""
    lines = [f"x{size},{size}\n" for size in sizes(files).values()]
    return ("cell_id,probability\n" + "".join(lines)).encode()


ENDS: dict[str, Callable[[Files], bytes | End]] = {
    "scored": good,
    "failed": lambda _files: End.CRASHED,
    "rejected": wrong_cells,
    "refused header": lambda _files: f"cell_id,{CANARY}\n".encode(),
}


@pytest.mark.parametrize("end", ENDS)
def test_nothing_that_a_program_says_on_hidden_input_reaches_its_team(
    runs: Runs, ann: Participant, anns: Program, hers: Browser, end: str
) -> None:
    runner = runs.runner
    runner.program = lambda files: telling(runner, files, made=ENDS[end](files))

    ended = runs.end(ann)

    assert ended.state == end.split(maxsplit=1)[0].replace("refused", "rejected")
    answers = {
        path: hers.get(path).text
        for path in (
            "/",
            f"/submissions/{ended.id}",
            f"/submissions/{ended.id}/state.json",
            f"/reports/submissions/{ended.id}",
            "/challenges/hidden-cells/submissions",
            "/challenges/hidden-cells/submissions.csv",
            "/challenges/hidden-cells/submissions.json",
            "/challenges/hidden-cells/leaderboard",
        )
    }
    answers |= {path: anns.get(path).text for path in (f"/submissions/{ended.id}", *LISTS)}
    answers["receipt"] = anns.get(f"/submissions/{ended.id}/receipt").text
    answers |= takeout(hers)
    assert [path for path, told in answers.items() if TOLD.search(told)] == []
    stages = {stage["name"]: stage for stage in anns.get(f"/submissions/{ended.id}").json["stages"]}
    assert stages["hidden"]["seconds"] == 10
    assert stages["hidden"]["exit_code"] is stages["hidden"]["usage"] is None
    assert stages["hidden"]["timings"] == {}


LISTS = ("/challenges/hidden-cells/submissions", "/challenges/hidden-cells/leaderboard")


def takeout(browser: Browser) -> dict[str, str]:
    """Download all that the platform has of the person, but what they sent."""
    answer = browser.send("/profile/data", form="/profile/data")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as found:
        return {
            name: found.read(name).decode()
            for name in found.namelist()
            if "/submissions/" not in name
        }


def test_organizers_are_told_what_a_hidden_run_used_and_not_what_it_said(
    runs: Runs, ann: Participant, organizers: Program
) -> None:
    runner = runs.runner
    runner.program = lambda files: telling(runner, files, made=good(files))
    ended = runs.end(ann)

    told = organizers.get(f"/submissions/{ended.id}")

    stage = next(each for each in told.json["stages"] if each["name"] == "hidden")
    assert stage["seconds"] == 6.918
    assert stage["usage"]["peak_memory"] == TELLING.peak_memory
    assert CANARY not in told.text


def test_the_page_shows_each_stage_and_what_the_program_said_on_the_sample_as_text(
    runs: Runs, ann: Participant, hers: Browser, anns: Program
) -> None:
    runs.runner.log = b"<script>alert(1)</script>\x1b[2J\nTraceback: no such column \xff"
    runs.runner.program, runs.runner.exit_code = lambda _files: End.CRASHED, 3
    ended = runs.end(ann)

    page = hers.get(f"/submissions/{ended.id}").text
    report = anns.get(f"/submissions/{ended.id}").json

    assert "Run on the sample" in page
    assert "Run on the hidden files" not in page
    assert "exit code 3" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\N{REPLACEMENT CHARACTER}[2J" in page
    assert "no such column" in page
    assert "It does not count in your quota." in page
    assert "no such column" in report["log"]
    assert report["reason"]["code"] == "run_crashed"
    assert [(stage["name"], stage["end"]) for stage in report["stages"]] == [("smoke", "crashed")]


def test_the_page_of_a_long_log_stays_small(runs: Runs, ann: Participant, hers: Browser) -> None:
    runs.runner.log = b"'" * 65_536
    ended = runs.end(ann)

    page = hers.get(f"/submissions/{ended.id}")

    assert len(page.data) < 150_000
    assert "53.5 kB of it are left out" in page.text


def test_problems_of_predictions_made_on_the_sample_are_told_with_their_place(
    runs: Runs, ann: Participant, hers: Browser, anns: Program
) -> None:
    runs.runner.program = lambda files: good(files).replace(b"c040,", b"c940,")
    ended = runs.end(ann)

    problems = anns.get(f"/submissions/{ended.id}").json["problems"]

    assert {(each["code"], each.get("line")) for each in problems} == {
        ("unknown_id", 2),
        ("missing_id", None),
    }
    assert "c940" in hers.get(f"/submissions/{ended.id}").text


def test_code_is_checked_and_submitted_through_the_api(anns: Program, runs: Runs) -> None:
    checked = send(anns, CODE, path="validate")
    sent = send(anns, CODE)

    assert (checked.json["rows"], checked.json["files"]) == (None, 1)
    assert sent.status_code == 201
    assert runs.submission(sent.json["id"]).kind == "code"


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"code", "not_an_archive"), (code().replace(b"main.py", b"mine.py"), "missing_member")],
)
def test_an_archive_that_cannot_be_run_is_refused_and_uses_nothing(
    anns: Program, ann: Participant, runs: Runs, content: bytes, problem: str
) -> None:
    answer = send(anns, content)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_upload")
    assert problem in [each["code"] for each in answer.json["errors"]]
    assert all(each["repair"] for each in answer.json["errors"])
    with runs.platform.database.reading() as session:
        phase = runs.challenge.definition.phases[0]
        left = quota.quota_of(session, team_id=ann.team.id, phase=phase, now=runs.clock())
    assert left.used == 0


def test_an_archive_over_the_limit_is_refused_before_it_is_read(anns: Program) -> None:
    within, over = send(anns, bytes(201_000)), send(anns, bytes(500_000))

    assert [answer.status_code for answer in (within, over)] == [413, 413]
    assert "takes at most 200,000" in within.json["detail"]
    assert "the request is over the" in over.json["detail"]


def test_a_kind_that_the_challenge_does_not_take_is_refused(anns: Program) -> None:
    answer = send(anns, CODE, kind="predictions")

    assert answer.status_code == 422
    assert "takes code, container, not predictions" in answer.json["detail"]


def test_the_form_says_what_an_archive_must_hold_and_its_limits(hers: Browser) -> None:
    page = hers.get("/challenges/hidden-cells/submit").text

    assert '<option value="code" selected data-most="200000"' in page
    assert '<option value="container" data-most="200000" data-parts="10000000000"' in page
    assert "Above 200 kB it goes in parts" in page
    assert "a zip or tar.gz with main.py at its root, at most 200 kB" in page
    assert "/output/predictions.csv" in page
    assert "first runs on the public sample of these files" in page
    assert "sample/test.csv" in page
    assert "-f image.tar --kind container" in page
    assert "Predictions file" not in page
    assert page.count("parts.js") == 1


def test_the_form_of_a_challenge_without_images_sends_nothing_in_parts(
    browser: Callable[[User], Browser], alice: Participant
) -> None:
    page = browser(alice.user).get("/challenges/tiny-survival/submit").text

    assert "parts.js" not in page
    assert "data-parts" not in page


def test_a_small_image_is_checked_by_the_form(hers: Browser) -> None:
    image = HandMadeImage(layers=[tarball(file("f", b"x"))]).saved()
    data = {"file": (io.BytesIO(image), "image.tar"), "kind": "container", "action": "check"}

    checked = hers.send("/challenges/hidden-cells/submit", data)

    assert "This image can be run" in checked.text
    assert "main.py at its root" not in checked.text.partition("<form")[0]


def test_the_form_checks_and_submits_an_archive(hers: Browser) -> None:
    def sent(action: str, content: bytes = CODE) -> Answer:
        data = {"file": (io.BytesIO(content), "code.zip"), "kind": "code", "action": action}
        return hers.send("/challenges/hidden-cells/submit", data)

    checked, refused, submitted = sent("check"), sent("submit", b"code"), sent("submit")

    assert "The archive holds 1 file" in checked.text
    assert "This is no zip or tar.gz archive." in refused.text
    assert submitted.status_code == 303


def test_the_sample_can_be_downloaded_and_the_hidden_files_cannot(
    hers: Browser, anns: Program
) -> None:
    files = anns.get("/challenges/hidden-cells").json["files"]

    assert [each["name"] for each in files] == ["train.csv", "sample/test.csv"]
    sample = hers.get("/challenges/hidden-cells/files/sample/test.csv")
    assert sample.data.startswith(b"cell_id,size\nc040,")
    assert anns.get("/challenges/hidden-cells/files/sample/test.csv").data == sample.data
    assert hers.get("/challenges/hidden-cells/files/test.csv").status_code == 404
    assert CANARY not in json.dumps(anns.get("/challenges/hidden-cells").json)


def test_the_overview_asks_for_a_program_where_no_file_is_taken(
    runs: Runs, anonymous: Visitor
) -> None:
    page = anonymous.get(f"/challenges/{runs.challenge.slug}").text

    assert "Submit a program" in page
    assert "Submit a predictions file" not in page


def test_weights_go_with_the_form_and_are_then_chosen_among_those_that_were_sent(
    runs: Runs, hers: Browser
) -> None:
    def sent(**weights: tuple[io.BytesIO, str] | str) -> Answer:
        data = {"file": (io.BytesIO(CODE), "code.zip"), "kind": "code", **weights}
        return hers.send("/challenges/hidden-cells/submit", data)

    first = sent(weights=(io.BytesIO(ARCHIVE), "weights.zip"))
    page = hers.get("/challenges/hidden-cells/submit").text
    again = sent(weights=digest(ARCHIVE))

    assert (first.status_code, again.status_code) == (303, 303), first.text + again.text
    assert f'<option value="{digest(ARCHIVE)}">{digest(ARCHIVE)[:12]}… · ' in page
    with runs.platform.database.reading() as session:
        named = session.exec(select(Submission.weights)).all()
    assert named == [digest(ARCHIVE)] * 2
    assert list(runs.platform.store.scratch.iterdir()) == []


def test_weights_that_are_chosen_twice_or_cannot_be_used_are_refused_in_place(
    runs: Runs, hers: Browser
) -> None:
    def sent(**fields: list[tuple[io.BytesIO, str] | str] | str) -> str:
        data = {"file": (io.BytesIO(CODE), "code.zip"), "kind": "code", **fields}
        page = str(hers.send("/challenges/hidden-cells/submit", data).text)
        return page.partition('id="upload"')[0]

    outer = sent(weights=[(io.BytesIO(zipped({"../out": b"x"})), "weights.zip")])
    both = sent(weights=[(io.BytesIO(ARCHIVE), "weights.zip"), digest(ARCHIVE)])

    assert "weights/../out" in outer
    assert "the form names weights and has an archive of others" in both
    assert list(runs.platform.store.scratch.iterdir()) == []


def test_the_same_code_with_other_weights_is_another_submission_of_the_same_form(
    runs: Runs, hers: Browser
) -> None:
    for weights in (ARCHIVE, zipped({"model.bin": b"better"}), ARCHIVE):
        data = {
            "file": (io.BytesIO(CODE), "code.zip"),
            "kind": "code",
            "form_key": "a" * 32,
            "weights": (io.BytesIO(weights), "weights.zip"),
        }
        assert hers.send("/challenges/hidden-cells/submit", data).status_code == 303

    with runs.platform.database.reading() as session:
        assert len(session.exec(select(Submission)).all()) == 2
