"""Call a launcher: `call.py SOCKET [UID]` runs what stdin says, as another user if told so."""

import os
import sys
from pathlib import Path

from sandbox import SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.wire import decode_run

if __name__ == "__main__":
    socket_path, *uid = sys.argv[1:]
    client = LauncherClient(Path(socket_path))
    client.status()  # loads what a user without access to this installation could not
    if uid:
        os.setuid(int(*uid))
    try:
        sys.stdout.write(client.run(decode_run(sys.stdin.buffer.read())).output.decode())
    except SandboxUnavailable as error:
        sys.stdout.write(f"{error.code}: {error}\n")
