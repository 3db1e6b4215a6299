"""The languages: which one a reader gets, and catalogues in which nothing is missing."""

import io
import re
from collections import Counter
from collections.abc import Callable

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.web.language import FOLDER, LANGUAGES
from tests.conftest import Participant
from tests.web import messages
from tests.web.conftest import SLUG, Browser, Program, Visitor, predictions

WEB = FOLDER.parent
OTHERS = sorted(set(LANGUAGES) - {"en"})


def extracted() -> set[str]:
    """Find every string that pages and code give to gettext."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
    found = extract_from_dir(WEB, method_map=methods, options_map={})
    return {text if isinstance(text, str) else text[0] for _, _, text, *_ in found}


def templates() -> set[str]:
    """Find the template of every message that core and the scorers make."""
    return {message.template for message in messages.made() if message.template}


def translations_of(language: str) -> list[Message]:
    """Read what is translated into a language, area by area."""
    found: list[Message] = []
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            found += [message for message in read_po(file, locale=language) if message.id]
    return found


def source_of(message: Message) -> str:
    """Give the English text, in the singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> list[tuple[str, str]]:
    """Pair each form of a message, singular and plural, with its translation."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


@pytest.mark.parametrize("language", OTHERS)
def test_every_string_is_translated_and_none_is_left_over(language: str) -> None:
    found = translations_of(language)

    assert {source_of(message) for message in found} == extracted() | templates()
    assert [message.id for message in found if message.fuzzy] == []
    assert [pair for message in found for pair in forms(message) if not pair[1]] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_string_is_translated_in_one_area_only(language: str) -> None:
    counts = Counter(source_of(message) for message in translations_of(language))

    assert [text for text, number in counts.items() if number > 1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_its_source(language: str) -> None:
    places = re.compile(r"%\(\w+\)s|%%")
    ours = templates()

    for message in translations_of(language):
        for source, translation in forms(message):
            if source in ours:
                assert messages.places(translation) == messages.places(source), source
            else:
                assert sorted(places.findall(translation)) == sorted(places.findall(source)), source


def test_every_message_is_a_literal_whose_places_are_filled() -> None:
    for message in messages.made():
        assert message.template is not None, message.place
        filled = {name for name, _, _ in messages.places(message.template)}
        assert filled == message.values, message.place


@pytest.mark.parametrize(
    ("header", "language"),
    [("fr-CA,en;q=0.5", "fr"), ("en-GB", "en"), ("de", "en"), ("", "en"), ("de,fr;q=0.1", "fr")],
)
def test_a_browser_gets_the_language_that_it_asks_for(
    header: str, language: str, anonymous: Visitor
) -> None:
    page = anonymous.get("/", headers={"Accept-Language": header}).text

    assert f'<html lang="{language}"' in page


def test_a_chosen_language_is_remembered(anonymous: Visitor) -> None:
    chosen = anonymous.get("/?language=fr")
    later = anonymous.get("/", headers={"Accept-Language": "en"})

    assert '<html lang="fr"' in chosen.text
    assert '<html lang="fr"' in later.text
    assert '<html lang="fr"' in anonymous.get("/?language=xx").text


@pytest.mark.usefixtures("challenge")
def test_the_other_language_is_one_link_away_on_the_same_page(anonymous: Visitor) -> None:
    page = anonymous.get(f"/challenges/{SLUG}/leaderboard?board=private").text

    assert f'href="/challenges/{SLUG}/leaderboard?board=private&amp;language=fr"' in page


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/%5Cevil.example"])
def test_the_link_to_the_other_language_stays_on_this_site(path: str, anonymous: Visitor) -> None:
    page = anonymous.get("/nothing", environ_overrides={"PATH_INFO": path}).text

    links = re.findall(r'href="([^"]*language=fr)"', page)
    assert links
    assert all(re.match(r"/[^/\\]", link) for link in links)


@pytest.mark.usefixtures("challenge")
def test_pages_speak_french(
    anonymous: Visitor, alice: Participant, browser: Callable[[User], Browser]
) -> None:
    hers = browser(alice.user)
    hers.get("/?language=fr")

    assert "Petite survie" in hers.get(f"/challenges/{SLUG}").text
    assert "mer. 1 janv. 2020, 00:00</time> UTC" in hers.get(f"/challenges/{SLUG}").text
    assert "100 ko au plus" in hers.get(f"/challenges/{SLUG}/submit").text.replace("\u202f", " ")
    refused = anonymous.get("/challenges/nothing?language=fr")
    assert "Cette page n\N{RIGHT SINGLE QUOTATION MARK}existe pas" in refused.text


def test_a_refusal_gives_its_details_in_the_readers_language(anonymous: Visitor) -> None:
    address = f"/challenges/{SLUG}/leaderboard?page=x"

    french = anonymous.get(f"{address}&language=fr").text
    english = anonymous.get(f"{address}&language=en").text

    assert "il n\N{RIGHT SINGLE QUOTATION MARK}y a pas de page &#39;x&#39;" in french
    assert "there is no page &#39;x&#39;; pages are counted from 1" in english


@pytest.mark.usefixtures("challenge")
def test_the_problems_of_a_file_are_told_in_the_readers_language(
    alice: Participant, browser: Callable[[User], Browser]
) -> None:
    hers = browser(alice.user)
    content = predictions().replace(b"p002,2\n", b"p002," + b"9" * 1234 + b"\n")
    form = f"/challenges/{SLUG}/submit"

    hers.get("/?language=fr")
    page = hers.send(form, {"file": (io.BytesIO(content), "p.csv")}).text.replace("\u202f", " ")

    assert f"&#34;{'9' * 40}…&#34; (1 234 caractères)" in page
    assert "au plus 1 000 caractères" in page
    assert "écrivez un identifiant ou un nombre dans la cellule" in page


def test_the_api_speaks_english_to_everybody(alices: Program, platform: Platform) -> None:
    submission_id = alices.submit().json["id"]
    platform.evaluator.evaluate(submission_id)
    alices.client.get("/?language=fr")

    answer = alices.get(f"/submissions/{submission_id}", headers={"Accept-Language": "fr"})

    assert answer.json["reason"]["message"] == "It was scored."
    assert "Set-Cookie" not in answer.headers
