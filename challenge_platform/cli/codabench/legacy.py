"""Reading competition.yaml of CodaLab, versions 1.5 and 1.8.

Codabench reads them too, but ends a phase one day before the next begins, turns `has_registration`
round, and drops the parent phases of 1.8.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from challenge_platform.cli.codabench import keys
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
    "image": "its picture",
}
_PHASE_UNUSED = {
    "auto_migration": "the best do not go on to it by themselves",
    "force_best_submission_to_leaderboard": "a team stands by its best",
    "hidden_columns": "each column is shown in every phase",
    "leaderboard_management_mode": "`disclosure` says when scores are told",
}
_TERMS = "terms"
_Placed = tuple[str, Mapping]
"""A phase, after its place."""


def read(document: Mapping, /, *, files: Files, report: Report) -> Bundle:
    """Understand a bundle of version 1.5 or 1.8; raise InvalidInput where it has not its form."""
    html = mapping(document.get("html") or {}, place="html")
    listed = _listed(document.get("phases"))
    columns, primary = _board(document, report=report)
    _tell_unused(document, unused=_UNUSED, read=keys.LEGACY, place="", report=report)
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
    tasks = tuple(_tasks(listed, files=files, report=report))
    return Bundle(
        version="CodaLab 1.8" if _has_parents(listed) else "CodaLab 1.5",
        title=text(document.get("title"), default="Untitled"),
        description=text(document.get("description")),
        contact=None,
        image=text(document.get("competition_docker_image")) or None,
        pages=tuple(Page(title=name, file=file) for name, file in pages.items() if name != _TERMS),
        terms=pages.get(_TERMS),
        phases=phases,
        tasks=tasks,
        columns=columns,
        primary=primary,
        solutions=(),
        public=tuple(_public(listed, tasks=tasks, files=files, report=report)),
    )


def _listed(value: object, /) -> list[_Placed]:
    """List the phases by their numbers, each with its place: what CodaLab calls it."""
    listed = parts(value, place="phases")
    names = list(value) if isinstance(value, dict) else range(1, len(listed) + 1)
    placed = [(f"phases[{name}]", phase) for name, phase in zip(names, listed, strict=True)]
    return sorted(placed, key=lambda each: number(each[1].get("phasenumber"), default=0))


def _tell_unused(
    found: Mapping, *, unused: Mapping, read: Collection[str], place: str, report: Report
) -> None:
    for key, what in unused.items():
        if given(found.get(key)):
            report.dropped(f"{place}.{key}" if place else key, what)
    keys.tell_unread(found, known={*unused, *read}, place=place, report=report)


def _has_parents(phases: list[_Placed]) -> bool:
    return any("is_parallel_parent" in each or "parent_phasenumber" in each for _, each in phases)


def _phases(listed: list[_Placed], *, end: object, report: Report) -> Iterator[Phase]:
    """Give the phases, each of which ends when a later one begins, and the last at `end`.

    Those that begin together, as the children of a parent do in 1.8, are open together.
    """
    last = read_time(end, place="end_date", report=report)
    read = [_phase(phase, place, at, report=report) for at, (place, phase) in enumerate(listed)]
    for position, phase in enumerate(read):
        following = [other.opens for other in read[position + 1 :] if other.opens is not None]
        later = [opens for opens in following if phase.opens is not None and opens > phase.opens]
        if truth(listed[position][1].get("phase_never_ends"), default=False):
            yield phase
        elif not later:
            yield replace(phase, closes=last)
        else:
            if later[0] != following[0]:
                report.changed(phase.place, "begins with the next; here both are open meanwhile")
            report.changed(
                phase.place,
                "a phase ends when the next begins; Codabench would end it a day before",
                new=later[0].isoformat(),
            )
            yield replace(phase, closes=later[0])


def _phase(phase: Mapping, place: str, position: int, *, report: Report) -> Phase:
    _tell_unused(phase, unused=_PHASE_UNUSED, read=keys.LEGACY_PHASE, place=place, report=report)
    for key in ("is_parallel_parent", "parent_phasenumber"):
        if given(phase.get(key)):
            report.changed(f"{place}.{key}", "phases have no parents here; it stands by itself")
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


def _tasks(listed: list[_Placed], *, files: Files, report: Report) -> Iterator[Task]:
    for position, (place, phase) in enumerate(listed):
        yield read_task(
            phase,
            index=position,
            name=text(phase.get("label"), default=f"Phase {position + 1}"),
            place=place,
            exposure="ingestion_program_only_during_scoring",
            files=files,
            report=report,
        )


def _public(
    listed: list[_Placed], *, tasks: tuple[Task, ...], files: Files, report: Report
) -> Iterator[Path]:
    for place, phase in listed:
        for key in ("public_data", "starting_kit"):
            at = f"{place}.{key}"
            folder = files.folder(phase.get(key), place=at, needed=False)
            if folder is not None:
                yield from published(folder, tasks=tasks, place=at, report=report)


def _board(document: Mapping, *, report: Report) -> tuple[tuple[Column, ...], int]:
    """Give the columns, leaderboard by leaderboard, and which of the first one ranks."""
    board = mapping(document.get("leaderboard") or {}, place="leaderboard")
    boards = mapping(board.get("leaderboards") or {}, place="leaderboard.leaderboards")
    if len(boards) > 1:
        named = ", ".join(map(repr, boards))
        report.changed("leaderboard", f"one here has the columns of {named}; the first one ranks")
    if groups := mapping(board.get("column_groups") or {}, place="leaderboard.column_groups"):
        told = ", ".join(map(repr, groups))
        report.dropped("leaderboard.column_groups", f"columns stand side by side: {told}")
    listed = mapping(board.get("columns") or {}, place="leaderboard.columns").items()
    found = [(key, mapping(each, place=f"leaderboard.columns.{key}")) for key, each in listed]
    if not found:
        report.decide("leaderboard", "it has no columns, so that nothing says what ranks")
        return (), 0
    found.sort(key=lambda each: _place(each[1]))
    if unsorted := [key for key, each in found if not _sorting(each)]:
        report.changed(
            "columns",
            f"have no `sort`: {', '.join(unsorted)}",
            new="desc, larger is better, as in CodaLab",
        )
    return tuple(_column(key, each, report=report) for key, each in found), _primary(found)


def _place(column: Mapping) -> tuple[int, int]:
    """Give where a column stands: the rank of its leaderboard, and its own in it."""
    board = column.get("leaderboard")
    of = number(board.get("rank"), default=0) if isinstance(board, dict) else 0
    return of, number(column.get("rank"), default=0)


def _primary(found: list[tuple[str, Mapping]]) -> int:
    """Give which column of the first leaderboard is chosen there, the first one if none is."""
    first = [each for _, each in found if _place(each)[0] == _place(found[0][1])[0]]
    chosen = [number(each.get("selection_default"), default=0) for each in first]
    return chosen.index(max(chosen)) if max(chosen) > 0 else 0


def _sorting(column: Mapping) -> str:
    sorting = text(column.get("sort")).lower()
    return sorting if sorting in {"asc", "desc"} else ""


def _column(key: str, column: Mapping, /, *, report: Report) -> Column:
    place = f"columns.{key}"
    keys.tell_unread(column, known=keys.LEGACY_COLUMN, place=place, report=report)
    computed = None
    if given(column.get("computed")):
        told = mapping(column["computed"], place=f"{place}.computed")
        computed = f"{text(told.get('operation'))} of {text(told.get('fields'))}"
        report.changed(place, "is computed of others; write it as a metric", old=computed)
    return Column(
        key=key,
        title=text(column.get("label"), default=key),
        ascending=_sorting(column) == "asc",
        precision=number(column.get("numeric_format"), default=2),
        hidden=truth(column.get("hidden"), default=False),
        computed=computed,
    )
