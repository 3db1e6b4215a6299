"""Log-ins by OpenID Connect for tests: a real provider in a process, and who goes through it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from tests.live import free_port

PROGRAM = Path(__file__).parent / "data" / "openid" / "provider.py"
CLIENT_ID = "challenge-platform"
SECRET = "the secret of a client"  # noqa: S105 -- of a provider that lives for a test
PASSWORD = "a word at the provider"  # noqa: S105 -- of everybody at that provider

FORM = re.compile(r"<form.*?</form>", re.DOTALL)
INPUT = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@contextmanager
def running_provider(
    folder: Path, /, *, callback: str, people: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    """Serve Django OAuth Toolkit with these people, by name their claims, and give its issuer."""
    given = {
        "port": free_port(),
        "folder": str(folder),
        "callback": callback,
        "secret": SECRET,
        "password": PASSWORD,
        "people": people,
    }
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), json.dumps(given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider did not start"
        yield issuer
        process.communicate(timeout=60)  # the end of its input ends it


@dataclass(frozen=True)
class Visitor:
    """A browser without scripts: it keeps cookies, follows redirects and fills in forms."""

    site: str
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(follow_redirects=True, timeout=60)
    )

    def open(self, path: str, **options: Any) -> httpx.Response:
        """Open a page of the platform, or any address."""
        return self.client.get(httpx.URL(self.site).join(path), **options)

    def send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the last form of a page, the fields in it filled in."""
        form = FORM.findall(page.text)[-1]
        hidden = [dict(ATTRIBUTE.findall(found)) for found in INPUT.findall(form)]
        kept = {
            found["name"]: unescape(found.get("value", ""))
            for found in hidden
            if found.get("type") == "hidden" and "name" in found
        }
        action = dict(ATTRIBUTE.findall(form[: form.index(">")])).get("action", "")
        address = page.url.join(unescape(action)) if action else page.url
        origin = f"{address.scheme}://{address.netloc.decode()}"
        return self.client.post(
            address, data={**kept, **fields}, headers={"Origin": origin, "Referer": str(page.url)}
        )

    def log_in(
        self, name: str, *, consent: bool = True, start: str = "/login/openid"
    ) -> httpx.Response:
        """Go to the provider, log in by its form, agree to be named, and come back."""
        page = self.open(start)
        if "/login/?" in str(page.url):
            page = self.send(page, username=name, password=PASSWORD)
        if "/o/authorize/" in str(page.url):
            page = self.send(page, **({"allow": "Authorize"} if consent else {}))
        return page
