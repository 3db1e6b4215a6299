"""The languages of the pages: which one a reader gets, and the catalogues read from .po files."""

import io
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, request
from flask_babel import (  # type: ignore[import-untyped]  # ships no types
    Babel,
    Domain,
    format_datetime,
    format_decimal,
    get_locale,
    gettext,
    lazy_gettext,
    ngettext,
)

__all__ = [
    "LANGUAGES",
    "address_in",
    "current_language",
    "format_datetime",
    "format_decimal",
    "gettext",
    "lazy_gettext",
    "ngettext",
    "register",
]

LANGUAGES = {"en": "English", "fr": "Français"}
"""The languages by code, each by its own name."""

# Flask-Security has its French messages under fr_FR, which also finds what is under fr.
LOCALES = {"en": "en", "fr": "fr_FR"}
FOLDER = Path(__file__).parent / "translations"
COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600


class CatalogueDomain(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """Reads translations/<language>/*.po at first use, so that a clone needs no build step."""

    @cached_property
    def catalogues(self) -> dict[str, Translations]:
        """The catalogues by language."""
        return {folder.name: read_catalogue(folder) for folder in FOLDER.iterdir()}

    def get_translations(self) -> NullTranslations:
        """Give the catalogue of the reader's language; English is the source and has none."""
        return self.catalogues.get(current_language()) or NullTranslations()


def read_catalogue(folder: Path, /) -> Translations:
    """Read the translations of a language: one .po file for each area of the pages."""
    whole = Translations()
    for path in folder.glob("*.po"):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=folder.name))
        compiled.seek(0)
        whole.merge(Translations(compiled))
    return whole


def current_language() -> str:
    """Give the code of the reader's language."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


def address_in(code: str, /) -> str:
    """Give the address of this page in another language."""
    # One leading slash and no backslash: `//host` and `/\\host` would lead to another site.
    path = quote(f"/{request.path.lstrip('/')}")
    return f"{path}?{urlencode({**request.args.to_dict(), COOKIE: code})}"


def register(app: Flask, /) -> None:
    """Choose a language for each request, and remember the one that was asked for."""
    babel = Babel(app, locale_selector=lambda: LOCALES[_choose()], default_timezone="UTC")
    babel.domain_instance = CatalogueDomain()
    app.jinja_env.globals.update(
        address_in=address_in, current_language=current_language, languages=LANGUAGES
    )

    @app.after_request
    def remember(response: Response) -> Response:
        if _is_api():
            return response
        if (asked := request.args.get(COOKIE)) in LANGUAGES:
            response.set_cookie(
                COOKIE,
                str(asked),
                max_age=COOKIE_SECONDS,
                secure=current_app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
                samesite="Lax",
            )
        response.vary.update(["Cookie", "Accept-Language"])
        return response


def _choose() -> str:
    """Take the language asked for, then the one remembered, then the browser's, then English."""
    if _is_api():
        return "en"  # programs read messages too; they must not depend on who sends the request
    for asked in (request.args.get(COOKIE), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    # Werkzeug's best_match would prefer en;q=0.5 to fr-CA, which is not exactly fr.
    wanted = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((language for language in wanted if language in LANGUAGES), "en")


def _is_api() -> bool:
    return request.path.startswith("/api/")
