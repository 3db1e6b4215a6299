"""What the platform says where Flask-Security's own words would not fit."""

from collections.abc import Mapping

from challenge_platform.web.language import lazy_gettext as _

MESSAGES: Mapping[str, tuple[str, str]] = {
    "GENERIC_AUTHN_FAILED": (_("The address or the password is wrong."), "error"),
    "EMAIL_ALREADY_ASSOCIATED": (_("This address has an account already."), "error"),
    "INVALID_PASSWORD": (_("The password is wrong."), "error"),
    "PASSWORD_CHANGE": (_("Your password was changed."), "success"),
    # Recovery. What is said to a known address is said to every other.
    "PASSWORD_RESET_REQUEST": (
        _("If this address has an account, a link to set a new password is on its way to it."),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (_("This link has ended. Ask for a new one."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (
        _("This link was used already, or is not complete. Ask for a new one."),
        "error",
    ),
    "PASSWORD_RESET_NO_LOGIN": (_("Your password was changed. Log in with it."), "success"),
    # Addresses.
    "CONFIRM_REGISTRATION": (
        _("A link is on its way to this address. Open it to use your account."),
        "info",
    ),
    "EMAIL_CONFIRMED": (_("Your address is confirmed. Log in now."), "success"),
    "ALREADY_CONFIRMED": (_("This address was confirmed already."), "info"),
    "INVALID_CONFIRMATION_TOKEN": (_("This link is not complete. Ask for a new one."), "error"),
    "CONFIRMATION_EXPIRED": (_("This link has ended. Ask for a new one."), "error"),
    "CONFIRMATION_REQUEST": (
        _("If this address waits to be confirmed, a link is on its way to it."),
        "info",
    ),
    "CHANGE_EMAIL_SENT": (
        _("A link is on its way to the new address. Open it within two hours to change over."),
        "info",
    ),
    "CHANGE_EMAIL_CONFIRMED": (_("Your e-mail address was changed."), "success"),
    "CHANGE_EMAIL_EXPIRED": (_("This link has ended. Ask for a new one."), "error"),
    "API_ERROR": (_("This link was used already, or is not complete."), "error"),
    # The second factor.
    "TWO_FACTOR_INVALID_TOKEN": (
        _("This code is wrong or was used already. Wait for the next one."),
        "error",
    ),
    "INVALID_RECOVERY_CODE": (_("This recovery code is wrong or was used already."), "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (_("You are logged in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        _("The second factor is on: each log-in now asks for a code."),
        "success",
    ),
    "TWO_FACTOR_DISABLED": (_("The second factor is off."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (_("Log in first."), "error"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (
        _("The second factor is on already. Switch it off before you set up another."),
        "error",
    ),
    "REAUTHENTICATION_SUCCESSFUL": (_("Thank you. Go on now."), "info"),
}
"""Text and category of each message that a page may show, by Flask-Security's name for it."""
