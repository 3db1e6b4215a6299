"""A platform that answers the API with canned documents, over real HTTP on the loopback."""

import base64
import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from challenge_platform.core.receipt import canonical, key_id, public_key_text

TOKEN = "chp_1_secret"  # noqa: S105 -- of a platform that lives for one test
SLUG = "nafld-progression"
SUBMISSION_ID = "0f3c9a1d6b5e4c7f8a9b0c1d2e3f4a5b"
TEST_CSV = b"patient_id,age\np1,50\np2,61\np3,43\n"
VALID = b"patient_id,risk_event,risk_death\np1,0.1,0.2\np2,0.3,0.4\np3,0.5,0.6\n"
RECEIPT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server sends; `lost` closes the connection instead."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the server was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def document(value: object, /, *, status: int = 200) -> Answer:
    """Give an answer with a JSON document."""
    body = json.dumps(value).encode()
    return Answer(body=body, status=status, headers={"Content-Type": "application/json"})


def problem(status: int, code: str, detail: str, /, **more: object) -> Answer:
    """Give a refusal."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    return document({**body, **more}, status=status)


LOST = Answer(lost=True)


def score(key: str, value: float | None, /, *, primary: bool = False) -> dict[str, Any]:
    """Give a score with an interval of 0.04 to both sides."""
    return {
        "key": key,
        "primary": primary,
        "direction": "maximize",
        "value": value,
        "low": None if value is None else round(value - 0.04, 4),
        "high": None if value is None else round(value + 0.04, 4),
        "undefined": "no_comparable_pairs" if value is None else None,
    }


PHASE = {
    "key": "development",
    "opens": "2026-01-01T00:00:00+01:00",
    "closes": "2030-12-01T09:00:00+00:00",
    "open": True,
    "board": "public",
    "limit": {"n": 5, "per_seconds": 86400.0},
}
SUMMARY = {
    "slug": SLUG,
    "title": {"en": "Outcomes in NAFLD", "fr": "Devenir des patients"},
    "phases": [PHASE],
    "agreement_version": "2026-01",
}
QUOTA = {"limit": 5, "used": 1, "remaining": 4, "next_slot": None}
SUBMISSION = {
    "id": SUBMISSION_ID,
    "challenge": SLUG,
    "phase": "development",
    "kind": "predictions",
    "team": "Ada",
    "filename": "predictions.csv",
    "size": len(VALID),
    "sha256": hashlib.sha256(VALID).hexdigest(),
    "weights": None,
    "message": "age alone",
    "state": "scored",
    "reason": {"code": "complete", "fault": "nobody", "message": "scored"},
    "position": None,
    "eta_seconds": None,
    "scores": [score("score", 0.7312, primary=True), score("c_event", 0.71)],
    "scored_with": {
        "version": 2,
        "definition": "d" * 64,
        "truth": "e" * 64,
        "scorer": "scorers 0.1.0",
        "image": "sha256:" + "f" * 64,
    },
    "timings": {"queued_seconds": 0.1, "run_seconds": 0.3, "total_seconds": 0.4},
    "received_at": "2026-11-22T02:31:00+00:00",
    "started_at": "2026-11-22T02:31:01+00:00",
    "finished_at": "2026-11-22T02:31:02+00:00",
    "receipt": True,
}


def report(submission: Mapping[str, Any], /) -> dict[str, Any]:
    """Give one submission as its own address does, with subgroups if it was scored."""
    parts = [("female", 0.71), ("male", 0.75)] if submission["scores"] else []
    return {
        **submission,
        "report_board": "public",
        "subgroups": [
            {"column": "sex", "value": value, "units": 350, "scores": [score("c_event", told)]}
            for value, told in parts
        ],
        "pictures": [],
        "stages": [],
        "log": None,
        "problems": [],
    }


def challenge_document(files: Mapping[str, bytes], /) -> dict[str, Any]:
    """Give the whole challenge, with these public files."""
    submission = {
        "kinds": ["predictions"],
        "file": "predictions.csv",
        "ids": "test.csv",
        "id": "patient_id",
        "columns": {"risk_event": {"type": "float"}, "risk_death": {"type": "float"}},
        "max_bytes": 1000,
    }
    return {
        **SUMMARY,
        "joined": True,
        "team": "Ada",
        "quota": {"development": QUOTA},
        "submission": submission,
        "metrics": [
            {
                "key": "score",
                "metric": "weighted_sum",
                "primary": True,
                "direction": "maximize",
                "params": {"c_event": 1.0},
            },
        ],
        "files": [
            {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
        "agreement": {
            "version": "2026-01",
            "text": {"en": "You shall not redistribute.", "fr": "Ne pas redistribuer."},
            "sha256": "0" * 64,
        },
        "definition": {
            "slug": SLUG,
            "data": {"unit": "patient_id", "split": "usage"},
            "submission": submission,
            "scoring": {
                "metrics": [
                    {
                        "key": "brier",
                        "metric": "brier",
                        "params": {"label": "death", "probability": "risk_death"},
                        "primary": True,
                    }
                ]
            },
        },
        "version": "1" * 64,
    }


def standing(rank: int | None, team: str, value: float, /) -> dict[str, Any]:
    """Give a line of the leaderboard; without a rank it is a baseline."""
    return {
        "rank": rank,
        "rank_low": rank,
        "rank_high": rank and rank + 2,
        "first": rank and 0.6,
        "group": rank and 1,
        "team": team,
        "state": "ranked" if rank else "baseline",
        "reason": None,
        "baseline": rank is None,
        "scores": [score("score", value, primary=True), score("c_event", value)],
        "comparisons": [],
        "entries": 12,
        "last_submission": "2026-11-22T02:31:00+00:00",
    }


LEADERBOARD: dict[str, Any] = {
    "challenge": SLUG,
    "phase": "development",
    "board": "public",
    "number": 7,
    "digest": "2" * 64,
    "built_at": "2026-11-22T02:32:00+00:00",
    "version": "1" * 64,
    "permalink": f"/challenges/{SLUG}/leaderboard/development/public/2026-11-22-7",
    "judged": {"unit": "patient_id", "units": 120, "events": {"score": None, "c_event": 31}},
    "groups": [{"group": 1, "head": "Ada", "teams": 1}],
    "comparisons": [
        {
            "team": "Ada",
            "other": "Age alone",
            "difference": 0.1312,
            "low": -0.01,
            "high": 0.1712,
            "p": 0.081,
        }
    ],
    "significance": None,
    "robustness": [],
    "total": 2,
    "page": 1,
    "rows": [standing(1, "Ada", 0.7312), standing(None, "Age alone", 0.6)],
}
RECEIPT_PAYLOAD = {
    "schema": "receipt/1",
    "platform": "https://challenge.example.org",
    "challenge": {"slug": SLUG, "version": "1" * 64},
    "phase": "development",
    "team": "Ada",
    "submission": SUBMISSION_ID,
    "artifact": {"sha256": hashlib.sha256(VALID).hexdigest(), "bytes": len(VALID)},
    "times": {"opened": "t0", "received": "t1", "scored": "t2"},
    "scores": [score("score", 0.7312, primary=True)],
    "protect": "none",
    "private": {"sealed_sha256": "3" * 64},
    "truth": {"commitment": "4" * 64},
    "scorer": {"name": "scorers", "version": "0.1.0", "image": "sha256:5"},
    "environment": {"python": "3.11"},
    "reproducibility": "same-bytes",
}


def signed_receipt() -> dict[str, Any]:
    """Give a genuine receipt."""
    public = RECEIPT_KEY.public_key().public_bytes_raw()
    signature = RECEIPT_KEY.sign(canonical(RECEIPT_PAYLOAD))
    return {
        "payload": RECEIPT_PAYLOAD,
        "signature": base64.b64encode(signature).decode(),
        "key": key_id(public),
        "algorithm": "Ed25519",
    }


def _receipt_key() -> Document:
    public = RECEIPT_KEY.public_key().public_bytes_raw()
    return {
        "algorithm": "Ed25519",
        "key": key_id(public),
        "public_key": base64.b64encode(public).decode(),
        "pem": public_key_text(public),
    }


@dataclass
class FakeApi:
    """The server's memory: what it answers by default, what a test wants next, what it was sent."""

    url: str = ""
    files: dict[str, bytes] = field(
        default_factory=lambda: {"train.csv": b"patient_id\n" * 30_000, "test.csv": TEST_CSV}
    )
    requests: list[Request] = field(default_factory=list)
    _next: dict[tuple[str, str], deque[Answer]] = field(default_factory=dict)

    def then(self, method: str, path: str, /, *answers: Answer) -> None:
        """Answer the next requests so, each of them once and the last one from then on."""
        self._next[method, path] = deque(answers)

    def sent(self, method: str, path: str, /) -> list[Request]:
        """List the requests to one address."""
        return [each for each in self.requests if (each.method, each.path) == (method, path)]

    def answer(self, request: Request, /) -> Answer:
        """Give the answer that a test asked for, else the default one."""
        planned = self._next.get((request.method, request.path))
        if planned:
            return planned.popleft() if len(planned) > 1 else planned[0]
        defaults = self._defaults()
        if (request.method, request.path) in defaults:
            return defaults[request.method, request.path](request)
        return problem(404, "not_found", f"there is nothing at {request.path}")

    def _defaults(self) -> dict[tuple[str, str], Callable[[Request], Answer]]:
        challenge = challenge_document(self.files)
        one, mine = f"/api/v1/challenges/{SLUG}", f"/api/v1/submissions/{SUBMISSION_ID}"
        canned: dict[tuple[str, str], object] = {
            ("GET", "/api/v1/challenges"): {"challenges": [SUMMARY]},
            ("GET", one): challenge,
            ("POST", f"{one}/join"): {"team": "Ada"},
            ("GET", f"{one}/submissions"): {"submissions": [SUBMISSION]},
            ("GET", f"{one}/leaderboard"): LEADERBOARD,
            ("GET", mine): report(SUBMISSION),
            ("POST", f"{mine}/cancel"): {**SUBMISSION, "state": "cancelled", "scores": []},
            ("GET", f"{mine}/receipt"): signed_receipt(),
            ("GET", "/api/v1/receipt-key"): _receipt_key(),
        }
        answers: dict[tuple[str, str], Callable[[Request], Answer]] = {
            key: lambda _request, value=value: document(value)  # type: ignore[misc]  # mypy cannot type a lambda's default
            for key, value in canned.items()
        }
        answers["GET", "/api/v1/me"] = _me
        answers["POST", f"{one}/submissions"] = lambda _request: document(
            {"id": SUBMISSION_ID, "state": "queued", "quota": QUOTA}, status=201
        )
        for name, content in self.files.items():
            answers["GET", f"{one}/files/{name}"] = _file(content)
        return answers


def _me(request: Request) -> Answer:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return problem(401, "not_authenticated", "this token is not valid, or no longer")
    return document({"name": "Ada", "email": "ada@example.org", "role": "participant"})


def _file(content: bytes) -> Callable[[Request], Answer]:
    """Serve a file, from the byte on that a Range header asks for."""

    def answer(request: Request) -> Answer:
        start = request.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        part = content[int(start) :]
        return Answer(body=part, status=206 if int(start) else 200)

    return answer


@contextmanager
def serving(api: FakeApi, /) -> Iterator[FakeApi]:
    """Run the server on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            chunked = self.headers.get("Transfer-Encoding") == "chunked"
            assert not chunked, "the client must announce the length of a body"
            path, _, query = self.path.partition("?")
            request = Request(
                method=self.command,
                path=path,
                query=query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            api.requests.append(request)
            answer = api.answer(request)
            if answer.lost:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = _handle  # noqa: N815 -- the names that http.server calls

        def log_message(self, *_args: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
