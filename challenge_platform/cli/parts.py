"""Sending a large file in parts, and going on where an interruption left it."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.cli.client import Client, Form
from challenge_platform.cli.exits import PlatformFault
from challenge_platform.errors import Conflict, NotFound

FILE_NAME = "uploads.json"
PART_BYTES = 8 * 1024 * 1024
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each new attempt when a part did not arrive; any part that does starts anew."""


@dataclass(frozen=True)
class UploadMemory:
    """The uploads under way, in a file in `folder`: the id of each by what it uploads."""

    folder: Path

    def find(self, key: str, /) -> str | None:
        """Give the id of the upload of this file to this place, if one is under way."""
        return self._load().get(key)

    def keep(self, key: str, upload_id: str, /) -> None:
        """Remember an upload."""
        self._write({**self._load(), key: upload_id})

    def forget(self, key: str, /) -> None:
        """Forget an upload that is over."""
        self._write({other: value for other, value in self._load().items() if other != key})

    def _load(self) -> dict[str, str]:
        try:
            found = json.loads((self.folder / FILE_NAME).read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, uploads: Mapping[str, str]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.folder / f"{FILE_NAME}.{os.getpid()}"
        partial.write_text(json.dumps(uploads), encoding="utf-8")
        partial.replace(self.folder / FILE_NAME)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A file that is sent to a challenge in parts; `told` hears of offsets, `memory` of its id."""

    client: Client
    slug: str
    file: Path
    metadata: Form
    memory: UploadMemory
    told: Callable[[int], object]
    pauses: Sequence[float] = PAUSES

    @property
    def key(self) -> str:
        """Name what is sent to where; another file, place or kind is another upload."""
        sent = [self.client.url, self.slug, *(f"{k}={v}" for k, v in self.metadata.items())]
        return hashlib.sha256("\n".join(sent).encode()).hexdigest()

    def begin(self) -> tuple[str, int]:
        """Give the id of the upload and the bytes that have arrived, of an earlier one if any."""
        known = self.memory.find(self.key)
        if known is not None:
            try:
                return known, self.client.upload_offset(known)
            except NotFound:
                self.memory.forget(self.key)
        size = self.file.stat().st_size
        begun = self.client.begin_upload(self.slug, size=size, metadata=self.metadata)
        self.memory.keep(self.key, begun)
        return begun, 0

    def send(self, upload_id: str, /, *, offset: int) -> None:
        """Send what is missing; raise PlatformFault when it cannot arrive, and stay resumable."""
        size, failures = self.file.stat().st_size, 0
        with self.file.open("rb") as content:
            while offset < size:
                content.seek(offset)
                try:
                    offset = self.client.send_part(
                        upload_id, content.read(PART_BYTES), offset=offset
                    )
                    failures = 0
                except (PlatformFault, Conflict) as error:
                    if failures == len(self.pauses):
                        raise self._interrupted(error, offset=offset) from error
                    time.sleep(self.pauses[failures])
                    failures += 1
                    offset = self._offset(upload_id, offset)
                self.told(offset)

    def _offset(self, upload_id: str, before: int) -> int:
        """Ask how much has arrived; while nobody answers, as much as before."""
        try:
            return self.client.upload_offset(upload_id)
        except PlatformFault:
            return before
        except NotFound as error:
            self.memory.forget(self.key)
            raise PlatformFault(
                f"{self.file.name} did not arrive as it is here (was it changed meanwhile?), so "
                "that nothing of it was kept; run the command again to send it anew"
            ) from error

    def _interrupted(self, error: Exception, *, offset: int) -> PlatformFault:
        return PlatformFault(
            f"{error}. {offset:,} bytes of {self.file.name} have arrived: run the same command "
            "again within a day, it goes on from there"
        )
