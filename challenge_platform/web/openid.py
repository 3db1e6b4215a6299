"""Logging in by an OpenID Connect provider: off to it, back from it, and to an account here.

The way to the provider begins with a link, not a form: the Content-Security-Policy would hold a
form to this site, wherever the provider sends on to. A page elsewhere that opens the link wins
nothing: only the browser that began a log-in can end it, by the state in its cookie.
"""

import re
import time
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import cast

import structlog
from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_security import login_user, verify_password
from flask_wtf import FlaskForm  # type: ignore[import-untyped]  # ships no types
from wtforms import StringField  # type: ignore[import-untyped]  # ships no types

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, identity
from challenge_platform.core.account import User
from challenge_platform.core.identity import Claims
from challenge_platform.core.login import Way
from challenge_platform.errors import NotFound
from challenge_platform.web import current, logins
from challenge_platform.web.account_forms import RegisterForm
from challenge_platform.web.account_store import Account
from challenge_platform.web.language import gettext
from challenge_platform.web.openid_provider import Arrival, LoginRefused, Provider, Refusal
from challenge_platform.web.openid_wording import REFUSED

pages = Blueprint("openid", __name__)

AIM = "openid_aim"
"""Where the cookie has what a log-in under way is for."""

GUEST = "openid_guest"
"""Where the cookie has the identity of who came back and has no account here yet."""

PROVED = "openid_proved"
"""Where the cookie has that its person proved to the provider who they are, just now."""

PATIENCE = timedelta(minutes=10)
PROOF_LASTS = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(minutes=1)
_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")

log = structlog.get_logger()


class NameForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The name of a new account, by the rules of registration."""

    name = StringField()
    validate_name = RegisterForm.validate_name


def register(app: Flask, platform: Platform, /) -> None:
    """Add the provider of the settings, if there is one."""
    settings = platform.settings
    app.extensions["openid"] = Provider(app, settings) if settings.oidc_issuer else None
    app.jinja_env.globals["openid_name"] = settings.oidc_name if settings.oidc_issuer else None
    app.register_blueprint(pages)

    @app.errorhandler(LoginRefused)
    def refuse(error: LoginRefused) -> ResponseReturnValue:
        log.warning("log-in by the provider refused", refusal=error.refusal, why=str(error))
        status, title, advice = REFUSED[error.refusal]
        page = render_template("openid/refused.html", title=title, advice=advice, status=status)
        return page, status


@pages.get("/login/openid")
def start() -> ResponseReturnValue:
    """Send the browser to the provider: to log in, to link a log-in, or to prove oneself again."""
    provider = _provider()
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return redirect(url_for("security.login"), HTTPStatus.SEE_OTHER)
    afresh = "afresh" in request.args
    if afresh:
        current.require_user()
    now = current.platform().clock()
    wanted = request.args.get("next", "")
    session[AIM] = {
        "next": wanted if _PATH.fullmatch(wanted) else url_for("challenges.list_"),
        "begun": now.isoformat(),
        "afresh": afresh,
    }
    back = current.platform().settings.public_url + url_for("openid.come_back")
    return provider.send(back_to=back, afresh=afresh)


@pages.get("/login/openid/callback")
def come_back() -> ResponseReturnValue:
    """Let in, or ask further, whoever comes back from the provider."""
    provider = _provider()
    aim = session.pop(AIM, None)
    if aim is None:
        raise LoginRefused(Refusal.LOST, why="no log-in was begun in this browser")
    arrival = provider.receive()
    person, here = _person_of(arrival.claims), current.user()
    if person is None and not aim["afresh"]:
        return _welcome(arrival.claims, here=here, wanted=aim["next"])
    if person is None or (here is not None and here.id != person.id):
        raise LoginRefused(Refusal.ANOTHER)
    if aim["afresh"]:
        return _note_proof(person, arrival, aim)
    if here is not None:
        return redirect(aim["next"], HTTPStatus.SEE_OTHER)
    return _let_in(person, arrival.claims, wanted=aim["next"])


@pages.route("/login/openid/name", methods=["GET", "POST"])
def choose_name() -> ResponseReturnValue:
    """Ask a newcomer for the name that others see, and make their account."""
    claims, wanted = _guest()
    if current.user() or _owner_of(claims.email):
        return redirect(url_for("openid.link"), HTTPStatus.SEE_OTHER)
    _require_registration()
    form = NameForm(name=claims.name[:80])
    if not form.validate_on_submit():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK
        return render_template("openid/name.html", form=form, email=claims.email), status
    platform = current.platform()
    with platform.database.writing() as writing:
        person = identity.register(writing, claims, name=form.name.data, now=platform.clock())
    return _let_in(person, claims, wanted=wanted)


@pages.route("/login/openid/link", methods=["GET", "POST"])
def link() -> ResponseReturnValue:
    """Link the identity to an account that exists, for whoever knows its password."""
    claims, wanted = _guest()
    here = current.user()
    person = here or _owner_of(claims.email)
    if person is None:
        return redirect(url_for("openid.choose_name"), HTTPStatus.SEE_OTHER)
    if not person.active:
        raise LoginRefused(Refusal.CLOSED)
    if not identity.has_password(person):
        raise LoginRefused(Refusal.NO_PASSWORD)
    wrong = request.method == "POST" and not is_password(person, request.form.get("password", ""))
    if request.method == "GET" or wrong:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        return render_template("openid/link.html", email=person.email, wrong=wrong), status
    platform = current.platform()
    with platform.database.writing() as writing:
        identity.link(writing, person, claims, now=platform.clock())
    if here is None:
        return _let_in(person, claims, wanted=wanted)
    session.pop(GUEST)
    flash(gettext("From now on you can log in by %(name)s.", name=_provider().name), "success")
    return redirect(url_for("openid.show"), HTTPStatus.SEE_OTHER)


@pages.get("/profile/openid")
def show() -> ResponseReturnValue:
    """Show by which log-ins of the provider one's own account opens."""
    _provider()
    person = current.require_user()
    with current.platform().database.reading() as reading:
        identities = identity.identities_of(reading, person)
    return render_template(
        "openid/show.html", identities=identities, has_password=identity.has_password(person)
    )


