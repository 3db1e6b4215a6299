"""The pages of challenges: the list, overview, data, rules, and joining."""

from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core import team
from challenge_platform.core.challenge import find_challenge, list_challenges
from challenge_platform.core.upload import is_open
from challenge_platform.web import current
from challenge_platform.web.files import send_public_file
from challenge_platform.web.language import gettext
from challenge_platform.web.place import place_of

pages = Blueprint("challenges", __name__)


@pages.get("/")
def list_() -> ResponseReturnValue:
    """List the challenges, those with an open phase first."""
    now = current.opened_at()
    with current.platform().database.reading() as session:
        found = list_challenges(session)
    open_phases = {
        challenge.slug: [phase for phase in challenge.definition.phases if is_open(phase, at=now)]
        for challenge in found
    }
    found.sort(key=lambda challenge: not open_phases[challenge.slug])
    return render_template("challenges/list.html", challenges=found, open_phases=open_phases)


@pages.get("/challenges/<slug:slug>")
def overview(slug: str) -> ResponseReturnValue:
    """Say what the challenge is about, and when its phases are."""
    return _page("overview", slug)


@pages.get("/challenges/<slug:slug>/data")
def data(slug: str) -> ResponseReturnValue:
    """Describe the data, and give the files to those who accepted the agreement."""
    return _page("data", slug)


@pages.get("/challenges/<slug:slug>/rules")
def rules(slug: str) -> ResponseReturnValue:
    """Show the rules and the agreement, which joining accepts."""
    return _page("rules", slug)


@pages.get("/challenges/<slug:slug>/files/<file:name>")
def download(slug: str, name: str) -> Response:
    """Give a public file to someone who accepted the agreement."""
    return send_public_file(slug, name, person=current.require_user())


@pages.post("/challenges/<slug:slug>/join")
def join(slug: str) -> ResponseReturnValue:
    """Accept the agreement that was shown."""
    person = current.require_user()
    with current.platform().database.writing() as session:
        joined = team.join(
            session,
            find_challenge(session, slug),
            user=person,
            agreement_version=request.form.get("agreement_version", ""),
            now=current.opened_at(),
        )
    flash(gettext("You joined as the team %(team)s.", team=joined.name), "success")
    return redirect(url_for("submissions.form", slug=slug), HTTPStatus.SEE_OTHER)


def _page(name: str, slug: str) -> str:
    now = current.opened_at()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        place = place_of(session, challenge, person=current.user(), now=now)
    phases = [(phase, is_open(phase, at=now)) for phase in challenge.definition.phases]
    return render_template(
        f"challenges/{name}.html", challenge=challenge, place=place, phases=phases, now=now
    )
