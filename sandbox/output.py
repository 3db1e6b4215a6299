"""The folder that one program writes its results to, and how one file is taken out of it.

A volume in memory, with bounds of its own, which a container of ours keeps while the program's
comes and goes: the engine cannot read what only a stopped container had mounted. Nothing is taken
before the program is dead, no link is followed, and only bytes that were counted are kept.
"""

import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from sandbox import End, Limits, SandboxUnavailable
from sandbox.container import create_checked
from sandbox.engine import Engine
from sandbox.facts import EngineFacts
from sandbox.options import (
    LAUNCHER_LABEL,
    OUTPUT_FOLDER,
    ROLE_LABEL,
    RUN_LABEL,
    helper_options,
    output_volume,
    volume,
)
from sandbox.pieces import PiecesFile

# Go's bits of what is no regular file: folder, link, pipe, socket, device, irregular.
_NOT_REGULAR = 0x8F28_0000


@dataclass(frozen=True, kw_only=True)
class Output:
    """A volume in memory and the container that holds it."""

    engine: Engine
    volume: str
    holder: str

    @classmethod
    def prepare(
        cls,
        engine: Engine,
        /,
        *,
        owner: str,
        image: str,
        limits: Limits,
        facts: EngineFacts,
        slot: int,
        label: str,
        parent: str | None,
    ) -> Self:
        """Make a volume for the user of a slot, and hold it; leaves none behind when it fails.

        `image` is one of ours that has `sleep`. Raises SandboxUnavailable.
        """
        name = f"challenge-output-{uuid.uuid4().hex}"
        labels = {LAUNCHER_LABEL: label, RUN_LABEL: owner, ROLE_LABEL: "output"}
        engine.create_volume(
            name, labels=labels, driver=output_volume(limits, slot=slot, facts=facts)
        )
        holder = None
        try:
            options = helper_options(
                owner,
                image=image,
                facts=facts,
                slot=slot,
                label=label,
                mount=volume(name, target=OUTPUT_FOLDER, read_only=True),
                role="holder",
                parent=parent,
            )
            holder = create_checked(engine, options)
            engine.start(holder)
        except BaseException:
            if holder is not None:
                engine.remove(holder)
            engine.remove_volume(name)
            raise
        return cls(engine=engine, volume=name, holder=holder)

    def collect(self, name: str, /, *, limit: int) -> tuple[End, bytes | None]:
        """Take the regular file of this name, of at most `limit` bytes, or say why there is none.

        Raises SandboxUnavailable when the engine cannot tell.
        """
        path = f"{OUTPUT_FOLDER}/{name}"
        found = self.engine.stat(self.holder, path=path)
        if found is None:
            self._check_holder()
        if found is None or not _is_regular(found):
            return End.NO_FILE, None
        if found["size"] > limit:
            return End.OUTPUT_TOO_LARGE, None
        with self.engine.tar_of(self.holder, path=path) as pieces:
            return End.FINISHED, _only_file(pieces, size=found["size"])

    def _check_holder(self) -> None:
        """Raise SandboxUnavailable if nothing is there because it was not held."""
        if not self.engine.inspect(self.holder)["State"]["Running"]:
            raise SandboxUnavailable(
                "The container that held a program's results ended before it.", code="output_lost"
            )

    def remove(self) -> None:
        """Remove both, after the program's container. Raises SandboxUnavailable."""
        self.engine.remove(self.holder)
        self.engine.remove_volume(self.volume)


def _is_regular(found: dict[str, Any]) -> bool:
    return not found["mode"] & _NOT_REGULAR and not found["linkTarget"]


def _only_file(pieces: Iterator[bytes], *, size: int) -> bytes:
    """Read the one file of a tar, of so many bytes, and no more of the tar than that takes."""
    try:
        with tarfile.open(fileobj=PiecesFile(pieces), mode="r|") as tar:
            member = tar.next()
            if member is None or member.type != tarfile.REGTYPE or member.size != size:
                raise SandboxUnavailable(
                    "The Docker Engine sent another file than the one it had announced.",
                    code="engine",
                )
            content = tar.extractfile(member)
            data = content.read(size) if content is not None else b""
    except tarfile.TarError as error:
        raise SandboxUnavailable(
            f"The Docker Engine's archive of a file cannot be read: {error}.", code="engine"
        ) from error
    if len(data) != size:
        raise SandboxUnavailable(
            f"The Docker Engine sent {len(data)} of {size} bytes of a file.", code="engine"
        )
    return data
