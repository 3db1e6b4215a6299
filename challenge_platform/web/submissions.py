"""The pages of submissions: making one, following it, and a team's list."""

from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.feedback import VisibleSubmission
from challenge_platform.core.history import (
    PER_PAGE,
    cancel_submission,
    read_submission,
    read_submissions,
)
from challenge_platform.core.upload import is_open
from challenge_platform.errors import (
    AgreementRequired,
    ConcurrencyExceeded,
    InvalidInput,
    InvalidUpload,
    PhaseClosed,
    QuotaExceeded,
    UploadTooLarge,
)
from challenge_platform.web import current, reception
from challenge_platform.web.api.answer import answer, conditional
from challenge_platform.web.api.submissions import receipt_file, submission_document
from challenge_platform.web.errors import problem_of
from challenge_platform.web.language import ngettext
from challenge_platform.web.place import place_of
from challenge_platform.web.problem import Problem

pages = Blueprint("submissions", __name__)
REPAIRABLE = (
    AgreementRequired,
    ConcurrencyExceeded,
    InvalidInput,
    InvalidUpload,
    PhaseClosed,
    QuotaExceeded,
    UploadTooLarge,
)
"""Refusals that the form itself shows, with what was typed kept."""


@pages.get("/challenges/<slug:slug>/submit")
def form(slug: str) -> ResponseReturnValue:
    """Show the form, the quota that is left, and what a file must look like."""
    current.require_user()
    return _form(slug)


@pages.post("/challenges/<slug:slug>/submit")
def submit(slug: str) -> ResponseReturnValue:
    """Submit the file, or only check it; what is refused is told above the form."""
    person = current.require_user()
    try:
        if request.form.get("action") == "check":
            rows = reception.check(slug, person=person)
            return _form(slug, checked=rows)
        accepted = reception.submit(slug, person=person)
    except REPAIRABLE as error:
        return _form(slug, problem=problem_of(error))
    flash(
        ngettext(
            "Your file was accepted. You have %(num)s submission left in this period.",
            "Your file was accepted. You have %(num)s submissions left in this period.",
            accepted.quota.remaining,
        ),
        "success",
    )
    return redirect(url_for("submissions.show", id_=accepted.submission_id), HTTPStatus.SEE_OTHER)


@pages.get("/challenges/<slug:slug>/submissions")
def list_(slug: str) -> ResponseReturnValue:
    """List the submissions of the reader's team, the newest hundred first."""
    person, page = current.require_user(), current.page_number()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        place = place_of(session, challenge, person=person, now=current.opened_at())
        found = read_submissions(session, challenge, user=person, page=page)
    return render_template(
        "submissions/list.html",
        challenge=challenge,
        place=place,
        submissions=found,
        page=page,
        full=len(found) == PER_PAGE,
    )


@pages.get("/submissions/<hex:id_>")
def show(id_: str) -> ResponseReturnValue:
    """Show a submission of the reader's team; the page follows it until its end."""
    person = current.require_user()
    submission = _read(id_)
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, submission.challenge.slug)
        place = place_of(session, challenge, person=person, now=current.opened_at())
    return render_template(
        "submissions/show.html", challenge=challenge, place=place, submission=submission
    )


@pages.get("/submissions/<hex:id_>/state.json")
def state(id_: str) -> Response:
    """Give what the API gives, to the page that follows a submission."""
    return conditional(answer(submission_document(_read(id_))))


@pages.get("/submissions/<hex:id_>/receipt")
def receipt(id_: str) -> Response:
    """Give the signed receipt of a scored submission."""
    return receipt_file(_read(id_))


@pages.post("/submissions/<hex:id_>/cancel")
def cancel(id_: str) -> ResponseReturnValue:
    """End an open submission of the reader's team."""
    person = current.require_user()
    with current.platform().database.writing() as session:
        cancel_submission(session, id_, user=person, now=current.opened_at())
    return redirect(url_for("submissions.show", id_=id_), HTTPStatus.SEE_OTHER)


def _read(submission_id: str) -> VisibleSubmission:
    person = current.require_user()
    with current.platform().database.reading() as session:
        return read_submission(session, submission_id, user=person)


def _form(
    slug: str, *, problem: Problem | None = None, checked: int | None = None
) -> ResponseReturnValue:
    now = current.opened_at()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        place = place_of(session, challenge, person=current.user(), now=now)
    page = render_template(
        "submissions/submit.html",
        challenge=challenge,
        place=place,
        phases=[phase for phase in challenge.definition.phases if is_open(phase, at=now)],
        problem=problem,
        checked=checked,
    )
    return page, problem.status if problem else HTTPStatus.OK
