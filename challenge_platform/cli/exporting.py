"""A published challenge as one ZIP file: all that is public of it, and on demand all that is not.

The same publication makes the same bytes, on whichever platform and day: files are stored as they
are, in order, without a time, under the names in `export.json`, which has the size and SHA-256 of
each. `definition.json` and `texts/` are what was published, `public/` what participants download.
`hidden/` and `folder/`, the operator's own, hold the truth in clear and are there only on demand.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import read_texts, sources
from challenge_platform.cli.datadir import require_readable
from challenge_platform.cli.flaws import DEFINITION
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.program_input import opened
from challenge_platform.errors import InvalidInput
from challenge_platform.storage import CHUNK
from challenge_platform.vault import Key, open_truth

SCHEMA = "challenge-export/1"
MANIFEST, DEFINED = "export.json", "definition.json"
TEXTS, PUBLIC, FOLDER = "texts/", "public/", "folder/"
TRUTH, NONCE, INPUT = "hidden/truth.csv", "hidden/nonce", "hidden/input.tar"

_UNIX = 3


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of an export: its size, its SHA-256, and what opens it."""

    size: int
    digest: str
    open: Callable[[], BinaryIO]

    @classmethod
    def of(cls, content: bytes, /) -> "Member":
        """Give a file with this content."""
        digest = hashlib.sha256(content).hexdigest()
        return cls(size=len(content), digest=digest, open=lambda: BytesIO(content))

    @classmethod
    def at(cls, path: Path, /) -> "Member":
        """Give a file of a folder."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(size=path.stat().st_size, digest=digest, open=lambda: path.open("rb"))


def public_members(platform: Platform, challenge: PublishedChallenge, /) -> dict[str, Member]:
    """Give what everybody may have of a published challenge."""
    members = {DEFINED: Member.of(as_json(challenge.definition.document()))}
    for name, text in challenge.version.texts.items():
        for language, content in text.items():
            members[f"{TEXTS}{name}.{language}.md"] = Member.of(content.encode())
    for file in challenge.files:
        members[PUBLIC + file.name] = Member(
            size=file.size,
            digest=file.digest,
            open=lambda digest=file.digest: platform.store.open(digest),  # type: ignore[misc]  # of this turn
        )
    return members


def require_unchanged(challenge: PublishedChallenge, folder: Path, /) -> None:
    """Raise InvalidInput unless a folder says what the published version says."""
    definition = read_definition(folder / DEFINITION)
    texts = read_texts(folder, definition)
    if definition != challenge.definition or texts != challenge.version.texts:
        raise InvalidInput(
            f"{folder} was changed since version {challenge.version.number} of {challenge.slug} "
            "was published; build it first, or export the folder that was built"
        )


def secret_members(
    platform: Platform, challenge: PublishedChallenge, folder: Path, /, *, key: Key
) -> dict[str, Member]:
    """Give the hidden truth and input of a challenge in clear, and the folder it was built from.

    A link in the folder becomes the file that it leads to. Raise InvalidInput naming a file that
    cannot be read.
    """
    require_readable(folder)
    truth = open_truth(platform.store.read(challenge.version.truth_object), key=key)
    members = {TRUTH: Member.of(truth.table), NONCE: Member.of(truth.nonce)}
    hidden = challenge.input
    if hidden is not None and hidden.object is not None:
        with opened(key, platform.store.open(hidden.object)) as tar:
            members[INPUT] = Member.of(tar.read())
    for path in sources(folder):
        members[FOLDER + path.relative_to(folder).as_posix()] = Member.at(path)
    return members


def write_export(out: IO[bytes], /, *, slug: str, members: Mapping[str, Member]) -> None:
    """Write members and their manifest as a ZIP file."""
    files = {name: {"size": each.size, "sha256": each.digest} for name, each in members.items()}
    manifest = as_json({"schema": SCHEMA, "slug": slug, "files": files})
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, member in [(MANIFEST, Member.of(manifest)), *sorted(members.items())]:
            entry = zipfile.ZipInfo(name)  # of 1980, the least that ZIP can say
            entry.create_system, entry.external_attr = _UNIX, 0o644 << 16
            entry.file_size = member.size
            with archive.open(entry, "w") as into, member.open() as file:
                for piece in _pieces(file):
                    into.write(piece)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


def as_json(value: object, /) -> bytes:
    """Write a JSON document, the same values always as the same bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def manifest_of(content: bytes, /) -> dict[str, Any]:
    """Read a manifest; raise InvalidInput if it is none of ours."""
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise InvalidInput(f"its {MANIFEST} is not JSON: {error}") from error
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if schema != SCHEMA or not isinstance(files, dict):
        raise InvalidInput(f"its {MANIFEST} is of {schema!r}; this platform reads {SCHEMA!r}")
    if not all(isinstance(t, dict) and {"size", "sha256"} <= t.keys() for t in files.values()):
        raise InvalidInput(f"its {MANIFEST} does not tell the size and SHA-256 of each file")
    return dict(manifest)
