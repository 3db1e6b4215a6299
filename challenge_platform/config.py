"""The settings of a process: the only place that reads the environment."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, ByteSize, Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CHALLENGE_"
_ISSUER = r"^https://|^http://(127\.0\.0\.1|localhost|\[::1\])[:/]"
"""Log-ins go over HTTPS, but for a provider on this machine."""


RuntimeName = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]


class Encryption(StrEnum):
    """How what is said to a mail server is kept from others on the way."""

    TLS = "tls"
    STARTTLS = "starttls"
    OFF = "off"


_MAIL = {
    ("smtps", ""): (Encryption.TLS, 465),
    ("smtp", ""): (Encryption.STARTTLS, 587),
    ("smtp", "tls=off"): (Encryption.OFF, 25),
}
"""What scheme and query of a mail server's address mean, with the usual port."""


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """A server that takes mail."""

    host: str
    port: int
    username: str | None
    password: str | None
    encryption: Encryption

    @classmethod
    def read(cls, url: str, /) -> Self:
        """Read an address such as smtp://user:password@host:587; raise ValueError for others."""
        parts = urlsplit(url)
        if (parts.scheme, parts.query) not in _MAIL or not parts.hostname:
            raise ValueError(
                f"{PREFIX}MAIL_URL is no address of a mail server: write "
                "smtp://user:password@host:587, smtps://user:password@host:465 or "
                "smtp://localhost:25?tls=off"
            )
        encryption, port = _MAIL[parts.scheme, parts.query]
        return cls(
            host=parts.hostname,
            port=parts.port or port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            encryption=encryption,
        )


