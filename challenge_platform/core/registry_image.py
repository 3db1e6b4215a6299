"""Fetching the image that a submission names by its digest in a registry."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from challenge_platform.core.container_image import architecture, limits_of
from challenge_platform.core.program import Program
from challenge_platform.core.sandbox_refusal import refused_as_upload
from challenge_platform.errors import RegistryUnavailable
from challenge_platform.storage import CheckedFile, ObjectStore
from sandbox.oci import registry

MOST_SECONDS = 600.0


@contextmanager
def fetched(
    reference: str, /, *, hosts: frozenset[str], program: Program, store: ObjectStore
) -> Iterator[CheckedFile]:
    """Give an image of a registry as a file, which is gone afterwards unless it was stored.

    Raise InvalidUpload for what is not an image of a host of the list that anybody may pull, and
    RegistryUnavailable.
    """
    path = store.scratch / uuid.uuid4().hex
    source = registry.Registry(hosts=hosts, limits=limits_of(program), seconds=MOST_SECONDS)
    try:
        with refused_as_upload(), path.open("w+b") as file:
            source.pull(reference, file, architecture=architecture())
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield CheckedFile(path=path, digest=digest, size=size)
    except registry.PullFailed as error:
        raise RegistryUnavailable(
            "the registry does not give the image now; try again later, or send the image itself"
        ) from error
    finally:
        path.unlink(missing_ok=True)
