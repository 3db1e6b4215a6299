"""The documentation: built without a network, true to the code, and its examples work."""

import csv
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import program
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.commands import COMMANDS, LazyCommand
from challenge_platform.config import PREFIX, Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition_file import json_schema
from challenge_platform.core.result import result_of
from challenge_platform.core.upload import Upload
from sandbox.images.content import runtimes
from scorers.registry import metric_keys
from scripts.reference.api import openapi
from scripts.reference.pages import FOLDER, pages
from scripts.reference.runtimes import packages
from tests.conftest import participant

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
GUIDES = [path for path in DOCS if path.parent.name in {"tutorials", "how-to"}]
LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a link that leads nowhere, or a page that is in no menu, fails."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_loads_nothing_from_another_host(site: Path) -> None:
    loaded = [(page.name, address) for page in site.rglob("*.html") for address in files_of(page)]
    styles = [path.read_text() for path in site.rglob("*.css")]

    assert len(loaded) > len(DOCS)
    assert [found for found in loaded if re.match(r"(https?:)?//", found[1])] == []
    assert [re.findall(r"(?:url\(|@import)\W*(?:https?:)?//", text) for text in styles if text] == [
        [] for text in styles if text
    ]


def files_of(page: Path) -> list[str]:
    """List the addresses that a browser loads for a page by itself."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if name == LOADED.get(tag))

    Reader().feed(page.read_text())
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.md")))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == pages()[name], "run `make reference`"


def test_the_reference_names_every_command_operation_key_setting_and_metric() -> None:
    written = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    expected = {
        "cli.md": [f"### challenge {row.words}\n" for row in COMMANDS],
        "api.md": [
            f"## {method.upper()} {path}\n"
            for path, methods in openapi()["paths"].items()
            for method in methods
        ],
        "challenge-yaml.md": [
            f"| `{key}` |" for section in sections for key in section.get("properties", {})
        ],
        "settings.md": [f"| `{PREFIX}{name.upper()}` |" for name in Settings.model_fields],
        "metrics.md": [f"### {key}\n" for key in metric_keys()],
        "runtimes.md": [
            text
            for name in runtimes()
            for text in (
                f"## {name}\n",
                *(f"| `{pin}` | {version} |" for pin, version in packages(name).items()),
            )
        ],
    }

    missing = [
        (name, text) for name in expected for text in expected[name] if text not in written[name]
    ]

    assert written.keys() == expected.keys()
    assert missing == []


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.words)
def test_the_reference_names_every_option_of_a_command(row: Any) -> None:
    text = (FOLDER / "cli.md").read_text().partition(f"### challenge {row.words}\n")[2]
    section = text.partition("\n### ")[0]

    command = command_of(row.words.split())
    options = [name for given in command.params for name in given.opts if name.startswith("-")]

    assert [name for name in options if name not in section and name != "--help"] == []


def command_of(words: list[str], /) -> Any:
    """Find a command by its words, and load it."""
    found: Any = program()
    for word in words:
        found = found.commands[word]
        if isinstance(found, LazyCommand):
            return found.load()
    return found


def calls(text: str) -> Iterator[list[str]]:
    """List the calls of `challenge` in the shell blocks of a page, also those inside compose."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:4] == ["docker-compose", "run", "--rm", "operator"]:
                yield words[4:]
            elif words[:1] == ["challenge"]:
                yield words[1:]


@pytest.mark.parametrize("page", GUIDES, ids=lambda path: path.stem)
def test_every_command_of_a_guide_exists_with_these_options(page: Path) -> None:
    for words in calls(page.read_text()):
        found: Any = program()
        known = {name for given in found.params for name in given.opts}
        rest = list(words)
        while not isinstance(found, LazyCommand):
            word = rest.pop(0)
            if word in known:
                rest.pop(0)  # its value
            else:
                assert word in found.commands, (page.name, words)
                found = found.commands[word]
        known = {name for given in found.load().params for name in given.opts}
        options = [word for word in rest if word.startswith("-")]
        assert [option for option in options if option not in known] == [], (page.name, words)


def test_the_guides_have_commands() -> None:
    assert sum(len(list(calls(page.read_text()))) for page in GUIDES) > 25


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in DOCS for target in re.findall(r"`make ([a-z]+)", page.read_text())}

    assert named
    assert named <= targets


def examples(page: str) -> dict[str, str]:
    """Give the files that a tutorial has its reader write, by their names."""
    text = (ROOT / "docs" / "tutorials" / page).read_text()
    return dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```', text, re.MULTILINE | re.DOTALL))


def test_the_challenge_of_the_organizers_tutorial_can_be_built_and_its_baseline_scored(
    platform: Platform, tmp_path: Path
) -> None:
    for name, content in examples("organizer.md").items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    folder = tmp_path / "mine" / "first-steps"
    platform.keys.create_for(folder.name)
    build_challenge(platform, folder, say=lambda _line: None)
    with platform.database.reading() as session:
        challenge = find_challenge(session, folder.name)
    (tmp_path / "test.csv").write_bytes(platform.store.read(challenge.file("test.csv").digest))
    out = tmp_path / "predictions.csv"
    baseline = folder / "baseline" / "age" / "predict.py"
    subprocess.run([sys.executable, baseline, tmp_path, out], check=True)
    who = participant(platform, challenge, name="organizer")

    upload = Upload(content=out.read_bytes(), filename=out.name, opened_at=platform.clock())
    accepted = platform.uploads.submit(folder.name, upload, user_id=who.user.id)
    platform.evaluator.evaluate(accepted.submission_id)

    with platform.database.reading() as session:
        result = result_of(session, accepted.submission_id)
    assert result is not None
    [expected] = [baseline.expect["c"] for baseline in challenge.definition.baselines]
    assert expected.holds(result.public["metrics"]["c"]["value"])


def test_the_program_of_the_participants_tutorial_writes_what_the_challenge_asks_for(
    tmp_path: Path,
) -> None:
    [(name, content)] = examples("participant.md").items()
    (tmp_path / name).write_text(content)
    (tmp_path / "nafld-progression").mkdir()
    (tmp_path / "nafld-progression" / "test.csv").write_text("patient_id,age\na,50\nb,60\n")

    subprocess.run([sys.executable, name], cwd=tmp_path, check=True)

    with (tmp_path / "predictions.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["patient_id", "risk_event", "risk_death"],
        ["a", "50", "50"],
        ["b", "60", "60"],
    ]
