"""Transfers: large files that arrive in parts, may be interrupted, and go on where they stopped.

A transfer lies in a folder of its person's own: what it will be (`<id>.json`), what has arrived
(`<id>.part`, whose length is the offset), and, when its SHA-256 was that which its sender told, if
any, the file (`<id>.whole`). Each append holds a lock that ends with whoever held it.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from challenge_platform.errors import (
    ChecksumMismatch,
    Conflict,
    InvalidInput,
    NotFound,
    StorageFull,
    TooManyUploads,
    UploadTooLarge,
)
from challenge_platform.storage import CheckedFile

LIFETIME = timedelta(hours=24)
"""After this time without a byte, a transfer is removed."""

EMPTY_LIFETIME = timedelta(hours=1)
"""And after this time without its first: what is only promised takes room from everybody."""

RELEASED = timedelta(minutes=10)
"""So long after its submission a transfer can be named again, by who did not hear the answer."""

MOST_OF_A_PERSON = 3
MOST_BYTES = 30_000_000_000
FREE_BYTES = 2_000_000_000
"""What transfers leave free on the disk, for everything else."""

ALGORITHMS = ("sha1", "sha256")
"""What a part may be checked by; the protocol asks for the first."""

_PIECE = 1 << 20
_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A file on its way: how large it will be, how much is there, and until when it is kept."""

    id: str
    challenge: str
    kind: str
    filename: str
    size: int
    sha256: str
    offset: int
    expires: datetime
    is_stored: bool

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there, and was what its sender told."""
        return self.offset == self.size


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """What the bytes of one part must have: an algorithm of ALGORITHMS, and its digest."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, kw_only=True)
class Transfers:
    """All transfers, in one folder; `most_bytes` bounds what one person has under way."""

    folder: Path
    clock: Callable[[], datetime]
    most_bytes: int = MOST_BYTES

    def begin(
        self, *, user_id: int, challenge: str, kind: str, filename: str, size: int, sha256: str
    ) -> Transfer:
        """Begin a transfer, of which nothing is there yet.

        Without a `sha256`, as browsers cannot tell it of a large file, it is that of what arrives.
        Raise TooManyUploads, UploadTooLarge or StorageFull when there is no room for it.
        """
        if size < 1:
            raise InvalidInput("the file is empty; send a file with at least one byte")
        if sha256 and not _SHA256.fullmatch(sha256):
            raise InvalidInput(
                "the SHA-256 of the whole file is {sha256!r}; send it as 64 hexadecimal digits",
                sha256=sha256[:80],
            )
        home = self._home(user_id)
        home.mkdir(mode=0o770, parents=True, exist_ok=True)
        with _locked(home / "begin.lock", wait=True):
            self._require_room(user_id, size=size)
            transfer_id = secrets.token_hex(16)
            about = {"challenge": challenge, "kind": kind, "filename": filename}
            part = home / f"{transfer_id}.part"
            part.touch()
            self._touch(part)
            _write(home / f"{transfer_id}.json", {**about, "size": size, "sha256": sha256})
        return self.find(transfer_id, user_id=user_id)

    def find(self, transfer_id: str, /, *, user_id: int) -> Transfer:
        """Give a person's transfer; raise NotFound for one that is not there, or not theirs."""
        home = self._home(user_id)
        transfer = _read(home, transfer_id) if _ID.fullmatch(transfer_id) else None
        if transfer is None or transfer.expires <= self.clock():
            raise NotFound(
                "there is no upload {transfer}: it was finished, given up, or had no byte for "
                "{hours:.0f} hours; begin it again",
                transfer=transfer_id[:40],
                hours=LIFETIME / timedelta(hours=1),
            )
        return transfer

    def append(
        self,
        transfer_id: str,
        pieces: Iterable[bytes],
        /,
        *,
        user_id: int,
        offset: int,
        checksum: Checksum | None = None,
    ) -> Transfer:
        """Add bytes that begin at `offset`; what arrived stays, whatever ends the arriving.

        With a checksum, only all of them or none stay. Raise Conflict for another offset than that
        of the transfer or while others are added, ChecksumMismatch for bytes that were damaged, and
        UploadTooLarge for more than were announced. If the whole file is not what was announced,
        the transfer is gone.
        """
        path = self._path(transfer_id, user_id=user_id)
        with _locked(path.with_suffix(".lock")):
            transfer = self.find(transfer_id, user_id=user_id)
            if offset != transfer.offset:
                raise Conflict(
                    "the upload is at byte {is_at:,}, not {offset:,}; ask for its offset and go on "
                    "from there",
                    is_at=transfer.offset,
                    offset=offset,
                )
            if not transfer.is_whole:
                part = path.with_suffix(".part")
                try:
                    _add(part, pieces, transfer=transfer, checksum=checksum)
                finally:
                    self._touch(part)
                self._settle(path, transfer)
            return self.find(transfer_id, user_id=user_id)

    def discard(self, transfer_id: str, /, *, user_id: int) -> None:
        """Give a transfer up. Raise Conflict while bytes are added to it."""
        path = self._path(transfer_id, user_id=user_id)
        with _locked(path.with_suffix(".lock")):
            _remove(path)

    def file(self, transfer_id: str, /, *, user_id: int) -> CheckedFile:
        """Give the file of a transfer that is whole; raise Conflict while it is not."""
        transfer = self.find(transfer_id, user_id=user_id)
        if not transfer.is_whole:
            raise Conflict(
                "{offset:,} of {size:,} bytes of the upload have arrived; send the others first",
                offset=transfer.offset,
                size=transfer.size,
            )
        path = self._path(transfer_id, user_id=user_id).with_suffix(".whole")
        return CheckedFile(path=path, digest=transfer.sha256, size=transfer.size)

    def release(self, transfer_id: str, /, *, user_id: int) -> None:
        """Let go of a transfer whose file is stored elsewhere too; it takes no more room."""
        self.find(transfer_id, user_id=user_id)
        last = (self.clock() - LIFETIME + RELEASED).timestamp()
        os.utime(self._home(user_id) / f"{transfer_id}.whole", (last, last))

    def expire(self) -> int:
        """Remove what had no byte for LIFETIME, and give the number.

        What belongs to no transfer, since its process was killed, goes with it.
        """
        now, removed = self.clock(), 0
        for about in self.folder.glob("*/*.json"):
            transfer = _read(about.parent, about.stem)
            if transfer is not None and transfer.expires <= now:
                _remove(about.with_suffix(""))
                removed += 1
        for left in self.folder.glob("*/*"):
            if _ID.fullmatch(left.stem) and not left.with_suffix(".json").exists():
                with suppress(FileNotFoundError):
                    if left.stat().st_mtime < (now - LIFETIME).timestamp():
                        left.unlink()
        return removed

    def _touch(self, part: Path) -> None:
        """Note that a byte came now, by the platform's clock."""
        now = self.clock().timestamp()
        os.utime(part, (now, now))

    def _settle(self, path: Path, transfer: Transfer) -> None:
        """Check the whole file when all of it is there; remove it if it is another one."""
        part = path.with_suffix(".part")
        if part.stat().st_size < transfer.size:
            return
        with part.open("rb", buffering=0) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        if not transfer.sha256:
            about = json.loads(path.with_suffix(".json").read_bytes())
            _write(path.with_suffix(".json"), {**about, "sha256": found})
        elif found != transfer.sha256:
            _remove(path)
            raise ChecksumMismatch(
                "all bytes arrived, and their SHA-256 is {found}, not {expected} as was announced: "
                "the file was changed or damaged on the way; upload it again",
                found=found,
                expected=transfer.sha256,
            )
        part.rename(path.with_suffix(".whole"))

    def _require_room(self, user_id: int, *, size: int) -> None:
        own = [_read(about.parent, about.stem) for about in self._home(user_id).glob("*.json")]
        under_way = [transfer for transfer in own if transfer and not transfer.is_stored]
        if len(under_way) >= MOST_OF_A_PERSON:
            raise TooManyUploads(
                "you have {count} uploads under way, as many as one person may have; finish or "
                "give up one, or wait {hours:.0f} hours after its last byte",
                count=len(under_way),
                hours=LIFETIME / timedelta(hours=1),
            )
        used = sum(transfer.size for transfer in under_way)
        if used + size > self.most_bytes:
            raise UploadTooLarge(
                "the file has {size:,} bytes; you may have {most:,} bytes of uploads under way, "
                "and have {used:,}",
                size=size,
                most=self.most_bytes,
                used=used,
            )
        everybody = (_read(about.parent, about.stem) for about in self.folder.glob("*/*.json"))
        promised = sum(transfer.size - transfer.offset for transfer in everybody if transfer)
        if shutil.disk_usage(self.folder).free < promised + size + FREE_BYTES:
            raise StorageFull(
                "the platform has no room for {size:,} bytes now; tell its operators", size=size
            )

    def _home(self, user_id: int) -> Path:
        return self.folder / str(user_id)

    def _path(self, transfer_id: str, *, user_id: int) -> Path:
        """Give the path of a transfer's files, but for their suffix."""
        self.find(transfer_id, user_id=user_id)
        return self._home(user_id) / transfer_id


