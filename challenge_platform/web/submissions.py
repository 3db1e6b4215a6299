"""The pages of submissions: making one, following it, and a team's list."""

import hashlib
import json
import secrets
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from challenge_platform.core import team as teams
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.history import (
    PER_PAGE,
    Order,
    Selection,
    cancel_submission,
    count_selected,
    open_submissions,
    read_submission,
    read_submissions,
)
from challenge_platform.core.progress import standing_ids
from challenge_platform.core.submission import Kind, State
from challenge_platform.core.template import example, write_template
from challenge_platform.core.upload import SOURCE_BYTES, Checked, is_open, most_bytes
from challenge_platform.core.weights import most_weights, sent_weights
from challenge_platform.errors import (
    AgreementRequired,
    ConcurrencyExceeded,
    Conflict,
    InvalidInput,
    InvalidUpload,
    PhaseClosed,
    QuotaExceeded,
    UploadTooLarge,
)
from challenge_platform.web import current, large_uploads, reception
from challenge_platform.web.amounts import elapsed, plain
from challenge_platform.web.api.submissions import problems_of, receipt_file
from challenge_platform.web.attachment import attached
from challenge_platform.web.errors import problem_of
from challenge_platform.web.follow import Followed, follow
from challenge_platform.web.freshness import conditional
from challenge_platform.web.interval_bars import axis_of
from challenge_platform.web.log_excerpt import excerpt_of
from challenge_platform.web.place import place_of
from challenge_platform.web.problem import Problem
from challenge_platform.web.submission_files import submissions_csv
from challenge_platform.web.wording import repair_of

pages = Blueprint("submissions", __name__)
pages.add_app_template_filter(elapsed)
pages.add_app_template_filter(plain)
pages.add_app_template_global(axis_of)

