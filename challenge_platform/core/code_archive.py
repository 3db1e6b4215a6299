"""Checking an archive of code when it is sent in; it is unpacked in the sandbox alone."""

from dataclasses import replace

from challenge_platform.core.sandbox_refusal import refused_as_upload
from sandbox.archive import ArchiveLimits, Listing, check_archive
from sandbox.entry import MAIN


def check_code(content: bytes, /, *, scratch: int | None = None) -> Listing:
    """List what an archive of code holds, all of which must fit into `scratch` bytes, if given.

    Raise InvalidUpload, with its problems, when it cannot be unpacked or has no main.py.
    """
    limits = ArchiveLimits()
    if scratch is not None:
        limits = replace(limits, unpacked=min(scratch, limits.unpacked))
    with refused_as_upload():
        return check_archive(content, limits=limits, must_have=(MAIN,))
