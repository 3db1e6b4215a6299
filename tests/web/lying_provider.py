"""An OpenID provider that signs its tokens with a real key, and says whatever a test makes it say.

What a well-behaved provider does is tested against a real one in tests/integration/test_openid.py.
"""

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from challenge_platform.bootstrap import Platform
from challenge_platform.web import create_app
from challenge_platform.web.openid_provider import Refusal
from challenge_platform.web.openid_wording import REFUSED
from tests.web.conftest import Answer, Browser, Visitor

CLIENT, SECRET = "challenge-platform", "a secret of 32 bytes, as HS256 wants"
SUBJECT = "ada-1"
NOWHERE = "http://127.0.0.1:9"
"""The issuer of a provider that is away: connections to it are refused."""

Say = dict[str, Any]


@cache
def key(name: str) -> RSAKey:
    """Give the key of a name, made at its first use."""
    return RSAKey.generate_key(2048, {"kid": name})


def signed(claims: Say, *, by: RSAKey | OctKey | None = None, alg: str = "RS256") -> str:
    """Sign an ID token, with the provider's own key unless given another."""
    by = by or key("first")
    header = {"alg": alg, "kid": by.kid} if by.kid else {"alg": alg}
    return jwt.encode(header, claims, by, algorithms=[alg])


@dataclass
class Provider:
    """What the provider says: `document` of itself, `claims` of whoever logs in."""

    issuer: str
    document: Say = field(default_factory=dict)
    claims: Say = field(default_factory=dict)
    userinfo: Say = field(default_factory=dict)
    token: Say = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    sign: Callable[[Say], str] = signed
    published: str = "first"
    nonce: str = ""
    stale_nonce: str = ""

    def answer(self, path: str) -> Say:
        """Give the JSON document at a path."""
        if path.endswith("openid-configuration"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                **self.document,
            }
        if path.endswith("/keys"):
            return {"keys": [key(self.published).as_dict(private=False)]}
        if path.endswith("/userinfo"):
            return self.userinfo
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": SUBJECT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "nonce": self.nonce,
            "email": "ada@hospital.example",
            "email_verified": True,
            **self.claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return {
            "access_token": "opaque",
            "token_type": "Bearer",
            "id_token": self.sign(said),
            **self.token,
        }


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve a provider on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(said.answer(self.path)).encode()
            self.send_response(said.status.get(self.path, 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said = Provider(issuer=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_provider(platform: Platform, issuer: str, /) -> Platform:
    """Give the platform with a provider in its settings."""
    named = {
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_name": "Hospital",
    }
    return dataclasses.replace(platform, settings=platform.settings.model_copy(update=named))


def site(platform: Platform, issuer: str, /) -> Browser:
    """Give a browser at a platform that has a provider."""
    return Browser(create_app(with_provider(platform, issuer)).test_client())


def sent_to(visitor: Visitor, *, start: str = "/login/openid") -> dict[str, str]:
    """Begin a log-in, and give what the browser brings to the provider."""
    answer = visitor.get(start)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def come_back(
    visitor: Visitor, provider: Provider, *, start: str = "/login/openid", **changes: str
) -> Answer:
    """Begin a log-in and come back as if the provider had let the person in."""
    asked = sent_to(visitor, start=start)
    provider.nonce = provider.stale_nonce or asked["nonce"]
    query = {"code": "a code", "state": asked["state"], **changes}
    return visitor.get("/login/openid/callback", query_string=query)


def is_page(answer: Answer, refusal: Refusal) -> bool:
    """Whether the answer is the page of a refusal."""
    status, title, _ = REFUSED[refusal]
    return answer.status_code == status and f"<h1>{title}</h1>" in unescape(answer.text)
