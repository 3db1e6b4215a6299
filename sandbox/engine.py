"""The calls to the Docker Engine that sandboxes need, each with a time limit, and their errors."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from sandbox import SandboxUnavailable
from sandbox.attach import attach
from sandbox.options import LAUNCHER_LABEL, RUN_LABEL, EngineFacts, Options

ENGINE_SOCKET = Path("/var/run/docker.sock")
_SECONDS = 30
_POLL_SECONDS = 0.005  # a container is gone 40 to 100 ms after its kill


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

    def close(self) -> None:
        """Give the connections back; a later call opens new ones."""
        if "_api" in self.__dict__:
            self._api.close()
            del self._api

    def facts(self) -> EngineFacts:
        """Ask what the engine can do."""
        with self._asked_to("tell what it can do"):
            return EngineFacts.from_info(self._api.info())

    def image_id(self, reference: str, /) -> str | None:
        """Give the `sha256:…` id of an image, None when it is not there."""
        with self._asked_to(f"look up the image {reference}"):
            try:
                return str(self._api.inspect_image(reference)["Id"])  # type: ignore[no-untyped-call]  # stub without types
            except ImageNotFound:
                return None

    def create(self, options: Options, /) -> str:
        """Create a container and give its id."""
        with self._asked_to("create a container"):
            return str(self._api.create_container_from_config(options)["Id"])  # type: ignore[no-untyped-call]  # stub without types

    def inspect(self, container: str, /) -> dict[str, Any]:
        """Give all that the engine knows about a container."""
        with self._asked_to("inspect a container"):
            return dict(self._api.inspect_container(container))

    def attach(self, container: str, /) -> socket.socket:
        """Connect to a container's streams, see `attach.attach`."""
        with self._asked_to("attach to a container"):
            return attach(container, engine=self._path, timeout=_SECONDS)

    def start(self, container: str, /) -> None:
        """Start a created container."""
        with self._asked_to("start a container"):
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

    @contextmanager
    def _asked_to(self, do: str) -> Iterator[None]:
        try:
            yield
        except (DockerException, RequestException, OSError) as error:
            raise SandboxUnavailable(
                f"The Docker Engine at {self._path} could not {do}: {error}", code="engine"
            ) from error
