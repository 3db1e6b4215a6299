"""Images of containers: checked when they are sent in, and brought to the launcher to be run."""

import io
import platform
import shutil
import tempfile

from challenge_platform.core.program import Program
from challenge_platform.core.sandbox_refusal import refused_as_upload
from challenge_platform.core.transfer import FREE_BYTES
from challenge_platform.errors import StorageFull
from challenge_platform.storage import CheckedFile, ObjectStore
from sandbox import Runner
from sandbox.oci.document import ARCHITECTURES
from sandbox.oci.limits import ImageLimits
from sandbox.oci.rebuild import check, identify, rebuild


def check_image(content: bytes | CheckedFile, /, *, program: Program, store: ObjectStore) -> int:
    """Give the number of files of an image that can be run here.

    Raise InvalidUpload, with what is to repair, when it cannot, and StorageFull where there is no
    room to uncompress it.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content.path.open("rb")
    with file:
        _require_room(store, packed=file.seek(0, io.SEEK_END), limits=limits_of(program))
        with refused_as_upload():
            image = check(
                file,
                architecture=architecture(),
                limits=limits_of(program),
                folder=store.scratch,
            )
    return image.files


def kept_image(artifact: str, /, *, program: Program, store: ObjectStore, runner: Runner) -> str:
    """Give the id of a submitted image, which the launcher keeps from now on.

    Raise SandboxUnavailable when it does not, NotFound when the artifact was removed, and
    InvalidImage for one that would not be accepted any more.
    """
    limits = limits_of(program)
    with store.open_file(artifact) as source:
        known = identify(source, limits=limits)
        if known is not None and runner.has_image(known):
            return known
        with tempfile.TemporaryFile(dir=store.scratch) as target:
            image = rebuild(
                source,
                target,
                architecture=architecture(),
                limits=limits,
                folder=store.scratch,
            )
            if not runner.has_image(image.id):
                target.seek(0)
                runner.keep_image(image.id, target, size=image.size)
    return image.id


def limits_of(program: Program, /) -> ImageLimits:
    """Give how large an image may be, once it is uncompressed."""
    size = int(program.image_max_bytes)
    return ImageLimits(total=size, layer=size)


def architecture() -> str:
    """Name this machine's architecture as images do; a launcher is always on the same machine."""
    machine = platform.machine()
    return ARCHITECTURES.get(machine, machine)


def _require_room(store: ObjectStore, *, packed: int, limits: ImageLimits) -> None:
    needed = limits.uncompressed(packed)
    if shutil.disk_usage(store.scratch).free < needed + FREE_BYTES:
        raise StorageFull(
            "the platform has no room for {size:,} bytes now; tell its operators", size=needed
        )
