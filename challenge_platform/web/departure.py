"""The pages of one's own data: taking it out, and deleting the account for good."""

import json
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_security import logout_user

from challenge_platform.core import account, identity
from challenge_platform.core.account import Role, User
from challenge_platform.core.challenge import current_version
from challenge_platform.core.departure import partings_of
from challenge_platform.core.takeout import take_out
from challenge_platform.errors import InvalidInput, NotAllowed
from challenge_platform.web import current
from challenge_platform.web.archive import zipped
from challenge_platform.web.attachment import attached
from challenge_platform.web.language import gettext
from challenge_platform.web.openid import has_proved, is_password

pages = Blueprint("departure", __name__)
FOLDER = "challenge-platform"


@pages.get("/profile/data")
def show() -> ResponseReturnValue:
    """Offer all that there is of one, and lead to the deletion of the account."""
    current.require_user()
    return render_template("departure/show.html")


@pages.post("/profile/data")
def hand_over() -> ResponseReturnValue:
    """Stream all that there is of one as an archive."""
    person = current.require_user()
    platform = current.platform()
    with platform.database.reading() as reading:
        takeout = take_out(reading, person, now=platform.clock())
    files = [file for file in takeout.files if platform.store.has(file.digest)]
    documents = {
        "README.txt": _readme().encode(),
        **{name: _json(document) for name, document in takeout.documents.items()},
    }
    archive = zipped(platform.store, files, folder=FOLDER, documents=documents)
    return attached(Response(archive, mimetype="application/zip"), name=f"{FOLDER}.zip")


@pages.route("/profile/delete", methods=["GET", "POST"])
def delete() -> ResponseReturnValue:
    """Say what a deletion removes and what stays, and delete the account when it is confirmed."""
    person = current.require_user()
    if request.method == "GET":
        return _delete_page(person)
    if person.role is Role.ORGANIZER:
        raise NotAllowed("an organizer's account is deleted by the administrator")
    wrong = _wrong(person)
    if wrong:
        return _delete_page(person, wrong=wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    departed = current.platform().departures.depart(person.id, by=f"user {person.id}")
    logout_user()
    session.clear()
    return render_template("departure/done.html", departed=departed)


def _wrong(person: User) -> str:
    """Name the field that does not confirm the deletion, or nothing."""
    if identity.has_password(person):
        if not is_password(person, request.form.get("password", "")):
            return "password"
    elif not has_proved(person):
        return "proof"
    try:
        typed = account.normalize_email(request.form.get("email", ""))
    except InvalidInput:
        return "email"
    return "" if typed == person.email else "email"


def _delete_page(person: User, *, wrong: str = "") -> str:
    with current.platform().database.reading() as reading:
        partings = [
            (current_version(reading, parting.challenge_id), parting)
            for parting in partings_of(reading, person)
        ]
    return render_template(
        "departure/delete.html",
        person=person,
        is_organizer=person.role is Role.ORGANIZER,
        partings=partings,
        has_password=identity.has_password(person),
        has_proved=has_proved(person),
        wrong=wrong,
    )


def _readme() -> str:
    """Say what each file of the archive is."""
    said = {
        "profile.json": gettext(
            "Your account and preferences, the log-ins of a provider that open it, your sessions "
            "and API tokens. Passwords, keys and codes are not here: the platform keeps them in a "
            "form that nobody can read."
        ),
        "challenges.json": gettext(
            "The challenges that you joined: your team in each, and the version and time of every "
            "agreement that you accepted."
        ),
        "submissions.json": gettext(
            "What you submitted, with its times and end, and the scores as the challenge discloses "
            "them. Sealed scores are not here: nobody can read them before they are revealed."
        ),
        "submissions/": gettext("The files that you sent, each under the id of its submission."),
        "receipts/": gettext(
            "The signed receipts; `challenge receipt verify FILE` checks one of them."
        ),
        "events.json": gettext("What the platform recorded of you and of what you submitted."),
        "SHA256SUMS": gettext("The digests of the files that you sent, for `sha256sum --check`."),
    }
    heading = gettext("What the Challenge Platform has of you. All times are in UTC.")
    return "\n\n".join([heading, *(f"{name}\n  {text}" for name, text in said.items())]) + "\n"


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
