"""The submitted images that one launcher keeps on its engine, within a budget of disk.

An image is loaded under a name of ours alone, `challenge-platform/submission-<label>:<SHA-256>`,
whatever its author called it. The engine itself remembers when a name was last given; it is given
again at each use, so the list and the order of use outlive this process.
"""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import RequestException

from sandbox import SandboxUnavailable
from sandbox.engine import connect
from sandbox.oci.limits import GIB, ImageLimits
from sandbox.oci.problem import InvalidImage
from sandbox.oci.receive import receive

BUDGET = 60 * GIB

FILE_BYTES = 4096
"""What an empty file or folder takes on the disk; the engine counts it as nothing."""

_PIECE_SECONDS = 60.0
_LOAD_SECONDS = 1800.0  # for the engine to write the layers, after it has all of them
_MOST_SAID = 64 * 1024  # bytes of the engine's answer
_NO_ROOM = 'no space left on device"'


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """An image on the engine: when it was last used, as text in the order of time, and its size."""

    last_use: str
    image_id: str
    size: int


class ImageStore:
    """Keeps submitted images on the engine at `path`; may be shared by threads.

    `label` is the launcher's own. `budget` bounds the bytes of all images, of which layers that two
    share count twice, and each of which is taken to have as many files as it may. Every method
    raises SandboxUnavailable when the engine does not do its part.
    """

    def __init__(
        self,
        path: Path,
        /,
        *,
        label: str,
        budget: int = BUDGET,
        limits: ImageLimits | None = None,
    ) -> None:
        self._path = path
        self._repository = f"challenge-platform/submission-{label}".lower()
        self._budget = budget
        self._limits = limits or ImageLimits()
        self._lock = threading.Lock()  # for _used
        self._used: dict[str, int] = {}
        self._files_bytes = self._limits.all_files * FILE_BYTES
        self._room = threading.Lock()  # one image at a time is loaded or makes room

    @cached_property
    def _api(self) -> docker.APIClient:
        return connect(self._path)

    def close(self) -> None:
        """Give the connections back; a later call opens new ones."""
        if "_api" in self.__dict__:
            self._api.close()
            del self._api

    def has(self, image_id: str, /) -> bool:
        """Whether the image is kept."""
        with self._asked_to("look up an image"):
            try:
                found = self._api.inspect_image(self._name(image_id))  # type: ignore[no-untyped-call]  # stub without types
            except ImageNotFound:
                return False
            return bool(found["Id"] == image_id)

    @contextmanager
    def using(self, image_id: str, /) -> Iterator[None]:
        """Keep an image from making room for others; raise SandboxUnavailable if it is not kept."""
        with self._lock:
            self._used[image_id] = self._used.get(image_id, 0) + 1
        try:
            if not self.has(image_id):
                raise SandboxUnavailable(
                    f"The image {image_id} is not kept here: give it to the launcher first.",
                    code="image_missing",
                )
            self._note_use(image_id)
            yield
        finally:
            with self._lock:
                self._used[image_id] -= 1
                if not self._used[image_id]:
                    del self._used[image_id]

    def keep(self, image_id: str, pieces: Iterable[bytes], /, *, size: int) -> None:
        """Load the image that `sandbox.oci.rebuild` wrote, checked again on its way to the engine.

        Raises SandboxUnavailable with code "image_refused" for one that is not what it should be,
        and "images_full" when those in use leave no room for it.
        """
        with self._room:
            if self.has(image_id):
                return
            self._make_room(size + self._files_bytes)
            with self._asked_to("load an image"):
                architecture = str(self._api.version()["Arch"])
                with _Load(self._path, version=self._api.api_version) as load:
                    try:
                        receive(
                            pieces,
                            image_id=image_id,
                            architecture=architecture,
                            sink=load.send,
                            limits=self._limits,
                            tag=self._name(image_id),
                        )
                    except InvalidImage as invalid:
                        raise SandboxUnavailable(str(invalid), code="image_refused") from invalid
                    load.finish()
            if not self.has(image_id):
                self._remove(image_id)
                raise SandboxUnavailable(
                    f"The engine loaded another image than {image_id}.", code="image_refused"
                )
            self._note_use(image_id)

    def remove(self, image_id: str, /) -> bool:
        """Remove an image unless it is in use; say whether it is gone."""
        with self._room:
            return self._remove(image_id)

    def clear(self) -> None:
        """Remove every image that is not in use."""
        for image in self._kept():
            self.remove(image.image_id)

    def _note_use(self, image_id: str) -> None:
        """Name it again, which the engine dates; loading alone leaves a name without a date."""
        with self._asked_to("note the use of an image"):
            self._api.tag(image_id, self._repository, tag=_tag(image_id), force=True)

    def _make_room(self, size: int) -> None:
        kept = sorted(self._kept(), key=lambda image: image.last_use)
        total = sum(image.size for image in kept)
        for image in kept:
            if total + size <= self._budget:
                return
            if self._remove(image.image_id):
                total -= image.size
        if total + size > self._budget:
            raise SandboxUnavailable(
                f"An image of {size:,} bytes has no room beside {total:,} bytes in use, of "
                f"{self._budget:,} that images may have. Raise CHALLENGE_SANDBOX_DISK.",
                code="images_full",
            )

    def _remove(self, image_id: str) -> bool:
        with self._lock:
            if image_id in self._used:
                return False
            with self._asked_to("remove an image"):
                try:
                    self._api.remove_image(self._name(image_id))
                except ImageNotFound:
                    return True
                except APIError as error:
                    if error.status_code != HTTPStatus.CONFLICT:
                        raise
                    return False
        return True

    def _kept(self) -> list[_Kept]:
        with self._asked_to("list images"):
            found = self._api.images(name=self._repository)
            return [
                _Kept(
                    last_use=str(image["Metadata"]["LastTagTime"]),
                    image_id=str(image["Id"]),
                    size=int(image["Size"]) + self._files_bytes,
                )
                for each in found
                if (image := self._inspected(each["Id"])) is not None
            ]

    def _inspected(self, image_id: str) -> dict[str, Any] | None:
        try:
            return dict(self._api.inspect_image(image_id))  # type: ignore[no-untyped-call]  # stub without types
        except ImageNotFound:
            return None

    def _name(self, image_id: str) -> str:
        return f"{self._repository}:{_tag(image_id)}"

    @contextmanager
    def _asked_to(self, do: str) -> Iterator[None]:
        try:
            yield
        except (DockerException, RequestException, HTTPException, OSError) as error:
            raise SandboxUnavailable(
                f"The Docker Engine at {self._path} could not {do}: {error}", code="engine"
            ) from error


