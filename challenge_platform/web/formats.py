"""How values are written on the pages: times in UTC, sizes, scores, texts."""

from datetime import datetime
from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from challenge_platform.core.comparison import LEAST_P
from challenge_platform.core.feedback import Score
from challenge_platform.core.local_text import LANGUAGES as TEXT_LANGUAGES
from challenge_platform.core.local_text import LocalText
from challenge_platform.web import wording
from challenge_platform.web.language import (
    current_language,
    format_datetime,
    format_decimal,
    format_percent,
    gettext,
)
from challenge_platform.web.markdown import markdown
from challenge_platform.web.metric_names import METRICS


def register(app: Flask, /) -> None:
    """Give the templates the filters and names of this module."""
    app.add_template_filter(markdown)
    app.add_template_filter(moment)
    app.add_template_filter(size)
    app.add_template_filter(number)
    app.add_template_filter(count)
    app.add_template_filter(local)
    app.add_template_filter(interval)
    app.add_template_filter(chance)
    app.add_template_filter(p_value)
    app.jinja_env.globals.update(wording=wording, metric_names=METRICS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def moment(when: datetime | None, /) -> Markup:
    """Write a time in UTC, readable by people and programs."""
    if when is None:
        return Markup("&ndash;")
    text = format_datetime(when, "d MMM yyyy, HH:mm:ss")
    return Markup('<time datetime="{}">{} UTC</time>').format(when.isoformat(), text)


def size(octets: int, /) -> str:
    """Write a number of bytes."""
    if octets >= 10**6:
        return str(gettext("%(amount)s MB", amount=format_decimal(octets / 10**6, "#,##0.#")))
    if octets >= 10**3:
        return str(gettext("%(amount)s kB", amount=format_decimal(octets / 10**3, "#,##0.#")))
    return str(gettext("%(amount)s B", amount=octets))


def count(number: float, /) -> str:
    """Write a number of things, with the reader's separators."""
    return str(format_decimal(number))


def number(value: float | None, /) -> Markup:
    """Write a score with its four significant digits, or a dash where there is none."""
    if value is None:
        return Markup("&ndash;")
    return escape(format_decimal(value, "@@@@"))


def local(text: LocalText | dict[str, str], /) -> str:
    """Give a challenge's text in the reader's language."""
    texts: dict[str, Any] = text.model_dump() if isinstance(text, LocalText) else text
    return str(texts.get(current_language(), texts[TEXT_LANGUAGES[0]]))


def interval(score: Score, /) -> Markup:
    """Write the 95 % interval of a score, or why it has none."""
    if score.low is None or score.high is None:
        reason = wording.NO_INTERVALS.get(score.no_interval or "")
        return escape(reason) if reason else Markup("&ndash;")
    return Markup("{}&nbsp;&ndash;&nbsp;{}").format(number(score.low), number(score.high))


def chance(share: float | None, /) -> Markup:
    """Write a probability in hundredths, or a dash where there is none."""
    return (
        Markup("&ndash;")
        if share is None
        else escape(format_percent(share, "0.#\N{NO-BREAK SPACE}%"))
    )


def p_value(p: float | None, /) -> Markup:
    """Write the p of a test, or that it is at most the least that is told."""
    if p is None:
        return Markup("&ndash;")
    least = "\N{LESS-THAN OR EQUAL TO}\N{NO-BREAK SPACE}" if p <= LEAST_P else ""
    return escape(f"{least}{format_decimal(max(p, LEAST_P), '0.000')}")