REPAIRABLE = (
    AgreementRequired,
    ConcurrencyExceeded,
    Conflict,
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
            return _form(slug, checked=reception.check(slug, person=person))
        key = request.form.get("form_key", "")
        accepted = reception.submit(slug, person=person, form_key=key)
    except REPAIRABLE as error:
        return _form(slug, problem=problem_of(error))
    return redirect(url_for("submissions.show", id_=accepted.submission_id), HTTPStatus.SEE_OTHER)


@pages.get("/challenges/<slug:slug>/template.csv")
def template(slug: str) -> Response:
    """Give the file that is asked for with empty cells, to those who accepted the agreement."""
    person, platform = current.require_user(), current.platform()
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        teams.require_access(session, challenge, user=person)
    content = write_template(platform.store, challenge)
    return _csv(content, name=challenge.definition.submission.file)


@pages.get("/challenges/<slug:slug>/submissions")
def list_(slug: str) -> ResponseReturnValue:
    """List the submissions of the reader's team, as filtered and sorted, a page at a time."""
    person, page = current.require_user(), current.page_number()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        wanted = _selection(challenge)
        place = place_of(session, challenge, person=person, now=current.opened_at())
        found = read_submissions(
            session, challenge, user=person, page=page, wanted=wanted, now=current.opened_at()
        )
        team_id = place.team.id if place.team else 0
        total = count_selected(session, team_id=team_id, wanted=wanted)
        best = standing_ids(session, challenge, team_id=team_id)
        etag = _digest(_states(session, team_id=team_id))
    return render_template(
        "submissions/list.html",
        challenge=challenge,
        place=place,
        submissions=found,
        best=best,
        wanted=wanted,
        page=page,
        pages=1 + (total - 1) // PER_PAGE,
        total=total,
        etag=etag,
    )


@pages.get("/challenges/<slug:slug>/submissions.json")
def states(slug: str) -> Response:
    """Give the states of the team's submissions that are open, to the list that follows them."""
    person = current.require_user()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        team = teams.team_of(session, user_id=person.id, challenge_id=challenge.id)
        return _followed(_states(session, team_id=team.id if team else 0))


@pages.get("/challenges/<slug:slug>/submissions.csv")
def export(slug: str) -> Response:
    """Give the submissions of the reader's team, as filtered and sorted, as a CSV file."""
    person = current.require_user()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        wanted = _selection(challenge)
        found = read_submissions(session, challenge, user=person, page=None, wanted=wanted)
    return _csv(submissions_csv(found), name=f"{slug}-submissions.csv")


@pages.get("/submissions/<hex:id_>")
def show(id_: str) -> ResponseReturnValue:
    """Show a submission of the reader's team; the page follows it until its end."""
    person = current.require_user()
    with current.platform().database.reading() as session:
        followed = _follow(session, id_)
        challenge = find_challenge(session, followed.submission.challenge.slug)
        place = place_of(session, challenge, person=person, now=current.opened_at())
    submission = followed.submission
    receipt = receipt_file(submission).get_data() if submission.receipt else b""
    problems = problems_of(submission)
    return render_template(
        "submissions/show.html",
        challenge=challenge,
        place=place,
        submission=submission,
        followed=followed,
        problems=problems,
        problem_count=submission.stages.refused.total or len(problems),
        repair=repair_of(submission),
        log=excerpt_of(submission.stages.log),
        etag=_digest(followed.document.model_dump_json()),
        receipt_digest=hashlib.sha256(receipt).hexdigest(),
    )


@pages.get("/submissions/<hex:id_>/state.json")
def state(id_: str) -> Response:
    """Give what the API gives, to the page that follows a submission."""
    with current.platform().database.reading() as session:
        return _followed(_follow(session, id_).document.model_dump_json())


@pages.get("/submissions/<hex:id_>/receipt")
def receipt(id_: str) -> Response:
    """Give the signed receipt of a scored submission."""
    person = current.require_user()
    with current.platform().database.reading() as session:
        return receipt_file(read_submission(session, id_, user=person))


@pages.post("/submissions/<hex:id_>/cancel")
def cancel(id_: str) -> ResponseReturnValue:
    """End an open submission of the reader's team."""
    person = current.require_user()
    with current.platform().database.writing() as session:
        cancel_submission(session, id_, user=person, now=current.opened_at())
    return redirect(url_for("submissions.show", id_=id_), HTTPStatus.SEE_OTHER)


def _follow(session: Session, submission_id: str) -> Followed:
    person, now = current.require_user(), current.opened_at()
    submission = read_submission(session, submission_id, user=person, now=now)
    return follow(session, submission, now=now)


def _form(
    slug: str, *, problem: Problem | None = None, checked: Checked | None = None
) -> ResponseReturnValue:
    now, platform = current.opened_at(), current.platform()
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        place = place_of(session, challenge, person=current.user(), now=now)
        team_id = place.team.id if place.team else 0
        under_way = open_submissions(session, team_id=team_id)
        known = sent_weights(session, team_id=team_id)
    asked = challenge.definition.submission
    page = render_template(
        "submissions/submit.html",
        challenge=challenge,
        place=place,
        phases=[phase for phase in challenge.definition.phases if is_open(phase, at=now)],
        problem=problem,
        checked=checked,
        under_way=under_way,
        example=example(platform.store, challenge) if place.accepted and asked.columns else "",
        most={kind: most_bytes(challenge, kind=Kind(kind)) for kind in asked.kinds},
        in_parts=_in_parts(challenge),
        most_weights=most_weights(challenge),
        whole_weights=most_weights(challenge, in_parts=False),
        known_weights=known,
        part_bytes=large_uploads.PART_BYTES,
        wanted_kind=_wanted_kind(challenge),
        form_key=secrets.token_hex(reception.FORM_KEY_LENGTH // 2),
        source_bytes=SOURCE_BYTES,
    )
    return page, problem.status if problem else HTTPStatus.OK


def _wanted_kind(challenge: PublishedChallenge) -> str:
    """Give the kind that the form shows: the one that was sent, else the first that is taken."""
    taken, sent = challenge.definition.submission.kinds, request.form.get("kind", "")
    return sent if sent in taken else taken[0]


def _in_parts(challenge: PublishedChallenge) -> dict[str, int]:
    """Give how large a file of a kind may be that is sent in parts; 0 of one that is sent whole."""
    most = most_bytes(challenge, kind=Kind.CONTAINER, in_parts=True)
    kinds = map(Kind, challenge.definition.submission.kinds)
    return {kind: most if kind is Kind.CONTAINER else 0 for kind in kinds}


def _selection(challenge: PublishedChallenge) -> Selection:
    """Read how a list is filtered and sorted; raise InvalidInput naming what there is."""
    state, phase = request.args.get("state"), request.args.get("phase")
    order = request.args.get("sort") or Order.NEWEST
    for given, known in ((state, State), (order, Order)):
        if given and given not in set(known):
            raise InvalidInput(
                "there is no {given!r}; there is {known}", given=given[:20], known=", ".join(known)
            )
    if phase:
        challenge.definition.phase(phase)
    return Selection(state=State(state) if state else None, phase=phase or None, order=Order(order))


def _states(session: Session, *, team_id: int) -> str:
    """Write the states of a team's open submissions; a list without any is settled."""
    found = open_submissions(session, team_id=team_id)
    states = {submission.id: submission.state for submission in found}
    return json.dumps({"open": states, "settled": not states})


def _followed(document: str) -> Response:
    """Answer those who ask again and again: 304 while the document is the same."""
    response = Response(document, mimetype="application/json")
    return conditional(response, etag=_digest(document))


def _digest(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()[:32]


def _csv(content: bytes, *, name: str) -> Response:
    return attached(Response(content, mimetype="text/csv"), name=name)
