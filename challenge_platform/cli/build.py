"""`challenge data build`: run a challenge's recipe here, encrypt its truth, publish the result."""

import hashlib
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.findings import require_clear
from challenge_platform.cli.flaws import DEFINITION, require_flawless
from challenge_platform.cli.recipe import Made, RecipeOptions, check_truth, run_recipe
from challenge_platform.core.challenge import ChallengeVersion, find_challenge, publish
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.local_text import LocalText
from challenge_platform.core.program import PREDICTIONS
from challenge_platform.core.program_input import Tar, file_of
from challenge_platform.core.publication import SAMPLE, ProgramInput, Publication, PublicFile
from challenge_platform.core.standing import mark_boards_due
from challenge_platform.core.submission import QueueName, count_submissions
from challenge_platform.core.worker import is_served
from challenge_platform.errors import Conflict, InvalidInput, KeyUnavailable, NotFound
from challenge_platform.preflight.check import check
from challenge_platform.spreadsheet.publishing import publish_table
from challenge_platform.vault import Key, Truth, encrypt_stream, open_truth, seal_truth
from scorers.definition import Task

SOURCES = ("*.yaml", "*.py", "*.md", "*.csv", "*.txt")


def build_challenge(
    platform: Platform,
    folder: Path,
    /,
    *,
    say: Callable[[str], None],
    source: Path | None = None,
    scale: float = 1.0,
) -> ChallengeVersion:
    """Build and publish the challenge in `folder`; the clear truth only ever exists in memory.

    Hidden input is in clear in a temporary folder of this account while it is built. The
    challenge's keys exist already. What was built from the same sources, real files and scale
    before is not built again. Raise InvalidInput naming the file and what is wrong with it.
    """
    require_flawless(folder, source=source)
    definition = read_definition(folder / DEFINITION)
    options = RecipeOptions(
        say=lambda line: say(f"{definition.slug}: {line}"), source=source, scale=scale
    )
    digest = _source_digest(folder, definition=definition, options=options)
    current = _published(platform, definition.slug)
    if current is not None and current.source_digest == digest:
        say(f"{definition.slug}: already published as version {current.number}")
        return current
    key = platform.keys.scoring.open(definition.slug)
    with tempfile.TemporaryDirectory(prefix="challenge-build-") as temporary:
        made = make_files(folder, Path(temporary), definition=definition, key=key, options=options)
        check_truth(made, definition=definition)
        report = check(definition, public=made.public, hidden=made.hidden, truth=made.truth)
        require_clear(report, say=say)
        files = _store_public(platform, definition, made)
        truth_object, commitment = _encrypted(platform, key, made.truth)
        found = _input(platform, key, made, definition=definition, truth_object=truth_object)
    publication = Publication(
        definition=definition,
        texts=_texts(folder, definition),
        files=files,
        truth_object=truth_object,
        truth_commitment=commitment,
        release_recipient=platform.keys.release_recipient(definition.slug),
        source_digest=digest,
        input=found,
        power=report.power,
        accepted=report.accepted_codes,
    )
    with platform.database.writing() as session:
        _require_comparable(session, publication)
        seal = publication.seal(key)
        version = publish(session, publication, seal=seal, now=platform.clock())
        # Rules and disclosure may have changed, and a board shows those in force.
        mark_boards_due(session, challenge_id=version.challenge_id)
        served = is_served(session, QueueName.GPU, now=platform.clock())
    say(f"{definition.slug}: published as version {version.number}, {len(files)} public files")
    if definition.limits.gpus and not served:
        say(
            f"{definition.slug}: limits.gpus is {definition.limits.gpus}, and no worker serves the "
            "queue `gpu`: programs are refused until `challenge worker --queue gpu` runs on a "
            "machine whose engine has the NVIDIA runtime"
        )
    return version


def make_files(
    folder: Path,
    temporary: Path,
    /,
    *,
    definition: ChallengeDefinition,
    key: Key,
    options: RecipeOptions,
) -> Made:
    """Make a challenge's files in an empty folder, by its recipe or from its table."""
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
        made.public,
        definition=definition,
        key=bytes.fromhex(key.seal(b"data.table")),
        say=options.say,
    )
    return replace(made, truth=truth)


