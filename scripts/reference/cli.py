"""The page of the command line: every command of the table, with its arguments and options."""

import re
from collections.abc import Iterator
from typing import Any

from challenge_platform.cli import program
from challenge_platform.cli.commands import COMMANDS, LazyCommand, Section
from challenge_platform.cli.exits import ExitCode
from scripts.reference.markdown import code, inline, table
from scripts.reference.markdown import page as make_page

HEADS = ("option", "default", "meaning")
MEANING = {
    ExitCode.DONE: "Done; with `--wait`, scored.",
    ExitCode.USAGE: "Wrong use: an argument, a name, a state that does not allow it.",
    ExitCode.INVALID: "The file is invalid, or the submission was rejected.",
    ExitCode.FAILED: "The participant's code failed.",
    ExitCode.PLATFORM: "A fault of the platform, or it cannot be reached.",
    ExitCode.TIMED_OUT: "The time given with `--wait` was over before the end.",
    ExitCode.AUTHENTICATION: "No token, or one that may not do this.",
    ExitCode.QUOTA: "No submission is left for now, or too many requests.",
    ExitCode.CANCELLED: "The submission was cancelled.",
    ExitCode.INTERRUPTED: "Ctrl-C.",
}


def page() -> str:
    """Give the page."""
    root = program()
    context = root.make_context("challenge", [], resilient_parsing=True)
    exits = [(str(int(exit_)), MEANING[exit_]) for exit_ in ExitCode]
    return make_page(
        "Command line",
        "`pip install 'challenge-platform[cli]'` brings the participants' commands, "
        "`[server]` all of them.",
        "## Before every command",
        table(HEADS, options(root, context)),
        "## Exit codes",
        "A script may rely on them.",
        table(("code", "meaning"), exits),
        *(part for section in Section for part in _section(context, section)),
    )


def _section(context: Any, section: Section) -> Iterator[str]:  # noqa: ANN401 -- Click's, which Typer hides
    yield f"## {section}"
    for row in COMMANDS:
        if row.section is section:
            yield f"### challenge {row.words}"
            yield from _command(context, row.words)


def _command(context: Any, words: str) -> Iterator[str]:  # noqa: ANN401 -- Click's, which Typer hides
    found = context.command
    for word in words.split():
        found = found.commands[word]
    found = found.load() if isinstance(found, LazyCommand) else found
    first, *others = (found.help or "").split("\n\n")
    pieces = (piece.strip("{}") for piece in found.collect_usage_pieces(context))
    yield " ".join(first.split())
    yield code(f"challenge {words} {' '.join(pieces)}")
    yield from others
    yield table(HEADS, options(found, context))


def options(command: Any, context: Any, /) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 -- Click's, which Typer hides
    """List a command's arguments and options as (name, default, meaning)."""
    for given in command.params:
        if given.name != "help":
            name, told = given.get_help_record(context)
            meaning, _, noted = told.partition("  [")
            notes = noted.removesuffix("]").split("; ") if noted else []
            default = next((note for note in notes if note.startswith(("default", "req"))), "")
            notes = [re.sub("^env var: ", "", note) for note in notes if note != default]
            also = f" ({'; '.join(notes)})" if notes else ""
            argument = given.param_type_name == "argument"
            yield (
                inline(re.sub(r" <.*>$", "", name) if argument else name),
                default.removeprefix("default: "),
                f"{meaning}{also}",
            )
