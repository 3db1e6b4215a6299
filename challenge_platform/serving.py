"""The classes of gunicorn, apart from `web` so that its master need not load the pages."""

import socket
import struct
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # no types
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # no types

from challenge_platform.redaction import without_secrets

SILENCE_SECONDS = 10


class AccessLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's logger, which keeps no secret of a link."""

    def atoms(
        self,
        resp: Any,  # noqa: ANN401 -- gunicorn ships no types
        req: Any,  # noqa: ANN401 -- as above
        environ: dict[str, Any],
        request_time: Any,  # noqa: ANN401 -- as above
    ) -> dict[str, Any]:
        """Give the parts that the access log's format names."""
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {**found, "r": without_secrets(found["r"])}


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A gthread worker that gives up a visitor who is silent in the middle of a request.

    gthread itself reads heads and bodies without a limit, so that as many half-open connections as
    there are threads would stop the site.
    """

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to the threads; each of its reads then ends after SILENCE_SECONDS.

        The kernel keeps this time: gthread resets the one that Python keeps before each request.
        """
        seconds = struct.pack("@ll", SILENCE_SECONDS, 0)  # struct timeval
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
        super().enqueue_req(conn)
