"""`challenge validate`: the platform's check, offline."""

import json
from pathlib import Path

import pytest

from challenge_platform.cli.data import CHALLENGE_FILE
from scorers.predictions.table import InvalidPredictions, read_predictions
from scorers.tables import SubmissionDefinition
from tests.cli.conftest import Run
from tests.cli.fake_api import SLUG, VALID, FakeApi, challenge_document


@pytest.fixture
def offline(downloaded: Path, api: FakeApi) -> FakeApi:
    """Have the files, and a platform that must not be asked."""
    assert downloaded.exists()
    api.requests.clear()
    return api


def test_a_valid_file_is_told_so_without_a_network(
    run: Run, offline: FakeApi, predictions: Path
) -> None:
    done = run("validate", SLUG, "-f", predictions.name)

    assert done.code == 0
    assert done.out == f"predictions.csv is valid: 3 predictions, as {SLUG} asks for.\n"
    assert offline.requests == []


REFUSED = {
    "text in a number": VALID.replace(b"0.1", b"abc"),
    "nan": VALID.replace(b"0.1", b"nan"),
    "too large a number": VALID.replace(b"0.1", b"1e400"),
    "an empty cell": VALID.replace(b"0.1", b""),
    "semicolons": VALID.replace(b",", b";"),
    "a missing id": VALID.replace(b"p3,0.5,0.6\n", b""),
    "an unknown id": VALID.replace(b"p3", b"p4"),
    "a duplicate id": VALID.replace(b"p3", b"p2"),
    "a missing column": VALID.replace(b"risk_death", b"death"),
    "a duplicate column": VALID.replace(b"risk_death", b"risk_event"),
    "a long cell": VALID.replace(b"0.1", b"1" * 900),
    "an empty file": b"",
    "a binary file": b"\x89PNG\r\n\x1a\n\0\0",
    "a file too large": VALID + b"x" * 1000,
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.usefixtures("downloaded")
def test_every_problem_is_told_in_the_words_of_the_scorer(
    run: Run, here: Path, api: FakeApi, content: bytes
) -> None:
    (here / "bad.csv").write_bytes(content)
    definition = SubmissionDefinition.model_validate(challenge_document(api.files)["submission"])
    with pytest.raises(InvalidPredictions) as expected:
        read_predictions(content, submission=definition, ids=("p1", "p2", "p3"))

    done = run("validate", SLUG, "-f", "bad.csv")

    assert done.code == 2
    assert done.err.startswith("challenge: bad.csv was refused and no quota was used; it has ")
    for problem in expected.value.problems:
        assert f"  {problem}\n" in done.err


@pytest.mark.usefixtures("offline")
def test_a_broken_rule_of_a_metric_is_told_before_anything_is_sent(run: Run, here: Path) -> None:
    (here / "bad.csv").write_bytes(VALID.replace(b"0.6", b"1.6"))

    done = run("validate", SLUG, "-f", "bad.csv")

    assert done.code == 2
    assert (
        'line 4, column risk_death: found "1.6", expected a number from 0 to 1; '
        "clip the predictions to the range"
    ) in done.err


@pytest.mark.usefixtures("offline")
def test_a_file_larger_than_the_memory_is_refused_unread(run: Run, here: Path) -> None:
    with (here / "endless.csv").open("wb") as file:
        file.truncate(1 << 42)  # 4 TiB that take no room on the disk

    done = run("validate", SLUG, "-f", "endless.csv")

    assert done.code == 2
    assert "found 4,398,046,511,104 bytes, expected at most 1,000 bytes" in done.err


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + VALID,
        VALID.replace(b"\n", b"\r\n"),
        b"risk_death,patient_id,risk_event\n1,p3,1\n1,p1,1\n1,p2,1\n",
    ],
    ids=["a BOM", "CRLF", "another order"],
)
def test_what_the_platform_accepts_is_accepted(run: Run, here: Path, content: bytes) -> None:
    (here / "other.csv").write_bytes(content)

    assert run("validate", SLUG, "-f", "other.csv").code == 0


def test_a_file_that_is_missing_is_a_usage_error(run: Run) -> None:
    done = run("validate", SLUG, "-f", "nowhere.csv")

    assert done.code == 1
    assert "'nowhere.csv' does not exist" in done.err


@pytest.mark.usefixtures("here")
def test_without_the_challenges_files_it_says_how_to_download_them(
    run: Run, predictions: Path
) -> None:
    done = run("validate", SLUG, "-f", str(predictions))

    assert done.code == 1
    assert f"challenge data download {SLUG} -p {SLUG}" in done.err


def test_an_id_list_that_was_changed_is_not_validated_against(
    run: Run, downloaded: Path, predictions: Path
) -> None:
    (downloaded / "test.csv").write_text("patient_id\np1\n")

    done = run("validate", SLUG, "-f", str(predictions))

    assert done.code == 1
    assert "is not the file that the platform publishes" in done.err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"submission": {}}'])
def test_a_broken_definition_is_named(
    run: Run, downloaded: Path, predictions: Path, content: str
) -> None:
    (downloaded / CHALLENGE_FILE).write_text(content)

    done = run("validate", SLUG, "-f", str(predictions))

    assert done.code == 1
    assert f"the files in {SLUG} cannot be used" in done.err


def test_the_files_of_another_challenge_are_not_taken_for_this_ones(
    run: Run, downloaded: Path, predictions: Path
) -> None:
    kept = json.loads((downloaded / CHALLENGE_FILE).read_text())
    (downloaded / CHALLENGE_FILE).write_text(json.dumps({**kept, "slug": "caries"}))

    done = run("validate", SLUG, "-f", str(predictions))

    assert done.code == 1
    assert "holds the challenge 'caries'" in done.err