def _add(
    part: Path, pieces: Iterable[bytes], *, transfer: Transfer, checksum: Checksum | None
) -> None:
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    is_right = checksum is None
    with part.open("r+b", buffering=0) as file:
        file.seek(transfer.offset)
        left = transfer.size - transfer.offset
        try:
            for piece in pieces:
                left -= len(piece)
                if left < 0:
                    is_right = False
                    raise UploadTooLarge(
                        "the part goes beyond the {size:,} bytes that were announced",
                        size=transfer.size,
                    )
                file.write(piece)
                if digest is not None:
                    digest.update(piece)
            if digest is not None and checksum is not None:
                is_right = digest.digest() == checksum.digest
                if not is_right:
                    raise ChecksumMismatch(
                        "the part's checksum is not the one that was sent with it: it was damaged "
                        "on the way; send it again"
                    )
        finally:
            if not is_right:
                file.truncate(transfer.offset)


def _read(home: Path, transfer_id: str) -> Transfer | None:
    """Read what is known of a transfer; None if it is gone."""
    about, part = home / f"{transfer_id}.json", home / f"{transfer_id}.part"
    try:
        known = json.loads(about.read_bytes())
        content = part if part.exists() else part.with_suffix(".whole")
        found = content.stat()
    except FileNotFoundError:
        return None
    is_checked = content.suffix == ".whole"
    return Transfer(
        id=transfer_id,
        # All bytes may be there and not be checked yet, if the process was killed in between.
        offset=found.st_size if is_checked else min(found.st_size, known["size"] - 1),
        expires=datetime.fromtimestamp(found.st_mtime, UTC)
        + (LIFETIME if found.st_size else EMPTY_LIFETIME),
        is_stored=found.st_nlink > 1,
        **known,
    )


def _write(path: Path, known: dict[str, str | int]) -> None:
    partial = path.with_suffix(".new")
    partial.write_text(json.dumps(known), encoding="utf-8")
    partial.rename(path)


def _remove(path: Path) -> None:
    for suffix in (".json", ".part", ".whole", ".lock"):
        path.with_suffix(suffix).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock, which ends with its holder, however that ends; raise Conflict if it is held."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Conflict(
                "bytes are being added to this upload at this moment; ask for its offset and go on "
                "when they have arrived"
            ) from None
        yield
    finally:
        os.close(descriptor)
