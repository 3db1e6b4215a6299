"""The settings of a process: the only place that reads the environment."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CHALLENGE_"


class Settings(BaseSettings):
    """What an operator may set, each as `CHALLENGE_<NAME>`; every default works on one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data_dir: Annotated[
        Path, Field(description="Folder of the database, files, keys and sockets.")
    ] = Path("var/data")
    database_url: Annotated[
        str | None,
        Field(description="SQLAlchemy address; SQLite in the data folder when unset."),
    ] = None
    redis_url: Annotated[
        SecretStr | None,
        Field(description="Redis address; the server that `challenge up` starts when unset."),
    ] = None
    public_url: Annotated[
        str, Field(description="Address under which people reach the web pages.")
    ] = "http://127.0.0.1:8080"
    keys_dir: Annotated[
        Path | None, Field(description="Folder of the keys; `keys` in the data folder when unset.")
    ] = None
    launcher_socket: Annotated[
        Path | None,
        Field(description="Unix socket of the launcher; in the data folder when unset."),
    ] = None
    scoring_image: Annotated[
        str | None,
        Field(description="Image of the scoring sandbox; the one built here when unset."),
    ] = None
    lease: Annotated[
        timedelta, Field(description="How long a claim lasts without a sign of life.")
    ] = timedelta(seconds=20)
    reaper_period: Annotated[
        timedelta, Field(description="Pause between two rounds of the reaper.")
    ] = timedelta(seconds=1)
    max_attempts: Annotated[
        int, Field(ge=1, description="Claims of one submission before it ends as errored.")
    ] = 6
    worker_max_jobs: Annotated[
        int, Field(ge=1, description="Jobs after which a worker process is replaced.")
    ] = 1000
    web_threads: Annotated[int, Field(ge=1, description="Threads of the web process.")] = 16
    registration: Annotated[
        bool, Field(description="Whether people may register themselves on the page.")
    ] = True
    login_limit: Annotated[
        str, Field(description="Attempts to log in or register from one address.")
    ] = "20 per minute"

    def environment(self) -> dict[str, str]:
        """Give the environment of a child process that is to have these settings."""
        given = self.model_dump(mode="json", exclude_unset=True)
        if self.redis_url is not None:
            given["redis_url"] = self.redis_url.get_secret_value()
        given["data_dir"] = str(self.data_dir.absolute())  # a child's folder is another one
        ours = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
        return {**os.environ, **ours}  # noqa: TID251 -- this module is the environment's one reader

    @property
    def database_address(self) -> str:
        """The SQLAlchemy address to connect to."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'db' / 'platform.db'}"

    @property
    def redis_address(self) -> str:
        """The Redis address to connect to; may hold a password, so never log it."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        return f"unix://{self.run_dir / 'redis' / 'redis.sock'}"

    @property
    def run_dir(self) -> Path:
        """Folder of the sockets and process files."""
        return self.data_dir.absolute() / "run"

    @property
    def keys(self) -> Path:
        """Folder of the keys."""
        return (self.keys_dir or self.data_dir / "keys").absolute()

    @property
    def launcher_address(self) -> Path:
        """Path of the launcher's unix socket."""
        return self.launcher_socket or self.run_dir / "launcher" / "launcher.sock"

    @property
    def objects_dir(self) -> Path:
        """Folder of the object store."""
        return self.data_dir.absolute() / "objects"

    @property
    def secure_cookies(self) -> bool:
        """Whether people reach the pages over HTTPS, so that cookies must be `Secure`."""
        return self.public_url.startswith("https://")
