"""The forms of an account, with the platform's own rules for names, addresses and passwords."""

import flask_security
from flask_security import MailUtil, PasswordUtil
from flask_security.forms import RegisterFormV2
from flask_security.mail_util import EmailValidateException
from wtforms import Field, StringField  # type: ignore[import-untyped]  # ships no types
from wtforms.validators import ValidationError  # type: ignore[import-untyped]  # ships no types

from challenge_platform.core import account
from challenge_platform.core.name import normalize_name
from challenge_platform.errors import Conflict, InvalidInput
from challenge_platform.web import current
from challenge_platform.web.language import gettext


class LoginForm(flask_security.LoginForm):
    """Address and password; nobody is remembered past the end of the session."""

    remember = None


class RegisterForm(RegisterFormV2):
    """Name, address and password."""

    name = StringField()

    def validate_name(self, field: Field) -> None:
        """Refuse what is not a name, and another account's."""
        try:
            field.data = normalize_name(field.data or "")
            with current.platform().database.reading() as session:
                account.check_name(session, field.data)
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
        """Tell that an address is taken: without mail there is no other way to say it."""
        valid: bool = super().validate(**kwargs)
        self.existing_email_user = None  # Flask-Security then keeps the field's message
        return valid


class ChangePasswordForm(flask_security.ChangePasswordForm):
    """The password in use and the new one."""


class MailRules(MailUtil):
    """Takes the addresses that core.account takes, those of an internal network included."""

    def normalize(self, email: str) -> str:
        """Give the form under which an address is stored."""
        try:
            return account.normalize_email(email)
        except InvalidInput as error:
            message = gettext("This is not an e-mail address such as name@example.org.")
            raise EmailValidateException(message) from error

    def validate(self, email: str) -> str:
        """Do the same: no name server is asked, for there may be none."""
        return self.normalize(email)


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
