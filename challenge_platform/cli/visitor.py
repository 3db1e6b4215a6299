"""A visitor of the demo: logs in, joins and submits through the same web forms as a browser."""

import time
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Self

import httpx

from challenge_platform.errors import PlatformError

POLL_SECONDS = 0.5


class FormNotAccepted(PlatformError):
    """A page did not take what the visitor sent."""


@dataclass(frozen=True)
class Visitor:
    """A browser without a screen: keeps cookies and sends each form's CSRF token back."""

    client: httpx.Client

    @classmethod
    def of(cls, url: str, /) -> Self:
        """Visit the platform at an address."""
        return cls(httpx.Client(base_url=url, follow_redirects=True, timeout=30))

    def log_in(self, *, email: str, password: str) -> None:
        """Log in; raise FormNotAccepted when the page asks again."""
        answer = self._send("/login", page="/login", email=email, password=password)
        if answer.url.path == "/login":
            raise FormNotAccepted(f"{email} could not log in on the page")

    def join(self, slug: str, /, *, version: str) -> None:
        """Accept the agreement of a challenge on its rules page."""
        page = f"/challenges/{slug}/rules"
        self._send(f"/challenges/{slug}/join", page=page, agreement_version=version)

    def submit(self, slug: str, file: Path, /, *, message: str) -> str:
        """Submit a file by the form, and give the path of the submission's page."""
        page = f"/challenges/{slug}/submit"
        with file.open("rb") as content:
            answer = self._send(
                page, page=page, file=(file.name, content), message=message, action="submit"
            )
        if not answer.url.path.startswith("/submissions/"):
            raise FormNotAccepted(f"the page did not accept {file.name}")
        return answer.url.path

    def wait(self, path: str, /, *, seconds: float) -> str:
        """Follow a submission's page, as its script does, until it has ended; give the state."""
        deadline = time.monotonic() + seconds
        while True:
            state = str(self.client.get(f"{path}/state.json").raise_for_status().json()["state"])
            if state not in {"queued", "running"} or time.monotonic() > deadline:
                return state
            time.sleep(POLL_SECONDS)

    def _send(
        self, path: str, *, page: str, file: tuple[str, IO[bytes]] | None = None, **fields: str
    ) -> httpx.Response:
        """Send the form that stands on a page, its hidden CSRF token included."""
        form = _HiddenFields(action=path)
        form.feed(self.client.get(page).raise_for_status().text)
        return self.client.post(
            path,
            data={**form.fields, **fields},
            files={"file": file} if file else None,
            headers={"Referer": str(self.client.base_url.join(page))},
        ).raise_for_status()


class _HiddenFields(HTMLParser):
    """Collects the hidden fields of the form that posts to `action`."""

    def __init__(self, *, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action = action
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form's beginning, and its hidden fields."""
        found = dict(attrs)
        if tag == "form":
            self._inside = (found.get("action") or "").partition("?")[0] == self._action
        elif tag == "input" and self._inside and found.get("type") == "hidden":
            self.fields[found["name"] or ""] = found.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """Note a form's end."""
        if tag == "form":
            self._inside = False
