"""The Runner that asks the launcher over its unix socket: what workers run sandboxes with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx

from sandbox import Outcome, Run, SandboxUnavailable, Status
from sandbox.wire import decode_outcome, decode_status, encode_run

_SECONDS = 30.0  # to connect, and for each piece of the input to be taken
# Beyond a run's own seconds: a wait for a slot, a start and a kill, each at its slowest.
_ENGINE_SECONDS = 120.0


class LauncherClient:
    """A Runner on the launcher that listens on `socket_path`; may be shared by threads."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path
        self._http = httpx.Client(
            base_url="http://launcher",
            # No TLS on a unix socket: loading the certificates would take 20 ms.
            transport=httpx.HTTPTransport(uds=str(socket_path), verify=False),
            trust_env=False,
        )

    def run(self, run: Run, /) -> Outcome:
        """Run it once and give what came of it; raise SandboxUnavailable when it could not run.

        The launcher kills the run when this process ends before it.
        """
        seconds = run.limits.seconds + _ENGINE_SECONDS
        with self._answer("POST", "/runs", content=encode_run(run), seconds=seconds) as body:
            return decode_outcome(body)

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        with self._answer("DELETE", f"/runs/{run_id}") as body:
            return bool(json.loads(body)["cancelled"])

    def status(self) -> Status:
        """Ask what could run now. Raises SandboxUnavailable when no launcher answers."""
        with self._answer("GET", "/status") as body:
            return decode_status(body)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    @contextmanager
    def _answer(
        self, method: str, path: str, *, content: bytes = b"", seconds: float = _ENGINE_SECONDS
    ) -> Iterator[bytes]:
        """Give the body of a good answer to be read; whatever is wrong is SandboxUnavailable."""
        timeout = httpx.Timeout(_SECONDS, read=seconds)
        try:
            response = self._http.request(method, path, content=content, timeout=timeout)
            if response.status_code != HTTPStatus.OK:
                problem = response.json()
                raise SandboxUnavailable(problem["message"], code=problem["code"])
            yield response.content
        except httpx.HTTPError as error:
            raise SandboxUnavailable(
                f"The launcher on {self._path} does not answer: {error!r}. Start it with "
                "`challenge launcher`.",
                code="launcher_down",
            ) from error
        except (ValueError, KeyError) as error:
            raise SandboxUnavailable(
                f"What answers on {self._path} is no launcher of this version: {error!r}.",
                code="launcher_answer",
            ) from error
