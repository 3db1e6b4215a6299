"""What is said to the person: the result on the standard output, all else on the error output."""

import unicodedata

import typer


def say(text: str = "", /) -> None:
    """Print a line of the command's result."""
    typer.echo(printable(text))


def note(text: str, /) -> None:
    """Tell something that is not the command's result: a state, a hint, an error."""
    typer.echo(printable(text), err=True)


def printable(text: str, /) -> str:
    """Replace what could steer a terminal: names and messages are written by strangers."""
    return "".join(char if _is_harmless(char) else "\ufffd" for char in text)


def _is_harmless(char: str) -> bool:
    # Python calls no space but " " printable, and French needs its no-break spaces.
    return char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"
