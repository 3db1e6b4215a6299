"""The calls to the Docker Engine that sandboxes need, each with a time limit, and their errors."""

import base64
import json
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests import Response
from requests.exceptions import RequestException

from sandbox import SandboxUnavailable
from sandbox.attach import attach
from sandbox.facts import EngineFacts
from sandbox.options import LAUNCHER_LABEL, RUN_LABEL, Options

ENGINE_SOCKET = Path("/var/run/docker.sock")
_SECONDS = 30
_FILL_SECONDS = 1800
_POLL_SECONDS = 0.005  # a container is gone 40 to 100 ms after its kill
_PIECE = 256 * 1024


class StartRefused(SandboxUnavailable):
    """The engine answered that it cannot make or start a container, perhaps by its image's fault.

    What the engine says, in which an image's author has words, is in the message.
    """


def connect(path: Path, /, *, timeout: int = _SECONDS) -> docker.APIClient:
    """Give the SDK's client of an engine, each of whose calls may take `timeout` seconds.

    Raises OSError when nobody listens on `path`, DockerException when it is no engine.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))  # the SDK leaks its socket when nobody listens
    return docker.APIClient(base_url=f"unix://{path}", timeout=timeout)


class Engine:
    """A Docker Engine on a local unix socket; may be shared by threads.

    Nothing is asked before the first call, and a call after an engine's restart works again.
    Every method raises SandboxUnavailable when the engine does not answer or refuses.
    """

    def __init__(self, path: Path = ENGINE_SOCKET) -> None:
        self._path = path

    @cached_property
    def _api(self) -> docker.APIClient:
        return connect(self._path)

    @property
    def path(self) -> Path:
        """Its socket."""
        return self._path

    def close(self) -> None:
        """Give the connections back; a later call opens new ones."""
        if "_api" in self.__dict__:
            self._api.close()
            del self._api

    def listens(self) -> bool:
        """Whether it takes new connections; one that is stopping goes on to answer old ones."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._path)) == 0

    def facts(self, *, runtime: str | None = None) -> EngineFacts:
        """Ask what the engine can do; `runtime` is what sandboxes are to run in, if it is set."""
        with self._asked_to("tell what it can do"):
            return EngineFacts.from_info(self._api.info(), runtime=runtime)

    def image_id(self, reference: str, /) -> str | None:
        """Give the `sha256:…` id of an image, None when it is not there."""
        with self._asked_to(f"look up the image {reference}"):
            try:
                return str(self._api.inspect_image(reference)["Id"])  # type: ignore[no-untyped-call]  # stub without types
            except ImageNotFound:
                return None

    def create(self, options: Options, /) -> str:
        """Create a container and give its id. Raises StartRefused when its image is unfit."""
        with self._asked_to("create a container"), _refusals():
            return str(self._api.create_container_from_config(options)["Id"])  # type: ignore[no-untyped-call]  # stub without types

    def inspect(self, container: str, /) -> dict[str, Any]:
        """Give all that the engine knows about a container."""
        with self._asked_to("inspect a container"):
            return dict(self._api.inspect_container(container))

    def attach(self, container: str, /, *, stdin: bool = True) -> socket.socket:
        """Connect to a container's streams, see `attach.attach`."""
        with self._asked_to("attach to a container"):
            return attach(container, engine=self._path, timeout=_SECONDS, stdin=stdin)

    def start(self, container: str, /) -> None:
        """Start a created container. Raises StartRefused when its program cannot be started."""
        with self._asked_to("start a container"), _refusals():
            self._api.start(container)

    def kill(self, container: str, /) -> None:
        """Kill a container that may have ended already."""
        with self._asked_to("kill a container"):
            try:
                self._api.kill(container)
            except APIError as error:
                if error.status_code not in {404, 409}:  # no such container, not running
                    raise

    def ended(self, container: str, /, *, seconds: float) -> dict[str, Any] | None:
        """Wait until a container has ended and give its state; None if it goes on for so long."""
        deadline = time.monotonic() + seconds
        while (state := self.inspect(container)["State"])["Running"]:
            if time.monotonic() > deadline:
                return None
            time.sleep(_POLL_SECONDS)
        return dict(state)

    def remove(self, container: str, /) -> None:
        """Remove a container, running or not, that may be gone already."""
        with self._asked_to("remove a container"):
            try:
                self._api.remove_container(container, force=True, v=True)
            except NotFound:
                return
            except APIError as error:
                if error.status_code != 409:  # noqa: PLR2004  409: its removal is under way
                    raise

    def containers(self, *, label: str) -> dict[str, str]:
        """Give the run's id for the id of each container, running or not, of a launcher's label."""
        with self._asked_to("list containers"):
            found = self._api.containers(all=True, filters={"label": f"{LAUNCHER_LABEL}={label}"})
            return {container["Id"]: container["Labels"].get(RUN_LABEL, "") for container in found}

    def create_volume(
        self, name: str, /, *, labels: Mapping[str, str], driver: Options | None = None
    ) -> None:
        """Create a volume, on the engine's disk unless `driver` says otherwise."""
        with self._asked_to("create a volume"):
            self._api.create_volume(name, driver_opts=driver, labels=dict(labels))

    def volume_path(self, name: str, /) -> str | None:
        """Give the folder of a volume on the engine's host, None when there is no such volume."""
        with self._asked_to("inspect a volume"):
            try:
                return str(self._api.inspect_volume(name)["Mountpoint"])
            except NotFound:
                return None

    def volumes(self, *, label: str) -> dict[str, Mapping[str, str]]:
        """Give the labels of each volume of a launcher's label by its name."""
        with self._asked_to("list volumes"):
            found = self._api.volumes(filters={"label": f"{LAUNCHER_LABEL}={label}"})["Volumes"]
            return {volume["Name"]: volume["Labels"] for volume in found or ()}

    def remove_volume(self, name: str, /) -> None:
        """Remove a volume that no container uses, and that may be gone already."""
        with self._asked_to("remove a volume"):
            try:
                self._api.remove_volume(name)
            except NotFound:
                return

    def fill(self, container: str, /, *, folder: str, archive: Iterable[bytes]) -> None:
        """Unpack a tar, which comes in pieces, into a folder of a container that never started."""
        with self._asked_to("unpack an archive"):
            self._checked(
                self._api.put(
                    self._archive_of(container),
                    params={"path": folder, "noOverwriteDirNonDir": "true"},
                    data=iter(archive),
                    timeout=(_SECONDS, _FILL_SECONDS),
                )
            )

    def stat(self, container: str, /, *, path: str) -> dict[str, Any] | None:
        """Give what a path in a container is, without following a last link; None for nothing.

        Also None for what the engine cannot resolve, such as a link to itself.
        """
        with self._asked_to("look up a file"):
            answer = self._api.head(
                self._archive_of(container), params={"path": path}, timeout=_SECONDS
            )
            if not answer.ok:  # an answer to HEAD does not say why
                return None
            found = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
            return dict(found)

    @contextmanager
    def tar_of(self, container: str, /, *, path: str) -> Iterator[Iterator[bytes]]:
        """Give the tar of a path in a container, in pieces; leaving ends the engine's sending."""
        with self._asked_to("read a file"):
            answer = self._api.get(
                self._archive_of(container),
                params={"path": path},
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=_SECONDS,
            )
            with closing(answer):
                yield self._checked(answer).iter_content(_PIECE)

    def _archive_of(self, container: str) -> str:
        return f"{self._api.base_url}/v{self._api.api_version}/containers/{container}/archive"

    def _checked(self, answer: Response) -> Response:
        if not answer.ok:
            raise DockerException(f"{answer.status_code}: {answer.text:.300}")
        return answer

    @contextmanager
    def _asked_to(self, do: str) -> Iterator[None]:
        try:
            yield
        except (DockerException, RequestException, OSError) as error:
            raise SandboxUnavailable(
                f"The Docker Engine at {self._path} could not {do}: {error}", code="engine"
            ) from error


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except APIError as error:
        raise StartRefused(str(error.explanation), code="start_refused") from error
