"""The table of commands: complete, importable, and its lines agree with the help they lead to."""

import pytest

from challenge_platform.cli import main, program
from challenge_platform.cli.commands import COMMANDS, GROUPS, LazyCommand, Row


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.words)
def test_the_line_of_a_command_begins_its_help(row: Row) -> None:
    command = LazyCommand(row).load()

    assert row.line.endswith(".")
    assert (command.help or "").startswith(row.line.removesuffix("."))


@pytest.mark.parametrize(
    "row", [row for row in COMMANDS if not row.needs_server], ids=lambda row: row.words
)
def test_every_option_of_a_participants_command_is_explained_in_a_sentence(row: Row) -> None:
    options = [param for param in LazyCommand(row).load().params if param.name != "help"]

    unexplained = [
        param.name for param in options if not str(getattr(param, "help", "")).endswith(".")
    ]

    assert unexplained == []


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.words)
def test_the_help_of_a_command_is_plain_text(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*row.words.split(), "--help"]) == 0

    out = capsys.readouterr().out
    assert out.startswith(f"Usage: challenge {row.words} ")
    assert "\u256d" not in out  # a corner of Rich's boxes


def test_the_names_that_other_programs_rely_on_are_there() -> None:
    words = {row.words for row in COMMANDS}

    assert words >= {
        "auth login",
        "challenges list",
        "challenges join",
        "data download",
        "data build",
        "validate",
        "submit",
        "submissions list",
        "leaderboard",
        "receipt verify",
        "up",
        "web",
        "worker",
        "launcher",
        "reaper",
        "doctor",
        "user create",
        "user reset-password",
        "user reset-totp",
        "user ban",
        "user unban",
        "user token",
        "user delete",
    }


def test_every_group_is_described_and_none_is_left_over() -> None:
    parents = {row.words.rpartition(" ")[0] for row in COMMANDS} - {""}

    assert parents == GROUPS.keys()


def test_every_command_stands_where_its_words_say() -> None:
    found = set()
    for name, command in program().commands.items():
        below = getattr(command, "commands", {})
        found |= {f"{name} {each}" for each in below} or {name}

    assert found == {row.words for row in COMMANDS}
