"""The second factor: codes of an authenticator app, recovery codes, and their set-up."""

import base64
import io
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import flask_security
import qrcode  # type: ignore[import-untyped]  # ships no types
import qrcode.image.svg  # type: ignore[import-untyped]  # ships no types
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app, redirect, session, url_for
from flask.typing import ResponseValue
from flask_security import Totp, UserMixin, current_user
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import get_message
from markupsafe import Markup
from passlib.totp import TotpMatch, UsedTokenError  # type: ignore[import-untyped]  # ships no types
from wtforms import PasswordField, RadioField, StringField  # type: ignore[import-untyped]  # ships no types

from challenge_platform.bootstrap import Platform, read_secret
from challenge_platform.core import second_factor
from challenge_platform.web import current
from challenge_platform.web.account_forms import knows_password
from challenge_platform.web.account_store import AUTHENTICATOR, Account

ISSUER = "Challenge Platform"
CODE_SECONDS = 30
"""How far an app's clock may be off: the code before and the code after are taken as well."""

RECOVERY_CODES = 10
DISABLE = "disable"


def configure(app: Flask, platform: Platform, /) -> None:
    """Set what Flask-Security must know; raise KeyUnavailable without the key."""
    key = read_secret(platform.keys.second_factor)
    codes_key = HKDF(SHA256(), 32, None, b"recovery codes").derive(key)
    app.config.update(
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=[AUTHENTICATOR],
        SECURITY_TWO_FACTOR_IMPLEMENTATIONS={"code": "flask_security.twofactor.CodeTfPlugin"},
        SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY=CODE_SECONDS,
        SECURITY_TWO_FACTOR_RESCUE_EMAIL=False,
        SECURITY_TOTP_SECRETS={"1": key.hex()},
        SECURITY_TOTP_ISSUER=ISSUER,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=True,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_N=RECOVERY_CODES,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=[base64.urlsafe_b64encode(codes_key)],
        SECURITY_TWO_FACTOR_SETUP_URL="/profile/second-factor",
        SECURITY_TWO_FACTOR_POST_SETUP_VIEW="/profile/second-factor",
        SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL="/login/code",  # noqa: S106 -- an address
        SECURITY_TWO_FACTOR_RESCUE_URL="/login/lost-code",
        SECURITY_TWO_FACTOR_SELECT_URL="/login/second-factor",
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL="/profile/recovery-codes",
        SECURITY_MULTI_FACTOR_RECOVERY_URL="/login/recovery-code",
        SECURITY_TWO_FACTOR_SETUP_TEMPLATE="accounts/second_factor.html",
        SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE="accounts/code.html",
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE="accounts/recovery_codes.html",
        SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE="accounts/recovery_code.html",
    )


def register(app: Flask, /) -> None:
    """Guard the views of Flask-Security that the platform uses otherwise than it does."""
    views = app.view_functions
    views["security.two_factor_token_validation"] = _asked_for(
        views["security.two_factor_token_validation"]
    )
    views["security.two_factor_setup"] = _for_people(views["security.two_factor_setup"])
    views["security.two_factor_rescue"] = _rescue


def _asked_for(view: Callable[..., Any]) -> Callable[[], ResponseValue]:
    """Lead whom no code was asked of away; Flask-Security would log them out.

    Nobody is let in by a factor that is only being set up: its secret is in the cookie, beside the
    name of whoever gave a password in this browser.
    """

    @wraps(view)
    def guarded() -> ResponseValue:
        if not current_user.is_authenticated and session.get("tf_state") != "ready":
            tf_clean_session()  # type: ignore[no-untyped-call]  # has no annotations
        if current_user.is_authenticated and "tf_state" not in session:
            return redirect(url_for("security.two_factor_setup"))
        return cast("ResponseValue", view())

    return guarded


def _for_people(view: Callable[..., Any]) -> Callable[[], ResponseValue]:
    """Keep set-up from whoever is not logged in, where Flask-Security goes by the cookie."""

    @wraps(view)
    def guarded() -> ResponseValue:
        current.require_user()
        return cast("ResponseValue", view())

    return guarded


def _rescue() -> ResponseValue:
    """Lead who lost the app to the recovery codes; the page there says whom to ask else."""
    return redirect(url_for("security.mf_recovery"))


class Codes(Totp):
    """The codes of authenticator apps, each of which opens once."""

    def set_last_counter(self, user: UserMixin, tmatch: TotpMatch) -> None:
        """Keep that a code was used; raise UsedTokenError when another request was first."""
        with current.platform().database.writing() as writing:
            if not second_factor.use_counter(writing, user_id=user.id, counter=tmatch.counter):
                raise UsedTokenError(expire_time=tmatch.expire_time)

    def generate_qrcode(self, username: str, totp: str) -> str:
        """Draw the set-up address, as a part of the page."""
        image = qrcode.make(
            self.get_totp_uri(username, totp), image_factory=qrcode.image.svg.SvgPathFillImage
        )
        drawn = io.BytesIO()
        image.save(drawn)
        _, _, svg = drawn.getvalue().decode().partition("?>")
        return Markup(svg)  # noqa: S704 -- drawn here, from numbers


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, kept encrypted, shown when they are made and never again."""

    def create_recovery_codes(self, user: UserMixin) -> list[str]:
        """Make codes anew; none for whom there is no second factor to stand in for."""
        return super().create_recovery_codes(user) if user.tf_totp_secret else []

    def get_recovery_codes(self, user: UserMixin) -> list[str]:
        """Give none: whoever comes to a logged-in browser must not read them."""
        del user
        return []

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Use a code up, and tell whether it was one."""
        typed = code.strip().lower()
        platform = current.platform()
        with platform.database.writing() as writing:
            return second_factor.use_recovery_code(
                writing,
                user_id=user.id,
                fits=lambda kept: typed in self._decrypt_codes([kept]),
                now=platform.clock(),
            )

    def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Do nothing: checking it used it up."""
        del user, code
        return True


class RescueForm(flask_security.TwoFactorRescueForm):
    """What Flask-Security offers who lost the app; the page has a link to the only thing of it."""

    help_setup = RadioField(choices=[])


class SetUpForm(flask_security.TwoFactorSetupForm):
    """Setting a second factor up, or switching it off with the password and a code."""

    setup = StringField()  # what a hidden field says; Flask-Security would draw buttons
    password = PasswordField()
    code = StringField()

    def validate(self, **kwargs: object) -> bool:
        """Refuse to replace a factor that is on, and to switch it off without both proofs."""
        if not super().validate(**kwargs):
            return False
        user = cast("Account", self.user)
        is_on = user.tf_totp_secret is not None
        if is_on != (self.setup.data == DISABLE):
            self.setup.errors.append(get_message("TWO_FACTOR_METHOD_NOT_AVAILABLE")[0])
            return False
        return not is_on or self._proves(user)

    def _proves(self, user: Account) -> bool:
        if not knows_password(self.password.data or ""):
            self.password.errors.append(get_message("INVALID_PASSWORD")[0])
            return False
        if not _fits(user, self.code.data or ""):
            self.code.errors.append(get_message("TWO_FACTOR_INVALID_TOKEN")[0])
            return False
        return True


def _fits(user: Account, code: str) -> bool:
    """Use a code up, of the app or of the recovery codes, and tell whether it was one."""
    security = current_app.extensions["security"]
    codes: Codes = security.totp_factory
    recovery: RecoveryCodes = security.mf_recovery_codes_util
    of_app = codes.verify_totp(code, user.tf_totp_secret or "", user, window=CODE_SECONDS)
    return of_app or recovery.check_recovery_code(user, code)
