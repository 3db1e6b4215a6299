"""A dockerd of a test's own, which must not touch the network of the machine's."""

import shutil
from pathlib import Path


def in_network_of_its_own(folder: Path, /) -> Path:
    """Give a folder with a dockerd that does not see the machine's bridge: it would remove it."""
    program = folder / "bin" / "dockerd"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec unshare --net {shutil.which("dockerd")} "$@"\n')
    program.chmod(0o755)
    return program.parent
