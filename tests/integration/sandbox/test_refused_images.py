"""A submitted image that an engine cannot load or start is its team's fault, and ends there."""

import io
import uuid
from collections.abc import Iterator, Mapping

import pytest

from sandbox import MIB, End, Limits, Outcome, Run, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.image_store import ImageStore
from sandbox.oci.rebuild import rebuild
from sandbox.options import ROLE_LABEL, Options
from tests.images import HandMadeImage, file, tarball

pytestmark = pytest.mark.docker

LIMITS = Limits(seconds=10, memory=64 * MIB, scratch=4 * MIB, file=MIB)


class Failing(Engine):
    """A real engine that starts no program."""

    def create(self, options: Options, /) -> str:
        is_program = options["Labels"][ROLE_LABEL] == "program"
        return super().create(options | ({"WorkingDir": "/etc/passwd"} if is_program else {}))


@pytest.fixture
def engine_that_fails() -> Iterator[Engine]:
    engine = Failing()
    yield engine
    engine.close()


def run_of(runner: DockerRunner, **config: object) -> Outcome:
    """Have an image of these settings kept, and run it."""
    unique = file("unique", uuid.uuid4().bytes)
    layer = tarball(file("app", b"x"), file("bin/none"), unique)
    made = HandMadeImage(layers=[layer], config=config)
    target = io.BytesIO()
    image = rebuild(io.BytesIO(made.saved()), target, architecture="amd64")
    target.seek(0)
    runner.keep_image(image.id, target, size=image.size)
    name = str(uuid.uuid4())
    return runner.run(Run(id=name, runtime=image.id, limits=LIMITS, collect="out.csv"))


@pytest.mark.parametrize(
    "config",
    [{"WorkingDir": "/app"}, {"WorkingDir": "/app/below/a/file"}],
    ids=["folder is a file", "folder is below a file"],
)
def test_an_image_that_does_not_start_has_crashed(
    runner: DockerRunner, config: Mapping[str, object]
) -> None:
    outcome = run_of(runner, **config)

    assert outcome.end is End.CRASHED
    assert b"WORKDIR is a folder" in outcome.log
    assert b"/docker/" not in outcome.log


def test_no_image_is_blamed_where_the_engine_starts_none_of_ours(
    engine_that_fails: Engine, case_image: str, label: str
) -> None:
    runner = DockerRunner(engine_that_fails, runtimes={"case": case_image}, label=label)

    with pytest.raises(SandboxUnavailable) as caught:
        run_of(runner, WorkingDir="/app")

    assert caught.value.code == "start_refused"
    runner.close()


@pytest.fixture
def store(label: str) -> Iterator[ImageStore]:
    store = ImageStore(Engine().path, label=label)
    yield store
    store.clear()
    store.close()


def test_an_image_that_the_engine_answers_it_cannot_load_is_refused(store: ImageStore) -> None:
    made = HandMadeImage(
        layers=[tarball(file("unique", uuid.uuid4().bytes))], settings={"created": "yesterday"}
    )
    target = io.BytesIO()
    image = rebuild(io.BytesIO(made.saved()), target, architecture="amd64")

    with pytest.raises(SandboxUnavailable) as caught:
        store.keep(image.id, [target.getvalue()], size=image.size)

    assert caught.value.code == "image_refused"
