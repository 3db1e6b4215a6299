"""Mail: which servers may be named, and that a server is who it says it is."""

import dataclasses
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pydantic import SecretStr, ValidationError

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Encryption, MailServer, Settings
from challenge_platform.web import create_app
from tests.conftest import Participant
from tests.web.conftest import Browser
from tests.web.mailbox import Mailbox, finish, serving

SENDER = "no-reply@example.org"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate for 127.0.0.1, signed by nobody, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    return path


@pytest.fixture
def mailbox(certificate: Path) -> Iterator[Mailbox]:
    """Give a mail server that takes mail after STARTTLS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(Mailbox(), tls=context) as mailbox:
        yield mailbox


def recover(platform: Platform, mailbox: Mailbox, email: str) -> None:
    """Ask for a link, on a platform that sends by the server, and wait for the mail's end."""
    settings = platform.settings.model_copy(
        update={
            "mail_url": SecretStr(f"smtp://127.0.0.1:{mailbox.port}"),
            "mail_sender": SENDER,
        }
    )
    app = create_app(dataclasses.replace(platform, settings=settings))
    answer = Browser(app.test_client()).send("/recover", {"email": email})
    assert answer.status_code == 200
    finish(app)


def test_a_mail_goes_encrypted_to_a_server_whose_certificate_is_trusted(
    platform: Platform,
    alice: Participant,
    mailbox: Mailbox,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    recover(platform, mailbox, alice.user.email)

    assert mailbox.wait_for(1)[0]["to"] == alice.user.email


def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(
    platform: Platform,
    alice: Participant,
    mailbox: Mailbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recover(platform, mailbox, alice.user.email)

    assert "CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().out
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("url", "host", "port", "encryption"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, Encryption.STARTTLS),
        ("smtps://mail.example.org", "mail.example.org", 465, Encryption.TLS),
        ("smtp://localhost?tls=off", "localhost", 25, Encryption.OFF),
        ("smtp://[::1]:2525?tls=off", "::1", 2525, Encryption.OFF),
    ],
)
def test_a_server_is_named_by_an_address(
    url: str, host: str, port: int, encryption: Encryption
) -> None:
    assert MailServer.read(url) == MailServer(
        host=host, port=port, username=None, password=None, encryption=encryption
    )


def test_name_and_password_of_a_server_may_have_any_sign() -> None:
    server = MailServer.read("smtps://me%40example.org:p%3Ass%2F@mail.example.org")

    assert (server.username, server.password) == ("me@example.org", "p:ss/")


@pytest.mark.parametrize(
    "url",
    ["mail.example.org", "http://mail.example.org", "smtp://", "smtps://h?tls=off", "smtp://h?x"],
)
def test_what_names_no_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="is no address of a mail server"):
        Settings(mail_url=SecretStr(url), mail_sender=SENDER)


def test_a_server_without_a_sender_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="MAIL_SENDER must be"):
        Settings(mail_url=SecretStr("smtp://localhost?tls=off"))


def test_the_password_of_the_server_is_not_shown_with_the_settings() -> None:
    settings = Settings(mail_url=SecretStr("smtp://me:hidden1@localhost"), mail_sender=SENDER)

    assert "hidden1" not in repr(settings)
    assert settings.environment()["CHALLENGE_MAIL_URL"] == "smtp://me:hidden1@localhost"
