"""`challenge data build`: run a challenge's recipe here, encrypt its truth, publish the result."""

import hashlib
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from challenge_platform.bootstrap import Platform
from challenge_platform.core.challenge import (
    ChallengeVersion,
    Publication,
    PublicFile,
    find_challenge,
    publish,
)
from challenge_platform.core.definition import ChallengeDefinition, LocalText
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.standing import mark_boards_due
from challenge_platform.core.submission import count_submissions
from challenge_platform.errors import Conflict, InvalidInput, KeyUnavailable, NotFound
from challenge_platform.vault import Key, Truth, open_truth, seal_truth
from scorers.predictions.table import read_ids, read_truth

SOURCES = ("*.yaml", "*.py", "*.md", "*.csv", "*.txt")


def build_challenge(
    platform: Platform, folder: Path, /, *, say: Callable[[str], None]
) -> ChallengeVersion:
    """Build and publish the challenge in `folder`; the clear truth only ever exists in memory.

    The challenge's keys exist already. What was built from the same sources before is not built
    again. Raise InvalidInput naming the file and what is wrong with it.
    """
    definition = read_definition(folder / "challenge.yaml")
    digest = _source_digest(folder)
    if (current := _published(platform, definition.slug, source_digest=digest)) is not None:
        say(f"{definition.slug}: already published as version {current.number}")
        return current
    recipe = folder / definition.data.recipe
    say(f"{definition.slug}: running {recipe}, a program that can do anything you can")
    with tempfile.TemporaryDirectory(prefix="challenge-public-") as temporary:
        public = Path(temporary)
        table = _run_recipe(recipe, public)
        files = _store_public(platform, definition, public)
        _check_truth(definition, public, table)
    key = platform.keys.scoring.open(definition.slug)
    truth_object, commitment = _encrypted(platform, key, table)
    publication = Publication(
        definition=definition,
        texts=_texts(folder, definition),
        files=files,
        truth_object=truth_object,
        truth_commitment=commitment,
        release_recipient=platform.keys.release_recipient(definition.slug),
        source_digest=digest,
    )
    with platform.database.writing() as session:
        _require_comparable(session, publication)
        seal = publication.seal(key)
        version = publish(session, publication, seal=seal, now=platform.clock())
        # Rules and disclosure may have changed, and a board shows those in force.
        mark_boards_due(session, challenge_id=version.challenge_id)
    say(f"{definition.slug}: published as version {version.number}, {len(files)} public files")
    return version


def _require_comparable(session: Session, publication: Publication) -> None:
    """Raise Conflict when scores of the new version could not stand beside those there are."""
    definition = publication.definition
    try:
        current = find_challenge(session, definition.slug)
    except NotFound:
        return
    same_truth = current.version.truth_commitment == publication.truth_commitment
    if (current.definition.task, same_truth) == (definition.task, True):
        return
    if count := count_submissions(session, challenge_id=current.id):
        raise Conflict(
            f"{definition.slug} has {count} submission(s) that were scored by other metrics or "
            "another truth: publish the change as a challenge with another slug"
        )


def _run_recipe(recipe: Path, public: Path) -> bytes:
    spec = importlib.util.spec_from_file_location("challenge_recipe", recipe)
    if spec is None or spec.loader is None or not recipe.exists():
        raise InvalidInput(f"{recipe} is not a Python file; data.recipe in challenge.yaml names it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build = getattr(module, "build", None)
    if build is None:
        raise InvalidInput(f"{recipe} has no function build(public: Path) -> bytes")
    table = build(public)
    if not isinstance(table, bytes):
        raise InvalidInput(
            f"build() of {recipe} gave {type(table).__name__}, not the bytes of the truth"
        )
    return table


def _store_public(
    platform: Platform, definition: ChallengeDefinition, public: Path
) -> tuple[PublicFile, ...]:
    made = {path.name for path in public.iterdir()}
    if made != set(definition.data.public):
        raise InvalidInput(
            f"the recipe made {sorted(made)}; data.public names {sorted(definition.data.public)}"
        )
    files = []
    for name in definition.data.public:
        with (public / name).open("rb") as file:
            stored = platform.store.put(file)
        files.append(PublicFile(name=name, digest=stored.digest, size=stored.size))
    return tuple(files)


def _check_truth(definition: ChallengeDefinition, public: Path, table: bytes) -> None:
    submission = definition.submission
    asked = read_ids((public / submission.ids).read_bytes(), id_column=submission.id)
    truth = read_truth(table, table=definition.task.truth_table)
    if sorted(asked) != sorted(truth.ids):
        raise InvalidInput(
            f"the ids of {submission.ids} and of the truth differ: {len(asked)} and "
            f"{len(truth.ids)} ids, {len(set(asked) & set(truth.ids))} in both"
        )
    named = {*definition.data.subgroups, definition.scoring.stratify} - {None}
    if absent := named - truth.columns.keys():
        raise InvalidInput(
            f"the truth has no column {min(absent, key=str)!r}, which data.subgroups or "
            f"scoring.stratify names; it has {', '.join(truth.columns)}"
        )


def _encrypted(platform: Platform, key: Key, table: bytes) -> tuple[str, str]:
    """Give object and commitment of the truth, keeping the ciphertext there is if it holds it."""
    try:
        with platform.database.reading() as session:
            version = find_challenge(session, key.slug).version
        sealed = platform.store.read(version.truth_object)
        truth = open_truth(sealed, ring=platform.keys.scoring, slug=key.slug)
        if truth.table == table:
            return version.truth_object, truth.commitment
    except (NotFound, KeyUnavailable):
        pass  # the first build, or a new key: encrypt anew
    truth = Truth.of(table)
    return platform.store.put(seal_truth(truth, recipient=key.recipient)).digest, truth.commitment


def _texts(folder: Path, definition: ChallengeDefinition) -> dict[str, dict[str, str]]:
    pages = definition.pages
    named: dict[str, LocalText] = {
        "overview": pages.overview,
        "data": pages.data,
        "rules": pages.rules,
        "agreement": definition.agreement.file,
    }
    return {
        name: {"en": _read(folder / text.en), "fr": _read(folder / text.fr)}
        for name, text in named.items()
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path}, which challenge.yaml names, cannot be read: {error}"
        ) from error


def _published(platform: Platform, slug: str, *, source_digest: str) -> ChallengeVersion | None:
    try:
        with platform.database.reading() as session:
            version = find_challenge(session, slug).version
    except NotFound:
        return None
    return version if version.source_digest == source_digest else None


def _source_digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of everything in the folder that a build reads."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in folder.rglob(pattern)):
        name, content = str(path.relative_to(folder)).encode(), path.read_bytes()
        digest.update(f"{len(name)} {len(content)} ".encode() + name + content)
    return digest.hexdigest()
