"""Sending a submission: a small file whole, a large one in parts, what is elsewhere by its name."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from challenge_platform.cli.client import Client, Form
from challenge_platform.cli.data import sha256_of, transfer_bar
from challenge_platform.cli.documents import Accepted
from challenge_platform.cli.exits import PlatformFault
from challenge_platform.cli.local_check import Kind
from challenge_platform.cli.parts import Parts, UploadMemory
from challenge_platform.cli.terminal import note, printable
from challenge_platform.errors import InvalidInput

WEIGHTS = "weights"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def weights_named(text: str | None, /, *, kind: Kind) -> Path | str | None:
    """Give weights as a file, or the SHA-256 of what was sent; raise InvalidInput for neither."""
    if text is None:
        return None
    if kind is Kind.PREDICTIONS:
        raise InvalidInput("--weights are for code or an image; add --kind code or container")
    if _SHA256.fullmatch(text):
        return text
    if not Path(text).is_file():
        raise InvalidInput(
            f"--weights {text}: there is no such file; give an archive (zip, tar or tar.gz), or "
            "the SHA-256 of one that your team has sent before, as 64 hexadecimal digits"
        )
    return Path(text)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What sends one submission; `key` lets it be sent again without counting twice."""

    client: Client
    slug: str
    form: Form
    source: Path | None
    key: str
    memory: UploadMemory
    _under_way: list[str] = field(default_factory=list)

    def submit(self, what: Path | str, /, *, weights: Path | str | None) -> Accepted:
        """Send a file, or the name of an image that the platform fetches, and its weights."""
        named = {} if weights is None else {WEIGHTS: self._weights(weights)}
        if isinstance(what, str):
            note(f"The platform fetches {printable(what)}; a large image takes minutes.")
            accepted = self._name({**named, "image": what})
        elif self.form["kind"] == Kind.CONTAINER:
            accepted = self._name({**named, "upload": self._arrived(what, kind=Kind.CONTAINER)})
        else:
            accepted = self._send(what, named=named)
        for key in self._under_way:
            self.memory.forget(key)
        return accepted

    def _weights(self, weights: Path | str) -> str:
        """Give the digest of weights that were sent before, or the id of their upload."""
        if isinstance(weights, str):
            return weights
        digest = sha256_of(weights)
        if any(one["weights"] == digest for one in self.client.submissions(self.slug)):
            note(f"Your team has sent {printable(weights.name)} before; it is not sent again.")
            return digest
        return self._arrived(weights, kind=WEIGHTS)

    def _send(self, file: Path, *, named: Mapping[str, str]) -> Accepted:
        with (
            self._hinting(),
            transfer_bar() as bar,
            bar.open(file, "rb", description=printable(file.name)) as body,
        ):
            return self.client.submit(
                self.slug,
                body,
                filename=file.name,
                form={**self.form, **named},
                source=self._source(),
                idempotency_key=self.key,
            )

    def _name(self, named: Mapping[str, str]) -> Accepted:
        """Submit what the platform has, or fetches."""
        with self._hinting():
            return self.client.submit(
                self.slug,
                None,
                form={**self.form, **named},
                source=self._source(),
                idempotency_key=self.key,
            )

    def _arrived(self, file: Path, *, kind: str) -> str:
        """Send a large file, from where an earlier command left it; give the id of its upload."""
        place = {"kind": kind} | ({"phase": self.form["phase"]} if "phase" in self.form else {})
        metadata = {"filename": file.name, "sha256": sha256_of(file), **place}
        with transfer_bar() as bar:
            shown = bar.add_task(printable(file.name), total=file.stat().st_size)
            parts = Parts(
                client=self.client,
                slug=self.slug,
                file=file,
                metadata=metadata,
                memory=self.memory,
                told=lambda offset: bar.update(shown, completed=offset),
            )
            upload_id, offset = parts.begin()
            if offset:
                name = printable(file.name)
                note(f"{offset:,} bytes of {name} arrived before; going on from there.")
            parts.send(upload_id, offset=offset)
        self._under_way.append(parts.key)
        return upload_id

    def _source(self) -> tuple[str, bytes] | None:
        return (self.source.name, self.source.read_bytes()) if self.source else None

    @contextmanager
    def _hinting(self) -> Iterator[None]:
        """Say, when the platform does not answer, how to try again safely."""
        try:
            yield
        except PlatformFault as error:
            raise PlatformFault(
                f"{error}. To try again without the risk of counting twice, add "
                f"--idempotency-key {self.key}"
            ) from error
