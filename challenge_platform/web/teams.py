"""The page of one's team in a challenge: its members, links that invite others, and leaving it."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core import entry_state, invitation
from challenge_platform.core.challenge import find_challenge
from challenge_platform.errors import InvalidInput, NotFound
from challenge_platform.web import current
from challenge_platform.web.language import gettext
from challenge_platform.web.place import place_of

pages = Blueprint("teams", __name__)


@pages.get("/challenges/<slug:slug>/team")
def show(slug: str) -> ResponseReturnValue:
    """Show the members of the reader's team, and the links into it that are still good."""
    current.require_user()
    return _page(slug)


@pages.post("/challenges/<slug:slug>/team/invitations")
def invite(slug: str) -> ResponseReturnValue:
    """Make a link into the reader's team and show it, this once."""
    person, platform = current.require_user(), current.platform()
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        secret = invitation.invite(session, challenge, user=person, now=platform.clock())
    path = url_for("teams.join_form", slug=slug, secret=secret)
    link = platform.settings.public_url + path
    return _page(slug, link=link), HTTPStatus.CREATED


@pages.post("/challenges/<slug:slug>/team/invitations/<id_>/withdraw")
def withdraw(slug: str, id_: str) -> ResponseReturnValue:
    """End a link into the reader's team."""
    person, platform = current.require_user(), current.platform()
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        invitation.withdraw(session, challenge, id_, user=person, now=platform.clock())
    flash(gettext("The invitation was withdrawn."), "success")
    return redirect(url_for("teams.show", slug=slug), HTTPStatus.SEE_OTHER)


@pages.get("/challenges/<slug:slug>/team/join/<secret>")
def join_form(slug: str, secret: str) -> ResponseReturnValue:
    """Ask whether the reader wants to be in the team that a link leads into."""
    person, now = current.require_user(), current.opened_at()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        place = place_of(session, challenge, person=person, now=now)
        try:
            team = invitation.inviting_team(session, challenge, secret, now=now)
        except NotFound:
            page = render_template("team/ended.html", challenge=challenge, place=place)
            return page, HTTPStatus.NOT_FOUND
        members = invitation.members_of(session, team)
    return render_template(
        "team/join.html", challenge=challenge, place=place, team=team, members=members
    )


@pages.post("/challenges/<slug:slug>/team/join/<secret>")
def join(slug: str, secret: str) -> ResponseReturnValue:
    """Move the reader into the team that a link leads into."""
    person, platform = current.require_user(), current.platform()
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        try:
            team = invitation.redeem(session, challenge, secret, user=person, now=platform.clock())
        except NotFound:
            return join_form(slug, secret)  # which says that the link has ended
        name = team.name
    flash(gettext("You are in the team %(team)s now.", team=name), "success")
    return redirect(url_for("teams.show", slug=slug), HTTPStatus.SEE_OTHER)


@pages.post("/challenges/<slug:slug>/team/leave")
def leave(slug: str) -> ResponseReturnValue:
    """Move the reader into a team of one."""
    person, platform = current.require_user(), current.platform()
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        team = invitation.leave(session, challenge, user=person, now=platform.clock())
        name = team.name
    flash(gettext("You left, and take part as the team %(team)s now.", team=name), "success")
    return redirect(url_for("teams.show", slug=slug), HTTPStatus.SEE_OTHER)


@pages.post("/challenges/<slug:slug>/team/withdraw")
def withdraw_team(slug: str) -> ResponseReturnValue:
    """Take the reader's team out of the ranking, once they ticked that they mean it."""
    person, platform = current.require_user(), current.platform()
    if request.form.get("confirmed") != "yes":
        raise InvalidInput(
            "withdrawing the team takes it off the leaderboard; tick the box to confirm it"
        )
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        entry_state.withdraw(session, challenge, user=person, now=platform.clock())
    flash(gettext("The team has withdrawn."), "success")
    return redirect(url_for("teams.show", slug=slug), HTTPStatus.SEE_OTHER)


def _page(slug: str, *, link: str | None = None) -> str:
    person, now = current.require_user(), current.platform().clock()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        place = place_of(session, challenge, person=person, now=now)
        team = place.team
        members = invitation.members_of(session, team) if team else ()
        invitations = invitation.invitations_of(session, team, now=now) if team else ()
        is_fixed = team is not None and invitation.has_submitted(session, team)
    left = challenge.definition.teams.max_size - len(members) - len(invitations)
    return render_template(
        "team/show.html",
        challenge=challenge,
        place=place,
        members=members,
        invitations=invitations,
        left=left,
        is_fixed=is_fixed,
        link=link,
    )
