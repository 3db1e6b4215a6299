"""Publishing what was made or brought: what is stored of it, encrypted or not, and its seal."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlmodel import Session

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.findings import require_clear
from challenge_platform.cli.recipe import Made, check_truth
from challenge_platform.core import audit
from challenge_platform.core.challenge import (
    ChallengeVersion,
    find_challenge,
    publish,
)
from challenge_platform.core.data_section import KIT
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.program import PREDICTIONS
from challenge_platform.core.program_input import Tar, file_of
from challenge_platform.core.publication import SAMPLE, ProgramInput, Publication, PublicFile
from challenge_platform.core.reference import program_digest
from challenge_platform.core.standing import mark_boards_due
from challenge_platform.core.submission import QueueName, count_submissions
from challenge_platform.core.worker import is_served
from challenge_platform.errors import Conflict, InvalidInput, KeyUnavailable, NotFound
from challenge_platform.preflight.check import check
from challenge_platform.vault import Key, Truth, encrypt_stream, open_truth, seal_truth
from scorers.program import ScoringProgram
from scorers.tables import Section

Texts = dict[str, dict[str, str]]


def publish_made(
    platform: Platform,
    definition: ChallengeDefinition,
    made: Made,
    /,
    *,
    texts: Texts,
    source_digest: str,
    say: Callable[[str], None],
    nonce: bytes | None = None,
    kit: Path | None = None,
    allow_program: bool = False,
) -> ChallengeVersion:
    """Publish files and a truth that were made; the challenge's keys exist already.

    `nonce` is that of the truth where it has one: without, one that is published is kept, and a new
    truth gets its own. `kit` is the packed starter kit, if there is one, and `allow_program` an
    administrator's leave that the organizers' own program scores, which is recorded. Raise
    InvalidInput if the files do not fit each other or the pre-flight stops them, Conflict if scores
    that there are could not be compared with new ones.
    """
    slug = definition.slug
    if definition.scoring.program is not None and not allow_program:
        raise InvalidInput(_not_allowed(definition.scoring.program, truth=made.truth))
    key = platform.keys.scoring.open(slug)
    check_truth(made, definition=definition)
    report = check(
        definition,
        public=made.public,
        hidden=made.hidden,
        sample=made.sample,
        truth=made.truth,
    )
    require_clear(report, say=say)
    files = _store_public(platform, definition, made, kit=kit)
    truth = Truth(nonce=nonce, table=made.truth) if nonce else Truth.of(made.truth)
    truth_object, commitment = _encrypted(platform, key, truth, known=nonce is not None)
    found = _input(platform, key, made, definition=definition, truth_object=truth_object)
    publication = Publication(
        definition=definition,
        texts=texts,
        files=files,
        truth_object=truth_object,
        truth_commitment=commitment,
        release_recipient=platform.keys.release_recipient(slug),
        source_digest=source_digest,
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
        if definition.scoring.program is not None:
            audit.record(
                session,
                action="scoring program allowed",
                subject=slug,
                now=platform.clock(),
                version=version.number,
                program=program_digest(made.truth),
            )
        served = is_served(session, QueueName.GPU, now=platform.clock())
    say(f"{slug}: published as version {version.number}, {len(files)} public files")
    if definition.limits.gpus and not served:
        say(
            f"{slug}: limits.gpus is {definition.limits.gpus}, and no worker serves the queue "
            "`gpu`: programs are refused until `challenge worker --queue gpu` runs on a machine "
            "whose engine has the NVIDIA runtime"
        )
    return version


def published_version(platform: Platform, slug: str, /) -> ChallengeVersion | None:
    """Give the current version of a challenge, or None if there is no such challenge."""
    try:
        with platform.database.reading() as session:
            return find_challenge(session, slug).version
    except NotFound:
        return None


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


def _scored_by(definition: ChallengeDefinition) -> Section:
    """Give what makes scores comparable; in which ways a team may send predictions does not."""
    if definition.scoring.program is not None:  # whose files are in the truth, compared beside
        return definition.scoring
    task = definition.task
    ways = {"kinds": (PREDICTIONS,), "source": "none"}
    return task.model_copy(update={"submission": task.submission.model_copy(update=ways)})


def _not_allowed(program: ScoringProgram, *, truth: bytes) -> str:
    return (
        f"scoring.program names {program.path!r}, a program that sees the hidden truth and reads "
        "what participants send; an administrator of this platform must allow it: read it, then "
        "publish with --allow-scoring-program (its files have the SHA-256 "
        f"{program_digest(truth)})"
    )


def _digest_of(found: ProgramInput | None) -> str | None:
    return found.digest if found else None


def _store_public(
    platform: Platform, definition: ChallengeDefinition, made: Made, *, kit: Path | None
) -> tuple[PublicFile, ...]:
    """Store the files that participants download, those of the sample under names of their own."""
    paths = {name: made.public / name for name in definition.data.public}
    paths |= {SAMPLE + name: made.sample / name for name in definition.data.input}
    paths |= {KIT: kit} if kit else {}
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
    known = published_version(platform, definition.slug)
    if known is not None and (known.input_digest, known.truth_object) == (tar.digest, truth_object):
        return ProgramInput(digest=tar.digest, size=tar.size, object=known.input_object)
    with tempfile.TemporaryFile() as sealed:
        encrypt_stream(Tar(files).open(), sealed, recipient=key.recipient)
        sealed.seek(0)
        stored = platform.store.put(sealed)
    return ProgramInput(digest=tar.digest, size=tar.size, object=stored.digest)


def _encrypted(platform: Platform, key: Key, truth: Truth, *, known: bool) -> tuple[str, str]:
    """Give object and commitment of the truth, keeping the ciphertext there is if it holds it.

    `known` says that the nonce is to be kept, and not only the table.
    """
    if (version := published_version(platform, key.slug)) is not None:
        with suppress(NotFound, KeyUnavailable):  # lost, or of another key: encrypt anew
            there = open_truth(platform.store.read(version.truth_object), key=key)
            if there == truth or (there.table == truth.table and not known):
                return version.truth_object, there.commitment
    return platform.store.put(seal_truth(truth, recipient=key.recipient)).digest, truth.commitment
