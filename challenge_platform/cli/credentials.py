"""The token store: which platform this person uses and the token for each, in a private file."""

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from challenge_platform.errors import InvalidInput

FILE_NAME = "credentials.json"


def platform_url(text: str, /) -> str:
    """Give a platform's address without a slash at its end; raise InvalidInput if it is none."""
    url = text.strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput(
            f"{text!r} is not the address of a platform: expected one like https://challenge.example.org"
        )
    return url


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The platform in use and every token, by address: one platform never gets another's token."""

    current: str | None = None
    tokens: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class CredentialStore:
    """The file in `folder`, readable by its owner only."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where the tokens are."""
        return self.folder / FILE_NAME

    def load(self) -> Credentials:
        """Read the file, empty where there is none; raise InvalidInput if it is broken."""
        try:
            document = json.loads(self.path.read_bytes())
            return Credentials(current=document["current"], tokens=dict(document["tokens"]))
        except FileNotFoundError:
            return Credentials()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"{self.path} cannot be read: {error}; delete it and run `challenge auth login`"
            ) from error

    def login(self, url: str, /, *, token: str) -> None:
        """Keep the token of a platform and make that platform the one in use."""
        known = self.load()
        self._save(Credentials(current=url, tokens={**known.tokens, url: token}))

    def logout(self, url: str, /) -> bool:
        """Forget the token of a platform; tell whether there was one."""
        known = self.load()
        left = {other: token for other, token in known.tokens.items() if other != url}
        self._save(Credentials(current=known.current, tokens=left))
        return url in known.tokens

    def _save(self, credentials: Credentials) -> None:
        """Replace the file at once; it is private from its first byte on."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {"current": credentials.current, "tokens": credentials.tokens}
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=FILE_NAME)  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
        Path(temporary).replace(self.path)
