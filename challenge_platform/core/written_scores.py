"""What a scoring program of another wrote, read as data alone: JSON, or lines of `key: number`."""

import json
import math
import re

MOST_BYTES = 64 * 1024
MOST_SCORES = 200
_NUMBER = r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?"
_LINE = re.compile(rf"([^:\s][^:]{{0,99}}?)\s{{0,9}}:\s{{0,9}}({_NUMBER})", re.ASCII)


class InvalidScores(ValueError):
    """What the program wrote is not scores."""


def read_scores(content: bytes, /) -> dict[str, float]:
    """Give the finite scores by key; raise InvalidScores saying what is wrong for anything else.

    Codabench reads the older form, scores.txt, as YAML, with a reader that runs what it is told to.
    """
    if len(content) > MOST_BYTES:
        raise InvalidScores(f"it wrote {len(content):,} bytes of scores, and at most 65,536 count")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidScores("the scores are not in UTF-8") from error
    found = _json(text) if text.lstrip().startswith(("{", "[")) else _lines(text)
    if not found:
        raise InvalidScores("there is no score in what it wrote")
    if len(found) > MOST_SCORES:
        raise InvalidScores(f"it wrote {len(found)} scores, and at most {MOST_SCORES} are read")
    for key, value in found.items():
        if not math.isfinite(value):
            raise InvalidScores(f"the score {key!r} is {value}, no finite number")
    return found


def _json(text: str) -> dict[str, float]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidScores(f"scores.json is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidScores("scores.json must be an object of keys and numbers")
    found = {}
    for key, value in document.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidScores(f"the score {key!r} is {value!r:.60}, no number")
        try:
            found[key] = float(value)
        except OverflowError as error:
            raise InvalidScores(f"the score {key!r} is too large a number") from error
    return found


def _lines(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not (match := _LINE.fullmatch(line.strip())):
            raise InvalidScores(f"line {number} of scores.txt is not `key: number`: {line!r:.60}")
        if match[1] in found:
            raise InvalidScores(f"line {number} of scores.txt gives {match[1]!r} again")
        found[match[1]] = float(match[2])
    return found
