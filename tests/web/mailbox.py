"""A real mail server on a loopback port, and what arrived at it."""

import re
import socket
from asyncio import BaseTransport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from challenge_platform.web.mail import THREAD
from tests.waiting import PATIENCE_SECONDS, wait_until


@dataclass
class Mailbox:
    """Keeps what it is sent; `port` is where it listens."""

    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0
    connections: set[SMTP] = field(default_factory=set)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- the name that aiosmtpd calls
        """Take a mail."""
        content = cast("bytes", envelope.content)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"

    def wait_for(self, number: int, /) -> list[EmailMessage]:
        """Give the mails once so many have arrived."""
        wait_until(lambda: len(self.mails) >= number)
        assert len(self.mails) == number, [mail["subject"] for mail in self.mails]
        return self.mails

    def link(self, number: int, /) -> str:
        """Give the path of the link in the newest of so many mails."""
        text = self.wait_for(number)[-1].get_content()
        found = re.search(r"^http://127\.0\.0\.1:8080(/\S+)\s*$", text, re.MULTILINE)
        assert found, text
        return found[1]


class Connection(SMTP):
    """Tells its mailbox how long it is open."""

    event_handler: Mailbox

    def connection_made(self, transport: BaseTransport) -> None:
        """Note the connection, which is told again once it is encrypted."""
        self.event_handler.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        super().connection_lost(error)
        self.event_handler.connections.discard(self)


class Server(Controller):
    """Serves connections that tell when they end."""

    def factory(self) -> SMTP:
        """Give what serves a connection."""
        return Connection(self.handler, **self.SMTP_kwargs)


@contextmanager
def serving(mailbox: Mailbox, /, *, tls: SSLContext | None = None) -> Iterator[Mailbox]:
    """Let a mailbox listen; with a context it takes mail after STARTTLS only.

    Who writes to it must have ended before it does: `finish` sees to that.
    """
    mailbox.port = free_port()
    controller = Server(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        tls_context=tls,
        require_starttls=tls is not None,
        ready_timeout=PATIENCE_SECONDS,
    )
    controller.start()
    yield mailbox
    wait_until(lambda: not mailbox.connections)
    controller.stop()


def finish(app: Flask, /) -> None:
    """Wait until an application has sent, or failed to send, its mails; it sends none after."""
    app.extensions[THREAD].shutdown()


def free_port() -> int:
    """Find a port that nobody listens on; aiosmtpd must be told one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
