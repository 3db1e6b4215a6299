"""The pages and the API: an application made for a platform, that translates HTTP to core calls."""

from flask import Flask
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]  # ships no types
from werkzeug.middleware.proxy_fix import ProxyFix

from challenge_platform.bootstrap import Platform, read_secret
from challenge_platform.config import Settings
from challenge_platform.web import (
    accounts,
    api,
    appearance,
    challenges,
    converters,
    dashboard,
    departure,
    errors,
    formats,
    headers,
    health,
    help_page,
    jury,
    lanes,
    language,
    leaderboards,
    limits,
    openid,
    preference_page,
    profile,
    recovery,
    reference,
    reports,
    submissions,
    teams,
    times,
    transparency,
    uploads,
)
from challenge_platform.web.problem import Problem
from challenge_platform.web.turns import Turns

VERSION = "1"
PAGES = (
    challenges.pages,
    transparency.pages,
    submissions.pages,
    uploads.pages,
    teams.pages,
    leaderboards.pages,
    jury.pages,
    reports.pages,
    dashboard.pages,
    profile.pages,
    recovery.pages,
    departure.pages,
    preference_page.pages,
    help_page.pages,
    reference.pages,
    health.probes,
)


def create_app(platform: Platform, /) -> Flask:
    """Assemble the application; raise KeyUnavailable without the key that signs sessions."""
    app = OpenAPI(
        __name__,
        info=Info(title="Challenge Platform", version=VERSION),
        security_schemes=api.SECURITY_SCHEMES,
        validation_error_model=Problem,
        validation_error_callback=errors.invalid_parameters,
        doc_ui=False,
    )
    app.secret_key = read_secret(platform.keys.session)
    app.extensions["platform"] = platform
    if proxies := platform.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)  # type: ignore[method-assign]  # Flask's documented way
    converters.register(app)
    headers.register(app, platform.settings)
    limits.register_sizes(app)
    csrf = CSRFProtect(app)
    language.register(app)
    appearance.register(app)
    accounts.register(app, platform)
    openid.register(app, platform)
    errors.register(app)
    formats.register(app)
    times.register(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    for blueprint in api.BLUEPRINTS:
        app.register_api(blueprint)
        csrf.exempt(blueprint)
    lanes.register(app, threads=platform.settings.web_threads)
    limits.register_rates(app, platform.settings)
    health.register(app, platform)
    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way
    return app


def from_environment() -> Flask:
    """Make the application for the settings of this process, as gunicorn asks for it."""
    return create_app(Platform.from_settings(Settings()))
