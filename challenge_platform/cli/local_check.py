"""What `challenge submit` checks on this machine, so that a mistake costs no upload."""

import sys
from enum import StrEnum
from pathlib import Path

from challenge_platform.cli.data import CHALLENGE_FILE
from challenge_platform.cli.terminal import note
from challenge_platform.errors import InvalidUpload
from sandbox.archive import ArchiveLimits, FileContent, InvalidArchive
from sandbox.archive.repacking import repacked
from sandbox.oci.problem import InvalidImage
from sandbox.oci.rebuild import check as check_image
from sandbox.oci.registry import Reference


class Kind(StrEnum):
    """What is submitted."""

    PREDICTIONS = "predictions"
    CODE = "code"
    CONTAINER = "container"


def check_here(file: Path, /, *, kind: Kind, slug: str, folder: Path) -> None:
    """Raise InvalidUpload for a file that the platform would refuse.

    Predictions need the challenge's public files in `folder`; without them, they are let pass.
    """
    match kind:
        case Kind.CODE:
            # What an archive holds is told in messages whose module needs pydantic, which is slow.
            from challenge_platform.core.code_archive import check_code  # noqa: PLC0415 -- above

            check_code(file.read_bytes())
        case Kind.CONTAINER:
            _check_image(file)
        case Kind.PREDICTIONS:
            _check_predictions(file, slug=slug, folder=folder)


def check_reference(text: str, /) -> None:
    """Raise InvalidUpload for what names no image by its digest; the platform knows the hosts."""
    try:
        Reference.read(text, hosts=None)
    except InvalidImage as invalid:
        raise _refused(text, invalid) from invalid


def check_weights(file: Path, /) -> None:
    """Raise InvalidUpload for an archive of weights that no platform takes, however large."""
    limits = ArchiveLimits(unpacked=sys.maxsize, file=sys.maxsize)
    with file.open("rb") as archive:
        try:
            for _ in repacked(FileContent(archive), limits=limits):
                pass
        except InvalidArchive as invalid:
            raise _refused(file.name, invalid) from invalid


def _check_image(file: Path) -> None:
    """Raise InvalidUpload for an image that no platform takes; for which machine is left open."""
    with file.open("rb") as content:
        try:
            check_image(content, architecture=None)
        except InvalidImage as invalid:
            raise _refused(file.name, invalid) from invalid


def _check_predictions(file: Path, *, slug: str, folder: Path) -> None:
    if not (folder / CHALLENGE_FILE).exists():
        note(f"Not checked here, as there is no {folder / CHALLENGE_FILE}; the platform checks it.")
        return
    # The reader of predictions needs numpy, which takes longer to import than all the rest.
    from challenge_platform.cli.validation import check  # noqa: PLC0415 -- see above

    check(file, slug=slug, folder=folder)


def _refused(name: str, invalid: InvalidImage | InvalidArchive) -> InvalidUpload:
    return InvalidUpload(
        f"{name} was refused:\n{invalid}", problems=(), total=len(invalid.problems)
    )
