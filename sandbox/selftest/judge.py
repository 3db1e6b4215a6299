"""What came of a hostile program against what must come of it, in words."""

from sandbox import Outcome
from sandbox.selftest.case import Case

_SHOWN = 160  # characters of a difference


def differences(case: Case, outcome: Outcome | None, /) -> list[str]:
    """Say in what an outcome differs from the one that a case must have; empty when it does not.

    None is the outcome of a run that was refused as the case says.
    """
    if outcome is None:
        return []
    if case.end is None:
        return [f"it ran ({outcome.end})", *_text(outcome.output).splitlines()[:2]]
    output = _text(outcome.output)
    expected = None if case.output is None else case.output.removeprefix("\n")
    found = [
        f"{outcome.end} instead of {case.end}" * (outcome.end is not case.end),
        *([] if expected is None else _lines(expected, output)),
        *(_closest(part, output) for part in case.output_has if part not in output),
        _size(case.output_bytes, len(outcome.output)),
        f"exit code {outcome.exit_code}" * (case.exit_code not in {None, outcome.exit_code}),
        f"after {outcome.seconds:.0f} s" * (outcome.seconds >= case.seconds_below),
        _file(case.file, outcome.file),
        *(f"{text!r} left the sandbox" for text in case.hidden if text in _left(case, outcome)),
    ]
    return [one[:_SHOWN] for one in found if one]


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")


def _lines(expected: str, output: str) -> list[str]:
    """Give the lines that are not as expected, as they are; say so when there are none."""
    if output == expected:
        return []
    known = expected.splitlines()
    other = [line for line in output.splitlines() if line not in known]
    return other[:4] or [f"only {output[-60:]!r} was said" if output else "nothing was said"]


def _closest(part: str, output: str) -> str:
    """Give the line that begins as the missing part does, up to its colon."""
    begin = part.partition(":")[0]
    line = next((line for line in output.splitlines() if line.startswith(begin)), None)
    return line if line is not None else f"no {part.strip()!r}"


def _size(expected: int | None, found: int) -> str:
    return "" if expected in {None, found} else f"{found} bytes of output"


def _file(expected: str | None, found: bytes | None) -> str:
    if expected is None or found == expected.encode():
        return ""
    return "no file was taken" if found is None else f"the file taken has {_text(found[:60])!r}"


def _left(case: Case, outcome: Outcome) -> str:
    """Give all that goes on to others than the organizers: of a run with a result, only that."""
    given = outcome.output if case.collect is None else outcome.file
    return _text(given or b"") + repr(outcome)
