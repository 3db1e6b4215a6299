"""A real challenge scored in a real sandbox, and the score recomputed by scikit-survival."""

import csv
import io
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.result import Result
from challenge_platform.core.submission import State
from challenge_platform.core.team import join
from challenge_platform.core.upload import Upload
from challenge_platform.vault import open_truth
from scorers.document import SplitScores
from tests.live import launching

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its own dependencies warn of at import is not ours
    from sksurv.metrics import concordance_index_censored

pytestmark = pytest.mark.docker

FOLDER = Path(__file__).parents[2] / "challenges" / "nafld-progression"
SLUG = "nafld-progression"


@pytest.fixture(scope="module")
def platform(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[Platform]:
    """Give a platform with the real challenge and a launcher of its own."""
    assert scoring_image
    folder = tmp_path_factory.mktemp("evaluation") / "d"
    settings = Settings(data_dir=folder, database_url=module_database_url)
    platform = Platform.from_settings(settings)
    datadir.prepare(platform, slugs=[SLUG])
    build_challenge(platform, FOLDER, say=lambda _line: None)
    with launching(settings):
        yield platform
    platform.database.close()


@pytest.fixture(scope="module")
def challenge(platform: Platform) -> PublishedChallenge:
    """Give the real challenge."""
    with platform.database.reading() as session:
        return find_challenge(session, SLUG)


@pytest.fixture(scope="module")
def predictions(
    platform: Platform, challenge: PublishedChallenge, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    """Give the predictions of the age baseline, as its own program makes them."""
    public = tmp_path_factory.mktemp("public")
    for file in challenge.files:
        (public / file.name).write_bytes(platform.store.read(file.digest))
    out = public / "predictions.csv"
    program = FOLDER / "baseline" / "age" / "predict.py"
    subprocess.run([sys.executable, program, public, out], check=True)
    return out.read_bytes()


@pytest.fixture(scope="module")
def result(platform: Platform, challenge: PublishedChallenge, predictions: bytes) -> Result:
    """Give the result of submitting them."""
    now = platform.clock()
    with platform.database.writing() as session:
        user = account.create_user(
            session,
            email="ann@example.org",
            name="ann",
            password="correct horse battery",  # noqa: S106 -- a test's account
            now=now,
        )
        version = challenge.definition.agreement.version
        join(session, challenge, user=user, agreement_version=version, now=now)
    upload = Upload(content=predictions, filename="p.csv", opened_at=now)
    accepted = platform.uploads.submit(SLUG, upload, user_id=user.id)
    assert platform.evaluator.evaluate(accepted.submission_id) is State.SCORED
    with platform.database.reading() as session:
        return session.get_one(Result, accepted.submission_id)


def independent(
    platform: Platform, challenge: PublishedChallenge, predictions: bytes, *, split: str
) -> dict[str, float]:
    """Recompute the score of a split with scikit-survival and the csv module only."""
    sealed = platform.store.read(challenge.version.truth_object)
    table = open_truth(sealed, key=platform.keys.scoring.open(SLUG)).table
    truth = [row for row in csv.DictReader(io.StringIO(table.decode())) if row["usage"] == split]
    given = {row["patient_id"]: row for row in csv.DictReader(io.StringIO(predictions.decode()))}

    def c_index(name: str, rows: list[dict[str, str]]) -> float:
        event = np.array([row[name] == "1" for row in rows])
        time = np.array([float(row[f"{name}_time"]) for row in rows])
        risk = np.array([float(given[row["patient_id"]][f"risk_{name}"]) for row in rows])
        return float(concordance_index_censored(event, time, risk)[0])

    c_event = c_index("event", [row for row in truth if row["at_risk"] == "1"])
    c_death = c_index("death", truth)
    return {"c_event": c_event, "c_death": c_death, "score": 0.7 * c_event + 0.3 * c_death}


def test_the_public_score_equals_scikit_survivals(
    platform: Platform, challenge: PublishedChallenge, predictions: bytes, result: Result
) -> None:
    expected = independent(platform, challenge, predictions, split="public")

    scored = {key: metric["value"] for key, metric in result.public["metrics"].items()}
    assert scored == pytest.approx(expected, abs=1e-12, rel=0)


def test_the_sealed_private_score_equals_scikit_survivals(
    platform: Platform, challenge: PublishedChallenge, predictions: bytes, result: Result
) -> None:
    expected = independent(platform, challenge, predictions, split="private")

    opened = SplitScores.from_json(platform.keys.release.decrypt(result.sealed, slug=SLUG))
    scored = {key: score.value for key, score in opened.metrics.items()}
    assert scored == pytest.approx(expected, abs=1e-12, rel=0)


def test_every_metric_has_a_95_percent_interval_around_it(result: Result) -> None:
    for metric in result.public["metrics"].values():
        low, high = metric["interval"]

        assert metric["level"] == 0.95
        assert low < metric["value"] < high


def test_the_receipt_names_the_image_that_ran(result: Result) -> None:
    scorer = result.receipt["payload"]["scorer"]

    assert scorer["image"].startswith("sha256:")
    assert scorer["version"] not in {"", "unknown"}


def test_the_truth_opens_its_commitment(
    platform: Platform, challenge: PublishedChallenge, result: Result
) -> None:
    sealed = platform.store.read(challenge.version.truth_object)
    truth = open_truth(sealed, key=platform.keys.scoring.open(SLUG))

    assert truth.commitment == challenge.version.truth_commitment
    assert truth.commitment == result.receipt["payload"]["truth"]["commitment"]


def test_building_again_makes_no_new_version(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    again = build_challenge(platform, FOLDER, say=lambda _line: None)

    assert (again.number, again.truth_object) == (1, challenge.version.truth_object)
