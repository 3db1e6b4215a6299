"""The pages of challenges: the list, overview, data, evaluation, rules, and joining."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core import team
from challenge_platform.core.challenge import PublishedChallenge, find_challenge, list_challenges
from challenge_platform.core.definition import Phase
from challenge_platform.core.phase import Status, statuses
from challenge_platform.errors import NotFound
from challenge_platform.web import current
from challenge_platform.web.files import send_public_file, send_public_files
from challenge_platform.web.language import gettext
from challenge_platform.web.place import place_of

pages = Blueprint("challenges", __name__)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A challenge in a few facts: the phase that matters now, its status, how many teams joined."""

    challenge: PublishedChallenge
    phase: Phase
    status: Status
    teams: int

    @classmethod
    def of(
        cls, challenge: PublishedChallenge, /, *, known: Mapping[str, Status], teams: int
    ) -> "Outline":
        """Choose the phase: open and first to close, else first to open, else last closed."""
        phases = challenge.definition.phases
        phase = min(phases, key=lambda phase: _urgency(phase, known[phase.key]))
        return cls(challenge=challenge, phase=phase, status=known[phase.key], teams=teams)


def _urgency(phase: Phase, status: Status) -> tuple[int, float]:
    closes = (phase.closes or NEVER).timestamp()
    match status:
        case Status.OPEN:
            return 0, closes
        case Status.SOON:
            return 1, phase.opens.timestamp()
        case Status.CLOSED:
            return 2, -closes


@pages.get("/")
def list_() -> ResponseReturnValue:
    """List the challenges: those that are open, those that will be, those that were."""
    with current.platform().database.reading() as session:
        found = list_challenges(session)
        known = statuses(session, found, at=current.opened_at())
        teams = team.count_teams(session)
    outlines = [
        Outline.of(challenge, known=known[challenge.id], teams=teams.get(challenge.id, 0))
        for challenge in found
    ]
    outlines.sort(key=lambda outline: _urgency(outline.phase, outline.status))
    return render_template("challenges/list.html", outlines=outlines)


@pages.get("/challenges/<slug:slug>")
def overview(slug: str) -> ResponseReturnValue:
    """Say what the challenge is about, how it is judged, and when its phases are."""
    return _page("overview", slug)


@pages.get("/challenges/<slug:slug>/data")
def data(slug: str) -> ResponseReturnValue:
    """Describe the data, and give the files to those who accepted the agreement."""
    return _page("data", slug)


@pages.get("/challenges/<slug:slug>/evaluation")
def evaluation(slug: str) -> ResponseReturnValue:
    """Say how submissions are judged, where the challenge has a page for it."""
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
    if challenge.definition.pages.evaluation is None:
        raise NotFound(
            "{challenge} has no page on its evaluation; read its rules", challenge=challenge.slug
        )
    return _page("evaluation", slug)


@pages.get("/challenges/<slug:slug>/rules")
def rules(slug: str) -> ResponseReturnValue:
    """Show the rules and the agreement, which joining accepts."""
    return _page("rules", slug)


@pages.get("/challenges/<slug:slug>/files/<file:name>")
def download(slug: str, name: str) -> Response:
    """Give a public file to someone who accepted the agreement."""
    return send_public_file(slug, name, person=current.require_user())


@pages.get("/challenges/<slug:slug>/files.zip")
def download_all(slug: str) -> Response:
    """Give all public files at once to someone who accepted the agreement."""
    return send_public_files(slug, person=current.require_user())


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
        known = statuses(session, [challenge], at=now)[challenge.id]
        teams = team.count_teams(session).get(challenge.id, 0)
    return render_template(
        f"challenges/{name}.html",
        challenge=challenge,
        outline=Outline.of(challenge, known=known, teams=teams),
        place=place,
        statuses=known,
    )
