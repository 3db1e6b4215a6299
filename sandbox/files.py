"""Files that programs read at `/input` and `/weights`: a volume each, kept by its tar's SHA-256."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from sandbox import SandboxUnavailable
from sandbox.engine import Engine
from sandbox.facts import EngineFacts
from sandbox.kept import Kept, KeptList
from sandbox.options import LAUNCHER_LABEL, ROLE_LABEL, RUN_LABEL
from sandbox.plain_tar import rewritten
from sandbox.volumes import FILES_ROLE, fill

_KIND = "files-"


class KeptFiles:
    """The sets of files of one launcher; may be shared by threads."""

    def __init__(self, engine: Engine, /, *, label: str, kept: KeptList) -> None:
        self._engine = engine
        self._label = label
        self._kept = kept
        self._keeping = threading.Lock()  # one at a time: they share the disk
        self._filling = ""
        self._lock = threading.Lock()  # for _used
        self._used: Counter[str] = Counter()

    def has(self, digest: str, /) -> bool:
        """Whether the tar of this SHA-256 is kept; what the engine has lost is not."""
        found = self._kept.find(_KIND + digest)
        return found is not None and self._engine.volume_path(found.name) is not None

    @contextmanager
    def using(self, *digests: str | None) -> Iterator[None]:
        """Keep files from making room for others, also while no container has their volume."""
        keys = [_KIND + digest for digest in digests if digest is not None]
        with self._lock:
            self._used.update(keys)
        try:
            yield
        finally:
            with self._lock:
                self._used.subtract(keys)

    def volume_of(self, digest: str, /) -> str:
        """Name the volume of these files, whose last use this is.

        Raises SandboxUnavailable, with code "files_missing" when they are not kept: the engine
        would make an empty volume of that name.
        """
        found = self._kept.use(_KIND + digest)
        if found is None or self._engine.volume_path(found.name) is None:
            raise SandboxUnavailable(
                f"The files {digest[:12]}… are not kept by this launcher: send them again.",
                code="files_missing",
            )
        return found.name

    def keep(
        self,
        digest: str,
        archive: BinaryIO,
        /,
        *,
        size: int,
        owner: str,
        image: str,
        facts: EngineFacts,
    ) -> None:
        """Keep the files of a tar; see `Runner.keep_files`.

        `image` is one of ours, `owner` the label of its container. Nothing is left when it fails.
        """
        with self._keeping:
            if self.has(digest):
                return
            self._kept.make_room(size, remove=self._remove)
            name = f"challenge-files-{uuid.uuid4().hex}"
            labels = {LAUNCHER_LABEL: self._label, ROLE_LABEL: FILES_ROLE, RUN_LABEL: digest}
            self._filling = name
            try:
                self._engine.create_volume(name, labels=labels)
                fill(
                    self._engine,
                    name,
                    rewritten(archive, digest=digest, size=size),
                    owner=owner,
                    image=image,
                    facts=facts,
                    label=self._label,
                )
                self._kept.add(_KIND + digest, name=name, size=size)
            except BaseException:
                self._engine.remove_volume(name)
                raise
            finally:
                self._filling = ""

    def clear(self) -> None:
        """Take all off the list, so that the next sweep removes them."""
        for one in self._kept.all():
            if one.key.startswith(_KIND):
                self._kept.drop(one.key)

    def is_kept(self, volume: str, /) -> bool:
        """Whether a volume is one of these, or is being filled."""
        if volume == self._filling:  # asked first: it is on the list before it is no longer filled
            return True
        return volume in {one.name for one in self._kept.all() if one.key.startswith(_KIND)}

    def _remove(self, one: Kept) -> bool:
        """Remove what is on the list; False for what a run uses, or is no set of files."""
        with self._lock:
            if self._used[one.key] or not one.key.startswith(_KIND):
                return False
            try:
                self._engine.remove_volume(one.name)
            except SandboxUnavailable:
                return False
        return True
