"""The platform: pages, API, jobs, and the rules they follow.

These names are the public Python API; each is imported when it is first used, so that a program
that needs one of them does not pay for the others.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "ChallengeDefinition": "challenge_platform.core.definition",
    "Platform": "challenge_platform.bootstrap",
    "PlatformError": "challenge_platform.errors",
    "Settings": "challenge_platform.config",
    "Upload": "challenge_platform.core.upload",
    "read_definition": "challenge_platform.core.definition_file",
    "upgrade": "challenge_platform.migrations",
    "verify_receipt": "challenge_platform.core.receipt",
}

__all__ = [
    "ChallengeDefinition",
    "Platform",
    "PlatformError",
    "Settings",
    "Upload",
    "read_definition",
    "upgrade",
    "verify_receipt",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- PEP 562: whatever the name stands for
    """Import a public name from its home."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