@pages.post("/profile/openid/unlink")
def unlink() -> ResponseReturnValue:
    """Take a log-in away from one's own account, unless it is the only way in."""
    _provider()
    person = current.require_user()
    platform = current.platform()
    with platform.database.writing() as writing:
        issuer = request.form.get("issuer", "")
        identity.unlink(writing, person, issuer=issuer, now=platform.clock())
    flash(gettext("That log-in opens your account no longer."), "success")
    return redirect(url_for("openid.show"), HTTPStatus.SEE_OTHER)


def is_password(person: User, text: str, /) -> bool:
    """Whether a text is the person's password."""
    if not identity.has_password(person):
        return False
    fits = bool(verify_password(account.normalize_password(text), person.password))
    if not fits:
        log.warning("wrong password", user=person.id)
    return fits


def has_proved(person: User, /) -> bool:
    """Whether the person proved to the provider who they are, in the last minutes."""
    proof = session.get(PROVED)
    if proof is None or proof["user"] != person.id:
        return False
    return current.platform().clock() - datetime.fromisoformat(proof["at"]) < PROOF_LASTS


def _provider() -> Provider:
    provider = cast("Provider | None", current_app.extensions["openid"])
    if provider is None:
        raise NotFound("nobody logs in by an OpenID Connect provider here")
    return provider


def _person_of(claims: Claims) -> User | None:
    with current.platform().database.reading() as reading:
        return identity.person_of(reading, claims)


def _owner_of(email: str) -> User | None:
    """Give the person whose account has this address, if any."""
    try:
        with current.platform().database.reading() as reading:
            return account.find_user(reading, email=email)
    except NotFound:
        return None


def _require_registration() -> None:
    settings = current.platform().settings
    allowed = settings.oidc_registration
    if not (settings.registration if allowed is None else allowed):
        raise LoginRefused(Refusal.UNREGISTERED)


def _welcome(claims: Claims, *, here: User | None, wanted: str) -> ResponseReturnValue:
    """Keep who came back for the pages that ask what an unknown identity is to open."""
    if here is None and not claims.email:
        raise LoginRefused(Refusal.UNVERIFIED)
    if here is None and _owner_of(claims.email) is None:
        _require_registration()
    until = current.platform().clock() + PATIENCE
    session[GUEST] = {**vars(claims), "next": wanted, "until": until.isoformat()}
    return redirect(url_for("openid.link"), HTTPStatus.SEE_OTHER)


def _guest() -> tuple[Claims, str]:
    """Give who came back a moment ago, and where they want to be."""
    _provider()
    kept = dict(session.get(GUEST) or {})
    until = kept.pop("until", None)
    if until is None or datetime.fromisoformat(until) <= current.platform().clock():
        raise LoginRefused(Refusal.LOST, why="nobody came back from the provider just now")
    wanted = kept.pop("next")
    return Claims(**kept), wanted


def _note_proof(person: User, arrival: Arrival, aim: dict[str, str]) -> ResponseReturnValue:
    """Keep that the person logged in at the provider for this, not some time before."""
    begun = datetime.fromisoformat(aim["begun"])
    if arrival.proved_at is None or arrival.proved_at < begun - CLOCKS_DIFFER:
        raise LoginRefused(Refusal.NOT_AFRESH, why=f"proved at {arrival.proved_at}")
    session[PROVED] = {"user": person.id, "at": current.platform().clock().isoformat()}
    session["fs_paa"] = time.time()  # where Flask-Security looks for how fresh a log-in is
    return redirect(aim["next"], HTTPStatus.SEE_OTHER)


def _let_in(person: User, claims: Claims, *, wanted: str) -> ResponseReturnValue:
    """Begin a session as a log-in by password does, after a second factor where there is one."""
    if not person.active:
        raise LoginRefused(Refusal.CLOSED)
    platform = current.platform()
    with platform.database.writing() as writing:
        identity.note_use(writing, claims, now=platform.clock())
    session.pop(GUEST, None)
    session[logins.WAY] = Way.OPENID
    opened = Account(person)
    factors = current_app.extensions["security"].two_factor_plugins
    if waiting := factors.tf_enter(opened, False, "openid", next_loc=wanted):  # noqa: FBT003 -- Flask-Security's signature
        return cast("ResponseReturnValue", waiting)
    login_user(opened, remember=False, authn_via=["openid"])
    return redirect(wanted, HTTPStatus.SEE_OTHER)
