"""The page that explains the platform to those who take part, in their language."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from challenge_platform.web import current

pages = Blueprint("help", __name__)


@pages.get("/help")
def page() -> ResponseReturnValue:
    """Explain everything, each section under an address of its own."""
    return render_template("help/page.html", settings=current.platform().settings)
