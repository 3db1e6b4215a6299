"""The hostile files, each with its verdict.

    python -m tests.uploads.corpus FOLDER

writes them into a folder, and the table of them into docs/explanation/uploads.md.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from tests.uploads import documents, masks, opaque, tables, tars, zips
from tests.uploads.case import ACCEPTED, NUMBER, Case

CASES: tuple[Case, ...] = (
    *tables.CASES,
    *zips.CASES,
    *tars.CASES,
    *opaque.CASES,
    *masks.CASES,
    *documents.CASES,
)

DOCUMENT = Path(__file__).parents[2] / "docs/explanation/uploads.md"
BEGIN, END = "<!-- the files: python -m tests.uploads.corpus -->", "<!-- end -->"

SENT = tuple(case for case in CASES if case.asked is NUMBER)
"""Those for the tiny challenge, which are sent to a whole platform."""


def named(case: Case, /) -> str:
    """Name a case among all."""
    return f"{case.format}: {case.name}"


def table() -> str:
    """Give the files by format and verdict, as the documentation shows them."""
    lines = ["| Format | Verdict | Files |", "| --- | --- | --- |"]
    groups: dict[tuple[str, str], list[str]] = {}
    for case in CASES:
        groups.setdefault((case.format, case.verdict), []).append(case.name)
    for (kind, verdict), names in sorted(groups.items()):
        told = verdict if verdict == ACCEPTED else f"`{verdict}`"
        shown = "; ".join(names).replace("**", "^").replace("|", "\\|")
        lines.append(f"| {kind} | {told} | {len(names)}: {shown} |")
    return "\n".join(lines)


def document() -> None:
    """Write the table where it belongs in the documentation."""
    head, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


def write(folder: Path, /) -> None:
    """Write each file, and `verdicts.json` with what must become of each."""
    verdicts = []
    for number, case in enumerate(CASES):
        name = f"{number:03}.{case.format}"
        (folder / name).write_bytes(case.make())
        verdicts.append(
            {"file": name, "name": case.name, "reader": case.reader, "verdict": case.verdict}
        )
    (folder / "verdicts.json").write_text(json.dumps(verdicts, indent=1))


def main() -> None:
    """Write the files and say how many there are."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)
    document()
    counts = Counter(case.format for case in CASES)
    print(f"{len(CASES)} files:", ", ".join(f"{count} {kind}" for kind, count in counts.items()))  # noqa: T201 -- a program's answer


if __name__ == "__main__":
    main()
