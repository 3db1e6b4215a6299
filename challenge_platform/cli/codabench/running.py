"""Running a bundle's solutions with its own scoring program, in the platform's sandbox."""

import io
import re
import tarfile
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

from challenge_platform.cli.codabench.bundle import Bundle, Program, Solution, Task
from challenge_platform.cli.codabench.report import Report
from challenge_platform.cli.local_run import kept
from challenge_platform.core.reference import write_main
from challenge_platform.core.written_scores import InvalidScores, read_scores
from sandbox import MIB, End, Limits, Outcome, Run, Runner

LIMITS = Limits(seconds=600, memory=1024 * MIB, processes=64, scratch=512 * MIB, file=MIB)
"""What a scoring program of another may use."""

TOLERANCE = 1e-9

_PYTHON_2 = ("a bytes-like object is required, not 'str'", "Missing parentheses in call to 'print'")
"""How Python 3 refuses what Python 2 took."""


def run_solutions(
    bundle: Bundle, /, *, runner: Runner, runtime: str, report: Report, expected: dict[str, float]
) -> None:
    """Score each solution by each task it is for, and tell how the scores fit the leaderboard.

    `expected` are the scores that the first one must get. Raises SandboxUnavailable when a program
    could not be run.
    """
    ran = False
    for solution in bundle.solutions:
        for task in _tasks(bundle, solution):
            if task.scorer is None:
                continue
            name = f"{solution.name} on {task.name}"
            scores = _scored(
                task,
                task.scorer,
                solution,
                runner=runner,
                runtime=runtime,
                report=report,
                name=name,
            )
            if scores is None:
                continue
            report.scores[name] = scores
            if not ran:
                _compare_keys(bundle, scores, name=name, report=report)
                _compare_values(expected, scores, name=name, report=report)
            ran = True
    if not ran:
        report.decide(
            "solutions",
            "no solution was scored, so that nothing shows that the program writes the keys of the "
            "leaderboard's columns",
            code="not-run",
        )


def _tasks(bundle: Bundle, solution: Solution, /) -> list[Task]:
    """List the tasks that a solution is for: the first one, if it does not say."""
    if not solution.tasks:
        return list(bundle.tasks[:1])
    return [task for task in bundle.tasks if task.index in solution.tasks]


def _scored(
    task: Task,
    scorer: Program,
    solution: Solution,
    /,
    *,
    runner: Runner,
    runtime: str,
    report: Report,
    name: str,
) -> dict[str, float] | None:
    """Give the scores of a solution; None, with a line in the report, if there are none."""
    outcome = run_scorer(
        scorer, reference=task.reference, result=solution.folder, runner=runner, runtime=runtime
    )
    if outcome.end is not End.FINISHED or outcome.file is None:
        said = outcome.log.decode(errors="replace").strip()[-300:]
        ended = f"the scoring program ended: {outcome.end.value}; it said: {said}{_hint(said)}"
        if task.ingested:
            report.decide(
                name,
                f"is code for the ingestion program, it seems, which is not run here; {ended}",
                code="not-run",
            )
        else:
            report.decide(name, ended)
        return None
    try:
        return read_scores(outcome.file)
    except InvalidScores as error:
        report.decide(name, str(error))
        return None


def _hint(said: str, /) -> str:
    """Say what to do where older programs are known to fail."""
    if missing := re.search(r"No module named '([\w.]{1,60})'", said):
        return f"; the platform's image has no {missing[1]}: put it into the program's folder"
    if any(sign in said for sign in _PYTHON_2):
        return "; it seems to be written for Python 2: change it for Python 3"
    return ""


def run_scorer(
    scorer: Program, /, *, reference: Path | None, result: Path, runner: Runner, runtime: str
) -> Outcome:
    """Run a scoring program on a result, with the folders and the words that Codabench gives it."""
    with tempfile.TemporaryFile() as packed:
        folders = {"ref": reference, "res": result}
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, folder in folders.items():
                for path, place in _files(folder, below=name):
                    with path.open("rb") as file:
                        tar.addfile(_header(path, place), file)
        digest = kept(packed, runner=runner)
    return runner.run(
        Run(
            id=uuid.uuid4().hex,
            runtime=runtime,
            limits=LIMITS,
            input=_program(scorer),
            files=digest,
            collect="scores",
        )
    )


def _files(folder: Path | None, *, below: str) -> Iterator[tuple[Path, str]]:
    """List the files of a folder, each with its path below another."""
    if folder is not None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path, f"{below}/{path.relative_to(folder).as_posix()}"


def _header(path: Path, place: str) -> tarfile.TarInfo:
    header = tarfile.TarInfo(place)
    header.size, header.mode = path.stat().st_size, 0o644
    return header


def _program(scorer: Program) -> bytes:
    """Pack the program with its command and what starts it, as an archive of code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        write_main(archive, command=scorer.command)
        for path, place in _files(scorer.folder, below="program"):
            archive.write(path, place)
    return packed.getvalue()


def _compare_keys(
    bundle: Bundle, scores: dict[str, float], /, *, name: str, report: Report
) -> None:
    """Tell of each column whether the program writes its key, letter for letter."""
    by_letters = {key.casefold(): key for key in scores}
    for column in bundle.columns:
        if column.key in scores or column.computed:
            continue
        if other := by_letters.get(column.key.casefold()):
            report.changed(
                f"columns.{column.key}",
                "the program writes the key in other letters, so that Codabench shows no score",
                old=column.key,
                new=other,
            )
        else:
            written = ", ".join(sorted(scores))
            report.decide(
                f"columns.{column.key}",
                f"the program does not write it for {name}; it writes {written}",
            )


def _compare_values(
    expected: dict[str, float], scores: dict[str, float], /, *, name: str, report: Report
) -> None:
    for key, value in expected.items():
        found = scores.get(key)
        if found is None or abs(found - value) > TOLERANCE * max(1.0, abs(value)):
            told = "nothing" if found is None else f"{found:.10g}"
            report.decide(name, f"{key} was to be {value:.10g}, and the program gave {told}")
        else:
            report.imported(name, f"{key} is {found:.10g}, as expected")
