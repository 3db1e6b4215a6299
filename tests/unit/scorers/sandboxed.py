"""Programs that run as in the scoring sandbox: in a process of their own, without pydantic."""

import subprocess
import sys

WITHOUT = "import sys; sys.modules |= {'pydantic': None, 'pydantic_core': None}\n"
SERVE = "from scorers.serve import serve; sys.exit(serve())"


def run(program: str, /, *, given: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run a program, which finds `sys` imported, with these bytes on its standard input."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + program],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )
