"""The scoring image: what is in it, that making it again does nothing, and that it scores."""

import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import numpy as np
import pytest
from docker.types import LogConfig

from sandbox import End, Limits, Outcome, Run
from sandbox.docker import DockerRunner
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.images import BuildFailed
from sandbox.images.build import build_image
from sandbox.images.content import SCORING, image_tag
from sandbox.images.debian import debian_archive
from scorers import evaluate
from scorers.definition import Task
from scorers.request import write_request
from tests.archives import zipped

pytestmark = pytest.mark.docker

TASK = Task.model_validate(
    {
        "submission": {
            "kinds": ["predictions"],
            "file": "predictions.csv",
            "ids": "test.csv",
            "id": "patient",
            "columns": {"risk": {"type": "float"}},
            "max_bytes": "1MB",
        },
        "scoring": {
            "metrics": [
                {
                    "key": "c",
                    "metric": "harrell_c",
                    "params": {"event": "died", "time": "days", "risk": "risk"},
                    "primary": True,
                }
            ],
            "resamples": 100,
        },
        "unit": "patient",
        "split": "usage",
    }
)
PATIENTS = range(60)
TRUTH = "patient,died,days,usage\n" + "".join(
    f"p{i},{i % 3 % 2},{100 + 37 * i % 59},{'public' if i % 2 else 'private'}\n" for i in PATIENTS
)
PREDICTIONS = "patient,risk\n" + "".join(f"p{i},{(i * 29 % 61) / 7}\n" for i in PATIENTS)


@pytest.fixture
def scoring(engine: Engine, scoring_image: str, label: str) -> Iterator[DockerRunner]:
    """Give a runner of the scoring image."""
    runner = DockerRunner(engine, runtimes={"scoring": scoring_image}, label=label)
    yield runner
    runner.close()


def score(runner: DockerRunner, predictions: str) -> Outcome:
    data = write_request(TASK, truth=TRUTH.encode(), predictions=predictions.encode(), seed=7)
    return runner.run(
        Run(id=str(uuid.uuid4()), runtime="scoring", limits=Limits(seconds=60), input=data)
    )


def test_the_sandbox_gives_the_score_that_the_package_gives_at_home(scoring: DockerRunner) -> None:
    outcome = score(scoring, PREDICTIONS)

    at_home = evaluate(TASK, truth=TRUTH.encode(), predictions=PREDICTIONS.encode(), seed=7)
    assert outcome.end is End.FINISHED
    assert json.loads(outcome.output)["splits"] == json.loads(at_home.to_json())["splits"]


def test_the_same_request_gives_the_same_scores_again(scoring: DockerRunner) -> None:
    first, second = (json.loads(score(scoring, PREDICTIONS).output) for _ in range(2))

    assert first["splits"] == second["splits"]
    assert first["environment"] == second["environment"]


def test_invalid_predictions_are_refused_in_the_sandbox_too(scoring: DockerRunner) -> None:
    outcome = score(scoring, PREDICTIONS.replace("p3,", "p4,"))

    assert outcome.end is End.FINISHED
    assert json.loads(outcome.output)["schema"] == "refusal/1"


def test_masks_in_an_archive_are_scored_as_at_home(scoring: DockerRunner) -> None:
    column = {"type": "mask", "member": "{id}.npy", "shape": [4, 5], "labels": [1]}
    params = {"mask": "cells", "predicted": "cells", "labels": [1], "spacing_mm": [1, 1]}
    document = TASK.model_dump()
    document["submission"] |= {"format": "archive", "columns": {"cells": column}}
    document["columns"] = {"cells": column}
    document["scoring"]["metrics"] = [
        {"key": "hd95", "metric": "hd95", "params": params, "primary": True}
    ]
    task = Task.model_validate(document)
    truth, given = ({f"p{i}.npy": mask(i + moved) for i in PATIENTS} for moved in (0, 1))
    truth["truth.csv"] = TRUTH.encode()

    request = write_request(task, truth=zipped(truth), predictions=zipped(given), seed=7)
    run = Run(id=str(uuid.uuid4()), runtime="scoring", limits=Limits(seconds=60), input=request)
    outcome = scoring.run(run)

    at_home = evaluate(task, truth=zipped(truth), predictions=zipped(given), seed=7)
    assert outcome.end is End.FINISHED
    assert json.loads(outcome.output)["splits"] == json.loads(at_home.to_json())["splits"]


def mask(number: int) -> bytes:
    labels = np.zeros((4, 5), dtype=np.uint8)
    labels[: 1 + number % 4, : 1 + number % 5] = 1
    stream = io.BytesIO()
    np.save(stream, labels)
    return stream.getvalue()


def test_what_is_no_request_crashes_without_an_output(scoring: DockerRunner) -> None:
    run = Run(id=str(uuid.uuid4()), runtime="scoring", limits=Limits(), input=b"{}\nsecret")

    outcome = scoring.run(run)

    assert (outcome.end, outcome.exit_code, outcome.output) == (End.CRASHED, 1, b"")


def test_making_it_again_does_nothing(scoring_image: str) -> None:
    said: list[str] = []

    assert build_image(SCORING, say=said.append) == scoring_image == image_tag(SCORING)
    assert said == []


def test_it_has_what_scoring_needs_and_no_more(scoring_image: str) -> None:
    names = "numpy scipy pydantic yaml scorers sklearn pip docker challenge_platform"
    names += " sandbox.archive sandbox.docker sandbox.api"
    program = f"""
import importlib.util, os
print(os.getuid(), *[name for name in {names.split()} if importlib.util.find_spec(name)])
"""
    with docker.APIClient(base_url=f"unix://{ENGINE_SOCKET}") as api:
        created = api.create_container(
            scoring_image,
            entrypoint=["python3", "-c", program],
            network_disabled=True,
            host_config=api.create_host_config(log_config=LogConfig(type="json-file")),
        )["Id"]
        api.start(created)
        api.wait(created)
        said = api.logs(created)
        api.remove_container(created, force=True)

    assert said == b"65534 numpy scipy scorers sandbox.archive\n"


def test_without_an_engine_it_says_what_to_do() -> None:
    with pytest.raises(BuildFailed, match=r"no-engine\.sock: install the package docker\.io"):
        build_image(SCORING, say=print, engine_socket=Path("/run/no-engine.sock"))


def test_a_host_that_cannot_make_a_debian_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(BuildFailed, match=r"needs (root|debootstrap): run .*docker load"):
        debian_archive(say=print).__enter__()


@pytest.mark.slow
def test_a_debian_is_made_that_has_python_and_no_setuid_program() -> None:
    with debian_archive(say=print) as archive, tarfile.open(fileobj=archive) as tar:
        members = {member.name: member.mode for member in tar}

    assert "./usr/bin/python3" in members
    assert [name for name, mode in members.items() if mode & 0o6000] == []
    assert not any(name.startswith("./var/cache/apt/") for name in members)
