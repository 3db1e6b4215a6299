"""Images of earlier contents are removed from a real engine, and nothing else is."""

import io
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from sandbox.engine import ENGINE_SOCKET, connect
from sandbox.images.stale import KEPT, prune

pytestmark = pytest.mark.docker


@pytest.fixture
def api() -> Iterator[docker.APIClient]:
    """Give the engine."""
    with closing(connect(ENGINE_SOCKET)) as api:
        yield api


@pytest.fixture
def name(api: docker.APIClient) -> Iterator[str]:
    """Give a name like those of our images, whose tags are gone after the test."""
    name = f"challenge-platform/prune-test-{uuid.uuid4().hex[:8]}"
    yield name
    for image in api.images(name=name):
        for tag in image["RepoTags"]:
            api.remove_image(tag)


def make(api: docker.APIClient, name: str, tag: str) -> None:
    """Make an image of one file, unlike all others."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(uuid.uuid4().hex))
    api.import_image_from_data(archive.getvalue(), repository=name, tag=tag)


def tags(api: docker.APIClient, name: str) -> set[str]:
    return {tag.rpartition(":")[2] for image in api.images(name=name) for tag in image["RepoTags"]}


def test_only_what_nothing_needs_is_removed(api: docker.APIClient, name: str) -> None:
    older = [f"old{number}" for number in range(KEPT + 2)]
    for tag in ("now", "used", *older):
        make(api, name, tag)
    container = api.create_container(f"{name}:used", ["/none"])["Id"]
    try:
        removed = prune(api, current={f"{name}:now"})
    finally:
        api.remove_container(container)

    left = tags(api, name)
    assert removed == len(older) - KEPT
    assert {"now", "used"} <= left
    assert len(left & set(older)) == KEPT


def test_an_image_of_another_name_stays(api: docker.APIClient, name: str) -> None:
    for number in range(KEPT + 2):
        make(api, name, f"old{number}")

    prune(api, current={"challenge-platform/prune-test:now"})

    assert len(tags(api, name)) == KEPT + 2
