"""The session of one run of the command line: its global options and what follows from them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from challenge_platform.cli.credentials import CredentialStore, platform_url
from challenge_platform.errors import InvalidInput, NotAuthenticated

if TYPE_CHECKING:
    from challenge_platform.cli.client import Client


@dataclass
class Session:
    """What `challenge` was told before the name of the command, or by the environment."""

    url: str | None = None
    token: str | None = field(default=None, repr=False)
    config_dir: Path = field(default_factory=lambda: Path(typer.get_app_dir("challenge")))
    language: str = "en"
    verbose: bool = False

    @property
    def store(self) -> CredentialStore:
        """Where tokens are kept."""
        return CredentialStore(self.config_dir)

    def known_url(self) -> str | None:
        """Give the platform's address if it was given, or kept by a login."""
        return platform_url(self.url) if self.url else self.store.load().current

    def require_url(self) -> str:
        """Give the platform's address; raise InvalidInput saying how to give it."""
        url = self.known_url()
        if url is None:
            raise InvalidInput(
                "which platform? Run `challenge auth login`, or give its address with "
                "`challenge --url URL …` or CHALLENGE_URL"
            )
        return url

    def known_token(self) -> str | None:
        """Give the token that was given, or the one kept for this platform."""
        return self.token or self.store.load().tokens.get(self.require_url())

    def client(self, *, signed_in: bool = True) -> "Client":
        """Connect to the platform; raise NotAuthenticated if a needed token is not there."""
        # httpx takes long to import, and some commands never speak to a platform.
        from challenge_platform.cli.client import Client  # noqa: PLC0415 -- see above

        url, token = self.require_url(), self.known_token()
        if signed_in and token is None:
            raise NotAuthenticated(f"you are not signed in to {url}")
        return Client(url, token=token)


def session_of(context: typer.Context, /) -> Session:
    """Give the session of the running command."""
    session = context.find_object(Session)
    if session is None:  # pragma: no cover - main() always passes one
        raise TypeError("the command line was started without a session")
    return session
