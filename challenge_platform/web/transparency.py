"""The page that says of a challenge what a reader must know to trust its result."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from challenge_platform.core import bias
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
