"""The dashboard: where one stands, what is due and what changed; for organizers, the platform."""

from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core.account import Role, User
from challenge_platform.core.dashboard import dashboard_of, mark_seen
from challenge_platform.core.operation import LATE_AFTER, operation_of
from challenge_platform.core.phase import Status
from challenge_platform.errors import InvalidInput
from challenge_platform.web import current
from challenge_platform.web.news_words import told

pages = Blueprint("dashboard", __name__)


@pages.get("/dashboard")
def show() -> ResponseReturnValue:
    """Show a person their challenges, deadlines, quotas, ranks, and what changed."""
    person, platform, now = current.require_user(), current.platform(), current.opened_at()
    with platform.database.reading() as session:
        found = dashboard_of(session, platform.board_states, person, now=now)
        organizes = person.role is Role.ORGANIZER
        operation = operation_of(session, now=now) if organizes else None
    offers = [offer for offer in found.offers if Status.OPEN in offer.statuses.values()]
    return render_template(
        "dashboard/show.html",
        dashboard=found,
        news=told(found.participations),
        offers=offers,
        operation=operation,
        late_after=LATE_AFTER,
        now=now,
    )


@pages.post("/dashboard/seen")
def mark_read() -> ResponseReturnValue:
    """Take the news off that were shown: what happened since then stays."""
    person = current.require_user()
    until = _moment(request.form.get("until", ""))
    with current.platform().database.writing() as session:
        mark_seen(session, session.get_one(User, person.id), until=until)
    return redirect(url_for("dashboard.show"), HTTPStatus.SEE_OTHER)


def _moment(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None or when > current.opened_at():
        raise InvalidInput(
            "{text!r} is no past moment such as 2026-11-22T12:00:00+00:00", text=text[:40]
        )
    return when
