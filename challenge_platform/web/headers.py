"""The security headers of every answer, the names this site answers to, and its cookies."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, request
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

from challenge_platform.config import Settings
from challenge_platform.web.appearance import DIGEST

FOR_AN_HOUR = "public, max-age=3600"
FOR_GOOD = f"public, max-age={365 * 24 * 3600}, immutable"
SESSION_LIFETIME = timedelta(hours=12)
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


def register(app: Flask, settings: Settings, /) -> None:
    """Set what Flask itself enforces, and add the headers to every answer."""
    host = urlsplit(settings.public_url).hostname or "127.0.0.1"
    app.config.update(
        # Health checks and the commands of this machine come by a loopback name.
        TRUSTED_HOSTS=[host, *LOOPBACK_HOSTS],
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        WTF_CSRF_TIME_LIMIT=None,  # a token lasts as long as its session
    )
    policy = _headers(https=settings.secure_cookies)

    @app.after_request
    def add_headers(response: Response) -> Response:
        policy.set_headers(response)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        if request.endpoint == "static":
            response.headers["Cache-Control"] = FOR_GOOD if DIGEST in request.args else FOR_AN_HOUR
        return response


def _headers(*, https: bool) -> Secure:
    # Nothing inline, nothing from elsewhere.
    content = (
        ContentSecurityPolicy()
        .default_src("'none'")
        .script_src("'self'")
        .style_src("'self'")
        .img_src("'self'")
        .font_src("'self'")
        .connect_src("'self'")
        .form_action("'self'")
        .frame_ancestors("'none'")
        .base_uri("'none'")
    )
    return Secure(
        csp=content,
        coop=CrossOriginOpenerPolicy().same_origin(),
        corp=CrossOriginResourcePolicy().same_origin(),
        hsts=StrictTransportSecurity().max_age(365 * 24 * 3600) if https else None,
        permissions=PermissionsPolicy().camera().geolocation().microphone(),
        referrer=ReferrerPolicy().same_origin(),
        xcto=XContentTypeOptions(),
        xfo=XFrameOptions().deny(),
    )
