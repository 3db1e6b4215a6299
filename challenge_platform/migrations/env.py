"""Alembic's entry: run the migrations on the engine that the platform handed over."""

from typing import Any, Literal, cast

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Engine
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


engine = cast("Engine", context.config.attributes["engine"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
