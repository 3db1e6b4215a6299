"""What the tests of a process do once, or for less, where a platform does it at every start."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from sqlite3 import Connection
from tempfile import TemporaryDirectory

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from passlib.totp import AppWallet  # type: ignore[import-untyped]  # no types
from sqlalchemy import make_url
from werkzeug.routing import Rule

from challenge_platform import database
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.database import connect
from challenge_platform.migrations import upgrade
from challenge_platform.web import language

PASSES, KIBIBYTES, LANES = 1, 8, 1
"""The least that Argon2 takes."""


class Memory(BytecodeCache):
    """Keeps compiled templates, by what is in them, for the next application."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is kept of a template, if it still says the same."""
        if kept := self.kept.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template."""
        self.kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


@contextmanager
def thrifty() -> Iterator[None]:
    """Hash passwords cheaply, wait for no disk; compile templates and read catalogues once."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=PASSES, memory_cost=KIBIBYTES, parallelism=LANES)
        patch.setattr(account, "_HASHER", hasher)
        patch.setattr(account, "HASH_PASSES", PASSES)
        patch.setattr(account, "HASH_KIBIBYTES", KIBIBYTES)
        patch.setattr(account, "HASH_LANES", LANES)
        # No test cuts this machine's power.
        patch.setattr(os, "fsync", lambda _file: None)
        patch.setattr(database, "_prepare_sqlite", partial(_prepare, database._prepare_sqlite))  # noqa: SLF001 -- what is patched
        patch.setattr(language, "read_catalogue", cache(language.read_catalogue))
        patch.setattr(AppWallet, "encrypt_cost", 1)  # of second factors' secrets
        patch.setattr(Rule, "_compile_builder", _compiled_once(Rule._compile_builder))  # noqa: SLF001 -- what is patched
        patch.setitem(Flask.jinja_options, "bytecode_cache", Memory())
        yield


Built = Callable[..., tuple[str, str]]


def _compiled_once(compile_builder: Callable[[Rule, bool], Built]) -> Callable[[Rule, bool], Built]:
    """Keep what builds addresses by a rule, for the same rule of the next application."""
    kept: dict[tuple[object, ...], Built] = {}

    def compiled(rule: Rule, append_unknown: bool) -> Built:
        key = (str(rule._trace), str(rule.defaults), append_unknown)  # noqa: SLF001 -- all it reads
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    return compiled


def _prepare(prepare: Callable[..., None], connection: Connection, record: object) -> None:
    prepare(connection, record)
    connection.execute("PRAGMA synchronous=OFF")


def put_migrated_file(settings: Settings, /) -> None:
    """Put a database that has its tables where the settings want one, if that is a file to come."""
    address = make_url(settings.database_address)
    place = Path(str(address.database))
    if address.get_backend_name() == "sqlite" and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_migrated_file())
        place.chmod(0o660)  # as a migration makes it


@cache
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "platform.db"
        empty = connect(f"sqlite:///{file}")
        upgrade(empty)
        empty.close()
        return file.read_bytes()
