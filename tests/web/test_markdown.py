"""Texts of challenges as HTML: headings in order, tables and listings that everybody can reach."""

from collections.abc import Iterator

import pytest
from flask import Flask

from challenge_platform.web.markdown import markdown


@pytest.fixture(autouse=True)
def _reader(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("text", "top", "tags"),
    [
        ("# a\n\n## b\n\n# c", 2, ["h2", "h3", "h2"]),
        ("## a\n\n### b\n\n## c", 2, ["h2", "h3", "h2"]),
        ("# a\n\n#### b\n\n### c", 2, ["h2", "h3", "h3"]),
        ("### a\n\n# b\n\n## c", 3, ["h3", "h3", "h4"]),
        (
            "# 1\n\n## 2\n\n### 3\n\n#### 4\n\n##### 5\n\n###### 6",
            3,
            ["h3", "h4", "h5", *["h6"] * 3],
        ),
    ],
)
def test_headings_begin_below_the_page_and_skip_no_level(
    text: str, top: int, tags: list[str]
) -> None:
    html = markdown(text, top=top)

    assert [line[1:3] for line in html.splitlines() if line.startswith("<h")] == tags


def test_a_table_can_be_scrolled_and_its_columns_have_headings_and_sides() -> None:
    html = markdown("|  | n |\n|--|--:|\n| a | 1 |\n")

    assert '<div class="scroll" role="group" tabindex="0" aria-label="Table"><table>' in html
    assert "<td></td>" in html
    assert '<th class="number" scope="col">n</th>' in html
    assert '<td class="number">1</td>' in html
    assert "style" not in html


def test_a_listing_can_be_scrolled_by_keyboard() -> None:
    assert markdown("```\na,b\n```\n") == '<pre tabindex="0"><code>a,b\n</code></pre>\n'


def test_what_looks_like_our_own_tags_in_a_text_stays_text() -> None:
    html = markdown('<div class="scroll" role="alert">x</div>\n\n`<table>`\n')

    assert "<div" not in html
    assert "<table" not in html
    assert "&lt;table&gt;" in html
