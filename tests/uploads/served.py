"""A challenge that takes predictions and code as large as the hostile files are, and its form."""

from pathlib import Path

from tests.changed import changed_challenge

CHANGES = {
    "  kinds: [predictions]\n": "  kinds: [predictions, code]\n",
    "  max_bytes: 100kB\n": "  max_bytes: 10MB\n",
    "limit: {n: 5, per: 24h}, concurrent: 5": "limit: {n: 500, per: 24h}, concurrent: 500",
    "submission:\n": "program: {runtime: python, max_bytes: 10MB}\nsubmission:\n",
}
"""What is changed in the tiny challenge, whose ids and columns the corpus is made for."""


def challenge_folder(above: Path, /) -> Path:
    """Make the folder of the challenge, under the name of the tiny one."""
    return changed_challenge(above, CHANGES)


def form(content: bytes, /, *, kind: str) -> dict[str, str | bytes]:
    """Give the body and the type of a submission's form.

    A test client would make it by way of a temporary file that it never closes.
    """
    mark = b"-------------------------------a-line-of-no-file"
    head = b'--%b\r\nContent-Disposition: form-data; name="%b"'
    parts = (
        head % (mark, b"kind") + b"\r\n\r\n" + kind.encode(),
        head % (mark, b"file") + b'; filename="file"\r\n\r\n' + content,
        b"--%b--\r\n" % mark,
    )
    return {
        "data": b"\r\n".join(parts),
        "content_type": f"multipart/form-data; boundary={mark.decode()}",
    }
