"""Mail: which addresses are taken, and sending that no visitor waits for."""

import smtplib
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from smtplib import SMTP, SMTPException

import structlog
from flask import Flask, current_app
from flask_mailman import EmailMessage, Mail  # type: ignore[import-untyped]  # ships no types
from flask_mailman.backends import smtp  # type: ignore[import-untyped]  # ships no types
from flask_security import MailUtil
from flask_security.mail_util import EmailValidateException

from challenge_platform.config import Encryption, Settings
from challenge_platform.core import account
from challenge_platform.errors import InvalidInput
from challenge_platform.web.language import gettext

SECONDS = 20
"""How long a mail server may be silent."""

THREAD = "mail thread"
"""Under which name an application has the thread that sends its mails."""

log = structlog.get_logger()


def register(app: Flask, settings: Settings, /) -> None:
    """Name the mail server, if there is one."""
    server = settings.mail_server
    if server is None:
        return
    app.config.update(
        MAIL_BACKEND=VerifyingBackend,
        MAIL_SERVER=server.host,
        MAIL_PORT=server.port,
        MAIL_USERNAME=server.username,
        MAIL_PASSWORD=server.password,
        MAIL_USE_SSL=server.encryption is Encryption.TLS,
        MAIL_USE_TLS=server.encryption is Encryption.STARTTLS,
        MAIL_TIMEOUT=SECONDS,
        MAIL_DEFAULT_SENDER=settings.mail_sender,
    )
    Mail(app)


class VerifyingSMTP(SMTP):
    """Asks for the server's certificate after STARTTLS, which Python by itself does not."""

    def starttls(  # type: ignore[override]  # without the parameters that Python 3.12 took away
        self, *, context: ssl.SSLContext | None = None
    ) -> tuple[int, bytes]:
        """Go over to TLS; raise SSLError for a server that is not the one that was named."""
        return super().starttls(context=context or ssl.create_default_context())


class VerifyingBackend(smtp.EmailBackend):  # type: ignore[misc]  # Flask-Mailman ships no types
    """Flask-Mailman's SMTP, with certificates verified in both ways of TLS."""

    @property
    def connection_class(self) -> type[SMTP]:
        """Give what speaks to the server."""
        return smtplib.SMTP_SSL if self.use_ssl else VerifyingSMTP


class Post(MailUtil):
    """Takes the addresses that core.account takes, and sends what Flask-Security wrote.

    Mails go out one by one from a thread, so that an answer neither waits for the mail server nor
    tells by its time whether there was somebody to write to.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        app.extensions[THREAD] = ThreadPoolExecutor(1, thread_name_prefix="mail")

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

    def send_mail(  # noqa: PLR0917 -- Flask-Security's signature
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: object,
    ) -> None:
        """Send a mail, in plain text."""
        del html, kwargs
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 -- Flask's documented way to hand the application to a thread
        thread: ThreadPoolExecutor = app.extensions[THREAD]
        sending = thread.submit(
            _send,
            app,
            template=template,
            subject=str(subject),
            to=str(recipient),
            sender=str(sender),
            body=body or "",
        )
        sending.add_done_callback(_note_failure)


def _send(app: Flask, *, template: str, subject: str, to: str, sender: str, body: str) -> None:
    with app.app_context():
        try:
            with app.extensions["mailman"].get_connection() as connection:
                EmailMessage(subject, body, sender, [to], connection=connection).send()
        except (OSError, SMTPException) as error:
            log.error("mail not sent", mail=template, error=str(error), kind=type(error).__name__)  # noqa: TRY400 -- a mail server that is away is no bug, and its traceback no help


def _note_failure(sending: Future[None]) -> None:
    """Record what a thread would swallow: an error that no mail server is to blame for."""
    if error := sending.exception():
        log.error("mail not sent", kind=type(error).__name__, exc_info=error)
