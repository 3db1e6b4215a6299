"""The classes of gunicorn, apart from `web` so that its master need not load the pages."""

import selectors
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # no types
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # no types

from challenge_platform.redaction import without_secrets

SILENCE_SECONDS = 10
TURN_SECONDS = 0.0005
"""How long a thread computes before another may: a probe takes turns with all that read files."""

HEAD_BYTES = 4096
PROBES = (b"GET /healthz ", b"GET /readyz ")


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
    """A gthread worker that gives up a silent visitor, and has a thread for probes alone.

    gthread itself reads heads and bodies without a limit, so that as many half-open connections as
    there are threads would stop the site; and a probe would wait behind all that was sent before.
    """

    def init_process(self) -> None:
        """Make the thread of probes, keep turns short, and serve."""
        self.probes = ThreadPoolExecutor(1)
        sys.setswitchinterval(TURN_SECONDS)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to the threads; each of its reads then ends after SILENCE_SECONDS.

        The kernel keeps this time: gthread resets the one that Python keeps before each request.
        A connection on which nothing was said yet takes no thread.
        """
        if not conn.initialized and not conn.data_ready:
            self._listen(conn)
            return
        seconds = struct.pack("@ll", SILENCE_SECONDS, 0)  # struct timeval
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
        pool = self.probes if is_probe(conn.sock) else self.tpool
        pool.submit(self.handle, conn).add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _listen(self, conn: TConn) -> None:
        """Wait, for a while, until something is said; `enqueue_req` is then called again."""
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + SILENCE_SECONDS
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)


def is_probe(connection: socket.socket, /) -> bool:
    """Whether the whole head of a probe's request has arrived, so that it is answered at once."""
    try:
        head = connection.recv(HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    return head.startswith(PROBES) and b"\r\n\r\n" in head
