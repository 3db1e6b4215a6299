"""Start a launcher of the test runtime; see `launch.py --help`."""

import argparse
import logging
from pathlib import Path

from sandbox import Limits
from sandbox.launcher import serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    parser = argparse.ArgumentParser()
    parser.add_argument("socket_path", type=Path)
    parser.add_argument("image")
    parser.add_argument("label")
    parser.add_argument("--engine", type=Path, required=True)
    parser.add_argument("--warm", type=int, default=0)
    parser.add_argument("--longest", type=float, default=60)
    parser.add_argument("--runtime")
    told = parser.parse_args()
    serve(
        socket_path=told.socket_path,
        runtimes={"case": told.image},
        label=told.label,
        warm=told.warm,
        maxima=Limits(seconds=told.longest),
        runtime=told.runtime,
        engine_socket=told.engine,
    )
