"""The history of the database's tables (Alembic), and the call that brings one up to date."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlmodel import SQLModel

from challenge_platform.core import (  # noqa: F401 -- importing a module registers its tables
    account,
    audit,
    challenge,
    departure,
    heartbeat,
    identity,
    invitation,
    jury,
    leaderboard,
    quota,
    recovery,
    result,
    run,
    standing,
    submission,
    team,
    weights,
    worker,
)
from challenge_platform.database import Database

METADATA = SQLModel.metadata


def configuration(database: Database, /) -> Config:
    """Give Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database, /) -> None:
    """Bring the database's tables to this version of the platform; does nothing when they are."""
    file = database.engine.url.database
    if database.engine.dialect.name == "sqlite" and file and not Path(file).exists():
        # SQLite would make it for its owner alone to write, and web and worker both write to it.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o660))
    command.upgrade(configuration(database), "head")
