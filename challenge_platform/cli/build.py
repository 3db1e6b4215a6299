"""`challenge data build`: make a challenge's files by its recipe or table, and publish them."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.flaws import DEFINITION, require_flawless
from challenge_platform.cli.given_files import copy_files
from challenge_platform.cli.kit import STARTER_KIT, pack_kit
from challenge_platform.cli.publishing import Texts, publish_made, published_version
from challenge_platform.cli.recipe import Made, RecipeOptions, run_recipe
from challenge_platform.core.challenge import ChallengeVersion
from challenge_platform.core.data_section import KIT
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.local_text import LocalText
from challenge_platform.errors import InvalidInput
from challenge_platform.spreadsheet.publishing import Places, publish_table
from challenge_platform.vault import Key

TODO = ("TODO:", "À FAIRE :")
"""How what is to be written begins in the pages that `challenge new` makes."""

LEFT_BEHIND = {"__pycache__"}
"""Folders that programs leave behind."""


def build_challenge(
    platform: Platform,
    folder: Path,
    /,
    *,
    say: Callable[[str], None],
    source: Path | None = None,
    scale: float = 1.0,
    allow_program: bool = False,
) -> ChallengeVersion:
    """Build and publish the challenge in `folder`; the clear truth only ever exists in memory.

    Hidden input is in clear in a temporary folder of this account while it is built. The
    challenge's keys exist already. What was built from the same sources, real files and scale
    before is not built again. `allow_program` is an administrator's leave that the organizers' own
    program scores. Raise InvalidInput naming the file and what is wrong with it.
    """
    require_flawless(folder, source=source)
    definition = read_definition(folder / DEFINITION)
    options = RecipeOptions(
        say=lambda line: say(f"{definition.slug}: {line}"), source=source, scale=scale
    )
    digest = _source_digest(folder, options=options)
    current = published_version(platform, definition.slug)
    if current is not None and current.source_digest == digest:
        say(f"{definition.slug}: already published as version {current.number}")
        return current
    key = platform.keys.scoring.open(definition.slug)
    with tempfile.TemporaryDirectory(prefix="challenge-build-") as temporary:
        place = Path(temporary)
        made = make_files(folder, place, definition=definition, key=key, options=options)
        texts = read_texts(folder, definition)
        for name in _unfinished(texts):
            options.say(f"{name} is published with words that `challenge new` left to be replaced")
        kit = _kit(folder, place / KIT, say=options.say)
        return publish_made(
            platform,
            definition,
            made,
            texts=texts,
            source_digest=digest,
            say=say,
            allow_program=allow_program,
            kit=kit,
        )


def make_files(
    folder: Path,
    temporary: Path,
    /,
    *,
    definition: ChallengeDefinition,
    key: Key,
    options: RecipeOptions,
) -> Made:
    """Make a challenge's files in an empty folder, by its recipe or from what it names."""
    if (program := definition.scoring.program) is not None:
        return copy_files(folder, temporary, definition=definition, program=program)
    table = definition.data.table
    if table is None:
        recipe = folder / (definition.data.recipe or "")
        options.say(f"running {recipe}, a program that can do anything you can")
        return run_recipe(recipe, temporary, definition=definition, options=options)
    if options.scale != 1:
        raise InvalidInput("a table is published whole; leave out --scale")
    made = Made.in_folder(temporary)
    truth = publish_table(
        table,
        options.source or folder,
        Places(public=made.public, hidden=made.hidden, sample=made.sample),
        definition=definition,
        key=bytes.fromhex(key.seal(b"data.table")),
        say=options.say,
    )
    return replace(made, truth=truth)


def read_texts(folder: Path, definition: ChallengeDefinition, /) -> Texts:
    """Read the pages and the agreement in each language; raise InvalidInput naming the file."""
    pages = definition.pages
    named: dict[str, LocalText] = {
        "overview": pages.overview,
        "data": pages.data,
        "rules": pages.rules,
        "agreement": definition.agreement.file,
    }
    if pages.evaluation is not None:
        named["evaluation"] = pages.evaluation
    return {
        name: {"en": _read(folder / text.en), "fr": _read(folder / text.fr)}
        for name, text in named.items()
    }


def _unfinished(texts: Texts) -> list[str]:
    """Name the pages that still have a TODO of the scaffold, with their language."""
    return [
        f"{name}.{language}"
        for name, text in texts.items()
        for language, content in text.items()
        if any(mark in content for mark in TODO)
    ]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path}, which challenge.yaml names, cannot be read: {error}"
        ) from error


def sources(folder: Path, /) -> list[Path]:
    """List the files of a challenge's folder, in order, without what programs leave there."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(
            part.startswith(".") or part in LEFT_BEHIND for part in path.relative_to(folder).parts
        )
    )


def _kit(folder: Path, into: Path, /, *, say: Callable[[str], None]) -> Path | None:
    """Pack the starter kit, and tell its files, since everybody may download them."""
    kit = folder / STARTER_KIT
    if not (files := sources(kit)):
        return None
    say(f"{KIT} has {', '.join(pack_kit(kit, files, into))}")
    return into


def _source_digest(folder: Path, *, options: RecipeOptions) -> str:
    """SHA-256 over the names and bytes of everything that a build reads, and the scale."""
    digest = hashlib.sha256()
    _update(digest, folder)
    if options.scale != 1:
        digest.update(f"scale {options.scale!r} ".encode())
    if options.source is not None:
        _update(digest, options.source)
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", folder: Path) -> None:
    for path in sources(folder):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(json.dumps([str(path.relative_to(folder)), found]).encode())
