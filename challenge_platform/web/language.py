"""The languages of the pages: which one a reader gets, and the catalogues read from .po files."""

import io
import string
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import (  # type: ignore[import-untyped]  # ships no types
    Babel,
    Domain,
    format_datetime,
    format_decimal,
    format_percent,
    get_locale,
    gettext,
    lazy_gettext,
    ngettext,
)

from challenge_platform.web import preferences
from challenge_platform.web.preferences import LANGUAGE, LANGUAGES
from scorers.message import Message

__all__ = [
    "LANGUAGES",
    "address_in",
    "address_with",
    "current_language",
    "current_locale",
    "format_datetime",
    "format_decimal",
    "format_percent",
    "gettext",
    "lazy_gettext",
    "ngettext",
    "register",
    "translated",
]

# Flask-Security has its French messages under fr_FR, which also finds what is under fr.
LOCALES = {"en": "en", "fr": "fr_FR"}
FOLDER = Path(__file__).parent / "translations"


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
        area = Translations(compiled)
        whole.plural = area.plural  # merging takes the messages alone: 0 is singular in French
        whole.merge(area)
    return whole


def current_locale() -> Locale:
    """Give the reader's language, English where there is no reader."""
    return get_locale() or Locale("en")


def current_language() -> str:
    """Give the code of the reader's language."""
    return str(current_locale().language)


def translated(message: Message, /) -> str:
    """Say a message of core or the scorers in the reader's language."""
    template = str(gettext(message.template)) if message.template else ""
    return _Spoken().vformat(template, (), message.values) if message.values else template


class _Spoken(string.Formatter):
    """Fills the places of a translated template, with what depends on the language as it does."""

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 -- what string.Formatter takes
        if isinstance(value, Message):
            return translated(value)
        if format_spec == ",":
            return str(format_decimal(value))
        return format(value, format_spec)


def address_in(code: str, /) -> str:
    """Give the address of this page in another language."""
    return address_with(LANGUAGE, value=code)


def address_with(preference: str, /, *, value: str) -> str:
    """Give the address of this page that makes a choice of the reader's."""
    # One leading slash and no backslash: `//host` and `/\\host` would lead to another site.
    path = quote(f"/{request.path.lstrip('/')}")
    return f"{path}?{urlencode({**request.args.to_dict(), preference: value})}"


def register(app: Flask, /) -> None:
    """Choose a language for each request."""
    preferences.register(app)
    babel = Babel(app, locale_selector=lambda: LOCALES[_choose()], default_timezone="UTC")
    babel.domain_instance = CatalogueDomain()
    app.jinja_env.globals.update(
        address_in=address_in,
        address_with=address_with,
        current_language=current_language,
        languages=LANGUAGES,
    )
    app.jinja_env.filters["translated"] = translated


def _choose() -> str:
    """Take what the reader chose, then what the browser asks for, then English."""
    if preferences.is_program():
        return "en"  # programs read messages too; they must not depend on who sends the request
    if chosen := preferences.preferred(LANGUAGE):
        return chosen
    # Werkzeug's best_match would prefer en;q=0.5 to fr-CA, which is not exactly fr.
    wanted = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((language for language in wanted if language in LANGUAGES), "en")
