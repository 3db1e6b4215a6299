"""Which reference pages there are, and where."""

from pathlib import Path

from scripts.reference import api, cli, definition, metrics, runtimes, settings

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def pages() -> dict[str, str]:
    """Give the text of each page, by its file name; a test holds the committed ones to it."""
    return {
        "cli.md": cli.page(),
        "api.md": api.page(),
        "challenge-yaml.md": definition.page(),
        "settings.md": settings.page(),
        "metrics.md": metrics.page(),
        "runtimes.md": runtimes.page(),
    }
