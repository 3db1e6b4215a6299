"""The tables of access: what each persona gets from every route, as the tests hold it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from tests.conftest import PASSWORD
from tests.web.conftest import predictions
from tests.web.personas import PERSONAS


@dataclass(frozen=True)
class Access:
    """The status for each persona, in their order, and what a POST sends.

    The last two may be left out: a team-mate then gets what the owner gets; the banned gets what
    anybody without an account gets from a page, and is told with 401 that the token is refused.
    """

    statuses: tuple[int, ...]
    data: Mapping[str, object] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    mate: int | None = None
    banned: int | None = None

    def by_persona(self, path: str, /) -> dict[str, int]:
        """Give the status for each persona by name."""
        anonymous, *_, owner = self.statuses
        mate = owner if self.mate is None else self.mate
        refused = HTTPStatus.UNAUTHORIZED if path.startswith("/api/v1") else anonymous
        banned = refused if self.banned is None else self.banned
        return dict(zip(PERSONAS, (*self.statuses, mate, banned), strict=True))


def everybody(status: int, data: Mapping[str, object] | None = None) -> Access:
    """Give the access of what is for anybody."""
    return Access((status,) * len(PERSONAS[:-2]), data or {}, banned=status)


LOGGED_IN = Access((303, 200, 200, 200, 200))
OF_THE_TEAM = Access((303, 404, 404, 200, 200))
UPLOAD = {"file": predictions()}
AGREED = {"agreement_version": "1"}

STATES = "/challenges/<slug:slug>/leaderboard/<key:phase>/<any(public, private):board>"
MATRIX: dict[tuple[str, str], Access] = {
    # Pages.
    ("GET", "/"): everybody(200),
    ("GET", "/challenges/<slug:slug>"): everybody(200),
    ("GET", "/challenges/<slug:slug>/data"): everybody(200),
    ("GET", "/challenges/<slug:slug>/evaluation"): everybody(404),
    ("GET", "/challenges/<slug:slug>/rules"): everybody(200),
    ("GET", "/challenges/<slug:slug>/transparency"): everybody(200),
    ("GET", "/challenges/<slug:slug>/croissant.json"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard.csv"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard.json"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard/report"): everybody(200),
    ("GET", STATES): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard/<key:phase>/final.csv"): everybody(404),
    ("GET", f"{STATES}/<state:name>"): everybody(200),
    ("GET", f"{STATES}/<state:name>.csv"): everybody(200),
    ("GET", f"{STATES}/<state:name>.json"): everybody(200),
    ("GET", "/challenges/<slug:slug>/files/<file:name>"): Access((303, 403, 200, 200, 200)),
    ("GET", "/challenges/<slug:slug>/files.zip"): Access((303, 403, 200, 200, 200)),
    ("POST", "/challenges/<slug:slug>/join"): Access((303, 303, 303, 303, 303), AGREED),
    ("GET", "/challenges/<slug:slug>/submit"): LOGGED_IN,
    ("POST", "/challenges/<slug:slug>/submit"): Access((303, 403, 303, 403, 303), UPLOAD),
    # Large uploads, by a protocol that is not spoken here; nobody has one under way.
    ("POST", "/challenges/<slug:slug>/uploads"): Access((303, 412, 412, 412, 412)),
    ("GET", "/uploads/<hex:id_>"): Access((303, 404, 404, 404, 404)),
    ("PATCH", "/uploads/<hex:id_>"): Access((303, 404, 404, 404, 404)),
    ("DELETE", "/uploads/<hex:id_>"): Access((303, 404, 404, 404, 404)),
    ("GET", "/challenges/<slug:slug>/submissions"): LOGGED_IN,
    ("GET", "/challenges/<slug:slug>/submissions.csv"): LOGGED_IN,
    ("GET", "/challenges/<slug:slug>/submissions.json"): LOGGED_IN,
    ("GET", "/challenges/<slug:slug>/template.csv"): Access((303, 403, 200, 200, 200)),
    ("GET", "/challenges/<slug:slug>/team"): LOGGED_IN,
    ("POST", "/challenges/<slug:slug>/team/invitations"): Access((303, 403, 201, 403, 409)),
    ("POST", "/challenges/<slug:slug>/team/invitations/<id_>/withdraw"): Access(
        (303, 403, 404, 403, 404)
    ),
    ("GET", "/challenges/<slug:slug>/team/join/<secret>"): Access((303, 404, 404, 404, 404)),
    ("POST", "/challenges/<slug:slug>/team/join/<secret>"): Access((303, 404, 404, 404, 404)),
    ("POST", "/challenges/<slug:slug>/team/leave"): Access((303, 403, 409, 403, 409)),
    ("POST", "/challenges/<slug:slug>/team/withdraw"): Access((303, 422, 422, 422, 422)),
    ("GET", "/submissions/<hex:id_>"): OF_THE_TEAM,
    ("GET", "/submissions/<hex:id_>/report"): OF_THE_TEAM,
    ("GET", "/submissions/<hex:id_>/state.json"): OF_THE_TEAM,
    ("GET", "/submissions/<hex:id_>/receipt"): OF_THE_TEAM,
    ("POST", "/submissions/<hex:id_>/cancel"): Access((303, 404, 404, 404, 409)),
    ("GET", "/help"): everybody(200),
    ("GET", "/dashboard"): LOGGED_IN,
    ("POST", "/dashboard/seen"): Access((303,) * 5, {"until": "2026-11-22T12:00:00+00:00"}),
    ("GET", "/profile/preferences"): LOGGED_IN,
    ("POST", "/profile/preferences"): Access((303,) * 5, {"timezone": "Europe/Paris"}),
    ("GET", "/profile"): LOGGED_IN,
    ("POST", "/profile/tokens"): Access((303, 201, 201, 201, 201), {"name": "laptop"}),
    ("GET", "/profile/tokens"): LOGGED_IN,
    ("POST", "/profile/tokens/<hex:id_>/revoke"): Access((303, 404, 404, 404, 303), mate=404),
    ("POST", "/profile/sessions/<hex:id_>/end"): Access((303, 404, 404, 404, 303), mate=404),
    ("POST", "/profile/sessions/end-others"): Access((303, 303, 303, 303, 303)),
    # Accounts: who is logged in is led away from the log-in and registration pages.
    ("GET", "/login"): Access((200, 302, 302, 302, 302)),
    ("POST", "/login"): Access((200, 302, 302, 302, 302)),
    ("GET", "/register"): Access((200, 302, 302, 302, 302)),
    ("POST", "/register"): Access((200, 302, 302, 302, 302)),
    ("POST", "/logout"): everybody(302),
    ("GET", "/profile/password"): LOGGED_IN,
    ("POST", "/profile/password"): LOGGED_IN,
    ("GET", "/profile/email"): LOGGED_IN,
    ("POST", "/profile/email"): LOGGED_IN,
    ("GET", "/profile/email/<token>"): everybody(302),
    ("GET", "/login/again"): LOGGED_IN,
    ("POST", "/login/again"): LOGGED_IN,
    ("GET", "/recover"): everybody(200),
    ("POST", "/recover"): everybody(200),
    ("GET", "/recover/<token>"): everybody(302),
    ("POST", "/recover/<token>"): everybody(302),
    ("GET", "/recovery/<key>"): everybody(303),
    # The second factor, which nobody here has: whoever was not asked for a code is led away.
    ("GET", "/profile/second-factor"): LOGGED_IN,
    ("POST", "/profile/second-factor"): LOGGED_IN,
    ("POST", "/profile/second-factor/<token>"): Access((303, 302, 302, 302, 302)),
    ("GET", "/profile/recovery-codes"): LOGGED_IN,
    ("POST", "/profile/recovery-codes"): LOGGED_IN,
    ("GET", "/login/code"): everybody(302),
    ("POST", "/login/code"): everybody(302),
    ("GET", "/login/lost-code"): everybody(302),
    ("POST", "/login/lost-code"): everybody(302),
    ("GET", "/login/second-factor"): everybody(302),
    ("POST", "/login/second-factor"): everybody(302),
    ("GET", "/login/recovery-code"): everybody(302),
    ("POST", "/login/recovery-code"): everybody(302),
    # Logging in by a provider: nobody here has come back from it just now.
    ("GET", "/login/openid"): everybody(302),
    ("GET", "/login/openid/callback"): everybody(400),
    ("GET", "/login/openid/name"): everybody(400),
    ("POST", "/login/openid/name"): everybody(400, {"name": "Ada of {persona}"}),
    ("GET", "/login/openid/link"): everybody(400),
    ("POST", "/login/openid/link"): everybody(400, {"password": PASSWORD}),
    ("GET", "/profile/openid"): LOGGED_IN,
    ("POST", "/profile/openid/unlink"): Access(
        (303, 404, 404, 404, 303), {"issuer": "{issuer}"}, mate=404
    ),
    # One's own data. What is sent confirms nothing, so that nobody is deleted here.
    ("GET", "/profile/data"): LOGGED_IN,
    ("POST", "/profile/data"): Access((303, 200, 200, 200, 200)),
    ("GET", "/profile/delete"): LOGGED_IN,
    ("POST", "/profile/delete"): Access((303, 422, 422, 403, 422)),
    # For programs and operators.
    ("GET", "/openapi.json"): everybody(200),
    ("GET", "/api-reference"): everybody(200),
    ("GET", "/healthz"): everybody(200),
    ("GET", "/readyz"): everybody(200),
    ("GET", "/metrics"): everybody(200),
    ("GET", "/static/<path:filename>"): everybody(200),
    # The API.
    ("GET", "/api/v1/me"): Access((401, 200, 200, 200, 200)),
    ("GET", "/api/v1/receipt-key"): everybody(200),
    ("GET", "/api/v1/challenges"): everybody(200),
    ("GET", "/api/v1/challenges/<slug:slug>"): Access((200, 200, 200, 200, 200)),
    ("GET", "/api/v1/challenges/<slug:slug>/leaderboard"): everybody(200),
    ("GET", "/api/v1/challenges/<slug:slug>/final"): everybody(404),
    ("GET", "/api/v1/challenges/<slug:slug>/files/<file:name>"): Access((401, 403, 200, 200, 200)),
    ("POST", "/api/v1/challenges/<slug:slug>/join"): Access((401, 200, 200, 200, 200), json=AGREED),
    ("POST", "/api/v1/challenges/<slug:slug>/validate"): Access((401, 403, 200, 200, 200), UPLOAD),
    ("POST", "/api/v1/challenges/<slug:slug>/submissions"): Access(
        (401, 403, 201, 403, 201), UPLOAD
    ),
    ("GET", "/api/v1/challenges/<slug:slug>/submissions"): Access((401, 200, 200, 200, 200)),
    # Large uploads, by a protocol that is not spoken here; nobody has one under way.
    ("POST", "/api/v1/challenges/<slug:slug>/uploads"): Access((401, 412, 412, 412, 412)),
    ("GET", "/api/v1/uploads/<hex:id>"): Access((401, 404, 404, 404, 404)),
    ("PATCH", "/api/v1/uploads/<hex:id>"): Access((401, 404, 404, 404, 404)),
    ("DELETE", "/api/v1/uploads/<hex:id>"): Access((401, 404, 404, 404, 404)),
    ("GET", "/api/v1/submissions/<hex:id>"): Access((401, 404, 404, 200, 200)),
    ("GET", "/api/v1/submissions/<hex:id>/receipt"): Access((401, 404, 404, 200, 200)),
    ("POST", "/api/v1/submissions/<hex:id>/cancel"): Access((401, 404, 404, 404, 409)),
}


CALLBACK, NAME, LINK = (f"/login/openid/{page}" for page in ("callback", "name", "link"))
START, SHOW, UNLINK = "/login/openid", "/profile/openid", "/profile/openid/unlink"
AUTHORIZE, LOGIN, HOME = "/authorize", "/login", "/"

RETURNED: dict[str, dict[tuple[str, str], tuple[int | str, ...]]] = {
    "somebody new": {
        ("GET", START): (AUTHORIZE,) * 7,
        ("GET", CALLBACK): (LINK,) * 7,
        ("GET", NAME): (200, LINK, LINK, LINK, LINK, LINK, 200),
        ("POST", NAME): (HOME, LINK, LINK, LINK, LINK, LINK, HOME),
        ("GET", LINK): (NAME, 200, 200, 200, 200, 200, NAME),
        ("POST", LINK): (NAME, SHOW, SHOW, SHOW, 409, SHOW, NAME),
        ("GET", SHOW): (LOGIN, 200, 200, 200, 200, 200, LOGIN),
        ("POST", UNLINK): (LOGIN, 404, 404, 404, SHOW, 404, LOGIN),
    },
    "somebody with Bob's address": {
        ("GET", START): (AUTHORIZE,) * 7,
        ("GET", CALLBACK): (LINK,) * 7,
        ("GET", NAME): (LINK,) * 7,
        ("POST", NAME): (LINK,) * 7,
        ("GET", LINK): (200,) * 7,
        # Whoever knows Bob's password links it to his account, once.
        ("POST", LINK): (HOME, SHOW, 409, SHOW, 409, SHOW, 409),
        ("GET", SHOW): (LOGIN, 200, 200, 200, 200, 200, LOGIN),
        ("POST", UNLINK): (LOGIN, 404, 404, 404, SHOW, 404, LOGIN),
    },
    "somebody without an address": {
        ("GET", START): (AUTHORIZE,) * 7,
        ("GET", CALLBACK): (403, LINK, LINK, LINK, LINK, LINK, 403),
        ("GET", NAME): (400, LINK, LINK, LINK, LINK, LINK, 400),
        ("POST", NAME): (400, LINK, LINK, LINK, LINK, LINK, 400),
        ("GET", LINK): (400, 200, 200, 200, 200, 200, 400),
        ("POST", LINK): (400, SHOW, SHOW, SHOW, 409, SHOW, 400),
        ("GET", SHOW): (LOGIN, 200, 200, 200, 200, 200, LOGIN),
        ("POST", UNLINK): (LOGIN, 404, 404, 404, SHOW, 404, LOGIN),
    },
    "Alice": {
        ("GET", START): (AUTHORIZE,) * 7,
        ("GET", CALLBACK): (HOME, 409, 409, 409, HOME, 409, HOME),
        ("GET", NAME): (400,) * 7,
        ("POST", NAME): (400,) * 7,
        ("GET", LINK): (400,) * 7,
        ("POST", LINK): (400,) * 7,
        ("GET", SHOW): (200,) * 7,
        # The first has come in as Alice, and takes the log-in away from her account.
        ("POST", UNLINK): (SHOW, 404, 404, 404, 404, 404, LOGIN),
    },
    "the banned": {
        ("GET", START): (AUTHORIZE,) * 7,
        ("GET", CALLBACK): (403, 409, 409, 409, 409, 409, 403),
        ("GET", NAME): (400,) * 7,
        ("POST", NAME): (400,) * 7,
        ("GET", LINK): (400,) * 7,
        ("POST", LINK): (400,) * 7,
        ("GET", SHOW): (LOGIN, 200, 200, 200, 200, 200, LOGIN),
        ("POST", UNLINK): (LOGIN, 404, 404, 404, SHOW, 404, LOGIN),
    },
}
"""By who is back from the provider: for each persona the status, or where a redirect leads. They
come one after the other, and what one has linked or unlinked stays so.
"""
