"""The look of the pages: light, dark, or as the reader's system has it; and its files."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from challenge_platform.web import preferences
from challenge_platform.web.language import lazy_gettext as _

THEME = "theme"
SYSTEM = "system"
THEMES = {SYSTEM: _("As my system"), "light": _("Light"), "dark": _("Dark")}

DARK_SCREENS = {
    SYSTEM: "screen and (prefers-color-scheme: dark)",
    "light": None,
    "dark": "screen",
}
"""The media for which dark.css is linked, by theme; paper is never among them."""


DIGEST = "v"
"""The parameter of static files that holds a digest of their content."""

DIGEST_LETTERS = 10


def current_theme() -> str:
    """Give the theme asked for, then the one remembered, then that of the reader's system."""
    for wanted in (request.args.get(THEME), request.cookies.get(THEME)):
        if wanted in THEMES:
            return wanted
    return SYSTEM


def register(app: Flask, /) -> None:
    """Give the templates the theme, and remember the one that was asked for."""
    app.jinja_env.globals.update(
        current_theme=current_theme,
        dark_screens=DARK_SCREENS,
        themes=THEMES,
    )
    app.after_request(remember)
    _name_by_content(app)


def remember(response: Response, /) -> Response:
    """Keep the theme that a page was asked for in a cookie; other words are ignored."""
    asked = request.args.get(THEME)
    if asked in THEMES and not preferences.is_program():
        preferences.keep(response, THEME, value=asked)
    return response


def _name_by_content(app: Flask) -> None:
    """Put a digest into the address of each static file.

    Browsers may then keep it for good, and ask for the new one right after an upgrade.
    """
    folder = Path(str(app.static_folder))

    @cache
    def digest(filename: str) -> str:
        return hashlib.sha256((folder / filename).read_bytes()).hexdigest()[:DIGEST_LETTERS]

    @app.url_defaults
    def add_digest(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault(DIGEST, digest(values["filename"]))
