"""The one error of set-up."""


class SetupError(Exception):
    """Set-up cannot go on; the message says in words for its reader what to do about it."""
