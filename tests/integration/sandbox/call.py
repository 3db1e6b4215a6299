"""Call a launcher: `call.py SOCKET [UID]` runs the input from stdin, as another user if told so."""

import os
import sys
from pathlib import Path

from sandbox import Limits, Run, SandboxUnavailable
from sandbox.client import LauncherClient

if __name__ == "__main__":
    socket_path, *uid = sys.argv[1:]
    client = LauncherClient(Path(socket_path))
    client.status()  # loads what a user without access to this installation could not
    if uid:
        os.setuid(int(*uid))
    run = Run(id="called", runtime="case", limits=Limits(), input=sys.stdin.buffer.read())
    try:
        sys.stdout.write(client.run(run).output.decode())
    except SandboxUnavailable as error:
        sys.stdout.write(f"{error.code}: {error}\n")
