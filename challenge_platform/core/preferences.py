"""What a person chose to read in: a language and a time zone, kept with the account."""

from sqlmodel import Session

from challenge_platform.core.account import User
from challenge_platform.core.local_text import LANGUAGES
from challenge_platform.core.timezone import find_zone
from challenge_platform.errors import InvalidInput


def keep_preferences(
    session: Session, user: User, /, *, language: str | None, timezone: str | None
) -> None:
    """Keep a person's choices, None for one that is left to the browser or to UTC.

    Raise InvalidInput, keeping nothing, for what is not to be chosen.
    """
    if language is not None and language not in LANGUAGES:
        raise InvalidInput(
            "there is no language {language!r}; there is {known}",
            language=language,
            known=", ".join(LANGUAGES),
        )
    if timezone is not None:
        find_zone(timezone)
    user.language, user.timezone = language, timezone
    session.add(user)