def _tag(image_id: str) -> str:
    return image_id.removeprefix("sha256:")


class _Load:
    """A `POST /images/load` under way; left before `finish`, the engine loads nothing."""

    def __init__(self, path: Path, /, *, version: str) -> None:
        self._connection = HTTPConnection("engine")
        self._connection.sock = socket.socket(socket.AF_UNIX)
        self._path = path
        self._version = version

    def __enter__(self) -> Self:
        self._connection.sock.settimeout(_PIECE_SECONDS)
        self._connection.sock.connect(str(self._path))
        self._connection.putrequest("POST", f"/v{self._version}/images/load?quiet=1")
        self._connection.putheader("Content-Type", "application/x-tar")
        self._connection.putheader("Transfer-Encoding", "chunked")
        self._connection.endheaders()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, piece: bytes, /) -> None:
        """Send a part of the archive."""
        if piece:
            for part in (b"%x\r\n" % len(piece), piece, b"\r\n"):
                self._connection.send(part)

    def finish(self) -> None:
        """Tell that this was all, and wait until it is loaded.

        Raises SandboxUnavailable for an image that the engine answers it does not load.
        """
        self._connection.send(b"0\r\n\r\n")
        self._connection.sock.settimeout(_LOAD_SECONDS)
        answer = self._connection.getresponse()
        said = answer.read(_MOST_SAID).decode(errors="replace")
        if answer.status != HTTPStatus.OK or '"error"' in said:
            raise SandboxUnavailable(
                f"The Docker Engine does not load the image: {answer.status}: {said:.500}",
                code="images_full" if _NO_ROOM in said else "image_refused",
            )
