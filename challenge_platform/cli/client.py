"""The client of the platform's HTTP API: typed documents in, the platform's own errors out."""

import base64
import difflib
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from importlib.metadata import version
from types import TracebackType
from typing import Any, BinaryIO, Self, cast
from urllib.parse import quote

import httpx

from challenge_platform.cli import documents
from challenge_platform.cli.exits import PlatformFault
from challenge_platform.cli.problem import error_of
from challenge_platform.errors import NotFound

PAUSES = (0.2, 0.6, 2.0)
"""Seconds before each new attempt, when the connection was lost or a proxy had no server."""

TIMEOUT = httpx.Timeout(120, connect=10)  # an upload is answered after it was checked
LARGE = httpx.Timeout(900, connect=10)  # or after gigabytes were fetched and checked
TEMPORARY = {
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
TUS = {"Tus-Resumable": "1.0.0"}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Form = Mapping[str, str]


class Client:
    """A connection to one platform; each method is one call and gives its document.

    Raises the errors of `challenge_platform.errors`, PlatformFault and TooManyRequests.
    """

    def __init__(self, url: str, /, *, token: str | None, pauses: Sequence[float] = PAUSES) -> None:
        self.url = url
        self._pauses = pauses
        headers = {"Accept": "application/json", "User-Agent": _user_agent()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        # A proxy for the internet cannot know what runs on this machine.
        direct: dict[str, httpx.BaseTransport | None] = {f"all://{host}": None for host in LOOPBACK}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT, mounts=direct)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def me(self) -> documents.Me:
        """Tell who the token belongs to."""
        return cast("documents.Me", self._get(_address("me")))

    def challenges(self) -> list[documents.ChallengeSummary]:
        """List the challenges."""
        found = self._get(_address("challenges"))["challenges"]
        return cast("list[documents.ChallengeSummary]", found)

    def challenge(self, slug: str, /) -> documents.Challenge:
        """Give one challenge, with the caller's team and quota."""
        with self._suggesting(slug):
            return cast("documents.Challenge", self._get(_address("challenges", slug)))

    def join(self, slug: str, /, *, agreement_version: str) -> str:
        """Accept the agreement in this version; give the name of the team."""
        body = {"agreement_version": agreement_version}
        with self._suggesting(slug):
            # To accept the same agreement twice is to accept it, so this may be repeated.
            answer = self._post(_address("challenges", slug, "join"), body=body)
        return str(answer["team"])

    def submit(
        self,
        slug: str,
        file: BinaryIO | None,
        /,
        *,
        filename: str = "",
        form: Form,
        idempotency_key: str,
        source: tuple[str, bytes] | None = None,
    ) -> documents.Accepted:
        """Upload a file; the key lets a lost connection be retried without a second submission.

        Without one, the form names an upload that arrived in parts, or an image in a registry.
        """
        files: dict[str, tuple[str, BinaryIO | bytes]] = {"source": source} if source else {}
        if file is not None:
            files["file"] = (filename, file)

        def build() -> httpx.Request:
            # httpx goes back to the file's start, so each attempt sends all of it.
            return self._http.build_request(
                "POST",
                _address("challenges", slug, "submissions"),
                data=dict(form),
                files=files,
                headers={"Idempotency-Key": idempotency_key},
                timeout=TIMEOUT if file else LARGE,
            )

        with self._suggesting(slug):
            return cast("documents.Accepted", self._json(self._send(build)))

    def begin_upload(self, slug: str, /, *, size: int, metadata: Form) -> str:
        """Begin an upload in parts; give its id."""
        sent = ",".join(f"{key} {_base64(text)}" for key, text in metadata.items())
        headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": sent}
        path = _address("challenges", slug, "uploads")
        with self._suggesting(slug):
            answer = self._send(lambda: self._http.build_request("POST", path, headers=headers))
        return str(answer.headers.get("Location", "")).rpartition("/")[2]

    def upload_offset(self, upload_id: str, /) -> int:
        """Ask how many bytes of an upload have arrived."""
        path = _address("uploads", upload_id)
        answer = self._send(lambda: self._http.build_request("HEAD", path, headers=TUS))
        return int(answer.headers["Upload-Offset"])

    def send_part(self, upload_id: str, content: bytes, /, *, offset: int) -> int:
        """Send a part of an upload, checked by its digest; give how many bytes have arrived."""
        headers = TUS | {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {_base64(hashlib.sha256(content).digest())}",
        }
        path = _address("uploads", upload_id)
        answer = self._send(
            lambda: self._http.build_request("PATCH", path, headers=headers, content=content)
        )
        return int(answer.headers["Upload-Offset"])

    def submissions(self, slug: str, /) -> list[documents.Submission]:
        """List the submissions of the caller's team, the newest first."""
        with self._suggesting(slug):
            found = self._get(_address("challenges", slug, "submissions"))["submissions"]
        return cast("list[documents.Submission]", found)

    def submission(self, submission_id: str, /) -> documents.SubmissionReport:
        """Give one submission."""
        found = self._get(_address("submissions", submission_id))
        return cast("documents.SubmissionReport", found)

    def cancel(self, submission_id: str, /) -> documents.Submission:
        """Cancel a submission that has not ended."""
        answer = self._post(_address("submissions", submission_id, "cancel"), body={})
        return cast("documents.Submission", answer)

    def leaderboard(
        self, slug: str, /, *, phase: str | None, board: str | None, page: int
    ) -> documents.Leaderboard:
        """Give one page of a board; the platform chooses the phase and board not named."""
        query = {"phase": phase, "board": board, "page": str(page)}
        given = {name: value for name, value in query.items() if value is not None}
        with self._suggesting(slug):
            answer = self._get(_address("challenges", slug, "leaderboard"), query=given)
        return cast("documents.Leaderboard", answer)

    def receipt(self, submission_id: str, /) -> bytes:
        """Give the receipt of a scored submission, as the platform wrote it."""
        return self._send(self._getter(_address("submissions", submission_id, "receipt"))).content

    def receipt_key(self) -> documents.ReceiptKey:
        """Give the public key that verifies this platform's receipts."""
        return cast("documents.ReceiptKey", self._get(_address("receipt-key")))

    @contextmanager
    def download(
        self, slug: str, name: str, /, *, skip: int, etag: str
    ) -> Iterator[httpx.Response]:
        """Stream a public file; a platform that can leaves out the first `skip` bytes (206)."""
        headers = {"Accept-Encoding": "identity"}  # a part of a compressed file is of no use
        if skip:
            headers |= {"Range": f"bytes={skip}-", "If-Range": f'"{etag}"'}
        path = _address("challenges", slug, "files", *name.split("/"))
        response = self._send(self._getter(path, headers=headers), stream=True)
        try:
            yield response
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise PlatformFault(
                f"the connection was lost during {name} ({reason}); run the command again, "
                "it goes on where it stopped"
            ) from error
        finally:
            response.close()

    def _get(self, path: str, *, query: Form | None = None) -> dict[str, Any]:
        return self._json(self._send(self._getter(path, query=query)))

    def _post(self, path: str, *, body: Form) -> dict[str, Any]:
        return self._json(
            self._send(lambda: self._http.build_request("POST", path, json=dict(body)))
        )

    def _getter(
        self, path: str, *, query: Form | None = None, headers: Form | None = None
    ) -> Callable[[], httpx.Request]:
        return lambda: self._http.build_request(
            "GET", path, params=dict(query or {}), headers=dict(headers or {})
        )

    def _send(self, build: Callable[[], httpx.Request], *, stream: bool = False) -> httpx.Response:
        """Send a request that may be repeated; raise the error its last answer stands for."""
        for pause in (*self._pauses, None):
            try:
                response = self._http.send(build(), stream=stream)
            except httpx.TransportError as error:
                if pause is None:
                    raise _unreachable(self.url, error) from error
            else:
                if response.status_code not in TEMPORARY or pause is None:
                    return self._checked(response)
                response.close()
            time.sleep(pause)
        raise AssertionError  # pragma: no cover - the last round returns or raises

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_redirect:
            raise PlatformFault(
                f"{self.url} has moved to {response.headers['Location']}; give the new address "
                "with `challenge auth login` or --url"
            )
        if response.is_error:
            response.read()
            raise error_of(response)
        return response

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            document = response.json()
        except json.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise PlatformFault(
                f"{response.request.url} did not answer as a challenge platform does; "
                "check the address (`challenge auth status`, --url)"
            )
        return document

    @contextmanager
    def _suggesting(self, slug: str) -> Iterator[None]:
        """Add the challenge that was probably meant to a NotFound."""
        try:
            yield
        except NotFound as error:
            slugs = [challenge["slug"] for challenge in self.challenges()]
            if slug in slugs or "did you mean" in str(error):
                raise
            near = difflib.get_close_matches(slug, slugs, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(slugs)}"
            raise NotFound(f"there is no challenge {slug!r}; {hint}") from error


def _address(*parts: str) -> str:
    """Give the path of a thing in the API; what a person typed cannot lead elsewhere."""
    return "/".join(["/api/v1", *(quote(part, safe="") for part in parts)])


def _base64(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def _unreachable(url: str, error: httpx.TransportError) -> PlatformFault:
    reason = str(error) or type(error).__name__
    return PlatformFault(f"{url} cannot be reached ({reason}); check the address and the network")


def _user_agent() -> str:
    """Name this program and its version, so that a platform can tell when it is too old."""
    return f"challenge/{version('challenge-platform')} Python/{platform.python_version()}"
