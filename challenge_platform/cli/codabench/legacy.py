"""Reading competition.yaml of CodaLab, versions 1.5 and 1.8.

Codabench reads them too, but ends a phase one day before the next begins, turns `has_registration`
round, and drops the parent phases of 1.8.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from challenge_platform.cli.codabench.bundle import Bundle, Column, Page, Phase, Task
from challenge_platform.cli.codabench.fields import (
    Mapping,
    given,
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
from challenge_platform.cli.codabench.version2 import DEFAULTS, published, read_task

_UNUSED = {
    "admin_names": "the names of organizers",
    "anonymous_leaderboard": "teams are shown by the names that they give themselves",
    "disallow_leaderboard_modifying": "nobody takes a score off the leaderboard",
    "enable_detailed_results": "pages of results that its program writes",
    "enable_forum": "a forum",
    "enable_per_submission_metadata": "a form at each submission",
    "force_submission_to_leaderboard": "every score is on the leaderboard",
    "allow_public_submissions": "submissions are not public",
    "show_datasets_from_yaml": "where data sets are listed",
    "allow_teams": "`teams.max_size` says how large a team may be",
}
_TERMS = "terms"


def read(document: Mapping, /, *, files: Files, report: Report) -> Bundle:
    """Understand a bundle of version 1.5 or 1.8; raise InvalidInput where it has not its form."""
    html = mapping(document.get("html") or {}, place="html")
    listed = parts(document.get("phases"), place="phases")
    columns, primary = _board(document, report=report)
    for key, what in _UNUSED.items():
        if given(document.get(key)):
            report.dropped(key, what)
    if truth(document.get("has_registration"), default=False):
        report.decide(
            "has_registration",
            "organizers approve each participant there; here whoever accepts the agreement joins",
            code="open-registration",
        )
    pages = {
        name: file
        for name, value in html.items()
        if (file := files.file(value, place=f"html.{name}")) is not None
    }
    phases = tuple(_phases(listed, end=document.get("end_date"), report=report))
    return Bundle(
        version="CodaLab 1.8" if _has_parents(listed) else "CodaLab 1.5",
        title=text(document.get("title"), default="Untitled"),
        description=text(document.get("description")),
        contact=None,
        image=text(document.get("competition_docker_image")) or None,
        pages=tuple(Page(title=name, file=file) for name, file in pages.items() if name != _TERMS),
        terms=pages.get(_TERMS),
        phases=phases,
        tasks=tuple(_tasks(listed, files=files, report=report)),
        columns=columns,
        primary=primary,
        solutions=(),
        public=tuple(_public(listed, files=files, report=report)),
    )


def _has_parents(phases: list[Mapping]) -> bool:
    return any("is_parallel_parent" in phase or "parent_phasenumber" in phase for phase in phases)


def _phases(listed: list[Mapping], *, end: object, report: Report) -> Iterator[Phase]:
    """Give the phases, each of which ends where the next begins, and the last at `end`."""
    read = [_phase(phase, position, report=report) for position, phase in enumerate(listed)]
    last = read_time(end, place="end_date", report=report)
    for position, phase in enumerate(read):
        following = read[position + 1].opens if position + 1 < len(read) else last
        if following is not None and position + 1 < len(read):
            report.changed(
                phase.place,
                "a phase ends when the next begins; Codabench would end it a day before",
                new=following.isoformat(),
            )
        yield replace(phase, closes=following)


def _phase(phase: Mapping, position: int, *, report: Report) -> Phase:
    place = f"phases[{position + 1}]"
    for key in ("is_parallel_parent", "parent_phasenumber"):
        if given(phase.get(key)):
            report.changed(f"{place}.{key}", "phases have no parents here; it stands by itself")
    if given(phase.get("auto_migration")):
        report.dropped(f"{place}.auto_migration", "the best do not go on to it by themselves")
    per_day = limit(
        phase.get("max_submissions_per_day"),
        default=DEFAULTS["most_per_day"],
        place=f"{place}.max_submissions_per_day",
        report=report,
    )
    return Phase(
        place=place,
        name=text(phase.get("label"), default=f"Phase {position + 1}"),
        description=text(phase.get("description")),
        opens=read_time(phase.get("start_date"), place=f"{place}.start_date", report=report),
        closes=None,
        tasks=(position,),
        most=limit(
            phase.get("max_submissions"),
            default=DEFAULTS["most"],
            place=f"{place}.max_submissions",
            report=report,
        ),
        most_per_day=per_day,
        seconds=number(phase.get("execution_time_limit"), default=DEFAULTS["seconds"]),
    )


def _tasks(listed: list[Mapping], *, files: Files, report: Report) -> Iterator[Task]:
    for position, phase in enumerate(listed):
        yield read_task(
            phase,
            index=position,
            name=text(phase.get("label"), default=f"Phase {position + 1}"),
            place=f"phases[{position + 1}]",
            exposure="ingestion_program_only_during_scoring",
            files=files,
            report=report,
        )


def _public(listed: list[Mapping], *, files: Files, report: Report) -> Iterator[Path]:
    for position, phase in enumerate(listed):
        for key in ("public_data", "starting_kit"):
            place = f"phases[{position + 1}].{key}"
            folder = files.folder(phase.get(key), place=place, needed=False)
            if folder is not None:
                yield from published(folder, place=place, report=report)


def _board(document: Mapping, *, report: Report) -> tuple[tuple[Column, ...], int]:
    board = mapping(document.get("leaderboard") or {}, place="leaderboard")
    boards = mapping(board.get("leaderboards") or {}, place="leaderboard.leaderboards")
    for name in list(boards)[1:]:
        report.dropped(
            "leaderboard", f"the leaderboard {name!r}: Codabench uses the first one only"
        )
    for name in mapping(board.get("column_groups") or {}, place="leaderboard.column_groups"):
        report.dropped(f"leaderboard.column_groups.{name}", "columns stand side by side")
    listed = mapping(board.get("columns") or {}, place="leaderboard.columns")
    if not listed:
        report.decide("leaderboard", "it has no columns, so that nothing says what ranks")
    found = [
        (number(column.get("rank"), default=position), _column(key, column, report=report))
        for position, (key, column) in enumerate(
            (key, mapping(value, place=f"leaderboard.columns.{key}"))
            for key, value in listed.items()
        )
    ]
    return tuple(column for _, column in sorted(found, key=lambda each: each[0])), 0


def _column(key: str, column: Mapping, /, *, report: Report) -> Column:
    place = f"columns.{key}"
    sorting = text(column.get("sort")).lower()
    if sorting not in {"asc", "desc"}:
        report.changed(f"{place}.sort", "is missing", new="desc, larger is better")
    computed = None
    if given(column.get("computed")):
        told = mapping(column["computed"], place=f"{place}.computed")
        computed = f"{text(told.get('operation'))} of {text(told.get('fields'))}"
        report.changed(place, "is computed of others; write it as a metric", old=computed)
    return Column(
        key=key,
        title=text(column.get("label"), default=key),
        ascending=sorting == "asc",
        precision=number(column.get("numeric_format"), default=2),
        hidden=truth(column.get("hidden"), default=False),
        computed=computed,
    )
