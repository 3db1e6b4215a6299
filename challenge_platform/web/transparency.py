"""What a reader, or a program, must know of a challenge to trust its result and find its data."""

import json

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from challenge_platform.core import bias, croissant
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.local_text import LocalText
from challenge_platform.web import current
from challenge_platform.web.language import current_language, translated

pages = Blueprint("transparency", __name__)


@pages.app_template_filter()
def answered(answer: bias.Answer) -> str:
    """Give an answer as Markdown in the reader's language."""
    if isinstance(answer, LocalText):
        return answer.get(current_language())
    return translated(answer)


@pages.get("/challenges/<slug:slug>/transparency")
def show(slug: str) -> ResponseReturnValue:
    """Answer the questions of the BIAS statement, and list those that nobody answered."""
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
    chapters = bias.report(challenge.definition, files=challenge.files)
    return render_template(
        "challenges/transparency.html",
        challenge=challenge,
        chapters=chapters,
        unanswered=bias.unanswered(chapters),
    )


@pages.get("/challenges/<slug:slug>/croissant.json")
def describe_files(slug: str) -> Response:
    """Describe the public files in Croissant, for catalogues and programs that load data."""
    platform = current.platform()
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
    document = croissant.described(
        challenge, store=platform.store, public_url=platform.settings.public_url
    )
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return Response(text, mimetype=croissant.MEDIA_TYPE)