def _require_comparable(session: Session, publication: Publication) -> None:
    """Raise Conflict when scores of the new version could not stand beside those there are."""
    definition = publication.definition
    try:
        current = find_challenge(session, definition.slug)
    except NotFound:
        return
    known = current.version
    same = (
        _scored_by(current.definition) == _scored_by(definition)
        and known.truth_commitment == publication.truth_commitment
        and (known.input_object is None or known.input_digest == _digest_of(publication.input))
    )
    if not same and (count := count_submissions(session, challenge_id=current.id)):
        raise Conflict(
            f"{definition.slug} has {count} submission(s) that were scored by other metrics, "
            "another truth or another hidden input: publish the change as a challenge with "
            "another slug"
        )


def _scored_by(definition: ChallengeDefinition) -> Task:
    """Give what makes scores comparable; in which ways a team may send predictions does not."""
    task = definition.task
    ways = {"kinds": (PREDICTIONS,), "source": "none"}
    return task.model_copy(update={"submission": task.submission.model_copy(update=ways)})


def _digest_of(found: ProgramInput | None) -> str | None:
    return found.digest if found else None


def _store_public(
    platform: Platform, definition: ChallengeDefinition, made: Made
) -> tuple[PublicFile, ...]:
    """Store the files that participants download, those of the sample under names of their own."""
    paths = {name: made.public / name for name in definition.data.public}
    paths |= {SAMPLE + name: made.sample / name for name in definition.data.input}
    files = []
    for name, path in paths.items():
        with path.open("rb") as file:
            stored = platform.store.put(file)
        files.append(PublicFile(name=name, digest=stored.digest, size=stored.size))
    return tuple(files)


def _input(
    platform: Platform, key: Key, made: Made, *, definition: ChallengeDefinition, truth_object: str
) -> ProgramInput | None:
    """Give what programs find in /input, and store it encrypted if it is hidden."""
    if not definition.takes_programs:
        return None
    hidden = definition.data.input
    folder = made.hidden if hidden else made.public
    files = [file_of(folder / name) for name in hidden or definition.data.public]
    tar = Tar(files).read_to_end()
    if not hidden:
        return ProgramInput(digest=tar.digest, size=tar.size)
    known = _published(platform, definition.slug)
    if known is not None and (known.input_digest, known.truth_object) == (tar.digest, truth_object):
        return ProgramInput(digest=tar.digest, size=tar.size, object=known.input_object)
    with tempfile.TemporaryFile() as sealed:
        encrypt_stream(Tar(files).open(), sealed, recipient=key.recipient)
        sealed.seek(0)
        stored = platform.store.put(sealed)
    return ProgramInput(digest=tar.digest, size=tar.size, object=stored.digest)


def _encrypted(platform: Platform, key: Key, table: bytes) -> tuple[str, str]:
    """Give object and commitment of the truth, keeping the ciphertext there is if it holds it."""
    if (version := _published(platform, key.slug)) is not None:
        with suppress(NotFound, KeyUnavailable):  # lost, or of another key: encrypt anew
            sealed = platform.store.read(version.truth_object)
            truth = open_truth(sealed, key=key)
            if truth.table == table:
                return version.truth_object, truth.commitment
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
    if pages.evaluation is not None:
        named["evaluation"] = pages.evaluation
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


def _published(platform: Platform, slug: str) -> ChallengeVersion | None:
    try:
        with platform.database.reading() as session:
            return find_challenge(session, slug).version
    except NotFound:
        return None


def _source_digest(folder: Path, *, definition: ChallengeDefinition, options: RecipeOptions) -> str:
    """SHA-256 over the names and bytes of everything that a build reads, and the scale."""
    digest = hashlib.sha256()
    read = {path for pattern in SOURCES for path in folder.rglob(pattern)}
    if (table := definition.data.table) is not None and options.source is None:
        read |= {folder / table.table}
        read |= set((folder / table.files).rglob("*")) if table.files else set()
    for path in sorted(path for path in read if path.is_file()):
        name, content = str(path.relative_to(folder)).encode(), path.read_bytes()
        digest.update(f"{len(name)} {len(content)} ".encode() + name + content)
    if options.scale != 1:
        digest.update(f"scale {options.scale!r} ".encode())
    if options.source is not None:
        for path in sorted(path for path in options.source.rglob("*") if path.is_file()):
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.relative_to(options.source)} {found}\n".encode())
    return digest.hexdigest()
