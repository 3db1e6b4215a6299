"""Addresses as logs keep them: without what opens an account or a team to whoever reads it."""

import re

_SECRET = re.compile(r"(/(?:recover|recovery|confirm|profile/email|team/join)/)[^/?\s]+")
_QUERY_OF_LOGIN = re.compile(r"(/login/openid[^?\s]*)\?\S*")


def without_secrets(text: str, /) -> str:
    """Give a path or a request's line with a dash for the secret of a link that was sent.

    A dash stands for what an OpenID Connect provider gave, too.
    """
    return _QUERY_OF_LOGIN.sub(r"\1?-", _SECRET.sub(r"\1-", text))
