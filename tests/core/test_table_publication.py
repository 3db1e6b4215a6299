"""A table through the whole platform: from `challenge new` to a score, without a program."""

import random
import re
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir, main
from challenge_platform.cli.build import build_challenge
from challenge_platform.cli.exits import ExitCode
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.result import result_of
from challenge_platform.core.upload import Upload
from challenge_platform.vault import open_truth
from tests.conftest import participant

PATIENTS = 150


def write_study(folder: Path) -> None:
    """Write a table of patients with two visits each, whose grade nothing tells."""
    draw = random.Random(5)  # noqa: S311 -- made-up rows
    rows = [
        f"visit{number},HC-{number // 2},{draw.randrange(20, 90)},{draw.choice(['low', 'high'])}"
        for number in range(2 * PATIENTS)
    ]
    folder.mkdir()
    (folder / "visits.csv").write_text("\n".join(["visit,patient,age,grade", *rows]) + "\n")


def test_a_table_is_published_once_and_its_predictions_are_scored_by_patient(
    platform: Platform, tmp_path: Path
) -> None:
    study, challenges = tmp_path / "study", tmp_path / "challenges"
    write_study(study)
    columns = ["--table", "visits.csv", "--id", "visit", "--target", "grade", "--group", "patient"]
    places = ["--from", str(study), "--challenges", str(challenges)]
    assert main(["new", "grades", *columns, *places]) == ExitCode.DONE
    definition = challenges / "grades" / "challenge.yaml"
    opened = re.sub("opens: .*", "opens: 2020-01-01T00:00:00Z", definition.read_text())
    definition.write_text(opened)  # before the day of the test's clock
    datadir.prepare(platform, slugs=["grades"], separate=False)
    lines: list[str] = []

    for _ in range(2):
        build_challenge(platform, challenges / "grades", say=lines.append, source=study)
    with platform.database.reading() as session:
        challenge = find_challenge(session, "grades")
    test = platform.store.read(challenge.file("test.csv").digest).decode().split()
    answers = "\n".join(["visit,grade", *(f"{visit},low" for visit in test[1:])])
    upload = Upload(
        content=answers.encode(), filename="predictions.csv", opened_at=platform.clock()
    )
    who = participant(platform, challenge, name="ann")
    accepted = platform.uploads.submit("grades", upload, user_id=who.user.id)
    platform.evaluator.evaluate(accepted.submission_id)

    assert lines[-1] == "grades: already published as version 1"
    assert [file.name for file in challenge.files] == ["train.csv", "test.csv", "dictionary.csv"]
    assert len(test) - 1 == 90
    key = platform.keys.scoring.open("grades")
    truth = open_truth(platform.store.read(challenge.version.truth_object), key=key)
    assert {line.split(",")[1] for line in truth.table.decode().split()[1:]} == {
        "public",
        "private",
    }
    with platform.database.reading() as session:
        result = result_of(session, accepted.submission_id)
    assert result is not None
    assert result.public["metrics"]["score"]["value"] == 0.5
    assert result.public["units"] == 14
