"""Make the images that sandboxes run; a second run does nothing.

Three steps, each skipped when its image is there: a Python base, the scorers' dependencies, the
scorers. A changed scorer makes the last one only, without a network.

    python -m sandbox.images.build
"""

import argparse
import io
import subprocess
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
    FOLDER,
    base_tag,
    packages_files,
    packages_tag,
    scoring_files,
    scoring_tag,
)
from sandbox.images.debian import debian_archive

Say = Callable[[str], None]

_SECONDS = 300  # for one silent answer of the engine: it imports 100 MiB, or runs one build step
# The image in which the wheels were installed, of no use after it.
_USED_UP = {"dangling": True, "label": "challenge-platform.stage=install"}
# The wheels' platforms, newest first: pip takes these names only, not what they imply.
_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")


def build_base(*, say: Say, engine_socket: Path = ENGINE_SOCKET) -> str:
    """Make the Python base and give its tag: a well-known image where one can be had, else Debian.

    `say` gets a line for each step that takes time. Raises BuildFailed with the cause and the cure.
    """
    with _engine(engine_socket) as engine:
        return _base(engine, say=say)


def build_scoring_image(*, say: Say, engine_socket: Path = ENGINE_SOCKET) -> str:
    """Make the image that scores predictions, with all it stands on, and give its tag.

    `say` gets a line for each step that takes time. Raises BuildFailed with the cause and the cure.
    """
    with _engine(engine_socket) as engine:
        tag, packages = scoring_tag(), packages_tag()
        if _present(engine, tag):
            return tag
        if not _present(engine, packages):
            base = _base(engine, say=say)
            with _step("the scorers' dependencies", say=say):
                files = {**packages_files(), **_wheels(engine, base=base)}
                _build(engine, tag=packages, base=base, files=files)
                engine.prune_images(filters=_USED_UP)  # type: ignore[no-untyped-call]  # stub without types
        with _step("the scorers", say=say):
            _build(engine, tag=tag, base=packages, files=scoring_files())
        return tag


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


def _wheels(engine: docker.APIClient, *, base: str) -> dict[str, bytes]:
    """Fetch the locked wheels for the image's own Python and machine, by path in the context."""
    machine = engine.info()["Architecture"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    command += ["--no-deps", "--require-hashes", f"--python-version={_python(engine, image=base)}"]
    command += [f"--platform={tag}_{machine}" for tag in _PLATFORMS]
    with tempfile.TemporaryDirectory(prefix="wheels-") as folder:
        command += [f"--requirement={FOLDER / 'scoring.txt'}", f"--dest={folder}"]
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed program, no shell
        if fetched.returncode != 0:
            raise BuildFailed(
                "pip could not fetch the scorers' dependencies; look at its index settings and "
                f"the network: {_last_line(fetched.stderr)}"
            )
        return {f"wheels/{wheel.name}": wheel.read_bytes() for wheel in Path(folder).iterdir()}


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


def _build(engine: docker.APIClient, *, tag: str, base: str, files: Mapping[str, bytes]) -> None:
    """Have the engine make an image of these files; no build step has a network."""
    answers = engine.build(
        fileobj=_archive(files),
        custom_context=True,
        tag=tag,
        buildargs={"BASE": base},
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
        timeout=_SECONDS,
    )
    said = ""
    for answer in answers:
        said += answer.get("stream", "")
        if "error" in answer:
            raise BuildFailed(f"Making {tag} failed: {answer['error']} It said: {said[-1000:]}")


def _archive(files: Mapping[str, bytes]) -> IO[bytes]:
    """Pack files in a tar file whose bytes depend on their names and contents only."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, data in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
    archive.seek(0)
    return archive


def _present(engine: docker.APIClient, reference: str) -> bool:
    try:
        engine.inspect_image(reference)  # type: ignore[no-untyped-call]  # stub without types
    except ImageNotFound:
        return False
    return True


def _last_line(text: str) -> str:
    return "".join(text.strip().splitlines()[-1:])


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
    try:
        tag = build_scoring_image(say=_print, engine_socket=parser.parse_args().engine)
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    _print(f"ready: {tag}")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
