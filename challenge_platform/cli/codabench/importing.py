"""Importing a bundle: unpack, understand, write a draft, and score its solutions."""

import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from challenge_platform.cli.codabench import legacy, version2
from challenge_platform.cli.codabench.bundle import Bundle, Solution
from challenge_platform.cli.codabench.draft import write_draft
from challenge_platform.cli.codabench.fields import Mapping as Document
from challenge_platform.cli.codabench.files import Files
from challenge_platform.cli.codabench.report import Report
from challenge_platform.cli.codabench.running import run_solutions
from challenge_platform.cli.codabench.unpacking import COMPETITION, unpack_archive, unpack_bundle
from challenge_platform.cli.codabench.yamls import read_mapping
from challenge_platform.errors import InvalidInput
from sandbox import Runner

LONGEST_SLUG = 64


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How solutions are scored: what opens a runner, its name of the runtime, what is expected."""

    runner: AbstractContextManager[Runner]
    runtime: str
    expected: Mapping[str, float] = field(default_factory=dict)


def import_bundle(
    archive: Path,
    target: Path | None,
    /,
    *,
    accepted: Collection[str] = (),
    scoring: Scoring | None = None,
    solution: Path | None = None,
) -> Report:
    """Import a bundle of Codabench or CodaLab, and report what became of each part of it.

    The draft goes into `target`, a new folder, or nowhere. Without `scoring` no program of the
    bundle runs. `solution` is a submission, packed as participants pack it, that comes before
    those of the bundle. Raises InvalidInput for an archive that cannot be trusted or understood,
    and SandboxUnavailable when a program could not be run.
    """
    report = Report(accepted=accepted)
    with tempfile.TemporaryDirectory(prefix="challenge-import-") as temporary:
        unpacked, inner, given, draft = (
            Path(temporary) / name for name in ("bundle", "inner", "given", "draft")
        )
        for folder in (unpacked, inner, given, draft):
            folder.mkdir()
        root = unpack_bundle(archive, unpacked, report=report)
        bundle = _read(root, unpacked=inner, report=report)
        if solution is not None:
            unpack_archive(solution, given, place=solution.name, report=report)
            first = Solution(name=solution.name, folder=given, tasks=())
            bundle = replace(bundle, solutions=(first, *bundle.solutions))
        _score(bundle, scoring, report=report)
        write_draft(bundle, draft, slug=_slug(bundle.title), report=report)
        (draft / "report.md").write_text(report.markdown(title=bundle.title), encoding="utf-8")
        (draft / "report.json").write_text(report.json(), encoding="utf-8")
        if target is not None:
            _move(draft, target)
    return report


def _read(root: Path, /, *, unpacked: Path, report: Report) -> Bundle:
    document = read_mapping(root / COMPETITION, place=COMPETITION, report=report)
    files = Files(root, unpacked=unpacked, report=report)
    if _is_version2(document, report=report):
        return version2.read(document, files=files, report=report)
    return legacy.read(document, files=files, report=report)


def _is_version2(document: Document, /, *, report: Report) -> bool:
    """Tell a bundle of Codabench by its shape, whatever version it says it has."""
    phases = document.get("phases")
    if isinstance(document.get("tasks"), list) and isinstance(phases, list):
        if str(document.get("version", "")) != "2":
            report.changed(
                "version",
                "is missing or wrong, so that Codabench would look for pages in HTML; the bundle "
                "has the keys of version 2",
                old=str(document.get("version", "")) or None,
                new="2",
            )
        return True
    if isinstance(phases, dict) or "html" in document:
        return False
    raise InvalidInput(
        f"{COMPETITION} is neither of Codabench, with lists `tasks` and `phases`, nor of CodaLab, "
        "with `html` and numbered `phases`"
    )


def _score(bundle: Bundle, scoring: Scoring | None, /, *, report: Report) -> None:
    if scoring is None:
        report.decide(
            "solutions",
            "no program of the bundle was run, so that nothing shows that it writes the keys of "
            "the leaderboard's columns",
            code="not-run",
        )
        return
    with scoring.runner as runner:
        run_solutions(
            bundle,
            runner=runner,
            runtime=scoring.runtime,
            report=report,
            expected=dict(scoring.expected),
        )


def _slug(title: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower())[:LONGEST_SLUG].strip("-")
    return slug or "imported"


def _move(draft: Path, target: Path, /) -> None:
    """Put the draft where it belongs; raise InvalidInput if something is there."""
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        raise InvalidInput(f"{target} is there already; name a folder that is not") from error
    except OSError as error:
        raise InvalidInput(f"{target} cannot be made: {error.strerror}") from error
    shutil.copytree(draft, target, dirs_exist_ok=True)
