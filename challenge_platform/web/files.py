"""Sending a challenge's public files, each or all at once."""

from flask import Response

from challenge_platform.core import team
from challenge_platform.core.account import User
from challenge_platform.core.challenge import find_challenge
from challenge_platform.web import current
from challenge_platform.web.archive import zipped
from challenge_platform.web.attachment import attached
from challenge_platform.web.freshness import conditional


def send_public_file(slug: str, name: str, /, *, person: User) -> Response:
    """Stream a public file as an attachment; raise what `team.hand_out` raises."""
    platform = current.platform()
    with platform.database.writing() as session:
        file = team.hand_out(
            session,
            find_challenge(session, slug),
            name,
            user=person,
            now=current.opened_at(),
        )
    response = Response(platform.store.stream(file.digest), mimetype="application/octet-stream")
    response.content_length = file.size
    return conditional(attached(response, name=file.name), etag=file.digest, size=file.size)


def send_public_files(slug: str, /, *, person: User) -> Response:
    """Stream all public files as one archive; raise what `team.hand_out` raises."""
    platform = current.platform()
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        files = [
            team.hand_out(session, challenge, file.name, user=person, now=current.opened_at())
            for file in challenge.files
        ]
    archive = zipped(platform.store, files, folder=slug)
    return attached(Response(archive, mimetype="application/zip"), name=f"{slug}.zip")
