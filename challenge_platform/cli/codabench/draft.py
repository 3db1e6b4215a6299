"""The draft of a challenge, written from a bundle: what maps is mapped, the rest is kept beside it.

A bundle says neither which columns a predictions file has nor what is resampled, so that its own
program scores in the draft. Nothing is published by an import.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from challenge_platform.cli.codabench.bundle import Bundle, Phase
from challenge_platform.cli.codabench.pages import write_agreement, write_pages
from challenge_platform.cli.codabench.report import Report
from challenge_platform.cli.codabench.sections import scored_sections, unused_key

HEADER = """\
# A draft, made from a bundle of {version}. Nothing is published. The bundle's own program scores;
# metrics of the platform, with `data` and `submission` to suit, would give intervals, too.
# `challenge lint` tells what is missing, and report.md what the import changed.
"""
BUNDLE = "bundle.yaml"
_DAY = 24 * 60 * 60


def write_draft(bundle: Bundle, folder: Path, /, *, slug: str, report: Report) -> None:
    """Write the draft and the bundle's parts into an empty folder."""
    (folder / "pages").mkdir()
    document: dict[str, Any] = {
        "schema": "challenge/1",
        "slug": slug,
        "title": {"en": bundle.title, "fr": bundle.title},
        "pages": write_pages(bundle, folder, report=report),
        "agreement": write_agreement(bundle, folder, report=report),
    }
    if bundle.contact:
        document["transparency"] = {"contact": {"en": bundle.contact, "fr": bundle.contact}}
    document["phases"] = list(_phases(bundle.phases, report=report))
    _tell_tasks(bundle, report=report)
    document["limits"] = {"seconds": _seconds(bundle.phases, report=report)}
    report.changed("title", f"{bundle.title!r} is in one language; write its French")
    if bundle.image:
        report.dropped(
            "docker_image",
            f"{bundle.image}: its program runs in the platform's image of Python, and is never "
            "given one from a registry",
        )
    (folder / "hidden").mkdir(mode=0o700)  # reference data in clear
    kept = _kept(bundle, folder, report=report)
    (folder / BUNDLE).write_text(_yaml(kept), encoding="utf-8")
    document |= scored_sections(bundle, kept, folder, report=report)
    text = HEADER.format(version=bundle.version) + _yaml(document)
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _phases(phases: Sequence[Phase], /, *, report: Report) -> Iterator[dict[str, Any]]:
    keys: set[str] = set()
    for position, phase in enumerate(phases):
        place = phase.place
        key = unused_key(phase.name, default=f"phase_{position + 1}", taken=keys)
        keys.add(key)
        found: dict[str, Any] = {"key": key}
        if phase.opens is None:
            report.decide(f"{place}.start", "there is none; a phase opens at a time")
        else:
            found["opens"] = phase.opens.isoformat()
        if phase.closes is None:
            report.decide(f"{place}.end", "the phase has no end", code="no-end")
        else:
            found["closes"] = phase.closes.isoformat()
        yield found | {"limit": _limit(phase, place=place, report=report)}
        report.imported(place, f"the phase {phase.name!r} as {key}")


def _tell_tasks(bundle: Bundle, /, *, report: Report) -> None:
    """Ask where phases have different tasks, which are what they are made of."""
    made = {task.index: (task.scorer, task.reference, task.input) for task in bundle.tasks}
    if len({tuple(made[index] for index in phase.tasks) for phase in bundle.phases}) > 1:
        report.decide(
            "phases",
            "they have different tasks; here a challenge has one truth, with a public and a "
            "private part: join the reference data, or make a challenge of each task",
        )


def _seconds(phases: Sequence[Phase], /, *, report: Report) -> float:
    """Give how long a program may run: the most of all phases, and a day at most."""
    found = max([60, *(phase.seconds for phase in phases)])
    if found > _DAY:
        report.changed("execution_time_limit", "is a day at most", old=f"{found}", new=f"{_DAY}")
    return min(found, _DAY)


def _limit(phase: Phase, /, *, place: str, report: Report) -> dict[str, Any]:
    """Give the one limit that a phase has here: that of a day, or of the whole phase."""
    if phase.most_per_day:
        if phase.most:
            report.dropped(
                f"{place}.max_submissions", f"{phase.most} in all: a phase has one limit"
            )
        return {"n": phase.most_per_day, "per": "24h"}
    if phase.most:
        return {"n": phase.most}
    if phase.most is None and phase.most_per_day is None:
        report.decide(
            f"{place}.max_submissions", "there is no limit; here a phase has one: the draft says 1"
        )
    return {"n": 1}


def _kept(bundle: Bundle, folder: Path, /, *, report: Report) -> dict[str, Any]:
    """Copy the parts of the bundle, and give what each is."""
    tasks = []
    for task in bundle.tasks:
        kept: dict[str, Any] = {"index": task.index, "name": task.name}
        if task.description:
            kept["description"] = task.description
        if task.scorer is not None:
            kept["command"] = list(task.scorer.command)
            kept["scorer"] = _copied(task.scorer.folder, folder, f"scorer/{task.index}")
        if task.reference is not None:
            kept["reference"] = _copied(task.reference, folder, f"hidden/{task.index}/reference")
        if task.input is not None:
            kept["input"] = _copied(task.input, folder, f"hidden/{task.index}/input")
        tasks.append(kept)
        report.imported(f"tasks[{task.index}]", f"the task {task.name!r}")
    for column in bundle.columns:
        report.imported(f"columns.{column.key}", f"the column {column.title!r}")
    return {
        "version": bundle.version,
        "tasks": tasks,
        "columns": [
            {
                "key": column.key,
                "title": column.title,
                "direction": "minimize" if column.ascending else "maximize",
                "precision": column.precision,
                "hidden": column.hidden,
                "computed": column.computed,
                "primary": position == bundle.primary,
            }
            for position, column in enumerate(bundle.columns)
        ],
        "solutions": [
            {
                "name": solution.name,
                "tasks": list(solution.tasks),
                "path": _copied(solution.folder, folder, f"solutions/{position}"),
            }
            for position, solution in enumerate(bundle.solutions)
        ],
        "public": [
            _copied(path, folder, f"public/{position}")
            for position, path in enumerate(bundle.public)
        ],
    }


def _copied(source: Path, folder: Path, place: str) -> str:
    """Copy a folder that was unpacked here, which has regular files and folders only."""
    shutil.copytree(source, folder / place)
    return place
