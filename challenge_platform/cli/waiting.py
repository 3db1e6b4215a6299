"""Waiting for a submission to end: a live line of its state, or one line for each change."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from challenge_platform.cli.client import Client
from challenge_platform.cli.documents import Submission
from challenge_platform.cli.exits import EXIT_OF_STATE, PlatformFault, WaitTimedOut
from challenge_platform.cli.output import console
from challenge_platform.cli.terminal import note

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
GROWTH = 1.4


def wait(client: Client, submission_id: str, /, *, seconds: float) -> Submission:
    """Give the submission once it has ended; raise WaitTimedOut after `seconds`.

    A platform that does not answer meanwhile is asked again: the submission is in its care.
    """
    start = time.monotonic()
    pause = FIRST_PAUSE
    try:
        with _live_line(console(error=True), start=start) as tell:
            while True:
                submission = _ask(client, submission_id, tell=tell)
                if submission is not None and submission["state"] in EXIT_OF_STATE:
                    return submission
                left = start + seconds - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(pause, left))
                pause = min(pause * GROWTH, LONGEST_PAUSE)
    except KeyboardInterrupt:
        note(f"Your submission goes on; see: challenge submissions show {submission_id}")
        raise
    raise WaitTimedOut(
        f"the submission had not ended after {seconds:g} s; it goes on, see: "
        f"challenge submissions show {submission_id}"
    )


def _ask(client: Client, submission_id: str, *, tell: Callable[[str], None]) -> Submission | None:
    try:
        submission = client.submission(submission_id)
    except PlatformFault:
        tell("the platform does not answer, trying again")
        return None
    tell(state_text(submission))
    return submission


def state_text(submission: Submission, /) -> str:
    """Give the state, the position of a submission that waits, and when it may be over."""
    words = [submission["state"]]
    if submission["position"] is not None:
        words.append(f"position {submission['position']}")
    if submission["eta_seconds"] is not None:
        words.append(f"about {_span(submission['eta_seconds'])} to go")
    return ", ".join(words)


def _span(seconds: int) -> str:
    """Write a rough time in its largest unit."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


@contextmanager
def _live_line(terminal: Console, *, start: float) -> Iterator[Callable[[str], None]]:
    """Give a function that shows the state: with a spinner, or where there is no terminal, once."""
    if terminal.is_terminal:
        with terminal.status("submitted") as status:
            yield lambda text: status.update(Text(f"{text}, {time.monotonic() - start:.0f} s"))
        return
    told: list[str] = []

    def tell(text: str) -> None:
        if told[-1:] != [text]:
            note(text)
            told.append(text)

    yield tell
