"""The page of the settings: one row for each field of Settings."""

from datetime import timedelta
from pathlib import Path

from pydantic.fields import FieldInfo

from challenge_platform.config import PREFIX, Settings
from scripts.reference.markdown import inline, table
from scripts.reference.markdown import page as make_page


def page() -> str:
    """Give the page."""
    rows = [
        (inline(f"{PREFIX}{name.upper()}"), kind(field), default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return make_page(
        "Settings",
        "Each is an environment variable, read when a process starts; an empty one counts as "
        "unset. With compose they stand in `.env`.",
        table(("variable", "value", "default", "meaning"), rows),
        "A duration is written in ISO 8601 (`PT20S`) or as seconds. A secret is never printed: "
        "neither in a log nor by `challenge doctor`.",
    )


def kind(field: FieldInfo, /) -> str:
    """Say what a value is, in words."""
    text = str(field.annotation)
    words = {
        "dict": "JSON object",
        "SecretStr": "secret",
        "Path": "path",
        "timedelta": "duration",
        "bool": "true or false",
        "int": "whole number",
        "float": "number",
    }
    return next((said for part, said in words.items() if part in text), "text")


def default(field: FieldInfo, /) -> str:
    """Give the default as it would be written, or say that there is none."""
    value = field.default
    if value is None or value == "":
        return "unset"
    if isinstance(value, timedelta):
        return inline(f"PT{value.total_seconds():g}S")
    if isinstance(value, bool):
        return inline(str(value).lower())
    return inline(value.as_posix() if isinstance(value, Path) else value)
