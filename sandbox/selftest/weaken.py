"""A runner whose sandboxes lack some measures, to see what a case does without them."""

import socket
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from docker.errors import APIError

from sandbox import Limits, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import ENGINE_SOCKET, Engine, connect
from sandbox.options import ROLE_LABEL, WEIGHTS_FOLDER, Options
from sandbox.selftest import Finding, packed, try_case
from sandbox.selftest.case import Case
from sandbox.selftest.measures import MEASURES, SHARED_SCRATCH, Measure
from sandbox.volumes import FILES_ROLE

PORT = 60606
"""Where the host listens, on the network that is made for an experiment; nowhere else."""

_PROGRAM = "program"
_ASKED_FOR = ("Config", "HostConfig", "Image", "Mounts")


class WeakenedEngine(Engine):
    """An engine that leaves measures out of each program's container, and says that it has not."""

    def __init__(
        self, measures: Iterable[Measure], /, *, network: str | None = None, weights: bytes = b""
    ) -> None:
        super().__init__()
        self._weights = weights
        self._kept: list[str] = []
        self._is_keeping = False
        self._measures = tuple(measures)
        self._network = network
        self._lies: dict[str, Mapping[str, Any]] = {}

    def create(self, options: Options, /) -> str:
        """Create a weakened container, and keep what an honest one would have said of itself."""
        if options["Labels"].get(ROLE_LABEL, _PROGRAM) != _PROGRAM:
            return super().create(options)
        honest = super().create(options)
        try:
            said = super().inspect(honest)
        finally:
            self.remove(honest)
        if self._lies_about("inspect"):
            targets = [mount["Target"] for mount in options["HostConfig"]["Mounts"]]
            said["Config"]["Volumes"] = None
            said["Mounts"] = [one for one in said["Mounts"] if one["Destination"] in targets]
        if self._lies_about("mount"):
            options = _with_weights(options, of=self._kept[0])
        for measure in self._measures:
            options = measure.change(options)
            if measure.needs_network:
                host = options["HostConfig"] | {"NetworkMode": self._network}
                options = options | {"HostConfig": host}
        name = super().create(options)
        self._lies[name] = {key: said[key] for key in _ASKED_FOR}
        return name

    def inspect(self, container: str, /) -> dict[str, Any]:
        """Tell a container's true state, and of the rest what was asked for."""
        return super().inspect(container) | dict(self._lies.get(container, {}))

    def create_volume(
        self, name: str, /, *, labels: Mapping[str, str], driver: Options | None = None
    ) -> None:
        """Create a volume, weakened where it is an output folder."""
        if driver is not None:
            for measure in self._measures:
                driver = measure.volume(driver)
        self._is_keeping = labels.get(ROLE_LABEL) == FILES_ROLE
        if self._is_keeping:
            self._kept.append(name)
        super().create_volume(name, labels=labels, driver=driver)

    def fill(self, container: str, /, *, folder: str, archive: Iterable[bytes]) -> None:
        """Fill a folder with an archive as it is made for it, or with the weights as they came."""
        as_it_came = self._is_keeping and self._lies_about("fill")
        super().fill(container, folder=folder, archive=[self._weights] if as_it_came else archive)

    def stat(self, container: str, /, *, path: str) -> dict[str, Any] | None:
        """Say what a path is, or that it is a small file."""
        found = super().stat(container, path=path)
        if found is not None and self._lies_about("stat"):
            return found | {"mode": 0o600, "linkTarget": "", "size": 1}
        return found

    def _lies_about(self, what: str) -> bool:
        return any(measure.lies == what for measure in self._measures)


def try_without(case: Case, names: Iterable[str], /, *, runtimes: Mapping[str, str]) -> Finding:
    """Try a case with measures taken away; that it could not be run at all counts as seen.

    `runtimes` gives the image of each runtime. Needs the engine's socket, and root's right to
    listen on a network of the engine. Leaves nothing behind.
    """
    measures = [MEASURES[name] for name in names]

    def limit(limits: Limits) -> Limits:
        for measure in measures:
            limits = measure.limit(limits)
        return limits

    with _network(wanted=any(measure.needs_network for measure in measures)) as network:
        engine = WeakenedEngine(measures, network=network, weights=packed(case.weights))
        runner = DockerRunner(
            engine, runtimes=runtimes, label=f"selftest-{uuid.uuid4()}", slots=case.runs + 1
        )
        try:
            return try_case(runner, case, limit=limit)
        except (SandboxUnavailable, OSError) as error:
            return Finding(case=case, seen=(f"it could not be run: {error}"[:160],))
        finally:
            runner.close()
            engine.close()
            _remove_scratch()


def _with_weights(options: Options, *, of: str) -> Options:
    """Give a program the weights of a volume that it did not name."""
    mounts = [
        mount | {"Source": of} if mount["Target"] == WEIGHTS_FOLDER else mount
        for mount in options["HostConfig"]["Mounts"]
    ]
    return options | {"HostConfig": options["HostConfig"] | {"Mounts": mounts}}


@contextmanager
def _network(*, wanted: bool) -> Iterator[str | None]:
    """Make a network that leads nowhere, on which the host listens, if it is wanted."""
    if not wanted:
        yield None
        return
    with connect(ENGINE_SOCKET) as engine:
        name = f"selftest-{uuid.uuid4()}"
        engine.create_network(name, driver="bridge", internal=True)
        try:
            address = engine.inspect_network(name)["IPAM"]["Config"][0]["Gateway"]
            with socket.create_server((address, PORT)) as server:
                threading.Thread(target=_accept, args=(server,), daemon=True).start()
                yield name
        finally:
            engine.remove_network(name)


def _accept(server: socket.socket) -> None:
    with suppress(OSError):  # closed
        while True:
            server.accept()[0].close()


def _remove_scratch() -> None:
    with connect(ENGINE_SOCKET) as engine, suppress(APIError):
        engine.remove_volume(SHARED_SCRATCH, force=True)
