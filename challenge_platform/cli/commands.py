"""The table of every command, and how each is imported only when it is used.

`challenge --help` lists them all without importing one, and a machine with only the extra [cli]
runs the participant's commands without ever importing what the server needs.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from challenge_platform.cli.exits import ExitCode
from challenge_platform.errors import InvalidInput


class Extra(StrEnum):
    """What a command needs beside the extra [cli]: the name of another extra."""

    SERVER = "server"
    SANDBOX = "sandbox"


_MODULES = {Extra.SERVER: "sqlmodel", Extra.SANDBOX: "docker"}
"""A module that each extra installs, and none before it."""

_NEEDED = {Extra.SERVER: "the server", Extra.SANDBOX: "Docker's library for Python"}


class Section(StrEnum):
    """Whom a command is for: the headings of `challenge --help`."""

    PARTICIPANTS = "Participants"
    ORGANIZERS = "Organizers"
    SERVER = "Server"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One command: its words, the module whose `app` has it under its last word, and its line."""

    words: str
    module: str
    line: str
    section: Section = Section.PARTICIPANTS
    sandbox: bool = False  # it runs programs

    @property
    def extra(self) -> Extra | None:
        """The extra without which it does not run."""
        if self.section is not Section.PARTICIPANTS:
            return Extra.SERVER
        return Extra.SANDBOX if self.sandbox else None

    @property
    def needs_server(self) -> bool:
        """Whether it runs only where the extra [server] is installed."""
        return self.extra is Extra.SERVER


_CLI = "challenge_platform.cli."

GROUPS = {
    "auth": "Sign in to a platform with an API token.",
    "challenges": "List, read and join challenges.",
    "data": "Download or build the data of a challenge.",
    "submissions": "List, read and cancel your team's submissions.",
    "submission": "Look into any team's submission.",
    "receipt": "Download and verify the signed receipts of scored submissions.",
    "team": "Say how teams take part in the ranking of a challenge.",
    "jury": "Enter the marks of a challenge's jury, and read the final ranking.",
    "user": "Create and delete accounts, reset passwords and issue tokens.",
}

COMMANDS = (
    Row(words="auth login", module=_CLI + "auth", line="Check an API token and keep it."),
    Row(
        words="auth status", module=_CLI + "auth", line="Tell where you are signed in, and as whom."
    ),
    Row(words="auth logout", module=_CLI + "auth", line="Forget the token kept on this machine."),
    Row(words="challenges list", module=_CLI + "challenges", line="List the challenges."),
    Row(
        words="challenges show",
        module=_CLI + "challenges",
        line="Show a challenge: phases, limits, files, metrics and your quota.",
    ),
    Row(
        words="challenges join",
        module=_CLI + "challenges",
        line="Join a challenge by accepting its data-use agreement.",
    ),
    Row(
        words="data download",
        module=_CLI + "data",
        line="Download the public files of a challenge and check each one.",
    ),
    Row(
        words="validate",
        module=_CLI + "validation",
        line="Check a predictions file on this machine, as the platform will.",
    ),
    Row(
        words="run-local",
        module=_CLI + "run_local",
        line="Run a program in the platform's sandbox, on this machine.",
        sandbox=True,
    ),
    Row(words="submit", module=_CLI + "submit", line="Submit predictions, code or an image."),
    Row(
        words="submissions list",
        module=_CLI + "submissions",
        line="List your team's submissions to a challenge, the newest first.",
    ),
    Row(
        words="submissions show",
        module=_CLI + "submissions",
        line="Show one submission: its state, times, scores or problems.",
    ),
    Row(
        words="submissions cancel",
        module=_CLI + "submissions",
        line="Cancel a submission that has not ended.",
    ),
    Row(
        words="leaderboard",
        module=_CLI + "leaderboard",
        line="Show a leaderboard, with the interval of every score and rank.",
    ),
    Row(
        words="receipt download",
        module=_CLI + "receipts",
        line="Download the signed receipt of a scored submission.",
    ),
    Row(
        words="receipt verify",
        module=_CLI + "receipts",
        line="Verify that a receipt is genuine and unchanged.",
    ),
    Row(
        words="data build",
        module=_CLI + "organizer",
        line="Run a challenge's recipe on this machine, encrypt its truth and publish it.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="data check",
        module=_CLI + "preflight",
        line="Look for what would stop a challenge's publication, and publish nothing.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="new",
        module=_CLI + "new",
        line="Make the folder of a challenge from a spreadsheet.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="lint",
        module=_CLI + "linting",
        line="Say everything that is wrong with a challenge's folder.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="schema",
        module=_CLI + "organizer",
        line="Print the JSON Schema of challenge.yaml.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="export",
        module=_CLI + "exchange",
        line="Export a published challenge, as a file or as what it says of itself.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="import",
        module=_CLI + "exchange",
        line="Import a challenge: what a platform exported, or a bundle of Codabench or CodaLab.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="reveal",
        module=_CLI + "organizer",
        line="Open a phase's private scores for everybody.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="submission log",
        module=_CLI + "run_logs",
        line="Print what a submission's program said at each stage.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="team list",
        module=_CLI + "teams",
        line="List a challenge's teams and how each takes part.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="team state",
        module=_CLI + "teams",
        line="Change how a team takes part.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="jury mark",
        module=_CLI + "jury",
        line="Set what a juror gives a team for a criterion.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="jury marks",
        module=_CLI + "jury",
        line="List the marks of a phase by team and criterion, with who gave each and when.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="jury final",
        module=_CLI + "jury",
        line="Show both rankings of a revealed phase: by the score alone, and with the jury.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user create",
        module=_CLI + "users",
        line="Make an account.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user reset-password",
        module=_CLI + "users",
        line="Print a link by which a person sets a new password.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user reset-totp",
        module=_CLI + "users",
        line="Take a lost second factor away from an account.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user ban",
        module=_CLI + "users",
        line="Close an account.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user unban",
        module=_CLI + "users",
        line="Open an account that was closed.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user token",
        module=_CLI + "users",
        line="Make an API token for an account.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="user delete",
        module=_CLI + "users",
        line="Delete an account for good.",
        section=Section.ORGANIZERS,
    ),
    Row(
        words="up",
        module=_CLI + "server",
        line="Run the whole platform on this machine.",
        section=Section.SERVER,
    ),
    Row(
        words="demo",
        module=_CLI + "demo",
        line="Load the demo into a running platform.",
        section=Section.SERVER,
    ),
    Row(
        words="doctor",
        module=_CLI + "doctor",
        line="Check this machine and a running platform.",
        section=Section.SERVER,
    ),
    Row(
        words="prepare",
        module=_CLI + "organizer",
        line="Make the folders, keys and tables that are missing.",
        section=Section.SERVER,
    ),
    Row(
        words="health",
        module=_CLI + "health",
        line="Tell whether a process can do its work.",
        section=Section.SERVER,
    ),
    Row(
        words="web",
        module=_CLI + "server",
        line="Serve the pages and the API.",
        section=Section.SERVER,
    ),
    Row(
        words="worker",
        module=_CLI + "server",
        line="Work the queue off.",
        section=Section.SERVER,
    ),
    Row(
        words="launcher",
        module=_CLI + "launcher",
        line="Start sandboxes.",
        section=Section.SERVER,
    ),
    Row(
        words="reaper",
        module=_CLI + "server",
        line="Find forgotten work.",
        section=Section.SERVER,
    ),
)


