"""The look: the theme a reader gets, contrasts of the colours, and what each page weighs."""

import hashlib
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from flask import Flask

import challenge_platform.web
from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.web.appearance import DARK_SCREENS, THEMES
from tests.conftest import Participant
from tests.web.conftest import SLUG, Visitor
from tests.web.routes import address_of, known_values, page_routes

STATIC = Path(challenge_platform.web.__file__).parent / "static"
MOST_BYTES = 150_000
"""What a page may weigh with every stylesheet, script and picture, uncompressed."""

TEXT, CONTROL = 4.5, 3.0
"""The least contrasts of WCAG 2.2, level AA: success criteria 1.4.3 and 1.4.11."""

SURFACES = ("paper", "wash")
NOTICES = ("good-wash", "bad-wash", "warn-wash", "note-wash")
PAIRS = {
    **dict.fromkeys(product(("ink", "quiet", "accent", "accent-strong"), SURFACES), TEXT),
    **dict.fromkeys(product(("good", "bad", "warn"), SURFACES), TEXT),
    **dict.fromkeys(product(("ink", "quiet", "accent"), ("own",)), TEXT),
    **dict.fromkeys(product(("ink", "quiet"), NOTICES), TEXT),
    **dict.fromkeys(product(("accent-ink",), ("accent", "accent-strong")), TEXT),
    ("paper", "bad"): TEXT,  # a dangerous button under the pointer
    **dict.fromkeys(product(("edge",), SURFACES), CONTROL),
    **dict.fromkeys(product(("focus",), (*SURFACES, *NOTICES, "own")), CONTROL),
    **dict.fromkeys(product([f"chart-{number}" for number in range(1, 7)], SURFACES), CONTROL),
}
"""What is written or drawn in which colour on which, and how much they must differ."""


def colours(stylesheet: str) -> dict[str, str]:
    """Read the colours among the tokens of a stylesheet, as #rrggbb by name."""
    text = (STATIC / stylesheet).read_text()
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    """Give the relative luminance of #rrggbb, from 0 to 1, as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_of_known_colours_is_what_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("stylesheet", ["tokens.css", "dark.css"])
def test_colours_that_meet_differ_enough_in_each_theme(stylesheet: str) -> None:
    tokens = colours(stylesheet)

    found = {pair: contrast(tokens[pair[0]], tokens[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < PAIRS[pair]} == {}


def test_both_themes_have_the_same_colours_and_each_is_held_to_a_contrast() -> None:
    light = colours("tokens.css")

    assert light.keys() == colours("dark.css").keys()
    assert light.keys() - {name for pair in PAIRS for name in pair} == {"line"}  # decoration


def test_each_series_of_a_chart_has_a_dash_of_its_own() -> None:
    dashes = re.findall(
        r"\.chart-[1-6] \{ --series: [^;]+;(?: --dash: ([^;]+);)? \}",
        (STATIC / "parts.css").read_text(),
    )

    assert len(dashes) == 6
    assert len(set(dashes)) == 6


@pytest.mark.parametrize(
    ("theme", "media"),
    [
        ("dark", "screen"),
        ("light", None),
        ("system", "screen and (prefers-color-scheme: dark)"),
    ],
)
def test_a_theme_links_the_dark_colours_for_the_screens_it_names(
    theme: str, media: str | None, anonymous: Visitor
) -> None:
    page = anonymous.get(f"/?theme={theme}").text

    linked = re.findall(r'href="/static/dark\.css[^"]*" media="([^"]+)"', page)
    assert f'data-theme="{theme}"' in page
    assert linked == ([media] if media else [])


def test_paper_never_gets_the_dark_colours() -> None:
    assert DARK_SCREENS.keys() == THEMES.keys()
    assert all(media is None or media.startswith("screen") for media in DARK_SCREENS.values())


def test_a_chosen_theme_is_remembered(anonymous: Visitor) -> None:
    before = anonymous.get("/").text
    anonymous.get("/?theme=dark")

    assert 'data-theme="system"' in before
    assert 'data-theme="dark"' in anonymous.get("/login").text
    assert 'data-theme="light"' in anonymous.get("/login?theme=light").text


def test_an_unknown_theme_changes_nothing(anonymous: Visitor) -> None:
    anonymous.get("/?theme=dark")
    answer = anonymous.get("/?theme=neon")

    assert 'data-theme="dark"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_api_remembers_no_theme(anonymous: Visitor) -> None:
    assert "Set-Cookie" not in anonymous.get("/api/v1/challenges?theme=dark").headers


@pytest.mark.usefixtures("challenge")
def test_the_other_theme_is_one_link_away_on_the_same_page(anonymous: Visitor) -> None:
    page = anonymous.get(f"/challenges/{SLUG}/leaderboard?board=private").text

    assert f'href="/challenges/{SLUG}/leaderboard?board=private&amp;theme=dark"' in page


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/%5Cevil.example"])
def test_the_link_to_the_other_theme_stays_on_this_site(path: str, anonymous: Visitor) -> None:
    page = anonymous.get("/nothing", environ_overrides={"PATH_INFO": path}).text

    links = re.findall(r'href="([^"]*theme=dark)"', page)
    assert links
    assert all(re.match(r"/[^/\\]", link) for link in links)


def test_browsers_keep_a_file_until_its_content_changes(anonymous: Visitor) -> None:
    [address] = re.findall(r'href="(/static/tokens\.css[^"]*)"', anonymous.get("/").text)
    digest = hashlib.sha256((STATIC / "tokens.css").read_bytes()).hexdigest()

    assert address == f"/static/tokens.css?v={digest[:10]}"
    assert "immutable" in anonymous.get(address).headers["Cache-Control"]
    assert "immutable" not in anonymous.get("/static/tokens.css").headers["Cache-Control"]


def test_no_stylesheet_loads_anything_further() -> None:
    for stylesheet in STATIC.glob("*.css"):
        assert not re.search(r"url\(|@import", stylesheet.read_text()), stylesheet.name


def test_every_page_of_every_route_is_light(
    app: Flask, platform: Platform, alice: Participant, browser: Callable[[User], Visitor]
) -> None:
    known = known_values(platform, alice)
    weights = {}
    for persona, visitor in (
        ("anonymous", Visitor(app.test_client())),
        ("owner", browser(alice.user)),
    ):
        for rule, _ in page_routes(app, method="GET"):
            weight = weigh(visitor, address_of(rule, known))
            if weight is not None:
                weights[persona, str(rule)] = weight

    assert {"/", "/challenges/<slug:slug>/data", "/api-reference"} <= {page for _, page in weights}
    assert {page: weight for page, weight in weights.items() if weight >= MOST_BYTES} == {}


def weigh(visitor: Visitor, address: str) -> int | None:
    """Add up a page and all that it loads, in bytes; None for what is no page."""
    answer = visitor.get(address)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return None
    tags = re.findall(r"<(?:link|script|img|source|iframe)\b[^>]*>", answer.text)
    files = {found[1] for tag in tags if (found := re.search(r'(?:href|src)="([^"]+)"', tag))}
    return len(answer.data) + sum(len(visitor.get(file).data) for file in files)
