"""The page on which a person chooses the language and the time zone that they read in."""

from http import HTTPStatus

from flask import Blueprint, after_this_request, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core.account import User
from challenge_platform.core.preferences import keep_preferences
from challenge_platform.core.timezone import closest_name, offered_names, zone_names
from challenge_platform.web import current
from challenge_platform.web.language import gettext
from challenge_platform.web.preferences import LANGUAGE, TIMEZONE, forget

pages = Blueprint("preferences", __name__)


@pages.get("/profile/preferences")
def form() -> ResponseReturnValue:
    """Show what is kept with the account."""
    person = current.require_user()
    return _page(language=person.language, timezone=person.timezone)


@pages.post("/profile/preferences")
def keep() -> ResponseReturnValue:
    """Keep what was chosen; a zone that does not exist is told beside its field."""
    person = current.require_user()
    language = request.form.get(LANGUAGE) or None
    timezone = request.form.get(TIMEZONE, "").strip().replace(" ", "_") or None
    if timezone is not None and timezone not in zone_names():
        page = _page(language=language, timezone=timezone, wrong=_unknown(timezone))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    with current.platform().database.writing() as session:
        user = session.get_one(User, person.id)
        keep_preferences(session, user, language=language, timezone=timezone)
    flash(gettext("Your preferences are kept with your account."), "success")
    after_this_request(forget)
    return redirect(url_for("preferences.form"), HTTPStatus.SEE_OTHER)


def _unknown(name: str) -> str:
    if meant := closest_name(name):
        return str(gettext("There is no such time zone. Did you mean %(zone)s?", zone=meant))
    return str(gettext("There is no such time zone. Write one such as Europe/Paris, or UTC."))


def _page(*, language: str | None, timezone: str | None, wrong: str = "") -> str:
    return render_template(
        "preferences/form.html",
        language=language,
        timezone=timezone,
        wrong=wrong,
        zones=offered_names(),
    )
