"""The database: an engine, a session to read, a session to write, and times that are always UTC."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session, SQLModel

BUSY_TIMEOUT_MS = 10_000

CONNECTIONS = 16
"""So many stay open between uses, one for each thread of web; more are opened and closed again."""

# Alembic can only change a constraint that has a name, so every constraint gets one.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC; SQLite keeps it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time back aware, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_column(kind: type[StrEnum], /) -> Enum:
    """Give the column type of an enumeration: its values as text, checked by the database."""
    return Enum(
        kind,
        name=kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


@dataclass(frozen=True)
class Database:
    """The two ways to use a database: `reader` for what cannot change it, `engine` for the rest."""

    engine: Engine
    reader: Engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that cannot write: the database refuses it.

        It has no transaction, so each statement sees what was committed when it began. To decide by
        several and write what follows, use `writing`.
        """
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that holds the write lock and commits at the end, or rolls back on error.

        On SQLite the transaction begins IMMEDIATE, so that what is read in it cannot change before
        it is written. On PostgreSQL the caller locks the rows that decide (FOR UPDATE); rows that
        others refer to with `key_share` (FOR NO KEY UPDATE), or somebody who writes a reference
        and somebody who holds the row could wait for each other.
        """
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self.engine.dispose()
        self.reader.dispose()


def hold(session: Session, name: str, /) -> None:
    """Hold a name until the transaction ends, where no row is there yet that could be locked.

    SQLite's writing transaction holds everything already.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def connect(address: str, /) -> Database:
    """Make the engines for a SQLAlchemy address; nothing is opened yet."""
    engine, reader = _engine(address), _engine(address, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(reader, "connect", _prepare_sqlite)
    event.listen(reader, "connect", _forbid_writing)
    return Database(engine=engine, reader=reader)


def _engine(address: str, **level: Any) -> Engine:  # noqa: ANN401 -- what create_engine takes
    return create_engine(
        address,
        pool_pre_ping=not address.startswith("sqlite"),
        pool_size=CONNECTIONS,
        hide_parameters=True,  # an error would tell addresses and hashes of passwords
        **level,
    )


def _prepare_sqlite(connection: SQLiteConnection, _record: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's pool record has no public type
    connection.isolation_level = None  # the driver must not begin by itself; `_begin_sqlite` does
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _forbid_writing(connection: DBAPIConnection, _record: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's pool record has no public type
    cursor = connection.cursor()
    if isinstance(connection, SQLiteConnection):
        cursor.execute("PRAGMA query_only=ON")
    else:
        cursor.execute("SET default_transaction_read_only = on")
    cursor.close()
