"""What a runtime image starts: takes submitted code from standard input, unpacks it, becomes it.

It waits for its input, so that a sandbox with it can be kept ready. It holds no secret: the code
that it runs has its user's rights.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

from sandbox.archive import InvalidArchive, unpack

FOLDER = Path("/tmp/code")  # noqa: S108  the sandbox's own, in memory
MAIN = "main.py"
REFUSED = 65  # sysexits.h: the input is not as it should be


def main() -> NoReturn:
    """Unpack the archive and run its `main.py` in place of this process, in the code's folder.

    The new interpreter inherits the standard streams only, with standard input at its end and what
    it says on either of the others in one. It takes its settings from the image. Exits with
    REFUSED, and the reasons on standard error, when the archive cannot be unpacked.
    """
    content = sys.stdin.buffer.read()
    FOLDER.mkdir()
    try:
        unpack(content, FOLDER)
    except InvalidArchive as invalid:
        _refuse(str(invalid))
    except OSError as error:
        _refuse(f"The archive could not be unpacked into the sandbox's scratch: {error.strerror}.")
    os.chdir(FOLDER)
    os.dup2(sys.stdout.fileno(), sys.stderr.fileno())  # one stream, so that the log has their order
    os.execv(sys.executable, [sys.executable, MAIN])  # noqa: S606  no shell, and that is its task


def _refuse(reasons: str) -> NoReturn:
    sys.stderr.write(f"{reasons}\n")
    sys.exit(REFUSED)


if __name__ == "__main__":
    main()
