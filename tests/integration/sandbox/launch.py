"""Start a launcher of the test runtime: `launch.py SOCKET IMAGE LABEL [ENGINE_SOCKET]`."""

import logging
import sys
from pathlib import Path

from sandbox import Limits
from sandbox.engine import ENGINE_SOCKET
from sandbox.launcher import serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    socket_path, image, label, *engine_socket = sys.argv[1:]
    serve(
        socket_path=Path(socket_path),
        runtimes={"case": image},
        label=label,
        maxima=Limits(seconds=60),
        engine_socket=Path(*engine_socket or [str(ENGINE_SOCKET)]),
    )
