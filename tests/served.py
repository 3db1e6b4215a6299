"""Pages and API served on loopback from a thread of the test's own."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from challenge_platform.bootstrap import Platform
from challenge_platform.web import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Whole:
    """Answers as an application does, with a body that nothing has to be closed after.

    Werkzeug's server leaves a file open whose reader hangs up, as a browser does that is closed.
    """

    def __init__(self, application: "WSGIApplication", /) -> None:
        self._application = application

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Read the body to its end, and close it."""
        parts = self._application(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()


@contextmanager
def serving(platform: Platform, /, *, port: int = 0) -> Iterator[str]:
    """Serve a platform on a port, a free one unless given, and give the address."""
    server = make_server("127.0.0.1", port, Whole(create_app(platform)), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