class LazyCommand(TyperCommand):
    """What a listing shows of a command; the command itself is imported when it is used."""

    def __init__(self, row: Row, /) -> None:
        super().__init__(row.words.split()[-1], help=row.line, rich_help_panel=row.section)
        self.row = row
        self.hidden = row.needs_server and not is_installed(Extra.SERVER)

    # The names and types are Click's, which Typer carries in a private module.
    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- Click's
        return self.load().make_context(*args, **kwargs)

    def load(self) -> TyperCommand:
        """Import the command; raise InvalidInput if it needs an extra that is not installed."""
        extra = self.row.extra
        if extra is not None and not is_installed(extra):
            raise InvalidInput(
                f"`challenge {self.row.words}` needs {_NEEDED[extra]}, which is not installed "
                f"here; install it with: pip install 'challenge-platform[{extra}]'"
            )
        command = get_group(importlib.import_module(self.row.module).app).commands[self.name or ""]
        if not isinstance(command, TyperCommand):
            raise TypeError(f"{self.row.module} registers {self.row.words} as a group")
        # Without markup the help is plain text: no escape codes, and Rich need not be imported.
        command.rich_markup_mode = None
        return command


class Group(TyperGroup):
    """A group of commands, listed under headings; without a command, it shows its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- Click's
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 -- Click's
        commands = [command for command in self.commands.values() if not command.hidden]
        width = max((len(command.name or "") for command in commands), default=0)
        sections: dict[str, list[tuple[str, str]]] = {}
        for command in commands:
            row = ((command.name or "").ljust(width), command.help or "")
            sections.setdefault(getattr(command, "rich_help_panel", ""), []).append(row)
        for section, rows in sections.items():
            with formatter.section(section if len(sections) > 1 else "Commands"):
                formatter.write_dl(rows)


def is_installed(extra: Extra, /) -> bool:
    """Tell whether this machine has an extra."""
    return importlib.util.find_spec(_MODULES[extra]) is not None


def add_commands(root: TyperGroup, /) -> TyperGroup:
    """Add every command of the table to the program, each group where its first command stands."""
    for row in COMMANDS:
        *parents, name = row.words.split()
        group = root
        for parent in parents:
            group = _subgroup(root, parent, row=row)
        group.add_command(LazyCommand(row), name)
    return root


def _subgroup(root: TyperGroup, name: str, *, row: Row) -> TyperGroup:
    group = root.commands.get(name)
    if group is None:
        hidden = row.needs_server and not is_installed(Extra.SERVER)
        group = Group(
            name=name,
            help=GROUPS[name],
            rich_markup_mode=None,
            rich_help_panel=row.section,
            hidden=hidden,
        )
        root.add_command(group)
    if not isinstance(group, TyperGroup):
        raise TypeError(f"{name} is a command and cannot have commands")
    return group
