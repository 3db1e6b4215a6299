"""Single values of a bundle's YAML, each read by what it must be and told when it is not."""

import re
from typing import Any

from challenge_platform.cli.codabench.bundle import MOST_PARTS
from challenge_platform.cli.codabench.report import Report
from challenge_platform.errors import InvalidInput

Mapping = dict[str, Any]

_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
NO_LIMIT = 999
"""What older bundles say where they mean no limit."""


def mapping(value: Any, /, *, place: str) -> Mapping:  # noqa: ANN401 -- what YAML gives
    """Give keys and values; raise InvalidInput naming the place for anything else."""
    if not isinstance(value, dict):
        raise InvalidInput(f"{place} must hold keys and values; it is {value!r:.60}")
    return {str(key): each for key, each in value.items()}


def parts(value: Any, /, *, place: str) -> list[Mapping]:  # noqa: ANN401 -- as above
    """Give a list of mappings, empty where there is nothing; raise InvalidInput as above."""
    if value is None:
        return []
    listed = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise InvalidInput(f"{place} must be a list; it is {value!r:.60}")
    if len(listed) > MOST_PARTS:
        raise InvalidInput(f"{place} has {len(listed)} parts, more than {MOST_PARTS}")
    return [mapping(each, place=f"{place}[{index}]") for index, each in enumerate(listed)]


def text(value: Any, /, *, default: str = "") -> str:  # noqa: ANN401 -- as above
    """Give a text, `default` where there is none."""
    return default if value is None or isinstance(value, list | dict) else str(value).strip()


def truth(value: Any, /, *, default: bool) -> bool:  # noqa: ANN401 -- as above
    """Give yes or no, also where it is written as a text."""
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(str(value).strip().lower(), default)


def number(value: Any, /, *, default: int) -> int:  # noqa: ANN401 -- as above
    """Give a whole number, `default` where there is none."""
    if isinstance(value, bool):
        return default
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return default


def indexes(value: Any, /) -> tuple[int, ...]:  # noqa: ANN401 -- as above
    """Give the whole numbers of a list, or of a text with commas."""
    listed = value if isinstance(value, list) else text(value).split(",")
    words = [str(each).strip() for each in listed[:MOST_PARTS]]
    return tuple(int(word) for word in words if re.fullmatch(r"[0-9]{1,9}", word))


def given(value: Any, /) -> bool:  # noqa: ANN401 -- as above
    """Whether a key stands there and asks for something."""
    return value is not None and value is not False and value != ""


def limit(value: Any, /, *, default: int, place: str, report: Report) -> int | None:  # noqa: ANN401 -- as above
    """Give how many submissions there may be, None without a limit; 0 needs a decision."""
    found = number(value, default=default)
    if found >= NO_LIMIT:
        report.changed(place, "stands for no limit", old=str(found), new="no limit")
        return None
    if found == 0:
        report.decide(
            place,
            "0 says that nothing may be sent, and Codabench takes it for no limit; proposed: a "
            "phase that only earlier submissions go on to, without new ones",
        )
    return max(found, 0)
