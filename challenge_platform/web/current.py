"""What belongs to the request at hand: the platform, the person, the moment it began."""

from datetime import datetime
from typing import cast

from flask import current_app, g, request
from flask_security import current_user

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.login import LoginSession
from challenge_platform.errors import InvalidInput, NotAuthenticated

LAST_PAGE = 10_000
DIGITS = len(str(LAST_PAGE))


def platform() -> Platform:
    """Give the parts of the platform."""
    return cast("Platform", current_app.extensions["platform"])


def user() -> User | None:
    """Give the person whose session cookie came with a page's request, if any."""
    return current_user.user if current_user.is_authenticated else None


def require_user() -> User:
    """Give the person whose session it is; raise NotAuthenticated when there is none."""
    person = user()
    if person is None:
        raise NotAuthenticated("log in to see this page")
    return person


def require_login() -> LoginSession:
    """Give the session that the request came with; raise NotAuthenticated when there is none."""
    require_user()
    return cast("LoginSession", current_user.login)


def opened_at() -> datetime:
    """Give the time at which the request began, before its body was read."""
    return cast("datetime", g.opened_at)


def page_number() -> int:
    """Give the page of a list that is asked for, the first unless said otherwise."""
    page = request.args.get("page", "1")
    is_number = page.isascii() and page.isdecimal() and len(page) <= DIGITS
    if not is_number or not 1 <= int(page) <= LAST_PAGE:
        raise InvalidInput("there is no page {page!r}; pages are counted from 1", page=page[:20])
    return int(page)
