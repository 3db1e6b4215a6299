"""A real OpenID provider, Django OAuth Toolkit, served on a loopback port until its input ends.

python provider.py '{"port": 8001, "folder": DIR, "callback": ADDRESS, "secret": SECRET, "password":
PASSWORD, "people": {"ada": {"email": ADDRESS, "email_verified": true, "name": "Ada"}}}'
"""

import json
import sys
import threading
import warnings
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django  # type: ignore[import-untyped]  # ships no types
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings  # type: ignore[import-untyped]  # as above
from django.core.management import call_command  # type: ignore[import-untyped]  # as above
from django.core.wsgi import get_wsgi_application  # type: ignore[import-untyped]  # as above
from django.urls import include, path  # type: ignore[import-untyped]  # as above

CLIENT_ID = "challenge-platform"
LOGIN_PAGE = "<form method=post>{% csrf_token %}{{ form }}<button>Log in</button></form>"

given: dict[str, Any] = json.loads(sys.argv[1])
issuer = f"http://127.0.0.1:{given['port']}/o"


def new_key() -> str:
    """Make the key that signs the ID tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


settings.configure(
    SECRET_KEY="of a test",  # noqa: S106 -- signs the sessions of a test's provider
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    LOGIN_URL="/login/",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(given["folder"]) / "provider.db",
        }
    },
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # nobody waits for a hash
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    SESSION_COOKIE_NAME="provider_session",  # cookies do not tell ports of one host apart
    CSRF_COOKIE_NAME="provider_csrf",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"registration/login.html": LOGIN_PAGE},
                    ),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": issuer,
        "OIDC_RSA_PRIVATE_KEY": new_key(),
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "SCOPES": {"openid": "Who you are", "email": "Your address", "profile": "Your name"},
        "PKCE_REQUIRED": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    },
)
django.setup()

from django.contrib.auth.models import User  # type: ignore[import-untyped]  # noqa: E402 -- Django must be set up first
from django.contrib.auth.views import LoginView  # type: ignore[import-untyped]  # noqa: E402 -- as above
from oauth2_provider.models import Application  # type: ignore[import-untyped]  # noqa: E402 -- as above
from oauth2_provider.oauth2_validators import (  # type: ignore[import-untyped]  # noqa: E402 -- as above
    OAuth2Validator,
)

urlpatterns = [
    path("login/", LoginView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]


class Validator(OAuth2Validator):  # type: ignore[misc]  # ships no types
    """Tells address and name of whoever logged in."""

    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        """Give the claims beside the subject."""
        claims: dict[str, Any] = given["people"][request.user.username]
        return claims


class Server(ThreadingMixIn, WSGIServer):
    """Answers requests side by side."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Make the people and the client, then serve."""
    warnings.simplefilter("ignore")
    call_command("migrate", verbosity=0)
    for name in given["people"]:
        User.objects.create_user(name, password=given["password"])
    Application.objects.create(
        client_id=CLIENT_ID,
        client_secret=given["secret"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=given["callback"],
        algorithm=Application.RS256_ALGORITHM,
        name="Challenge Platform",
    )
    application = get_wsgi_application()
    with make_server("127.0.0.1", given["port"], application, Server, Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(issuer, flush=True)  # noqa: T201 -- tells the test that it can be asked
        sys.stdin.read()


if __name__ == "__main__":
    main()
