"""The images of the cases that bring one of their own, made for the time that they are needed."""

import io
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
from docker.errors import APIError

from sandbox.engine import ENGINE_SOCKET, connect
from sandbox.images import BuildFailed
from sandbox.images.build import build_image
from sandbox.images.content import REPOSITORY, SELFTEST
from sandbox.selftest import RUNTIME, runtime_of
from sandbox.selftest.case import Case

_SECONDS = 300


@contextmanager
def case_images(
    cases: Iterable[Case], /, *, engine_socket: Path = ENGINE_SOCKET
) -> Iterator[Mapping[str, str]]:
    """Give the image of each runtime that the cases need; those of single cases go at the end.

    Raises BuildFailed when one cannot be made.
    """
    base = build_image(SELFTEST, say=lambda _line: None, engine_socket=engine_socket)
    made = {RUNTIME: base}
    with connect(engine_socket, timeout=_SECONDS) as engine:
        try:
            for case in cases:
                if case.image is not None:
                    tag = f"{REPOSITORY}/{runtime_of(case)}:{uuid.uuid4().hex[:16]}"
                    _build(engine, f"FROM {base}\n{case.image.strip()}\n", tag=tag)
                    made[runtime_of(case)] = tag
            yield made
        finally:
            for tag in made.values():
                if tag != base:
                    with suppress(APIError):  # gone already
                        engine.remove_image(tag, force=True)


def _build(engine: docker.APIClient, dockerfile: str, *, tag: str) -> None:
    answers = engine.build(
        fileobj=io.BytesIO(dockerfile.encode()),
        tag=tag,
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
    )
    for answer in answers:
        if "error" in answer:
            raise BuildFailed(f"{tag} could not be made: {answer['error']}")
