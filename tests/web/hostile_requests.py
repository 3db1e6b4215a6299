"""What hostile people send to pages: the texts, the requests, and how many of them are tried."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.web.routes import Values

HOSTILE = (
    *("", " ", "0", "-1", "1.5", "1e400", "NaN", "true", "null", "[]", "{", "²", "٣", "9" * 30),
    *(
        "\0",
        "a\0b",
        "\r\nX-Injected: 1",
        "\t",
        "\x1b[31m",
        "\u202e",
        "\ufeff",
        "é" * 200,
        "\U0001d4b3",
    ),
    *("../../etc/passwd", "..%2f", "//evil.example", "javascript:alert(1)", "C:\\x", "."),
    *("'; DROP TABLE user; --", "%s%n%x", "{{7*7}}", "${7*7}", "<script>alert(1)</script>"),
    *("=1+1", "+1", "@SUM(A1)", "x" * 5000, "[" * 2000, "a\0@example.org"),
)
HEADERS = ("Accept", "Accept-Language", "Cookie", "If-None-Match", "If-Modified-Since", "Range")

values = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
few_and_many = pytest.mark.parametrize(
    "examples", [8, pytest.param(200, marks=pytest.mark.slow)], ids=["few", "many"]
)


def bounded(examples: int, /) -> settings:
    """Give the settings of a search that is the same each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class Hostile:
    """A request to a page: what fills its address, its query, its form and its headers."""

    places: Values
    query: Values
    form: Values
    headers: Values
    filename: str


def hostile(fields: list[str], /) -> st.SearchStrategy[Hostile]:
    """Give requests of which every part may be hostile."""

    def some(names: list[str], *, most: int) -> st.SearchStrategy[dict[str, str]]:
        return st.dictionaries(st.sampled_from(names), values, max_size=most)

    def printable(headers: dict[str, str]) -> dict[str, str]:
        return {name: re.sub(r"[^\x20-\x7e]", "", value) for name, value in headers.items()}

    return st.builds(
        Hostile,
        places=st.just({}) | some(fields, most=4),
        query=some(fields, most=4),
        form=some(fields, most=4),
        headers=some(list(HEADERS), most=2).map(printable),
        filename=values,
    )
