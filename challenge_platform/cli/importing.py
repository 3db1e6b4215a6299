"""Reading what `challenge export` wrote: into a folder, and its hidden part onto a platform."""

import hashlib
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ValidationError

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import exporting
from challenge_platform.cli.flaws import DEFINITION
from challenge_platform.cli.publishing import Texts, publish_made
from challenge_platform.cli.recipe import Made
from challenge_platform.core.challenge import ChallengeVersion
from challenge_platform.core.data_section import KIT
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.publication import SAMPLE
from challenge_platform.errors import InvalidInput
from challenge_platform.storage import CHUNK
from challenge_platform.vault import NONCE_BYTES

MANIFEST_BYTES = 10_000_000
_PART = re.compile(r"(?!\.)[^/\\:\x00-\x1f]+")
"""A name in a path, none of a hidden file: what is in `.git` can give orders to programs."""

_ENCRYPTED = 1
"""The bit of a ZIP entry's flags that says so."""

_TEXT = re.compile(r"texts/(\w+)\.(\w+)\.md")


def is_export(file: Path, /) -> bool:
    """Whether a file is one that `challenge export` wrote."""
    try:
        with zipfile.ZipFile(file) as archive:
            return exporting.MANIFEST in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


@dataclass(frozen=True, kw_only=True)
class Export:
    """An export that is open for reading; what is read of it is what its manifest says."""

    archive: zipfile.ZipFile
    files: dict[str, dict[str, Any]]
    digest: str
    definition: ChallengeDefinition

    @classmethod
    @contextmanager
    def open(cls, file: Path, /) -> Iterator[Self]:
        """Open an export; raise InvalidInput naming the file and what is wrong with it."""
        try:
            with zipfile.ZipFile(file) as archive:
                yield cls._of(archive)
        except zipfile.BadZipFile as error:
            raise InvalidInput(f"{file} is no whole ZIP file: {error}; export it again") from error
        except InvalidInput as error:
            raise InvalidInput(f"{file} cannot be imported: {error}") from error

    @classmethod
    def _of(cls, archive: zipfile.ZipFile) -> Self:
        names = archive.namelist()
        if exporting.MANIFEST not in names:
            raise InvalidInput(f"it has no {exporting.MANIFEST}, as `challenge export` writes")
        manifest = archive.getinfo(exporting.MANIFEST)
        if manifest.file_size > MANIFEST_BYTES or not _is_plain(manifest):
            raise InvalidInput(
                f"its {exporting.MANIFEST} is too large, or packed by another program"
            )
        content = archive.read(exporting.MANIFEST)
        files = exporting.manifest_of(content)["files"]
        if sorted(names) != sorted([exporting.MANIFEST, *files]):
            raise InvalidInput("its files are not those of its manifest; export it again")
        for name in files:
            _require_inside(name)
        digest = hashlib.sha256(content).hexdigest()
        export = cls(archive=archive, files=files, digest=digest, definition=_NOT_READ)
        try:
            definition = ChallengeDefinition.model_validate_json(export.read(exporting.DEFINED))
        except ValidationError as error:
            raise InvalidInput(
                f"its definition is none of this version of the platform: {error}"
            ) from error
        return replace(export, definition=definition)

    @property
    def is_whole(self) -> bool:
        """Whether it has the hidden part too."""
        return exporting.TRUTH in self.files

    @property
    def texts(self) -> Texts:
        """The pages and the agreement in each language."""
        texts: Texts = {}
        for name in self.files:
            if (match := _TEXT.fullmatch(name)) is None:
                continue
            if match[2] not in (_paths_of(self.definition).get(match[1]) or ()):
                raise InvalidInput(f"its definition has no place for {name}; export it again")
            try:
                texts.setdefault(match[1], {})[match[2]] = self.read(name).decode()
            except UnicodeDecodeError as error:
                raise InvalidInput(f"its {name} is not UTF-8; export it again") from error
        return texts

    def below(self, start: str, /) -> list[str]:
        """Give the names of the files below a folder, which ends with a slash."""
        return sorted(name for name in self.files if name.startswith(start))

    def read(self, name: str, /) -> bytes:
        """Give a small file whole; raise InvalidInput if it is not as the manifest says."""
        return b"".join(self._pieces(name))

    def unpack(self, name: str, path: Path, /) -> None:
        """Write a file to a path, whose folders are made; raise InvalidInput as `read` does."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            into = path.open("xb")
        except (FileExistsError, NotADirectoryError) as error:
            raise InvalidInput(f"its {name} is where another of its files is") from error
        with into:
            for piece in self._pieces(name):
                into.write(piece)

    def _pieces(self, name: str) -> Iterable[bytes]:
        told = self.files.get(name)
        if told is None:
            raise InvalidInput(f"it has no {name}")
        entry = self.archive.getinfo(name)
        if not _is_plain(entry) or entry.file_size != told["size"]:
            raise InvalidInput(f"its {name} is not as its manifest says; export it again")
        digest = hashlib.sha256()
        with self.archive.open(entry) as file:
            for piece in iter(lambda: file.read(CHUNK), b""):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != told["sha256"]:
            raise InvalidInput(f"its {name} is damaged; export it again")


_NOT_READ: Any = None


def _paths_of(definition: ChallengeDefinition, /) -> dict[str, dict[str, str] | None]:
    """Give where each text is in the folder, by its name and language."""
    agreement = definition.agreement.file.model_dump()
    return {**definition.pages.model_dump(), "agreement": agreement}


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    """Whether its bytes are in the archive as they are, neither compressed nor encrypted."""
    return entry.compress_type == zipfile.ZIP_STORED and not entry.flag_bits & _ENCRYPTED


def _require_inside(name: str) -> None:
    if not all(map(_PART.fullmatch, name.split("/"))):
        raise InvalidInput(
            f"a file in it is called {name!r}, which may lead out of the folder, or be hidden in it"
        )


def write_folder(export: Export, folder: Path, /) -> None:
    """Write the operator's folder, or without it a draft: definition, pages and public files.

    Raise InvalidInput if there is such a folder.
    """
    if folder.exists():
        raise InvalidInput(f"{folder} exists already; name another folder by --to, or remove it")
    own = export.below(exporting.FOLDER)
    for name in own:
        export.unpack(name, folder / name.removeprefix(exporting.FOLDER))
    if own:
        return
    definition = export.definition
    folder.mkdir(parents=True)
    (folder / DEFINITION).write_text(as_yaml(definition), encoding="utf-8")
    paths = _paths_of(definition)
    for name, texts in export.texts.items():
        for language, text in texts.items():
            path = folder / (paths[name] or {})[language]
            if not path.resolve().is_relative_to(folder.resolve()):
                raise InvalidInput(f"its definition names {path}, which is outside the folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    for name in export.below(exporting.PUBLIC):
        export.unpack(name, folder / name)


def as_yaml(definition: ChallengeDefinition, /) -> str:
    """Write a definition as challenge.yaml, without what is as it is by default."""
    document = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100))


def publish_export(
    platform: Platform,
    export: Export,
    temporary: Path,
    /,
    *,
    say: Callable[[str], None],
    allow_program: bool = False,
) -> ChallengeVersion:
    """Publish an export that has its hidden part, as it was published; nothing of it is run.

    The challenge's keys exist already; `temporary` is an empty folder that is nobody else's. Raise
    InvalidInput if something is missing, or the pre-flight stops it.
    """
    if not export.is_whole:
        raise InvalidInput(
            "it has only what is public, and no truth to score by: have it exported with "
            "--with-sources, or build it from a recipe"
        )
    data = export.definition.data
    made = Made.in_folder(temporary)
    names = [name.removeprefix(exporting.PUBLIC) for name in export.below(exporting.PUBLIC)]
    kit = temporary / KIT if KIT in names else None
    made_of = [*data.public, *(SAMPLE + name for name in data.input)]
    if sorted(names) != sorted([*made_of, *([KIT] if kit else [])]):
        raise InvalidInput(f"its public files are {names}, and not those of its definition")
    if kit:
        export.unpack(exporting.PUBLIC + KIT, kit)
        names.remove(KIT)
    for name in names:
        place = made.sample if name.startswith(SAMPLE) else made.public
        export.unpack(exporting.PUBLIC + name, place / name.removeprefix(SAMPLE))
    if data.input:
        export.unpack(exporting.INPUT, temporary / "input.tar")
        _unpack_input(temporary / "input.tar", made.hidden, names=data.input)
    nonce = export.read(exporting.NONCE)
    if len(nonce) != NONCE_BYTES:
        raise InvalidInput(f"its {exporting.NONCE} is damaged; export it again")
    return publish_made(
        platform,
        export.definition,
        replace(made, truth=export.read(exporting.TRUTH)),
        texts=export.texts,
        source_digest=export.digest,
        say=say,
        nonce=nonce,
        kit=kit,
        allow_program=allow_program,
    )


def _unpack_input(path: Path, folder: Path, *, names: Iterable[str]) -> None:
    """Unpack the plain tar of hidden files, which holds files of these names and nothing else."""
    try:
        with tarfile.open(path, "r:") as tar:
            members = tar.getmembers()
            if sorted(member.name for member in members) != sorted(names) or not all(
                member.isreg() and not member.issparse() for member in members
            ):
                raise InvalidInput(f"its {exporting.INPUT} has other files than data.input names")
            tar.extractall(folder, members=members, filter="data")
    except tarfile.TarError as error:
        raise InvalidInput(f"its {exporting.INPUT} is damaged: {error}") from error
