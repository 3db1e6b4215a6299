"""The look of the pages: light, dark, or as the reader's system has it."""

from urllib.parse import quote, urlencode

from flask import Flask, Response, current_app, request

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

COOKIE_SECONDS = 365 * 24 * 3600


def current_theme() -> str:
    """Give the theme asked for, then the one remembered, then that of the reader's system."""
    for wanted in (request.args.get(THEME), request.cookies.get(THEME)):
        if wanted in THEMES:
            return wanted
    return SYSTEM


def address_in_theme(theme: str, /) -> str:
    """Give the address of this page in another theme."""
    # One leading slash and no backslash: `//host` and `/\\host` would lead to another site.
    path = quote(f"/{request.path.lstrip('/')}")
    return f"{path}?{urlencode({**request.args.to_dict(), THEME: theme})}"


def register(app: Flask, /) -> None:
    """Give the templates the theme, and remember the one that was asked for."""
    app.jinja_env.globals.update(
        address_in_theme=address_in_theme,
        current_theme=current_theme,
        dark_screens=DARK_SCREENS,
        has_page=lambda endpoint: endpoint in app.view_functions,
        themes=THEMES,
    )
    app.after_request(remember)


def remember(response: Response, /) -> Response:
    """Keep the theme that a page was asked for in a cookie; other words are ignored."""
    asked = request.args.get(THEME)
    if asked in THEMES and not request.path.startswith("/api/"):
        response.set_cookie(
            THEME,
            asked,
            max_age=COOKIE_SECONDS,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response
