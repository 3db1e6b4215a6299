"""Volumes on the engine's disk that are filled without running anything."""

import io
import tarfile
from collections.abc import Iterable

from sandbox.container import create_checked
from sandbox.engine import Engine
from sandbox.facts import EngineFacts
from sandbox.options import INPUT_FOLDER, LAUNCHER_LABEL, ROLE_LABEL, helper_options, volume

FILES_ROLE = "files"
_HOSTS = b"127.0.0.1 localhost\n::1 localhost\n"


def fill(
    engine: Engine,
    name: str,
    archive: Iterable[bytes],
    /,
    *,
    owner: str,
    image: str,
    facts: EngineFacts,
    label: str,
) -> None:
    """Unpack a tar, which comes in pieces, into a volume, through a container that never starts.

    What `archive` raises is raised. Raises SandboxUnavailable when the engine cannot.
    """
    mount = volume(name, target=INPUT_FOLDER)
    options = helper_options(
        owner, image=image, facts=facts, slot=0, label=label, mount=mount, role="filler"
    )
    filler = create_checked(engine, options)
    try:
        engine.fill(filler, folder=INPUT_FOLDER, archive=archive)
    finally:
        engine.remove(filler)


def prepare_hosts(
    engine: Engine,
    name: str,
    /,
    *,
    owner: str,
    image: str,
    facts: EngineFacts,
    label: str,
    count: int,
) -> str:
    """Have files by which `localhost` has an address in sandboxes without network.

    They are named by the numbers below `count`, one for each sandbox: what has a file open can lock
    it, also to read, and whoever else has it open can tell. `name` is their volume. Gives its
    folder on the engine's host. Raises SandboxUnavailable.
    """
    engine.create_volume(name, labels={LAUNCHER_LABEL: label, ROLE_LABEL: "hosts"})
    archive = [_hosts_archive(count)]
    fill(engine, name, archive, owner=owner, image=image, facts=facts, label=label)
    return str(engine.volume_path(name))


def _hosts_archive(count: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for number in range(count):
            member = tarfile.TarInfo(str(number))
            member.size = len(_HOSTS)
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(_HOSTS))
    return content.getvalue()
