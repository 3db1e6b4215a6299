"""A refused file reads the same, whether this machine or the platform refused it."""

from dataclasses import asdict
from pathlib import Path

import pytest

from challenge_platform.cli.refusal import naming, problem_text
from challenge_platform.errors import InvalidUpload
from scorers.message import Message
from scorers.predictions.problems import Problem, ProblemCode


@pytest.mark.parametrize(
    ("line", "column"), [(None, None), (3, None), (None, "risk"), (12, "risk")]
)
def test_a_problem_reads_as_the_scorers_write_it(line: int | None, column: str | None) -> None:
    problem = Problem(
        code=ProblemCode.NOT_A_NUMBER,
        line=line,
        column=column,
        found=Message('"abc"'),
        expected=Message("a number"),
        repair=Message("write one"),
    )

    document = asdict(problem)
    sent = {name: value for name, value in document.items() if value is not None}

    assert problem_text(document) == problem_text(sent) == str(problem)


def test_a_refusal_names_the_file_and_counts_what_it_does_not_tell() -> None:
    problem = asdict(
        Problem(
            code=ProblemCode.EMPTY_CELL,
            line=2,
            found=Message("nothing"),
            expected=Message("x"),
            repair=Message("y"),
        )
    )

    with pytest.raises(InvalidUpload) as refused, naming(Path("risks.csv")):
        raise InvalidUpload("no", problems=[problem] * 20, total=1500)

    lines = str(refused.value).splitlines()
    assert lines[0] == "risks.csv was refused and no quota was used; it has 1,500 problems:"
    assert lines[1] == "  line 2: found nothing, expected x; y"
    assert lines[-1] == "  and 1,480 more"
