"""Make the images that sandboxes run; a second run does nothing.

Three steps for each image, skipped where they were done before: a Python base, the packages of the
image's lock, and what is ours in it. A changed scorer makes the last one only, without a network.

    python -m sandbox.images.build [--only NAME]
"""

import argparse
import io
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import docker
from docker.errors import DockerException, ImageNotFound
from docker.types import LogConfig
from requests.exceptions import RequestException

from sandbox.engine import ENGINE_SOCKET, connect
from sandbox.images import BuildFailed
from sandbox.images.content import (
    BASE_REFERENCE,
    base_tag,
    image_files,
    image_tag,
    images,
    packages_files,
    packages_lock,
    packages_tag,
)
from sandbox.images.debian import debian_archive
from sandbox.images.stale import prune
from sandbox.images.wheels import fetched_wheels

Say = Callable[[str], None]

_SECONDS = 300  # for one silent answer of the engine: it imports 100 MiB, or runs one build step
# The image in which the wheels were installed, of no use after it.
_USED_UP = {"dangling": True, "label": "challenge-platform.stage=install"}


def build_base(*, say: Say, engine_socket: Path = ENGINE_SOCKET) -> str:
    """Make the Python base and give its tag: a well-known image where one can be had, else Debian.

    `say` gets a line for each step that takes time. Raises BuildFailed with the cause and the cure.
    """
    with _engine(engine_socket) as engine:
        return _base(engine, say=say)


def build_image(image: str, /, *, say: Say, engine_socket: Path = ENGINE_SOCKET) -> str:
    """Make one of `content.images`, with all it stands on, and give its tag.

    Whoever makes a new one also removes what nothing needs any more. `say` gets a line for each
    step that takes time. Raises BuildFailed with the cause and the cure.
    """
    with _engine(engine_socket) as engine:
        tag, packages = image_tag(image), packages_tag(image)
        if _present(engine, tag):
            return tag
        if not _present(engine, packages):
            _packages(engine, image, say=say)
        with _step(f"the image {image}", say=say):
            _build(engine, tag=tag, base=packages, files=image_files(image))
        current = {base_tag(), *map(packages_tag, images()), *map(image_tag, images())}
        if removed := prune(engine, current=current):
            say(f"removed older images: {removed}")
        return tag


def _packages(engine: docker.APIClient, image: str, /, *, say: Say) -> None:
    base = _base(engine, say=say)
    if base == packages_tag(image):
        return
    python, machine = _python(engine, image=base), engine.info()["Architecture"]
    with (
        _step(f"the packages of {image}", say=say),
        fetched_wheels(packages_lock(image), python=python, machine=machine) as wheels,
    ):
        size = sum(wheel.stat().st_size for wheel in wheels.values())
        say(f"installing {len(wheels)} packages of {image} ({size / 1e6:.0f} MB)")
        files = packages_files(image) | wheels
        _build(engine, tag=packages_tag(image), base=base, files=files)
        engine.prune_images(filters=_USED_UP)  # type: ignore[no-untyped-call]  # stub without types


def _base(engine: docker.APIClient, *, say: Say) -> str:
    tag = base_tag()
    if _present(engine, tag):
        return tag
    repository, _, version = tag.partition(":")
    with _step("the Python base", say=say):
        if _present(engine, BASE_REFERENCE) or _pulled(engine, BASE_REFERENCE, say=say):
            engine.tag(BASE_REFERENCE, repository, version)
        else:
            with debian_archive(say=say) as archive:
                engine.import_image_from_data(archive, repository=repository, tag=version)
    return tag


def _pulled(engine: docker.APIClient, reference: str, *, say: Say) -> bool:
    """Whether a registry gave the image; that none can be reached is no failure."""
    repository, _, version = reference.partition(":")
    say(f"asking the registry for {reference}")
    try:
        # Asked first because it fails within the time limit; a pull has none.
        engine.inspect_distribution(reference)  # type: ignore[no-untyped-call]  # stub without types
        engine.pull(repository, tag=version)
    except (DockerException, RequestException):
        say(f"no registry gives {reference}")
        return False
    return True


def _python(engine: docker.APIClient, *, image: str) -> str:
    """Version of the image's Python as pip wants it, such as 3.11."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    created = engine.create_container(
        image,
        ["python3", "-c", program],
        user="65534:65534",
        network_disabled=True,
        # Whatever the engine does with logs by default, this one is read.
        host_config=engine.create_host_config(log_config=LogConfig(type="json-file")),
    )
    try:
        engine.start(created["Id"])
        engine.wait(created["Id"], timeout=_SECONDS)
        return engine.logs(created["Id"], stderr=False).decode().strip()
    finally:
        engine.remove_container(created["Id"], force=True)


def _build(
    engine: docker.APIClient, *, tag: str, base: str, files: Mapping[str, bytes | Path]
) -> None:
    """Have the engine make an image of these files; no build step has a network."""
    said = ""
    with _archive(files) as archive:
        answers = engine.build(
            fileobj=archive,
            custom_context=True,
            tag=tag,
            buildargs={"BASE": base},
            network_mode="none",
            rm=True,
            forcerm=True,
            decode=True,
            timeout=_SECONDS,
        )
        for answer in answers:
            said += answer.get("stream", "")
            if "error" in answer:
                raise BuildFailed(f"Making {tag} failed: {answer['error']} It said: {said[-1000:]}")


@contextmanager
def _archive(files: Mapping[str, bytes | Path]) -> Iterator[IO[bytes]]:
    """Pack files in a tar file whose bytes depend on their names and contents only."""
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, data in sorted(files.items()):
                member = tarfile.TarInfo(path)
                member.mode = 0o644
                with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as content:
                    member.size = content.seek(0, io.SEEK_END)
                    content.seek(0)
                    tar.addfile(member, content)
        archive.seek(0)
        yield archive


def _present(engine: docker.APIClient, reference: str) -> bool:
    try:
        engine.inspect_image(reference)  # type: ignore[no-untyped-call]  # stub without types
    except ImageNotFound:
        return False
    return True


@contextmanager
def _engine(path: Path) -> Iterator[docker.APIClient]:
    """Connect to the engine, whose errors become BuildFailed."""
    try:
        engine = connect(path, timeout=_SECONDS)
    except (DockerException, OSError) as error:
        raise BuildFailed(
            f"No Docker Engine answers on {path}: install the package docker.io and start it, or "
            f"run this as a user who may use it ({error})."
        ) from error
    try:
        yield engine
    except (DockerException, RequestException) as error:
        raise BuildFailed(f"The Docker Engine on {path} failed: {error}") from error
    finally:
        engine.close()


@contextmanager
def _step(name: str, *, say: Say) -> Iterator[None]:
    say(f"making {name}")
    started = time.monotonic()
    yield
    say(f"made {name} in {time.monotonic() - started:.0f} s")


def main() -> int:
    """Make all images, telling of each step; 0 when they are there, 1 with one sentence if not."""
    parser = argparse.ArgumentParser(description="Make the images that sandboxes run.")
    parser.add_argument("--engine", type=Path, default=ENGINE_SOCKET, help="the engine's socket")
    parser.add_argument("--only", choices=images(), help="make this one only")
    given = parser.parse_args()
    try:
        for image in [given.only] if given.only else images():
            _print(f"ready: {build_image(image, say=_print, engine_socket=given.engine)}")
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
