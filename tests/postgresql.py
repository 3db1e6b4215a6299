"""A PostgreSQL of the tests' own: on a unix socket in a temporary folder, gone with the session."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import Pool

from challenge_platform.database import connect
from challenge_platform.migrations import upgrade

OWNER = "challenge"
TEMPLATE = "migrated"
START_SECONDS = 120
# Nothing of a test's need outlive a power cut.
UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

on_both_databases = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
"""Marks a test as one of a race, which says nothing unless it ran on both."""


class Cluster:
    """A running server, whose databases are copies of one that is migrated already."""

    def __init__(self, folder: Path, /) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        template = connect(self.address(TEMPLATE))
        upgrade(template)
        template.close()

    def address(self, name: str, /) -> str:
        """Give the SQLAlchemy address of a database."""
        return f"postgresql+psycopg://{OWNER}@/{name}?host={self.folder}"

    @contextmanager
    def database(self, *, copy_of: str | None = None) -> Iterator[str]:
        """Give the address of a fresh database; who still uses it in the end is put out.

        It has nothing but tables, or all that the database at the address `copy_of` has.
        """
        name = f"test_{next(self._numbers)}"
        template = make_url(copy_of).database if copy_of else TEMPLATE
        names = {"name": sql.Identifier(name), "template": sql.Identifier(str(template))}
        self._execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
        try:
            yield self.address(name)
        finally:
            self._execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**names))

    def _execute(self, command: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(command)


@contextmanager
def connections_closed() -> Iterator[None]:
    """Close every connection made meanwhile: those of a pool that a test forgot warn when lost."""
    made: list[DBAPIConnection] = []

    def note(connection: DBAPIConnection, _record: object) -> None:
        made.append(connection)

    event.listen(Pool, "connect", note)
    try:
        yield
    finally:
        event.remove(Pool, "connect", note)
        for connection in made:
            connection.close()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster, run it as somebody other than root, and remove it in the end."""
    initdb, postgres = (_program(name) for name in ("initdb", "postgres"))
    folder = Path(tempfile.mkdtemp(prefix="challenge-postgresql-"))  # a socket's path is short
    somebody = _somebody()
    if somebody is not None:
        os.chown(folder, somebody, -1)
    folder.chmod(0o755)  # web and worker, which are others, connect too
    data = folder / "data"
    try:
        subprocess.run(
            [
                *(initdb, f"--pgdata={data}", f"--username={OWNER}", "--auth=trust", "--no-sync"),
                *("--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            user=somebody,
        )
        options = (f"unix_socket_directories={folder}", "listen_addresses=", *UNSAFE_AND_FAST)
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [postgres, "-D", data, *(word for option in options for word in ("-c", option))],
                stdout=log,
                stderr=log,
                cwd=folder,
                user=somebody,
            ) as server,
        ):
            try:
                _wait_for(folder, server)
                yield Cluster(folder)
            finally:
                server.send_signal(signal.SIGINT)  # SIGTERM would wait for forgotten connections
    finally:
        shutil.rmtree(folder)


def _wait_for(folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(host=str(folder), user=OWNER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


def _program(name: str) -> Path:
    """Find a program of PostgreSQL's server, which Debian keeps off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (debian[-1] if debian else None)
    if found is None:
        pytest.fail(f"{name} is not installed: apt-get install postgresql")
    return Path(found)


def _somebody() -> int | None:
    """Give the user to run as instead of root, whom PostgreSQL refuses, or None to stay as is."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    pytest.fail("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
