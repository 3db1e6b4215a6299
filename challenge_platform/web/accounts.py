"""Accounts on the pages: which of Flask-Security's flows there are, and how they are set."""

from datetime import timedelta

from flask import Flask
from flask_security import Security

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import account, recovery
from challenge_platform.web import address, contact, logins, mail, proof, second_factor
from challenge_platform.web import recovery as recovery_pages
from challenge_platform.web.account_forms import (
    ChangeEmailForm,
    ChangePasswordForm,
    LoginForm,
    PasswordRules,
    RegisterForm,
    VerifyForm,
)
from challenge_platform.web.account_messages import MESSAGES
from challenge_platform.web.account_store import Accounts
from challenge_platform.web.language import lazy_gettext as _


def register(app: Flask, platform: Platform, /) -> None:
    """Add log-in, log-out, and what people do with their accounts."""
    settings = platform.settings
    app.config.update({f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()})
    _set_passwords(app)
    _set_flows(app, settings)
    _set_mails(app, settings)
    second_factor.configure(app, platform)
    mail.register(app, settings)
    contact.register(app)
    security = Security(
        app,
        Accounts(platform),
        login_form=LoginForm,
        register_form=RegisterForm,
        change_password_form=ChangePasswordForm,
        change_email_form=ChangeEmailForm,
        verify_form=VerifyForm,
        two_factor_setup_form=second_factor.SetUpForm,
        two_factor_rescue_form=second_factor.RescueForm,
        mail_util_cls=mail.Post,
        password_util_cls=PasswordRules,
        totp_cls=second_factor.Codes,
        mf_recovery_codes_util_cls=second_factor.RecoveryCodes,
    )
    security.mail_context_processor(lambda: {"public_url": settings.public_url})
    security.want_json(lambda _request: False)  # programs use the API with its own tokens
    logins.register(app)
    recovery_pages.register(app, settings)
    address.register(app, settings)
    proof.register(app, security)
    second_factor.register(app)


def _set_passwords(app: Flask) -> None:
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 -- the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,  # as core.account hashes
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__type": "ID",
            "argon2__time_cost": account.HASH_PASSES,
            "argon2__memory_cost": account.HASH_KIBIBYTES,
            "argon2__parallelism": account.HASH_LANES,
        },
        SECURITY_PASSWORD_LENGTH_MIN=account.PASSWORD_LENGTH.start,
        # Of what a signed link stands on. A slow one would tell by the time of an answer whether
        # a link was made, so whether there is an account; links of before still open.
        SECURITY_HASHING_SCHEMES=["hex_sha256", "sha256_crypt"],
    )


def _set_flows(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECURITY_RETURN_GENERIC_RESPONSES=True,  # no answer tells which addresses have accounts
        SECURITY_STATIC_FOLDER=None,
        SECURITY_CACHE_CONTROL=None,  # `headers` forbids every page to be kept
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_LOGIN_USER_TEMPLATE="accounts/login.html",
        SECURITY_FRESHNESS=proof.FRESH,
        SECURITY_FRESHNESS_GRACE_PERIOD=proof.GRACE,
        SECURITY_VERIFY_URL="/login/again",
        SECURITY_VERIFY_TEMPLATE="accounts/verify.html",
        SECURITY_REGISTERABLE=settings.registration,
        SECURITY_REGISTER_USER_TEMPLATE="accounts/register.html",
        SECURITY_CHANGEABLE=True,
        SECURITY_POST_LOGIN_VIEW="/dashboard",
        SECURITY_CHANGE_URL="/profile/password",
        SECURITY_POST_CHANGE_VIEW="/profile",
        SECURITY_CHANGE_PASSWORD_TEMPLATE="accounts/password.html",  # noqa: S106 -- a file name
        SECURITY_CHANGE_EMAIL=True,
        SECURITY_CHANGE_EMAIL_URL="/profile/email",
        SECURITY_POST_CHANGE_EMAIL_VIEW="/profile",
        SECURITY_CHANGE_EMAIL_TEMPLATE="accounts/email.html",
        SECURITY_RECOVERABLE=True,
        SECURITY_RESET_URL="/recover",
        SECURITY_RESET_PASSWORD_WITHIN=recovery.LIFETIME,
        SECURITY_FORGOT_PASSWORD_TEMPLATE="accounts/recover.html",  # noqa: S106 -- a file name
        SECURITY_RESET_PASSWORD_TEMPLATE="accounts/reset.html",  # noqa: S106 -- a file name
    )


def _set_mails(app: Flask, settings: Settings) -> None:
    """Say which mails are sent; where none can be, addresses are taken on trust."""
    has_mail = settings.mail_server is not None
    app.config.update(
        SECURITY_CONFIRMABLE=has_mail,
        SECURITY_CONFIRM_EMAIL_WITHIN=timedelta(days=2),
        SECURITY_POST_CONFIRM_VIEW="/login",
        SECURITY_POST_REGISTER_VIEW="/login" if has_mail else "/dashboard",
        SECURITY_SEND_CONFIRMATION_TEMPLATE="accounts/confirm.html",
        SECURITY_SEND_REGISTER_EMAIL=has_mail,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=has_mail,
        SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL=has_mail,
        SECURITY_EMAIL_HTML=False,
        SECURITY_EMAIL_SENDER=settings.mail_sender,
        SECURITY_EMAIL_SUBJECT_REGISTER=_("Your account"),
        SECURITY_EMAIL_SUBJECT_CONFIRM=_("Confirm your address"),
        SECURITY_EMAIL_SUBJECT_PASSWORD_RESET=_("Set a new password"),
        SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE=_("Your password was changed"),
        SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE=_("Your password was changed"),
        SECURITY_CHANGE_EMAIL_SUBJECT=_("Confirm your new address"),
        SECURITY_REGISTER_EMAIL_TEMPLATE="accounts/mail/welcome",
        SECURITY_REGISTER_EMAIL_EXISTING_TEMPLATE="accounts/mail/existing",
        SECURITY_EMAIL_TEMPLATE_CONFIRM="accounts/mail/confirm",
        SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET="accounts/mail/reset",  # noqa: S106 -- a file name
        SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE="accounts/mail/password_changed",  # noqa: S106 -- a file name
        SECURITY_EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE="accounts/mail/password_changed",  # noqa: S106 -- a file name
        SECURITY_CHANGE_EMAIL_EMAIL_TEMPLATE="accounts/mail/change_email",
    )
