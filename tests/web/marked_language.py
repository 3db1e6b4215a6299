"""A language that shows what was translated, so that a test sees what was not.

The French of every catalogue is written in full-width letters, and dates, numbers and units are
Greek; a letter from A to Z that is left on a page went through neither gettext nor Babel.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from copy import copy
from html.parser import HTMLParser
from pathlib import Path
from string import ascii_letters

import pytest
from babel.support import NullTranslations, Translations
from flask import Flask, request
from wtforms.i18n import messages_path  # type: ignore[import-untyped]  # ships no types

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.web import language
from tests.conftest import TINY

CODE, LOCALE = "fr", "el"
"""The language that a reader chooses, and the one whose dates are then written."""

_KEPT = re.compile(r"%\(\w+\)s|%%|\{[^{}]*\}")
"""What is filled in, and must show whether it was translated itself."""

_FULL_WIDTH = {ord(letter): ord(letter) + 0xFEE0 for letter in ascii_letters}
"""The Latin letters as Unicode has them beside Chinese ones."""

_ENDLESS = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
_NOT_WORDS = {"script", "style", "code", "pre", "kbd", "samp"}
_SAID = {"alt", "aria-description", "aria-label", "placeholder", "title"}


def marked(text: str, /) -> str:
    """Write a text in full-width letters, but for the places that are filled in."""
    pieces, kept = _KEPT.split(text), [*_KEPT.findall(text), ""]
    return "".join(
        piece.translate(_FULL_WIDTH) + place for piece, place in zip(pieces, kept, strict=True)
    )


def publish_marked(platform: Platform, folder: Path, /, *, changed: Mapping[str, str]) -> None:
    """Publish the tiny challenge with its title and its texts in full-width letters.

    Parts of its challenge.yaml are `changed`, from the one to the other.
    """
    tree = shutil.copytree(TINY, folder / TINY.name)
    definition = tree / "challenge.yaml"
    title = "{en: Tiny survival, fr: Petite survie}"
    written = definition.read_text(encoding="utf-8")
    assert title in written
    said = f"{{en: {marked('Tiny')}, fr: {marked('Petite')}}}"
    for old, new in {title: said, **changed}.items():
        written = written.replace(old, new)
    definition.write_text(written, encoding="utf-8")
    for page in tree.glob("pages/*.md"):
        page.write_text(page.read_text(encoding="utf-8").translate(_FULL_WIDTH), encoding="utf-8")
    build_challenge(platform, tree, say=lambda _line: None)


def speak_marked(app: Flask, patch: pytest.MonkeyPatch, /) -> Flask:
    """Make the application answer in the marked language who asks for French."""
    patch.setitem(language.LOCALES, CODE, LOCALE)
    ours = app.extensions["babel"].instance.domain_instance
    ours.catalogues = {LOCALE: _marked(language.read_catalogue(language.FOLDER / CODE))}
    security = app.extensions["security"].i18n_domain
    [folder], [domain] = security.translation_directories, security.domain
    security.cache[LOCALE, domain] = _marked(Translations.load(folder, ["fr_FR"], domain))
    forms = _marked(Translations.load(messages_path(), ["fr_FR"], "wtforms"))

    @app.before_request
    def speak_on_forms() -> None:
        request.wtforms_translations = forms  # type: ignore[attr-defined]  # where Flask-WTF looks

    return app


def _marked(catalogue: NullTranslations) -> Translations:
    assert isinstance(catalogue, Translations)  # there is a French catalogue
    texts = catalogue._catalog  # noqa: SLF001 -- no other way to list them
    made = copy(catalogue)  # other tests read the catalogue too
    made._catalog = {key: marked(text) if key else text for key, text in texts.items()}  # noqa: SLF001 -- as above
    return made


class _Reader(HTMLParser):
    """Collects what a person reads or hears of a page, and what scripts make of its data."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    @property
    def silent(self) -> bool:
        return any(is_silent for _, is_silent in self.within)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        # What is said to be English is; a test lists the templates that say so.
        is_silent = tag in _NOT_WORDS or found.get("lang") == "en"
        if tag not in _ENDLESS:
            self.within.append((tag, is_silent))
        if self.silent:
            return
        if found.get("type") in {"submit", "button", "reset"}:
            self.texts.append(found.get("value", ""))
        self.texts += [
            value for name, value in found.items() if name in _SAID or name.startswith("data-")
        ]

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def unmarked(page: str, /, *, data: re.Pattern[str]) -> Iterator[str]:
    """Give every text of a page that has a letter from A to Z outside of what is `data`."""
    reader = _Reader()
    reader.feed(page)
    for text in reader.texts:
        if re.search("[A-Za-z]", data.sub(" ", text)):
            yield " ".join(text.split())


def left_over(pages: Mapping[str, str], /, *, data: re.Pattern[str]) -> dict[str, str]:
    """Give what nobody translated on pages, each text with the name of a page that has it."""
    return {text: name for name, page in pages.items() for text in unmarked(page, data=data)}
