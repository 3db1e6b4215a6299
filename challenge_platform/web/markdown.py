"""Texts of challenges, written in Markdown, as safe HTML that fits into a page."""

from collections.abc import Iterator, Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from challenge_platform.web.language import gettext

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_LOWEST = 6

# What this module adds to the tags. An author cannot: raw HTML is shown as text.
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "div": {"role", "tabindex", "aria-label"},
    "pre": {"tabindex"},
}
_CLASSES = {"div": {"scroll"}, "td": {"number"}, "th": {"number"}}


def markdown(text: str, /, *, top: int = 2) -> Markup:
    """Turn Markdown into safe HTML whose headings begin at h`top` and skip no level.

    Raw HTML is shown as text, and what is left is cleaned. What may be wider than a phone can be
    scrolled by keyboard.
    """
    tokens = _MARKDOWN.parse(text)
    _set_headings(tokens, top=top)
    _set_cells(tokens)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    clean = nh3.clean(
        _scrollable(html),
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        link_rel="noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 -- cleaned by nh3


def _set_headings(tokens: Sequence[Token], *, top: int) -> None:
    """Let headings begin at `top`, each at most one level below the one above it."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            written = int(token.tag[1])
            above = [*(level for level in above if level < written), written]
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(_LOWEST, top + len(above) - 1)}"


def _set_cells(tokens: Sequence[Token]) -> None:
    """Say right alignment by a class, since a style is forbidden, and name columns as such."""
    for opening, content, closing in _cells(tokens):
        if opening.attrs.pop("style", None) == "text-align:right":
            opening.attrs["class"] = "number"
        if opening.tag == "th" and not content.content.strip():
            opening.tag = closing.tag = "td"  # a heading without words heads nothing
        if opening.tag == "th":
            opening.attrs["scope"] = "col"


def _cells(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token, Token]]:
    for index, token in enumerate(tokens):
        if token.type in {"th_open", "td_open"}:
            yield token, tokens[index + 1], tokens[index + 2]


def _scrollable(html: str) -> str:
    """Let wide tables and listings take the focus; text of an author has no tags to confuse."""
    label = escape(gettext("Table"))
    region = f'<div class="scroll" role="group" tabindex="0" aria-label="{label}"><table>'
    return (
        html.replace("<table>", region)
        .replace("</table>", "</table></div>")
        .replace("<pre>", '<pre tabindex="0">')
    )
