"""A container's image is checked when it is sent in, and runs by the id of what was checked."""

import gzip

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import container_image
from challenge_platform.core.submission import Kind, Reason, State, Submission
from challenge_platform.core.upload import Upload
from challenge_platform.errors import InvalidUpload, StorageFull, UploadTooLarge
from sandbox import SandboxUnavailable
from tests.conftest import Participant, participant
from tests.core.programs import Runs, good, with_programs
from tests.fakes import Clock, FakePrograms
from tests.images import HandMadeImage, file, tarball

IMAGE = HandMadeImage()


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs predict well."""
    return with_programs(platform, runner=FakePrograms(program=good), clock=clock)


@pytest.fixture
def ann(runs: Runs) -> Participant:
    """Give a participant of the challenge."""
    return participant(runs.platform, runs.challenge, name="ann")


def send(runs: Runs, who: Participant, content: bytes) -> str:
    upload = Upload(
        content=content, filename="image.tar", kind=Kind.CONTAINER, opened_at=runs.clock()
    )
    accepted = runs.platform.uploads.submit(runs.challenge.slug, upload, user_id=who.user.id)
    return accepted.submission_id


def end(runs: Runs, submission_id: str) -> Submission:
    runs.platform.evaluator.evaluate(submission_id)
    return runs.submission(submission_id)


@pytest.mark.parametrize("compressed", [False, True])
def test_an_image_runs_by_its_id_on_the_sample_and_on_hidden_input(
    runs: Runs, ann: Participant, compressed: bool
) -> None:
    saved = gzip.compress(IMAGE.saved()) if compressed else IMAGE.saved_as_oci()

    ended = end(runs, send(runs, ann, saved))

    assert (ended.state, ended.reason) == (State.SCORED, Reason.COMPLETE)
    smoke, hidden, scoring = runs.runner.runs
    assert (smoke.runtime, hidden.runtime, scoring.runtime) == (IMAGE.id, IMAGE.id, "scoring")
    assert smoke.input == hidden.input == b""
    assert b"somebody/model" not in runs.runner.kept[IMAGE.id]
    assert b'"RepoTags":null' in runs.runner.kept[IMAGE.id]


def test_an_image_that_the_launcher_keeps_is_not_sent_again(runs: Runs, ann: Participant) -> None:
    runs.runner.kept[IMAGE.id] = b"it is there"

    ended = end(runs, send(runs, ann, IMAGE.saved()))

    assert ended.state == State.SCORED
    assert runs.runner.kept[IMAGE.id] == b"it is there"


def test_an_image_that_cannot_run_here_is_refused_when_it_is_sent_in(
    runs: Runs, ann: Participant
) -> None:
    hostile = HandMadeImage(config={"Volumes": {"/data": {}}}, settings={"os": "windows"})

    with pytest.raises(InvalidUpload) as caught:
        send(runs, ann, hostile.saved())

    codes = [problem["code"] for problem in caught.value.problems]
    assert codes == ["wrong_platform", "has_volumes"]
    assert caught.value.total == 2
    assert all(problem["member"] == "config" for problem in caught.value.problems)
    assert "docker export" in str(caught.value.problems[1]["repair"])


def test_an_image_may_be_as_large_as_the_challenge_says(runs: Runs, ann: Participant) -> None:
    most = int(runs.challenge.definition.program.max_bytes)  # type: ignore[union-attr]  # it has one
    large = HandMadeImage(layers=[tarball(file("f", bytes(most)))])

    with pytest.raises(UploadTooLarge):
        send(runs, ann, large.saved())
    assert send(runs, ann, gzip.compress(large.saved()))


def test_an_image_that_the_launcher_cannot_take_is_tried_again_later(
    runs: Runs, ann: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SandboxUnavailable("no room", code="images_full")

    monkeypatch.setattr(FakePrograms, "keep_image", full)

    waiting = end(runs, send(runs, ann, IMAGE.saved()))

    assert (waiting.state, waiting.reason) == (State.QUEUED, None)
    assert not runs.runner.runs
    assert not list(runs.platform.store.scratch.iterdir())


def test_an_image_that_the_engine_refuses_has_crashed_on_the_sample_and_is_told_no_more(
    runs: Runs, ann: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SandboxUnavailable("500: /var/lib/engine/x: bad", code="image_refused")

    monkeypatch.setattr(FakePrograms, "keep_image", refuse)

    ended = end(runs, send(runs, ann, IMAGE.saved()))

    assert (ended.state, ended.reason) == (State.FAILED, Reason.RUN_CRASHED)
    (run,) = runs.runs(ended.id)
    assert b"could not start this image" in (run.log or b"")
    assert b"/var/lib" not in (run.log or b"")


def test_an_image_that_would_fill_the_disk_is_not_uncompressed(
    runs: Runs, ann: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_image, "FREE_BYTES", 1 << 60)

    with pytest.raises(StorageFull):
        send(runs, ann, IMAGE.saved())
