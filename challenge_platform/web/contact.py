"""Whom people ask for help where the platform itself cannot give it."""

from flask import Flask

from challenge_platform.web import current
from challenge_platform.web.language import gettext


def register(app: Flask, /) -> None:
    """Give the templates the name of this module."""
    app.jinja_env.globals["contact"] = contact


def contact() -> str:
    """Name whom to ask, as the operator did in the settings."""
    named = current.platform().settings.contact
    return named or str(gettext("an administrator of this platform"))
