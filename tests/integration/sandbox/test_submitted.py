"""Submitted images on a real engine: no stdin, their own folder, and their own faults."""

import io
import json
import uuid
from collections.abc import Callable

import pytest

from sandbox import End, Limits, Outcome, Run, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import ENGINE_SOCKET, connect
from tests.waiting import wait_until

pytestmark = pytest.mark.docker

NAME = "predictions.csv"


def submitted(base: str, *lines: str, label: str) -> str:
    """Make an image as the launcher keeps one, and give its id."""
    dockerfile = "\n".join((f"FROM {base}", *lines)).encode()
    repository, tag = f"challenge-platform/submission-{label}", uuid.uuid4().hex
    with connect(ENGINE_SOCKET) as engine:
        answers = engine.build(
            fileobj=io.BytesIO(dockerfile), tag=f"{repository}:{tag}", rm=True, network_mode="none"
        )
        assert b"error" not in b"".join(answers)
        image = str(engine.inspect_image(f"{repository}:{tag}")["Id"])  # type: ignore[no-untyped-call]  # stub without types
        engine.tag(image, repository, tag=image.removeprefix("sha256:"))
        engine.remove_image(f"{repository}:{tag}")
    return image


def run_image(runner: DockerRunner, image: str) -> Outcome:
    """Run an image and take its file."""
    return runner.run(
        Run(id=str(uuid.uuid4()), runtime=image, limits=Limits(seconds=20), collect=NAME)
    )


def test_it_runs_in_its_own_folder_with_no_input_and_gives_its_file(
    runner: DockerRunner, case_image: str, label: str
) -> None:
    program = f"import os, sys; open('/output/{NAME}', 'w').write(os.getcwd() + sys.stdin.read())"
    entry = json.dumps(["python3", "-c", program])
    image = submitted(case_image, "WORKDIR /srv/model", f"ENTRYPOINT {entry}", label=label)

    outcome = run_image(runner, image)

    assert (outcome.end, outcome.file, outcome.image) == (End.FINISHED, b"/srv/model", image)


@pytest.mark.parametrize("entry", ["/nowhere", "/etc/passwd"])
def test_one_whose_program_cannot_be_executed_has_crashed(
    runner: DockerRunner, case_image: str, label: str, entry: str
) -> None:
    image = submitted(case_image, f'ENTRYPOINT ["{entry}"]', label=label)

    outcome = run_image(runner, image)

    assert outcome.end is End.CRASHED
    assert b"exec" in outcome.log


@pytest.mark.parametrize("target", ["/proc/self", "/etc/passwd"])
def test_one_that_the_engine_cannot_start_has_crashed_by_its_own_fault(
    runner: DockerRunner,
    case_image: str,
    label: str,
    target: str,
    containers: Callable[[], list[str]],
) -> None:
    image = submitted(case_image, f"RUN ln -s {target} /output", label=label)

    outcome = run_image(runner, image)

    assert (outcome.end, outcome.exit_code, outcome.file) == (End.CRASHED, None, None)
    assert b"could not start this image" in outcome.log
    assert b"challenge-output" not in outcome.log  # no path of the engine's host
    wait_until(lambda: containers() == [])


def test_one_that_is_not_kept_is_not_run(runner: DockerRunner, case_image: str) -> None:
    with connect(ENGINE_SOCKET) as engine:
        image = str(engine.inspect_image(case_image)["Id"])  # type: ignore[no-untyped-call]  # stub without types

    with pytest.raises(SandboxUnavailable, match="is not kept") as error:
        run_image(runner, image)

    assert error.value.code == "image_missing"
