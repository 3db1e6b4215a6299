"""The house is in order: layout, targets, locks, documents and forbidden words."""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
LOCKS = [
    *sorted((ROOT / "requirements").glob("*.txt")),
    *sorted((ROOT / "sandbox/images").rglob("packages.txt")),
]
PROCESSES = ("web", "worker", "launcher", "reaper", "Redis")
# Written in pieces, so that this file does not name them itself.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "docker" + ".io/",
    "proxy.golang" + ".org",
)
PLACES_OF_ONE_MACHINE = ("/ro" + "ot/", "/opt/" + "wheels", "/work/" + "main", "py" + "env")
TEXT = {
    ".md",
    ".py",
    ".sh",
    ".toml",
    ".yaml",
    ".yml",
    ".in",
    ".txt",
    ".json",
    ".html",
    ".css",
    ".js",
}


@cache
def tracked() -> tuple[Path, ...]:
    """List the files that a clone has, whoever owns it."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = listed.stdout.rstrip("\0").split("\0")
    return tuple(path for name in names if (path := ROOT / name).is_file())


def texts() -> list[Path]:
    return [path for path in tracked() if path.suffix in TEXT or not path.suffix]


def version() -> str:
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["version"]


@cache
def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", lock.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    "folder",
    [
        *("challenge_platform/core", "challenge_platform/cli", "challenge_platform/web"),
        *("challenge_platform/migrations", "scorers", "sandbox/images", "challenges"),
        *("tests/unit", "tests/integration", "tests/sandbox/cases", "bench", "docs", "scripts"),
    ],
)
def test_every_folder_of_the_layout_is_there(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "Makefile"),
        *(".ci/run", ".pre-commit-config.yaml", "docs/explanation/architecture.md"),
        *("docs/explanation/decisions.md", "docs/glossary.md", "docs/how-to/operate.md"),
    ],
)
def test_every_document_of_the_house_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_bare_make_lists_every_target_with_its_help() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))

    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {"demo", "test", "check", "verify", "bench", "stop"} <= targets
    assert dict(re.findall(r"^  make (\w+) +(\S.+)$", listed, flags=re.MULTILINE)).keys() == targets


def test_make_only_calls_scripts() -> None:
    recipes = [line for line in MAKEFILE.splitlines() if line.startswith("\t")]

    assert recipes
    assert [line for line in recipes if not line.startswith(("\t@scripts/", "\t@awk "))] == []


def test_continuous_integration_runs_the_test_command_of_the_readme() -> None:
    (command,) = re.findall(
        r"^(make \w+) +# run its tests$", (ROOT / "README.md").read_text(), re.MULTILINE
    )

    assert f"exec {command} <" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("folder", ["scripts", ".ci"])
def test_programs_can_be_executed(folder: str) -> None:
    programs = [
        path for path in tracked() if path.is_relative_to(ROOT / folder) and not path.suffix
    ]

    assert programs
    assert [path for path in programs if not path.stat().st_mode & 0o100] == []


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert newest is not None
    assert newest[1] == version()


def test_no_module_is_named_after_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}

    assert [
        path for path in tracked() if nothing & {path.stem, *path.relative_to(ROOT).parts}
    ] == []


@pytest.mark.parametrize("word", [*REGISTRY_HOSTS, *PLACES_OF_ONE_MACHINE])
def test_no_file_names_a_registry_or_a_place_of_one_machine(word: str) -> None:
    assert [path for path in texts() if word in path.read_text()] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}-{lock.name}")
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(
        r"^(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE
    )

    assert pins(lock)
    assert [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert not re.search(r"^--", text, flags=re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}-{lock.name}")
def test_every_lock_agrees_with_the_lock_of_development(lock: Path) -> None:
    everything = pins(ROOT / "requirements/dev.txt")
    pinned = pins(lock)

    assert {name: everything.get(name, pinned[name]) for name in pinned} == pinned
    # Only submitted code may need what the platform does not.
    assert "runtimes" in lock.parts or pinned.keys() <= everything.keys()


def test_the_locks_hold_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    names = {re.split(r"[\[<>=;]", line)[0].lower().replace("_", "-") for line in named}

    assert names - {"challenge-platform"} <= pins(ROOT / "requirements/dev.txt").keys()


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(
    "document",
    ["docs/explanation/architecture.md", "docs/how-to/operate.md", "docs/glossary.md"],
)
def test_every_process_is_documented(document: str, process: str) -> None:
    assert re.search(rf"\b{process}\b", (ROOT / document).read_text(), flags=re.IGNORECASE)


def test_every_row_of_the_glossary_gives_a_french_word_and_one_sentence() -> None:
    lines = (ROOT / "docs/glossary.md").read_text().splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    rows = [row for row in rows if row[0] not in {"term", "---"}]

    assert len(rows) > 60
    assert [row for row in rows if len(row) != 3] == []
    assert [row for row in rows if not re.fullmatch(r"[^.]*\w[^.]*(\.\w+[^.]*)*\.", row[2])] == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    documents = [path for path in tracked() if path.suffix == ".md" and "pages" not in path.parts]
    links = [
        (path, target)
        for path in documents
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
    ]

    assert links
    assert [(path, target) for path, target in links if not (path.parent / target).exists()] == []


def test_pre_commit_calls_the_installed_tools_and_clones_nothing() -> None:
    configured = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [hook for repo in configured for hook in repo["hooks"]]

    assert {repo["repo"] for repo in configured} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {Path(hook["entry"].split()[0]).name for hook in hooks} <= set(
        (ROOT / "scripts/check").read_text().split()
    )
