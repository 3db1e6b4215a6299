"""Help: the same sections in every language, links that lead somewhere, commands that exist."""

import dataclasses
import re

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.commands import COMMANDS
from challenge_platform.web import create_app
from challenge_platform.web.language import LANGUAGES
from tests.web.conftest import Visitor

SECTIONS = (
    *("first-score", "file", "numbers", "quota", "fault", "receipts", "private"),
    *("command-line", "account", "deadlines", "accessibility", "privacy", "words"),
)
OPTIONS = re.compile(r"--[a-z-]+")


def article(visitor: Visitor, language: str) -> str:
    """Give the HTML of the help page's text."""
    page = visitor.get(f"/help?language={language}").text
    return page[page.index("<article") : page.index("</article>")]


def commands(html: str) -> list[str]:
    """Give every command line of `challenge` that is set as code."""
    lines = [
        line
        for block in re.findall(r"<code>(.*?)</code>", html, re.DOTALL)
        for line in block.split("\n")
    ]
    return [line for line in lines if line.startswith("challenge ")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_has_every_section_with_an_address_and_a_heading(
    anonymous: Visitor, language: str
) -> None:
    page = anonymous.get(f"/help?language={language}").text

    assert re.findall(r'<section id="([\w-]+)">', page) == list(SECTIONS)
    for section in SECTIONS:
        assert f'href="#{section}"' in page
        assert re.search(rf'<section id="{section}">\s*<h2>[^<]+</h2>', page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_that_help_names_exists(anonymous: Visitor, language: str) -> None:
    known = {row.words for row in COMMANDS}

    named = commands(article(anonymous, language))

    assert len(named) > 8
    for line in named:
        words = re.sub(r"--url \S+ ", "", line.removeprefix("challenge ")).split()
        assert " ".join(words[:1]) in known or " ".join(words[:2]) in known, line


def test_every_language_names_the_same_commands_and_links(anonymous: Visitor) -> None:
    texts = [article(anonymous, language) for language in LANGUAGES]

    options = [[OPTIONS.findall(line) for line in commands(text)] for text in texts]
    links = [sorted(re.findall(r'href="([^"]+)"', text)) for text in texts]
    assert options[0] == options[1]
    assert links[0] == links[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_help_leads_somewhere(anonymous: Visitor, language: str) -> None:
    text = article(anonymous, language)
    addresses = set(re.findall(r'href="([^"]+)"', text))

    for address in addresses:
        path, _, anchor = address.partition("#")
        assert not path or anonymous.get(path).status_code in {200, 302, 303}, address
        assert path or anchor in SECTIONS, address


@pytest.mark.parametrize("contact", [None, "Ada <b>, room 7"])
def test_a_contact_is_named_where_the_platform_has_one(
    platform: Platform, contact: str | None
) -> None:
    settings = platform.settings.model_copy(update={"contact": contact})
    app = create_app(dataclasses.replace(platform, settings=settings))

    text = article(Visitor(app.test_client()), "en")

    assert ("names no contact" in text) == (contact is None)
    assert ("Ada &lt;b&gt;, room 7" in text) == (contact is not None)
