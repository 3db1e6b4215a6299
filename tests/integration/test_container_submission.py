"""An image that a real engine saved, sent in as a container: run by its id, on our terms."""

import dataclasses
import gzip
import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.launcher import installation
from challenge_platform.config import Settings
from challenge_platform.core.run import Stage, runs_of
from challenge_platform.core.submission import Kind, Reason, State, Submission
from challenge_platform.core.upload import Upload
from challenge_platform.storage import CheckedFile
from sandbox.engine import ENGINE_SOCKET
from sandbox.image_store import ImageStore
from sandbox.images.build import build_base
from tests.conftest import Participant, participant, prepared
from tests.core.programs import publish_hidden
from tests.fakes import Clock, FakeRunner
from tests.images import digest, file, tarball
from tests.live import launching

pytestmark = pytest.mark.docker

PROGRAM = """
import csv, os
print("user", os.getuid(), "in", os.getcwd(), "with", os.environ.get("GREETING"))
print("threads", os.environ.get("OMP_NUM_THREADS"))
with open("/input/test.csv") as given, open("/output/predictions.csv", "w") as made:
    made.write("cell_id,probability\\n")
    for row in csv.DictReader(given):
        made.write(f"{row['cell_id']},{min(max(float(row['size']) / 4 + 0.5, 0), 1)}\\n")
"""
DOCKERFILE = """
FROM {base}
USER root
ENV GREETING=hello OMP_NUM_THREADS=99
LABEL challenge-platform.launcher=another challenge-platform.run=another
HEALTHCHECK --interval=1s CMD touch /tmp/unhealthy
STOPSIGNAL SIGCONT
WORKDIR /app
COPY main.py /app/main.py
COPY main.py /app/main.py
ENTRYPOINT ["python3"]
CMD ["main.py"]
"""


@pytest.fixture(scope="module")
def saved() -> bytes:
    """Build an image on the engine and give what `docker save` writes of it, gzipped."""
    tag = f"challenge-platform/test-{uuid.uuid4()}"
    dockerfile = DOCKERFILE.format(base=build_base(say=print)).encode()
    program = PROGRAM.encode() + f"# {tag}".encode()
    context = tarball(file("Dockerfile", dockerfile), file("main.py", program))
    with docker.APIClient(base_url=f"unix://{ENGINE_SOCKET}") as api:
        engine: Any = api
        said = list(engine.build(fileobj=io.BytesIO(context), custom_context=True, tag=tag))
        assert not [line for line in said if b"error" in line]
        try:
            return gzip.compress(b"".join(engine.get_image(tag)), compresslevel=1)
        finally:
            engine.remove_image(tag)


@pytest.fixture(scope="module")
def platform(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Platform]:
    """Give a platform with a challenge of hidden input, and a launcher of its own."""
    assert scoring_image
    folder = tmp_path_factory.mktemp("container") / "d"
    settings = Settings(data_dir=folder, database_url=module_database_url)
    wired = prepared(settings, clock=Clock(), runner=FakeRunner())
    plain = Platform.from_settings(settings)
    platform = dataclasses.replace(plain, database=wired.database, pause=lambda _seconds: None)
    with launching(settings):
        yield platform
    store = ImageStore(ENGINE_SOCKET, label=installation(settings.launcher_address.parent))
    store.clear()
    store.close()
    wired.database.close()


@pytest.fixture(scope="module")
def ann(platform: Platform) -> Participant:
    """Give a participant of the challenge."""
    return participant(platform, publish_hidden(platform), name="ann")


def test_a_container_runs_by_its_id_on_sample_and_hidden_input_and_is_scored(
    platform: Platform, ann: Participant, saved: bytes, tmp_path: Path
) -> None:
    image = tmp_path / "image.tar.gz"  # on the store's file system, as an upload in parts is
    image.write_bytes(saved)
    content = CheckedFile(path=image, digest=digest(saved), size=len(saved))
    upload = Upload(
        content=content,
        filename="image.tar.gz",
        kind=Kind.CONTAINER,
        opened_at=platform.clock(),
    )

    accepted = platform.uploads.submit("hidden-cells", upload, user_id=ann.user.id)
    platform.evaluator.evaluate(accepted.submission_id)

    with platform.database.reading() as session:
        submission = session.get_one(Submission, accepted.submission_id)
        smoke, hidden = runs_of(session, submission.id)
    assert (submission.state, submission.reason) == (State.SCORED, Reason.COMPLETE), smoke.log
    assert (smoke.stage, hidden.stage) == (Stage.SMOKE, Stage.HIDDEN)
    said = (smoke.log or b"").decode().splitlines()
    assert said[0].startswith("user 200")
    assert said[0].endswith("in /app with hello")
    assert said[1] != "threads 99"
    assert smoke.timings.keys() >= {"unpack", "create", "start", "run", "collect"}
