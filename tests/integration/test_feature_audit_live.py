"""Rules about features on a whole platform, with programs in real sandboxes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from challenge_platform.cli.recipe import RecipeOptions, run_recipe
from challenge_platform.core.definition_file import read_definition
from sandbox.images.build import build_image
from tests.archives import zipped
from tests.live import Live, running

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "challenges" / "cardiomyopathy-scores"
SECONDS = 300.0

# It knows a changed table by the size or the time of its file, and by a note that it left for
# itself; only then does it use a gene.
CUNNING = """
import csv, os
from pathlib import Path

table = Path("/input/test.csv")
about = table.stat()
rows = list(csv.DictReader(table.open()))
note = Path("/tmp/seen")
seen = note.exists() or Path("/dev/shm/seen").exists()
for place in (note, Path("/dev/shm/seen"), Path("/output/seen")):
    try:
        place.write_text("seen")
    except OSError:
        pass
genes = seen or about.st_mtime > 1 or about.st_size != SIZE
lines = [f"{row['trustii_id']},{int(row['SNP9'] or 0) if genes else 0},0.3" for row in rows]
text = "\\n".join(["trustii_id,OUTCOME MACE,OUTCOME SEVERITY", *lines, ""])
Path("/output/predictions.csv").write_text(text)
"""


@pytest.fixture(scope="module")
def live(scoring_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    assert scoring_image
    build_image("python", say=print)
    with running(tmp_path_factory.mktemp("audit") / "d", challenge=FOLDER) as live:
        yield live


def kit() -> dict[str, bytes]:
    names = ("main.py", "starter.py", "features.json")
    return {name: (FOLDER / "starter_kit" / name).read_bytes() for name in names}


def test_the_starter_kit_is_scored_after_an_audit(live: Live) -> None:
    submission_id = live.submit(zipped(kit()), kind="code")

    live.wait_for(submission_id, state="scored", seconds=SECONDS, every=0.5)

    found = live.submission(submission_id)
    assert [stage["name"] for stage in found["stages"]] == ["smoke", "hidden", "audit", "score"]
    assert found["stages"][2]["usage"] is None
    assert found["stages"][2]["seconds"] % 10 == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "rule", "target"),
    [
        (
            *("starter.py", "SEVERITY_FROM = (", 'SEVERITY_FROM = ("FEVG", '),
            *("features_allowed", "OUTCOME SEVERITY"),
        ),
        ("features.json", '"SNP9", ', "", "features_at_most", "OUTCOME MACE"),
    ],
)
def test_a_program_that_breaks_a_rule_is_told_which(
    live: Live, *, name: str, old: str, new: str, rule: str, target: str
) -> None:
    files = kit()
    assert old.encode() in files[name]
    files[name] = files[name].replace(old.encode(), new.encode())
    submission_id = live.submit(zipped(files), kind="code")

    live.wait_for(submission_id, state="rejected", seconds=SECONDS, every=0.5)

    _is_told(live, submission_id, rule=rule, target=target)


def test_a_program_that_looks_for_signs_of_an_audit_finds_none(live: Live, tmp_path: Path) -> None:
    size = _size_of_hidden_table(tmp_path)

    seeing = live.submit(_cunning(size + 1), kind="code")  # takes every table for a changed one
    live.wait_for(seeing, state="scored", seconds=SECONDS, every=0.5)
    blind = live.submit(_cunning(size), kind="code")
    live.wait_for(blind, state="rejected", seconds=SECONDS, every=0.5)

    _is_told(live, blind, rule="features_must_use", target="OUTCOME MACE")


def _cunning(size: int) -> bytes:
    listed = b'{"OUTCOME MACE": ["SNP9"]}'
    return zipped({"main.py": f"SIZE = {size}\n{CUNNING}".encode(), "features.json": listed})


def _size_of_hidden_table(folder: Path) -> int:
    """Give the size that the program could have been told by an earlier submission."""
    definition = read_definition(FOLDER / "challenge.yaml")
    options = RecipeOptions(say=print)
    made = run_recipe(FOLDER / "data.py", folder, definition=definition, options=options)
    return (made.hidden / "test.csv").stat().st_size


def _is_told(live: Live, submission_id: str, *, rule: str, target: str) -> None:
    found = live.submission(submission_id)
    [problem] = found["problems"]
    assert found["reason"]["code"] == "features_refused"
    assert (problem["code"], problem["column"]) == (rule, target)
