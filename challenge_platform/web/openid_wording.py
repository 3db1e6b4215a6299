"""What a reader is told when a log-in by the provider comes to nothing."""

from http import HTTPStatus

from flask_babel import LazyString  # type: ignore[import-untyped]  # ships no types

from challenge_platform.web.language import lazy_gettext as _
from challenge_platform.web.openid_provider import Refusal

REFUSED: dict[Refusal, tuple[HTTPStatus, LazyString, LazyString]] = {
    Refusal.UNAVAILABLE: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The log-in provider does not answer"),
        _("This is not your fault. Try again in a minute, or log in with a password."),
    ),
    Refusal.DECLINED: (
        HTTPStatus.FORBIDDEN,
        _("The log-in was cancelled"),
        _("You, or the provider, refused to tell this platform who you are. Nothing has changed."),
    ),
    Refusal.LOST: (
        HTTPStatus.BAD_REQUEST,
        _("This log-in took too long, or began in another window"),
        _("Each log-in can be used once, in the browser that began it. Begin again."),
    ),
    Refusal.INVALID: (
        HTTPStatus.FORBIDDEN,
        _("The provider's answer cannot be trusted"),
        _(
            "It was not signed for this platform, or not for this log-in. It was recorded; tell "
            "the administrator if it happens again."
        ),
    ),
    Refusal.NOT_AFRESH: (
        HTTPStatus.FORBIDDEN,
        _("The provider did not ask who you are"),
        _("Log out there, then begin again: what you want to do needs a fresh log-in."),
    ),
    Refusal.UNVERIFIED: (
        HTTPStatus.FORBIDDEN,
        _("Your e-mail address is not verified"),
        _("Have the provider verify your address, then log in again."),
    ),
    Refusal.UNREGISTERED: (
        HTTPStatus.FORBIDDEN,
        _("You have no account on this platform"),
        _("Registration is closed; ask the administrator for an account."),
    ),
    Refusal.CLOSED: (
        HTTPStatus.FORBIDDEN,
        _("This account is closed"),
        _("If you think that this is a mistake, write to the administrator of this platform."),
    ),
    Refusal.ANOTHER: (
        HTTPStatus.CONFLICT,
        _("This log-in is not that of your account"),
        _("You are logged in here as somebody else. Log out first, here or at the provider."),
    ),
    Refusal.NO_PASSWORD: (
        HTTPStatus.CONFLICT,
        _("Your account opens by another log-in"),
        _(
            "There is an account with your e-mail address, but it has no password by which you "
            "could prove that it is yours. Log in as you did before, or ask the administrator."
        ),
    ),
}
"""Status, title and advice of each refusal."""
