"""The rules of metrics that a predictions file breaks, told by the line and cells of the file."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from scorers.metric import Broken
from scorers.predictions.problems import MAX_PROBLEMS, Findings, Problem, ProblemCode, shown
from scorers.tables import Objects


def find_broken_rules(
    rules: Iterable[Broken],
    /,
    *,
    cells: Mapping[str, Sequence[str]],
    lines: Sequence[int],
    objects: Objects | None,
    findings: Findings,
) -> None:
    """Make a finding of each row that breaks a rule.

    `cells` has the columns of the file, and `lines` the line number of each of their rows.
    """
    arrays = {} if objects is None else objects.arrays
    for broken in rules:
        names = [part for name in broken.columns for part in arrays.get(name, (name,))]
        rows = np.flatnonzero(broken.rows).tolist()
        for row in rows[:MAX_PROBLEMS]:
            findings.add(
                Problem(
                    code=ProblemCode.BROKEN_RULE,
                    line=lines[row],
                    column=", ".join(names),
                    found=shown(", ".join(cells[name][row] for name in names)),
                    expected=broken.expected,
                    repair=broken.repair,
                )
            )
        findings.count(len(rows[MAX_PROBLEMS:]))
