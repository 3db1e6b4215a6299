"""The sections of a draft by which the bundle's own program scores what will be submitted."""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from challenge_platform.cli.codabench.bundle import Bundle, Column, Program, Task
from challenge_platform.cli.codabench.report import Report

MOST_SECONDS = 3600


def scored_sections(
    bundle: Bundle, kept: Mapping[str, Any], folder: Path, /, *, report: Report
) -> dict[str, Any]:
    """Give `data`, `submission` and `scoring` of a draft; empty if its program cannot score.

    `kept` is bundle.yaml, which says where in the draft's folder the parts are. The report has the
    scores that the program wrote, if it ran. Archives of what is public are written beside.
    """
    task = _task(bundle)
    scores = next(iter(report.scores.values()), None)
    metrics = list(_metrics(bundle, written=scores))
    if task is None or task.scorer is None or not metrics:
        report.changed(
            "scoring",
            "the bundle has no program with reference data and columns that could score "
            "submissions; write data, submission and scoring",
        )
        return {}
    public = kept["public"] if "public-files" in report.accepted else []
    parts = next(each for each in kept["tasks"] if each["index"] == task.index)
    report.changed(
        "scoring",
        "its own program scores submissions, so that scores have no interval, and public and "
        "private ones are the same: for both, write metrics of the platform, or give "
        "data.reference a part of its own in private",
    )
    return {
        "data": {
            "reference": {"public": parts["reference"]},
            "public": list(_archives(public, folder)),
        },
        "submission": {"kinds": ["predictions"], "format": "files", "file": "submission.zip"},
        "scoring": {
            "program": _program(task.scorer, parts["scorer"], bundle=bundle),
            "metrics": metrics,
        },
    }


def _task(bundle: Bundle) -> Task | None:
    """Give the task of the first phase that has all that scoring needs."""
    named = dict.fromkeys(index for phase in bundle.phases for index in phase.tasks)
    order = {index: position for position, index in enumerate(named)}
    tasks = sorted(bundle.tasks, key=lambda task: order.get(task.index, len(order)))
    return next((task for task in tasks if task.scorer and task.reference), None)


def _program(scorer: Program, path: str, *, bundle: Bundle) -> dict[str, Any]:
    seconds = max([60.0, *(phase.seconds for phase in bundle.phases)])
    return {
        "path": path,
        "command": list(scorer.command),
        "seconds": min(seconds, MOST_SECONDS),
    }


def _metrics(bundle: Bundle, *, written: Mapping[str, float] | None) -> Iterator[dict[str, Any]]:
    """Give a metric for each column that the program writes, exactly one of which ranks."""
    found = [
        (column, name)
        for column in bundle.columns
        if not column.computed and (name := _name(column, written=written)) is not None
    ]
    columns = [column for column, _ in found]
    ranking = bundle.columns[bundle.primary : bundle.primary + 1]
    primary = next((column for column in (*ranking, *columns) if column in columns), None)
    taken: set[str] = set()
    for column, name in found:
        key = unused_key(column.key, default="score", taken=taken)
        taken.add(key)
        yield {
            "key": key,
            "metric": "program",
            **({} if key == name else {"params": {"name": name}}),
            "direction": "minimize" if column.ascending else "maximize",
            **({"primary": True} if column is primary else {}),
        }


def _name(column: Column, *, written: Mapping[str, float] | None) -> str | None:
    """Give the name under which the program writes a column, None if it does not."""
    if written is None or column.key in written:
        return column.key
    by_letters = {name.casefold(): name for name in written}
    return by_letters.get(column.key.casefold())


def _archives(public: Sequence[str], folder: Path) -> Iterator[str]:
    """Pack what is public, each folder as an archive of the same bytes whenever it is made."""
    for number, place in enumerate(public):
        name = f"files-{number}.zip"
        with zipfile.ZipFile(folder / "public" / name, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted((folder / place).rglob("*")):
                if path.is_file():
                    inside = path.relative_to(folder / place).as_posix()
                    archive.writestr(zipfile.ZipInfo(inside), path.read_bytes())
        yield name


def unused_key(name: str, /, *, default: str, taken: set[str]) -> str:
    """Make a key of a name that is not taken."""
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:50]
    key = key if re.match("[a-z]", key) else default
    number = 2
    while key in taken:
        key = f"{key.rstrip('0123456789_')}_{number}"
        number += 1
    return key
