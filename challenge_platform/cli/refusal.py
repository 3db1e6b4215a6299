"""A refused predictions file told line by line, the same whether here or by the platform."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from challenge_platform.errors import InvalidUpload

Problem = Mapping[str, str | int | None]


@contextmanager
def naming(file: Path | str, /) -> Iterator[None]:
    """Make a refusal tell the file, or the image, and every problem that is known, one a line."""
    try:
        yield
    except InvalidUpload as error:
        if not error.problems:
            raise
        text = _text(error, file=file)
        raise InvalidUpload(text, problems=error.problems, total=error.total) from error


def _text(error: InvalidUpload, *, file: Path | str) -> str:
    others = error.total - len(error.problems)
    lines = [f"  {problem_text(problem)}" for problem in error.problems]
    if others > 0:
        lines.append(f"  and {others:,} more")
    count = "1 problem" if error.total == 1 else f"{error.total:,} problems"
    return "\n".join([f"{file} was refused and no quota was used; it has {count}:", *lines])


def problem_text(problem: Problem, /) -> str:
    """Write a problem as `scorers.predictions.problems.Problem` does, which is slow to import."""
    # The platform leaves out what is not known.
    where = [
        f"{name} {problem[name]}" for name in ("line", "column", "member") if problem.get(name)
    ]
    place = ", ".join(where) or "file"
    return f"{place}: found {problem['found']}, expected {problem['expected']}; {problem['repair']}"
