"""`python -m scorers audit`: a finished competition judged from a folder, in a report."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from scorers.audit.document import Audit, Unscored
from scorers.audit.entries import read_entries
from scorers.audit.judging import NothingScored, Submission, audit
from scorers.audit.ranking import Ranking
from scorers.audit.report import report
from scorers.audit.words import plain_words
from scorers.definition import Task
from scorers.home import INVALID, OK, WRONG_USE, fitted, read_challenge
from scorers.predictions.problems import visible


class WrongLayout(ValueError):
    """The folder is not laid out as an audit needs it; the message says how to repair it."""


def add_arguments(parser: argparse.ArgumentParser, /) -> None:
    """Declare the options of the command."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of the competition")
    parser.add_argument("--challenge", type=Path, help="the challenge (DIR/challenge.yaml)")
    parser.add_argument("--truth", type=Path, help="a CSV file with the answers (DIR/truth.csv)")
    parser.add_argument("--output", type=Path, help="the report to write (DIR/audit.html)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resamples (0)")
    parser.add_argument("--format", choices=["text", "json"], default="text")


def audit_at_home(options: argparse.Namespace, /) -> int:
    """Audit the folder of `options`, write the report, and return the exit code."""
    output = options.output or options.folder / "audit.html"
    try:
        found = _audit(options)
        output.write_text(report(found), encoding="utf-8")
    except NothingScored as nothing:
        sys.stderr.write(f"no submission in {options.folder} can be scored:\n{nothing}\n")
        return INVALID
    except (OSError, ValueError, yaml.YAMLError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE
    told = found.to_json() if options.format == "json" else "\n".join(plain_words(found))
    sys.stdout.write(f"{told}\n")
    sys.stderr.write(f"the report is {output}\n")
    return OK


def _audit(options: argparse.Namespace) -> Audit:
    challenge_file = _file(options, "challenge", name="challenge.yaml")
    truth = _file(options, "truth", name="truth.csv").read_bytes()
    challenge = read_challenge(challenge_file)
    task = Task.from_challenge(challenge).model_copy(update={"subgroups": ()})
    files, strays = find_submissions(options.folder)
    teams = options.folder / "teams.csv"
    return audit(
        fitted(task, truth),
        title=_title(challenge.get("title"), folder=options.folder),
        truth=truth,
        submissions=_read(files, folder=options.folder / "submissions"),
        ranking=Ranking.model_validate(challenge.get("ranking") or {}),
        seed=options.seed,
        unscored=strays,
        entries=read_entries(teams.read_bytes()) if teams.is_file() else None,
    )


def _file(options: argparse.Namespace, option: str, *, name: str) -> Path:
    given: Path | None = getattr(options, option)
    path = given or options.folder / name
    if not path.is_file():
        raise WrongLayout(f"{path} is no file: put the {option} there, or name it by --{option}")
    return path


def _title(title: object, *, folder: Path) -> str:
    """Return the English title, else the first, else the name of the folder."""
    if isinstance(title, dict) and title:
        return str(title.get("en", next(iter(title.values()))))
    return title if isinstance(title, str) and title else folder.resolve().name


def find_submissions(folder: Path, /) -> tuple[list[tuple[str, Path]], list[Unscored]]:
    """Return the team and path of every submission, by name, and what is no submission.

    They are `submissions/<team>.csv` and `submissions/<team>/*.csv`. Hidden files are passed over.

    Raises WrongLayout if there is no such folder, nothing in it, or a name that is not UTF-8.
    """
    root = folder / "submissions"
    if not root.is_dir():
        raise WrongLayout(
            f"{root} is no folder; expected one file for each team, submissions/<team>.csv, or a "
            "folder of them, submissions/<team>/*.csv: put the submissions there"
        )
    files: list[tuple[str, Path]] = []
    strays: list[Unscored] = []
    for path in _inside(root):
        inside = _inside(path) if path.is_dir() else [path]
        team = path.name if path.is_dir() else path.stem
        if not inside:
            strays.append(_stray(path, root=root, team=team, found="an empty folder"))
        for file in inside:
            if file.is_file() and file.suffix.lower() == ".csv":
                files.append((team, file))
            else:
                strays.append(_stray(file, root=root, team=team, found="no .csv file"))
    if not files and not strays:
        raise WrongLayout(f"{root} is empty: put one file for each team there, <team>.csv")
    return files, strays


def _inside(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in paths:
        if not path.name.isprintable():
            raise WrongLayout(
                f'"{visible(path.name)}" in {folder} has characters that cannot be shown; '
                "expected a name of printable UTF-8: rename it"
            )
    return paths


def _stray(path: Path, *, root: Path, team: str, found: str) -> Unscored:
    problem = f"file: found {found}, expected predictions as .csv; rename or remove it"
    file = path.relative_to(root).as_posix()
    return Unscored(team=team, file=file, problems=(problem,), total=1)


def _read(files: list[tuple[str, Path]], *, folder: Path) -> Iterator[Submission]:
    for team, path in files:
        file = path.relative_to(folder).as_posix()
        yield Submission(team=team, file=file, data=path.read_bytes())
