"""Every hostile program is contained by an engine that maps the users of containers, too."""

import uuid
from collections.abc import Iterator

import pytest

from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.selftest import examine
from sandbox.selftest.case import read_cases
from sandbox.selftest.images import case_images
from tests.dockerd import Dockerd, needs_dockerd, running_dockerd

pytestmark = [pytest.mark.docker, pytest.mark.slow, needs_dockerd]


@pytest.fixture(scope="module")
def dockerd(case_image: str) -> Iterator[Dockerd]:
    """Give a dockerd that maps users, and has the test runtime."""
    with running_dockerd(images=[case_image], remapped=True) as dockerd:
        yield dockerd


def test_every_hostile_program_is_contained_where_users_are_mapped(dockerd: Dockerd) -> None:
    cases, engine = read_cases(), Engine(dockerd.own.socket)
    assert engine.facts().remapped
    with case_images(cases, engine_socket=dockerd.own.socket) as images:
        runner = DockerRunner(engine, runtimes=images, label=f"test-{uuid.uuid4()}")

        told = [finding.told() for finding in examine(runner, cases) if not finding.is_contained]

        runner.close()
    engine.close()
    assert told == []
