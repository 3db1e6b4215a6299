"""Weights beside code: sent once, named by their digest, and in each sandbox as was checked."""

import io
import tarfile
import uuid
from collections.abc import Mapping

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.history import read_submission
from challenge_platform.core.result import Result
from challenge_platform.core.submission import Kind, State, Submission
from challenge_platform.core.takeout import take_out
from challenge_platform.core.upload import Accepted, Upload
from challenge_platform.core.weights import NamedWeights, Weights
from challenge_platform.errors import (
    Conflict,
    InvalidInput,
    InvalidUpload,
    NotFound,
    PlatformError,
    UploadTooLarge,
)
from challenge_platform.storage import CheckedFile
from tests.archives import Pack, tarred, zipped
from tests.conftest import TINY, Participant, participant
from tests.core.programs import CODE, Runs, good, with_programs
from tests.fakes import Clock, FakePrograms
from tests.images import digest, special, tarball

FILES = {"model.bin": bytes(range(256)) * 100, "deep/vocabulary.txt": b"a\nb\n"}
ARCHIVE = zipped(FILES)
MOST = 300_000


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs predict well."""
    return with_programs(platform, runner=FakePrograms(program=good), clock=clock)


@pytest.fixture
def ann(runs: Runs) -> Participant:
    """Give a participant of the challenge."""
    return participant(runs.platform, runs.challenge, name="ann")


def arrived(runs: Runs, content: bytes, /) -> NamedWeights:
    """Have weights arrive, as an upload in parts leaves them."""
    path = runs.platform.store.scratch / uuid.uuid4().hex
    path.write_bytes(content)
    file = CheckedFile(path, digest(content), len(content))
    return NamedWeights(digest=file.digest, file=file)


def send(
    runs: Runs, who: Participant, weights: NamedWeights | None, *, key: str | None = None
) -> Accepted:
    """Submit code with weights."""
    upload = Upload(
        content=CODE,
        filename="code.zip",
        kind=Kind.CODE,
        weights=weights,
        idempotency_key=key,
        opened_at=runs.clock(),
    )
    return runs.platform.uploads.submit(runs.challenge.slug, upload, user_id=who.user.id)


def evaluated(runs: Runs, accepted: Accepted) -> Mapping[str, bytes]:
    """Take a submission to its score, and give the files in /weights of its runs."""
    assert runs.platform.evaluator.evaluate(accepted.submission_id) is State.SCORED
    smoke, hidden, scoring = runs.runner.runs[-3:]
    assert smoke.weights == hidden.weights
    assert scoring.weights is None
    with tarfile.open(fileobj=io.BytesIO(runs.runner.kept[hidden.weights or ""])) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]  # regular files all


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_weights_are_in_every_sandbox_of_the_code_that_named_them(
    runs: Runs, ann: Participant, pack: Pack
) -> None:
    archive = pack(FILES)

    accepted = send(runs, ann, arrived(runs, archive))

    assert evaluated(runs, accepted) == FILES
    with runs.platform.database.reading() as session:
        seen = read_submission(session, accepted.submission_id, user=ann.user)
        receipt = session.get_one(Result, accepted.submission_id).receipt["payload"]
    assert seen.weights == digest(archive)
    assert receipt["weights"] == {"sha256": digest(archive)}


def test_weights_are_named_again_by_their_digest_and_kept_once(
    runs: Runs, ann: Participant
) -> None:
    evaluated(runs, send(runs, ann, arrived(runs, ARCHIVE)))
    kept = dict(runs.runner.kept)

    again = send(runs, ann, NamedWeights(digest=digest(ARCHIVE)))

    assert evaluated(runs, again) == FILES
    assert runs.runner.kept == kept
    runs.runner.kept.clear()  # as a launcher that made room
    assert evaluated(runs, send(runs, ann, arrived(runs, ARCHIVE))) == FILES
    with runs.platform.database.reading() as session:
        assert len(session.exec(select(Weights)).all()) == 1


def test_weights_of_another_team_or_of_nobody_are_not_there(runs: Runs, ann: Participant) -> None:
    send(runs, ann, arrived(runs, ARCHIVE))
    eve = participant(runs.platform, runs.challenge, name="eve")

    for who, sha256 in ((eve, digest(ARCHIVE)), (ann, "0" * 64)):
        with pytest.raises(NotFound, match=f"SHA-256 {sha256}; send the archive"):
            send(runs, who, NamedWeights(digest=sha256))


def refused(runs: Runs, who: Participant, content: bytes) -> PlatformError:
    """Give why weights are refused; neither a row, nor a charge, nor a byte of them is left."""
    with pytest.raises(PlatformError) as error:
        send(runs, who, arrived(runs, content))
    with runs.platform.database.reading() as session:
        for table in (Weights, Submission):
            assert session.exec(select(table)).all() == []
        phase = runs.challenge.definition.phases[0]
        left = quota.quota_of(session, team_id=who.team.id, phase=phase, now=runs.clock())
    assert left.used == 0
    assert not runs.platform.store.has(digest(content))
    return error.value


@pytest.mark.parametrize(
    ("content", "code", "member"),
    [
        (b"not an archive", "not_an_archive", "weights"),
        (ARCHIVE[:-30], "damaged_archive", "weights"),
        (ARCHIVE + b"hidden", "hidden_data", "weights"),
        (zipped({"../model.bin": b""}), "unsafe_name", "weights/../model.bin"),
        (tarball(special("model", tarfile.SYMTYPE, link="/etc/shadow")), "not_a_regular_file", ""),
        (tarball(special("model", tarfile.CHRTYPE, major=1, minor=5)), "not_a_regular_file", ""),
        (zipped({"bomb": bytes(MOST + 1)}), "unpacks_too_large", "weights"),
    ],
)
def test_a_hostile_archive_is_refused_and_told_apart_from_the_code(
    runs: Runs, ann: Participant, content: bytes, code: str, member: str
) -> None:
    error = refused(runs, ann, content)

    assert isinstance(error, InvalidUpload)
    (problem,) = error.problems
    assert (problem["code"], problem["member"]) == (code, member or "weights/model")
    assert str(error).startswith("weights: ")


def test_weights_above_the_challenges_limit_are_refused_before_they_are_read(
    runs: Runs, ann: Participant
) -> None:
    error = refused(runs, ann, bytes(MOST + 1))

    assert isinstance(error, UploadTooLarge)
    assert str(error) == "the weights have 300,001 bytes; hidden-cells takes at most 300,000"


def test_a_challenge_that_takes_none_says_so(runs: Runs, alice: Participant) -> None:
    upload = Upload(
        content=b"patient_id,risk\n",
        filename="p.csv",
        weights=arrived(runs, ARCHIVE),
        opened_at=runs.clock(),
    )

    with pytest.raises(InvalidInput, match="tiny-survival takes no weights beside predictions"):
        runs.platform.uploads.submit(TINY.name, upload, user_id=alice.user.id)


def test_the_same_request_with_other_weights_is_another_one(runs: Runs, ann: Participant) -> None:
    first = send(runs, ann, arrived(runs, ARCHIVE), key="k")

    again = send(runs, ann, NamedWeights(digest=digest(ARCHIVE)), key="k")
    with pytest.raises(Conflict, match="used for another file"):
        send(runs, ann, None, key="k")

    assert again.repeated
    assert again.submission_id == first.submission_id


def test_weights_are_in_the_takeout_and_go_with_who_sent_them(runs: Runs, ann: Participant) -> None:
    accepted = send(runs, ann, arrived(runs, ARCHIVE))
    with runs.platform.database.reading() as session:
        told = take_out(session, ann.user, now=runs.clock())

    runs.platform.departures.depart(ann.user.id, by="herself")

    names = [file.name for file in told.files]
    assert f"submissions/{accepted.submission_id}/weights" in names
    assert not runs.platform.store.has(digest(ARCHIVE))
