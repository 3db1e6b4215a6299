"""Answers that a browser keeps as a file instead of showing them."""

from flask import Response
from werkzeug.http import dump_options_header


def attached(content: Response, /, *, name: str) -> Response:
    """Have an answer kept under a name."""
    disposition = dump_options_header("attachment", {"filename": name})
    content.headers["Content-Disposition"] = disposition
    return content
