"""The forms of an account, with the platform's own rules for names and passwords."""

import flask_security
from flask import session, url_for
from flask_security import PasswordUtil, current_user
from flask_security.change_email import ChangeEmailForm as BaseChangeEmailForm
from flask_security.forms import RegisterFormV2
from flask_security.utils import get_message, verify_password
from wtforms import Field, PasswordField, StringField  # type: ignore[import-untyped]  # ships no types
from wtforms.validators import ValidationError  # type: ignore[import-untyped]  # ships no types

from challenge_platform.core import account
from challenge_platform.core.identity import NO_PASSWORD
from challenge_platform.core.name import normalize_name
from challenge_platform.errors import Conflict, InvalidInput
from challenge_platform.web import current
from challenge_platform.web.contact import contact
from challenge_platform.web.language import gettext
from challenge_platform.web.logins import WAY


class LoginForm(flask_security.LoginForm):
    """Address and password; nobody is remembered past the end of the session."""

    remember = None

    def validate(self, **kwargs: object) -> bool:
        """Tell a closed account from a wrong password, but only to who knows the password."""
        valid: bool = super().validate(**kwargs)
        session.pop(WAY, None)  # of a log-in by a provider that was not ended
        self.next.data = self.next.data or url_for("challenges.list_")
        if self.user_authenticated and self.user is not None and not valid:
            self.email.errors = []  # Flask-Security would replace it by its one answer for all
            self.form_errors.append(_closed() if not self.user.active else _unconfirmed())
        return valid


def _closed() -> str:
    return str(gettext("This account is closed. Ask %(contact)s why.", contact=contact()))


def _unconfirmed() -> str:
    return str(gettext("Open the link that was sent to this address first."))


class RegisterForm(RegisterFormV2):
    """Name, address and password."""

    name = StringField()

    def validate_name(self, field: Field) -> None:
        """Refuse what is not a name, and another account's."""
        try:
            field.data = normalize_name(field.data or "")
            with current.platform().database.reading() as reading:
                account.check_name(reading, field.data)
        except InvalidInput as error:
            message = gettext(
                "Give a name of 1 to 80 visible characters, with a letter or digit, in one "
                "alphabet and without the word baseline."
            )
            raise ValidationError(message) from error
        except Conflict as error:
            message = gettext("This name is another account's; choose one that differs more.")
            raise ValidationError(message) from error

    def validate(self, **kwargs: object) -> bool:
        """Tell that an address is taken, where there is no mail to tell its owner by."""
        valid: bool = super().validate(**kwargs)
        if current.platform().settings.mail_server is None:
            self.existing_email_user = None  # Flask-Security then keeps the field's message
        return valid


class ChangePasswordForm(flask_security.ChangePasswordForm):
    """The password in use and the new one."""


class VerifyForm(flask_security.VerifyForm):
    """The password, asked for again before something that a thief of the session would do."""

    def validate(self, **kwargs: object) -> bool:
        """Refuse everything where there is no password to know."""
        return current_user.user.password != NO_PASSWORD and super().validate(**kwargs)


class ChangeEmailForm(BaseChangeEmailForm):
    """The new address, and the password in use where there is one."""

    password = PasswordField()

    def validate_password(self, field: Field) -> None:
        """Refuse a wrong password."""
        if not knows_password(field.data or ""):
            raise ValidationError(get_message("INVALID_PASSWORD")[0])


def knows_password(typed: str, /) -> bool:
    """Whether it is the person's password; true for who has none, whose log-in must be fresh."""
    person = current_user.user
    if person.password == NO_PASSWORD:
        return True
    return bool(verify_password(account.normalize_password(typed), person.password))


class PasswordRules(PasswordUtil):
    """Takes the passwords that core.account takes."""

    def normalize(self, password: str) -> str:
        """Give the form that is hashed."""
        return account.normalize_password(password)

    def validate(
        self,
        password: str,
        is_register: bool,  # noqa: FBT001 -- Flask-Security's signature
        **kwargs: object,
    ) -> tuple[list[str] | None, str]:
        """Give what is wrong with a new password, if anything, and the form that is hashed."""
        del is_register, kwargs
        try:
            account.check_password(password)
        except InvalidInput:
            message = gettext(
                "A password has %(least)s to %(most)s characters.",
                least=account.PASSWORD_LENGTH.start,
                most=account.PASSWORD_LENGTH.stop - 1,
            )
            return [message], password
        return None, self.normalize(password)
