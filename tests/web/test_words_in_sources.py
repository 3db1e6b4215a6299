"""No template and no script has a word of its own that nobody can translate."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment

from challenge_platform.web.language import FOLDER, LANGUAGES
from tests.web.marked_language import unmarked

WEB = FOLDER.parent
TEMPLATES = WEB / "templates"
WHOLE = {Path("help") / f"{language}.html" for language in LANGUAGES}
"""The templates that are a text in one language; a test of help holds them alike."""

PLAIN = re.compile(
    r"(?<![A-Za-z])(?:"
    # Names that are the same in every language, and of routes.
    r"Challenge Platform|API|BibTeX|CSV|JSON|OpenAPI 3\.1|SHA-256|UTC|GET|[a-z]+\.[a-z]+_?|"
    # What scripts and stylesheets read.
    r"true|false|system|timezone"
    r")(?![A-Za-z])"
)
"""What a template may say as it is."""

ENGLISH = {
    "reference.html": "the reference of the API, whose documents and errors are English",
    "dashboard/parts.html": "what the launcher wrote down of a problem of its own, in its words",
}
"""The templates that declare a part of a page to be English, and which part."""


def texts(source: str) -> str:
    """Give what a template says outside of every expression and statement."""
    filled = {"variable_begin", "block_begin"}
    pieces = Environment().lex(source)  # noqa: S701 -- nothing is rendered
    return "".join(text if kind == "data" else " " * (kind in filled) for _, kind, text in pieces)


def sentences(source: str) -> Iterator[str]:
    """Give every string of several words in a template that is no argument of a function."""
    found = Environment().lex(source)  # noqa: S701 -- nothing is rendered
    before = ""
    for _, kind, text in found:
        if kind == "string" and before not in {"(", ","} and re.search(r"[a-z]\s+[a-z]", text):
            yield text
        if kind != "whitespace":
            before = text


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ _('Read me') }}</p>", []),
        ("<p>{% if x %}Read{% endif %} {{ _('Read me') }}</p>", ["Read"]),
        ("<a title='Read {{ x }}'></a>{# a remark #}", ["Read"]),
        ("{{ 'Read me' if x else _('Read me') }}", ["'Read me'"]),
    ],
)
def test_words_in_a_template_are_found(source: str, found: list[str]) -> None:
    assert [*unmarked(texts(source), data=PLAIN), *sentences(source)] == found


def test_no_template_has_words_of_its_own() -> None:
    """In no branch, whether a test leads there or not."""
    sources = {
        path.relative_to(TEMPLATES): path.read_text(encoding="utf-8")
        for pattern in ("*.html", "*.txt")
        for path in TEMPLATES.rglob(pattern)
    }

    assert sources.keys() > WHOLE
    words = {
        str(path): found
        for path, source in sources.items()
        if path not in WHOLE
        and (found := [*unmarked(texts(source), data=PLAIN), *sentences(source)])
    }
    assert words == {}


def test_only_what_is_listed_is_declared_to_be_english() -> None:
    declared = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if 'lang="en"' in path.read_text(encoding="utf-8")
    }

    assert declared == set(ENGLISH)


def test_scripts_have_no_words_of_their_own() -> None:
    """They show what data attributes give them, which the tests of pages read."""
    shown = re.compile(r"\.(?:textContent|innerText|innerHTML|title|placeholder|alt)\s*\+?=(.+);")
    literal = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")

    words = [
        (path.name, text)
        for path in WEB.glob("static/*.js")
        for value in shown.findall(path.read_text(encoding="utf-8"))
        for text in literal.findall(value)
        if re.search("[A-Za-z]{2}", re.sub(r"\$\{[^{}]*\}", "", re.sub(r"\{\w+\}", "", text)))
    ]

    assert words == []
