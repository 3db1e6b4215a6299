"""Bringing the launcher what programs find in `/input`: once for each input, in constant memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.program_input import InputFile, Tar, file_in, opened, with_file
from challenge_platform.core.publication import ProgramInput, PublicFile
from challenge_platform.core.run import Stage
from challenge_platform.errors import NotFound
from challenge_platform.storage import ObjectStore, measured, reader
from challenge_platform.vault import Key
from sandbox import Runner


def delivered(
    challenge: PublishedChallenge,
    stage: Stage,
    /,
    *,
    runner: Runner,
    store: ObjectStore,
    key: Key,
) -> str:
    """Give the SHA-256 of the tar of a stage's files, which the launcher keeps from now on.

    Raise KeyUnavailable or NotFound when hidden files cannot be opened, and SandboxUnavailable
    when the launcher does not take them.
    """
    files = challenge.sample if stage is Stage.SMOKE else _public(challenge)
    tar = Tar([_input_file(file, store=store) for file in files])
    found = _sample_of(tar) if stage is Stage.SMOKE else challenge.input
    if found is None:
        raise NotFound("{challenge} has no input for programs", challenge=challenge.slug)
    if not runner.has_files(found.digest):
        with _opened(found, tar, store=store, key=key) as archive:
            runner.keep_files(found.digest, archive, size=found.size)
    return found.digest


def delivered_changed(
    challenge: PublishedChallenge, table: bytes, /, *, runner: Runner, store: ObjectStore, key: Key
) -> str:
    """Give the SHA-256 of the tar of what is scored, with another table of the ids to predict.

    The launcher keeps it from now on. It is made twice, so as never to be whole in memory. Raises
    as `delivered` does.
    """

    def pieces() -> Iterator[bytes]:
        with _scored(challenge, store=store, key=key) as archive:
            yield from with_file(archive, name=challenge.definition.submission.ids, content=table)

    digest, size = measured(pieces())
    if not runner.has_files(digest):
        runner.keep_files(digest, reader(pieces()), size=size)
    return digest


def scored_table(challenge: PublishedChallenge, /, *, store: ObjectStore, key: Key) -> bytes:
    """Give the table of the ids to predict, in clear; raise as `delivered` does."""
    with _scored(challenge, store=store, key=key) as archive:
        return file_in(archive, name=challenge.definition.submission.ids)


@contextmanager
def _scored(
    challenge: PublishedChallenge, /, *, store: ObjectStore, key: Key
) -> Iterator[BinaryIO]:
    """Give the tar of what programs find in `/input` when they are scored."""
    if challenge.input is None:
        raise NotFound("{challenge} has no input for programs", challenge=challenge.slug)
    tar = Tar([_input_file(file, store=store) for file in _public(challenge)])
    with _opened(challenge.input, tar, store=store, key=key) as archive:
        yield archive


def _public(challenge: PublishedChallenge) -> list[PublicFile]:
    names = challenge.definition.data.public
    return [file for file in challenge.files if file.name in names]


def _input_file(file: PublicFile, *, store: ObjectStore) -> InputFile:
    return InputFile(name=file.name, size=file.size, pieces=partial(store.stream, file.digest))


def _sample_of(tar: Tar) -> ProgramInput:
    made = Tar(tar.files).read_to_end()
    return ProgramInput(digest=made.digest, size=made.size)


@contextmanager
def _opened(found: ProgramInput, tar: Tar, *, store: ObjectStore, key: Key) -> Iterator[BinaryIO]:
    """Give the tar of hidden files as it is decrypted, or of public files as it is made."""
    if found.object is None:
        yield tar.open()
        return
    with opened(key, store.open(found.object)) as archive:
        yield archive
