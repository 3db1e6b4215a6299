"""The worker class of gunicorn, apart from `web` so that its master need not load the pages."""

import socket
import struct

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # no types

SILENCE_SECONDS = 10


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