class Settings(BaseSettings):
    """What an operator may set, each as `CHALLENGE_<NAME>`; every default works on one machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

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
        str,
        AfterValidator(lambda address: address.rstrip("/")),  # paths begin with their own slash
        Field(description="Address under which people reach the web pages."),
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
    runtime_images: Annotated[
        dict[RuntimeName, str],
        Field(
            description="Images of runtimes for submitted code, as JSON: a name and an image each, "
            "beside or in place of those built here."
        ),
    ] = {}
    warm_sandboxes: Annotated[
        int,
        Field(
            ge=0,
            le=16,
            description="Scoring sandboxes that are kept ready, some 36 MB each; 0 keeps none.",
        ),
    ] = 2
    sandbox_runtime: Annotated[
        str | None,
        Field(
            description="Runtime of the Docker Engine that sandboxes run in, such as runsc or "
            "kata; the engine's default when unset. The launcher does not start without it."
        ),
    ] = None
    sandbox_memory: Annotated[
        ByteSize | None,
        Field(
            ge=1 << 28,
            description="Memory that all sandboxes may use together, such as 12GiB; three quarters "
            "of the machine's when unset.",
        ),
    ] = None
    sandbox_disk: Annotated[
        ByteSize,
        Field(
            description="Disk for the files that programs read, which the launcher keeps in "
            "volumes, and as much again for the images of containers; those not used for longest "
            "make room."
        ),
    ] = ByteSize(20 << 30)
    selftest: Annotated[
        bool,
        Field(
            description="Whether the launcher runs hostile programs when it starts, and no other "
            "before these were contained; turn it off only where it raises a false alarm."
        ),
    ] = True
    lease: Annotated[
        timedelta, Field(description="How long a claim lasts without a sign of life.")
    ] = timedelta(seconds=20)
    reaper_period: Annotated[
        timedelta, Field(description="Pause between two rounds of the reaper.")
    ] = timedelta(seconds=1)
    max_attempts: Annotated[
        int, Field(ge=1, description="Claims of one submission before it ends as errored.")
    ] = 6
    team_runs: Annotated[
        int,
        Field(
            ge=1,
            description="Programs (code or containers) of one team that may run at a time; what "
            "else it sent in waits.",
        ),
    ] = 1
    registries: Annotated[
        str,
        Field(
            description="Hosts of image registries, separated by commas and exactly as references "
            "write them, from which a submission may name an image by its digest; none when empty."
        ),
    ] = ""
    worker_max_jobs: Annotated[
        int, Field(ge=1, description="Jobs after which a worker process is replaced.")
    ] = 1000
    web_threads: Annotated[int, Field(ge=1, description="Threads of the web process.")] = 16
    glance_seconds: Annotated[
        float,
        Field(ge=0, description="For how long web may answer by its last look at a leaderboard."),
    ] = 0.25
    registration: Annotated[
        bool, Field(description="Whether people may register themselves on the page.")
    ] = True
    login_limit: Annotated[
        str, Field(description="Attempts to log in or register from one address.")
    ] = "20 per minute"
    trusted_proxies: Annotated[
        int,
        Field(
            ge=0,
            description="Proxies before the web process, whose X-Forwarded-For then tells the "
            "addresses of people apart; none are believed when 0.",
        ),
    ] = 0
    contact: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Whom people ask for help, as pages show it: a name, an address, a number.",
        ),
    ] = None
    mail_url: Annotated[
        SecretStr | None,
        Field(
            description="Server that sends mail, smtp://user:password@host:587 (STARTTLS) or "
            "smtps://user:password@host (TLS); `?tls=off` sends in clear, for a server on this "
            "machine. No mail is sent when unset."
        ),
    ] = None
    mail_sender: Annotated[
        str, Field(description="Sender of the mails, such as Challenges <no-reply@example.org>.")
    ] = ""
    oidc_issuer: Annotated[
        str | None,
        Field(
            pattern=_ISSUER,
            description="Issuer of an OpenID Connect provider by which people may log in.",
        ),
    ] = None
    oidc_client_id: Annotated[
        str, Field(description="Name under which the provider knows this platform.")
    ] = ""
    oidc_client_secret: Annotated[
        SecretStr | None,
        Field(description="Secret that the provider gave; none for a public client."),
    ] = None
    oidc_client_secret_file: Annotated[
        Path | None, Field(description="File that holds the secret, instead of the secret itself.")
    ] = None
    oidc_name: Annotated[
        str, Field(min_length=1, description="Name of the provider on the log-in button.")
    ] = "OpenID Connect"
    oidc_scopes: Annotated[
        str, Field(pattern=r"\bopenid\b", description="What is asked of the provider.")
    ] = "openid email profile"
    oidc_registration: Annotated[
        bool | None,
        Field(
            description="Whether a first log-in through the provider makes an account; as "
            "`registration` when unset."
        ),
    ] = None

    @model_validator(mode="after")
    def _named_at_the_provider(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError(
                f"{PREFIX}OIDC_ISSUER is set, so {PREFIX}OIDC_CLIENT_ID must be: register this "
                "platform with the provider and give the client id that it got there"
            )
        return self

    @model_validator(mode="after")
    def _mail_can_be_sent(self) -> Self:
        if self.mail_server is not None and "@" not in self.mail_sender:
            raise ValueError(
                f"{PREFIX}MAIL_URL is set, so {PREFIX}MAIL_SENDER must be: give the address that "
                "mails come from"
            )
        return self

    def environment(self) -> dict[str, str]:
        """Give the environment of a child process that is to have these settings."""
        given = self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        for name in given:
            if isinstance(value := getattr(self, name), SecretStr):
                given[name] = value.get_secret_value()
            elif isinstance(value, dict):
                given[name] = json.dumps(value)
        given["data_dir"] = str(self.data_dir.absolute())  # a child's folder is another one
        ours = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
        return {**os.environ, **ours}  # noqa: TID251 -- this module is the environment's one reader

    @property
    def oidc_secret(self) -> str | None:
        """The secret that the OpenID Connect provider gave, if any; never log it."""
        if self.oidc_client_secret_file is not None:
            return self.oidc_client_secret_file.read_text().strip()
        return self.oidc_client_secret.get_secret_value() if self.oidc_client_secret else None

    @property
    def mail_server(self) -> "MailServer | None":
        """The server that sends mail, None where there is no mail."""
        return MailServer.read(self.mail_url.get_secret_value()) if self.mail_url else None

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
    def registry_hosts(self) -> frozenset[str]:
        """The hosts of `registries`."""
        return frozenset(filter(None, (host.strip() for host in self.registries.split(","))))

    @property
    def secure_cookies(self) -> bool:
        """Whether people reach the pages over HTTPS, so that cookies must be `Secure`."""
        return self.public_url.startswith("https://")
