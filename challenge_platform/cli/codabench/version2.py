"""Reading competition.yaml of Codabench, version 2."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from challenge_platform.cli.codabench import keys
from challenge_platform.cli.codabench.board import read_board
from challenge_platform.cli.codabench.bundle import Bundle, Page, Phase, Solution, Task
from challenge_platform.cli.codabench.fields import (
    Mapping,
    given,
    indexes,
    limit,
    mapping,
    number,
    parts,
    text,
    truth,
)
from challenge_platform.cli.codabench.files import Files
from challenge_platform.cli.codabench.report import Report
from challenge_platform.cli.codabench.times import read_time

UNUSED = {
    "queue": "workers of its own",
    "reward": "a reward; write it into `transparency.awards`",
    "forum_enabled": "a forum",
    "competition_type": "its kind",
    "auto_run_submissions": "whether submissions run at once",
    "can_participants_make_submissions_public": "whether submissions may be made public",
    "enable_detailed_results": "pages of results that its program writes",
    "show_detailed_results_in_submission_panel": "where detailed results are shown",
    "show_detailed_results_in_leaderboard": "where detailed results are shown",
    "make_programs_available": "whether its programs may be downloaded",
    "image": "its picture",
}
"""Keys that say something for which there is nothing here."""

_PHASE_UNUSED = {
    "auto_migrate_to_this_phase": "the best submissions do not go on to it by themselves",
    "hide_output": "what programs say on hidden data is never shown",
    "hide_prediction_output": "as above",
    "hide_score_output": "`disclosure` says what is told",
    "accepts_only_result_submissions": "`submission.kinds` says it for the whole challenge",
}
DEFAULTS = {"most": 100, "most_per_day": 5, "seconds": 600}


def read(document: Mapping, /, *, files: Files, report: Report) -> Bundle:
    """Understand a bundle of version 2; raise InvalidInput where it has not even the form."""
    tasks = tuple(_tasks(document, files=files, report=report))
    phases = tuple(_phases(document, known={task.index for task in tasks}, report=report))
    for phase, following in pairwise(phases):
        _tell_order(phase, following, report=report)
    columns, primary = read_board(document, report=report)
    for key, what in UNUSED.items():
        if given(document.get(key)):
            report.dropped(key, what)
    keys.tell_unread(document, known={*UNUSED, *keys.TOP}, place="", report=report)
    if not truth(document.get("registration_auto_approve"), default=False):
        report.decide(
            "registration_auto_approve",
            "organizers approve each participant there; here whoever accepts the agreement joins",
            code="open-registration",
        )
    for question in mapping(document.get("fact_sheet") or {}, place="fact_sheet"):
        report.dropped(f"fact_sheet.{question}", "a question to participants at each submission")
    return Bundle(
        version="Codabench 2",
        title=text(document.get("title"), default="Untitled"),
        description=text(document.get("description")),
        contact=text(document.get("contact_email")) or None,
        image=text(document.get("docker_image")) or None,
        pages=tuple(_pages(document, files=files)),
        terms=files.file(document.get("terms"), place="terms"),
        phases=phases,
        tasks=tasks,
        columns=columns,
        primary=primary,
        solutions=tuple(_solutions(document, files=files)),
        public=tuple(_public(document, tasks=tasks, files=files, report=report)),
    )


def _pages(document: Mapping, *, files: Files) -> Iterator[Page]:
    for index, page in enumerate(parts(document.get("pages"), place="pages")):
        file = files.file(page.get("file"), place=f"pages[{index}].file")
        if file is not None:
            yield Page(title=text(page.get("title"), default=f"Page {index + 1}"), file=file)


def _tasks(document: Mapping, *, files: Files, report: Report) -> Iterator[Task]:
    for position, task in enumerate(parts(document.get("tasks"), place="tasks")):
        index = number(task.get("index"), default=position)
        place = f"tasks[{index}]"
        keys.tell_unread(task, known=keys.TASK, place=place, report=report)
        if task.get("key"):
            report.decide(place, f"{task['key']} is a task of its server, and not in the bundle")
            continue
        yield read_task(
            task,
            index=index,
            name=text(task.get("name"), default=f"Task {index}"),
            place=place,
            exposure="ingestion_only_during_scoring",
            files=files,
            report=report,
        )


def read_task(
    found: Mapping,
    /,
    *,
    index: int,
    name: str,
    place: str,
    exposure: str,
    files: Files,
    report: Report,
) -> Task:
    """Give a task with its files.

    The key `exposure` says that a program of participants would run where the reference data are.
    """
    if given(found.get("ingestion_program")):
        report.decide(
            f"{place}.ingestion_program",
            "it runs the code of participants: write a `main.py` that does so, or take "
            "predictions only",
        )
        if truth(found.get(exposure), default=False):
            report.decide(
                f"{place}.{exposure}",
                "the code of participants would run beside the reference data and could read them; "
                "here the two never meet",
                code="label-exposure",
            )
    return Task(
        index=index,
        name=name,
        description=text(found.get("description")),
        ingested=given(found.get("ingestion_program")),
        scorer=files.program(found.get("scoring_program"), place=f"{place}.scoring_program"),
        reference=files.folder(found.get("reference_data"), place=f"{place}.reference_data"),
        input=files.folder(found.get("input_data"), place=f"{place}.input_data"),
    )


def _phases(document: Mapping, *, known: set[int], report: Report) -> Iterator[Phase]:
    for position, phase in enumerate(parts(document.get("phases"), place="phases")):
        place = f"phases[{position}]"
        for key, what in _PHASE_UNUSED.items():
            if given(phase.get(key)):
                report.dropped(f"{place}.{key}", what)
        keys.tell_unread(phase, known={*_PHASE_UNUSED, *keys.PHASE}, place=place, report=report)
        wanted = indexes(phase.get("tasks"))
        for index in sorted(set(wanted) - known):
            report.decide(f"{place}.tasks", f"there is no task {index}")
        yield Phase(
            place=place,
            name=text(phase.get("name"), default=f"Phase {position + 1}"),
            description=text(phase.get("description")),
            opens=read_time(phase.get("start"), place=f"{place}.start", report=report),
            closes=read_time(phase.get("end"), place=f"{place}.end", report=report),
            tasks=tuple(index for index in wanted if index in known),
            most=limit(
                phase.get("max_submissions"),
                default=DEFAULTS["most"],
                place=f"{place}.max_submissions",
                report=report,
            ),
            most_per_day=limit(
                phase.get("max_submissions_per_day"),
                default=DEFAULTS["most_per_day"],
                place=f"{place}.max_submissions_per_day",
                report=report,
            ),
            seconds=number(phase.get("execution_time_limit"), default=DEFAULTS["seconds"]),
        )


def _tell_order(phase: Phase, following: Phase, /, *, report: Report) -> None:
    """Tell where a phase meets, or overlaps, the next."""
    if phase.closes is None or following.opens is None:
        return
    place = f"{phase.place}.end"
    if phase.closes == following.opens:
        report.imported(
            place, "is when the next begins, which Codabench refuses; a phase is over at its end"
        )
    elif phase.closes > following.opens:
        report.changed(place, "is after the next begins, and both are open meanwhile")


def _solutions(document: Mapping, *, files: Files) -> Iterator[Solution]:
    for position, solution in enumerate(parts(document.get("solutions"), place="solutions")):
        place = f"solutions[{position}]"
        named = solution.get("path") or solution.get("key")
        folder = files.folder(named, place=place, needed=False)
        if folder is not None:
            index = number(solution.get("index"), default=position)
            yield Solution(
                name=f"Solution {index}", folder=folder, tasks=indexes(solution.get("tasks"))
            )


def _public(
    document: Mapping, *, tasks: tuple[Task, ...], files: Files, report: Report
) -> Iterator[Path]:
    """Give the folders that would become public, and ask for each with what is in it."""
    for position, phase in enumerate(parts(document.get("phases"), place="phases")):
        for key in ("public_data", "starting_kit"):
            place = f"phases[{position}].{key}"
            folder = files.folder(phase.get(key), place=place, needed=False)
            if folder is not None:
                yield from published(folder, tasks=tasks, place=place, report=report)
    if truth(document.get("make_input_data_available"), default=False):
        for position, task in enumerate(parts(document.get("tasks"), place="tasks")):
            place = f"tasks[{position}].input_data"
            folder = files.folder(task.get("input_data"), place=place)
            if folder is not None:
                at = "make_input_data_available"
                yield from published(folder, tasks=tasks, place=at, report=report)


def published(
    folder: Path, /, *, tasks: tuple[Task, ...], place: str, report: Report
) -> Iterator[Path]:
    """Give a folder, having asked whether the files in it are to become public.

    One that holds reference data is told and left out, whatever `--accept` says.
    """
    secret = [task for task in tasks if task.reference and _meet(task.reference, folder)]
    if secret:
        named = ", ".join(repr(task.name) for task in secret)
        report.decide(
            place,
            f"is left out of what is public: it holds reference data of the task {named}, by which "
            "anybody scores perfectly; write `data.public` yourself",
        )
        return
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    told = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")  # noqa: PLR2004 -- as many as a line holds
    report.decide(place, f"these files become public: {told}", code="public-files")
    yield folder


def _meet(one: Path, other: Path, /) -> bool:
    """Whether two folders are the same, or one is in the other."""
    return one.is_relative_to(other) or other.is_relative_to(one)
