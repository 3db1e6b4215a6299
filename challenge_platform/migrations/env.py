"""Alembic's entry: run the migrations on the engine that the platform handed over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, cast

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlmodel.sql.sqltypes import AutoString

from challenge_platform.database import UTCDateTime
from challenge_platform.migrations import METADATA


def render(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:  # noqa: ANN401 -- Alembic's own signature
    """Write our column types as plain SQLAlchemy, so that a migration outlives a change of ours."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, AutoString):
        length = getattr(item.load_dialect_impl(DefaultDialect()), "length", None)
        return f"sa.String(length={length})"
    return False


@contextmanager
def without_foreign_keys(connection: Connection, /) -> Iterator[None]:
    """Let SQLite rebuild a table that rows refer to, which drops it; check all references after.

    Inside a transaction the setting changes nothing, so it is changed before one begins.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def check_foreign_keys(connection: Connection, /) -> None:
    """Raise before anything is kept, if a migration on SQLite left references to nothing."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            tables = ", ".join(sorted({f"{child} to {parent}" for child, _, parent, _ in broken}))
            raise RuntimeError(
                f"the migration was taken back: {len(broken)} rows would refer to nothing "
                f"({tables}); restore the missing rows from a backup, then migrate again"
            )


engine = cast("Engine", context.config.attributes["engine"])
with engine.connect() as connection, without_foreign_keys(connection):
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render,
        transactional_ddl=True,  # all or nothing, on SQLite too
    )
    with context.begin_transaction():
        context.run_migrations()
        check_foreign_keys(connection)
    connection.commit()
