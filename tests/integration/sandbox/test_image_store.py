"""A real engine keeps the images that were checked, under our names, within a budget."""

import gzip
import io
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest

from sandbox import SandboxUnavailable
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.image_store import BUDGET, FILE_BYTES, ImageStore
from sandbox.oci.canonical import Image
from sandbox.oci.limits import ImageLimits
from sandbox.oci.rebuild import rebuild
from tests.images import HandMadeImage, file, tarball

pytestmark = pytest.mark.docker


@pytest.fixture
def api(engine: Engine) -> Iterator[docker.APIClient]:
    assert engine.facts().seccomp
    with docker.APIClient(base_url=f"unix://{ENGINE_SOCKET}") as api:
        yield api


@pytest.fixture
def label() -> str:
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def make_store(api: Any, label: str) -> Iterator[Callable[..., ImageStore]]:
    stores = []

    def make(*, budget: int = BUDGET) -> ImageStore:
        stores.append(ImageStore(ENGINE_SOCKET, label=label, budget=budget))
        return stores[-1]

    yield make
    for store in stores:
        for image in names(api, label):
            store.remove(f"sha256:{image}")
        store.close()
    assert names(api, label) == []


def names(api: Any, label: str) -> list[str]:
    """Give the tags of the images that a store of this label has on the engine."""
    found = api.images(name=f"challenge-platform/submission-{label}")
    return sorted(tag.rpartition(":")[2] for image in found for tag in image["RepoTags"])


def rebuilt(saved: bytes) -> tuple[Image, bytes]:
    target = io.BytesIO()
    return rebuild(io.BytesIO(saved), target, architecture="amd64"), target.getvalue()


def image(text: str = "", *, size: int = 0) -> HandMadeImage:
    """Give an image that no other test has, so that removing it removes it from the engine."""
    unique = f"{text}{uuid.uuid4()}".encode()
    return HandMadeImage(
        layers=[tarball(file("unique", unique)), tarball(file("zeros", unique + bytes(size)))],
        tags=["challenge-platform/scoring:latest"],
    )


def test_an_image_is_kept_under_our_name_alone(
    make_store: Callable[..., ImageStore], api: Any, label: str
) -> None:
    store, made = make_store(), image()
    taken, archive = rebuilt(gzip.compress(made.saved_as_oci()))
    before = api.inspect_image(taken.id) if store.has(taken.id) else None

    store.keep(taken.id, [archive], size=len(archive))

    assert before is None
    assert store.has(taken.id)
    kept = api.inspect_image(taken.id)
    assert kept["Id"] == made.id == taken.id
    assert kept["RepoTags"] == [
        f"challenge-platform/submission-{label}:{taken.id.removeprefix('sha256:')}"
    ]


def test_what_a_real_engine_saves_is_taken_and_is_the_same_image(
    make_store: Callable[..., ImageStore], api: Any
) -> None:
    tag = f"challenge-platform/test-{uuid.uuid4()}:latest"
    same = b"twice the same layer"
    dockerfile = b'FROM scratch\nCOPY f /a/\nCOPY f /a/\nENV X=1\nENTRYPOINT ["/a/f"]\n'
    context = tarball(file("Dockerfile", dockerfile), file("f", same + tag.encode()))
    assert list(api.build(fileobj=io.BytesIO(context), custom_context=True, tag=tag, rm=True))
    try:
        saved = b"".join(api.get_image(tag))
        image_id = api.inspect_image(tag)["Id"]
    finally:
        api.remove_image(tag)
    taken, archive = rebuilt(saved)
    store = make_store()

    store.keep(taken.id, [archive], size=len(archive))

    assert taken.id == image_id
    assert taken.layers == 2
    assert api.inspect_image(image_id)["Config"]["Entrypoint"] == ["/a/f"]


@pytest.mark.parametrize("spoil", ["cut", "content", "not rebuilt"])
def test_an_archive_that_is_not_the_image_loads_nothing(
    make_store: Callable[..., ImageStore], api: Any, label: str, spoil: str
) -> None:
    store, made = make_store(), image(size=100_000)
    taken, archive = rebuilt(made.saved())
    spoiled = {
        "cut": archive[:-3000],
        "content": archive.replace(bytes(1000), b"x" * 1000, 1),
        "not rebuilt": made.saved(),
    }[spoil]
    before = {found["Id"] for found in api.images(all=True)}

    with pytest.raises(SandboxUnavailable) as caught:
        store.keep(taken.id, [spoiled], size=len(archive))

    assert caught.value.code == "image_refused"
    assert not store.has(taken.id)
    assert made.id not in before | {found["Id"] for found in api.images(all=True)}
    assert names(api, label) == []


def test_the_image_that_was_not_used_for_longest_makes_room(
    make_store: Callable[..., ImageStore],
) -> None:
    sizes, files = 1_000_000, FILE_BYTES * ImageLimits().all_files
    first, second, third, fourth = (rebuilt(image(size=sizes).saved()) for _ in range(4))
    store = make_store(budget=int(2.5 * (sizes + files)))

    for taken, archive in (first, second):
        store.keep(taken.id, [archive], size=len(archive))
    with store.using(first[0].id):
        pass
    store.keep(third[0].id, [third[1]], size=len(third[1]))
    assert [store.has(taken.id) for taken, _ in (first, second, third)] == [True, False, True]

    with store.using(first[0].id):
        store.keep(fourth[0].id, [fourth[1]], size=len(fourth[1]))
    assert [store.has(taken.id) for taken, _ in (first, third, fourth)] == [True, False, True]

    with store.using(first[0].id), store.using(fourth[0].id):
        with pytest.raises(SandboxUnavailable) as caught:
            store.keep(third[0].id, [third[1]], size=len(third[1]))
        assert not store.remove(first[0].id)
    assert caught.value.code == "images_full"
    assert store.has(first[0].id)
    assert store.remove(first[0].id)


def test_an_image_of_many_empty_files_has_no_place_where_only_its_bytes_would(
    make_store: Callable[..., ImageStore],
) -> None:
    taken, archive = rebuilt(image(size=1).saved())
    store = make_store(budget=FILE_BYTES * ImageLimits().all_files)

    with pytest.raises(SandboxUnavailable) as caught:
        store.keep(taken.id, [archive], size=len(archive))

    assert caught.value.code == "images_full"


def test_an_image_of_the_engine_that_was_not_submitted_is_not_there(
    make_store: Callable[..., ImageStore], api: Any
) -> None:
    store = make_store()
    others = [found["Id"] for found in api.images()]

    assert others
    assert not any(map(store.has, others[:5]))
    with pytest.raises(SandboxUnavailable) as caught, store.using(others[0]):
        pass
    assert caught.value.code == "image_missing"
