"""The twin of Cardi-HACK: its files and quirks, its clinical score, and what its starter keeps."""

import csv
import importlib
import importlib.util
import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from challenge_platform.cli.recipe import RecipeOptions, importable, run_recipe
from challenge_platform.core.feature_runs import Audit, Audited
from sandbox import End, Outcome
from scorers import evaluate
from scorers.predictions.table import read_ids
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

Rows = list[dict[str, str]]
FOLDER = CHALLENGES / "cardiomyopathy-scores"
MACE, SEVERITY = "OUTCOME MACE", "OUTCOME SEVERITY"


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("cardiomyopathy-scores")


@pytest.fixture(scope="module")
def train(built: BuiltChallenge) -> Rows:
    return _rows((built.made.public / "train.csv").read_bytes())


@pytest.fixture(scope="module")
def asked(built: BuiltChallenge) -> Rows:
    return _rows((built.made.hidden / "test.csv").read_bytes())


def _rows(content: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.parent.name.replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def score() -> ModuleType:
    """Give the program of the baseline HCM Risk-SCD."""
    return _module(FOLDER / "baseline" / "hcm-risk-scd" / "main.py")


def test_the_files_have_the_published_shape(
    built: BuiltChallenge, train: Rows, asked: Rows
) -> None:
    assert (len(train), len(asked)) == (347, 149)
    assert [row["trustii_id"] for row in asked] == [str(n) for n in range(1, 150)]
    assert len(asked[0]) == 303
    assert {*train[0]} - {*asked[0]} == {MACE, SEVERITY}
    assert {f"SNP{n}" for n in range(1, 289)} <= {*asked[0]}
    assert {int(row["ID"]) for row in train + asked} == {*range(1, 497)}
    assert not any("" in row.values() for row in train + asked)
    assert not (built.made.public / "test.csv").exists()


def test_the_counts_and_quirks_are_the_published_ones(train: Rows) -> None:
    assert Counter(row[SEVERITY] for row in train) == {"0": 230, "1": 117}
    assert Counter(row[MACE] for row in train) == {"0": 261, "1": 29, "2": 57}
    assert Counter((row["FEVG"], row[SEVERITY]) for row in train if row["FEVG"] == "1") == {
        ("1", "1"): 17,
        ("1", "0"): 4,
    }
    assert sum(float(row["Age_Diag"]) > float(row["Age_Baseline"]) for row in train) == 97
    assert max(float(row["BSA"]) for row in train) > 100  # kilograms, not m2
    assert sum(len({row[f"SNP{n}"] for row in train}) == 1 for n in range(1, 289)) == 1


def test_the_sample_is_of_people_who_are_public_already(built: BuiltChallenge, train: Rows) -> None:
    sample = _rows((built.made.sample / "test.csv").read_bytes())
    known = {row["ID"]: row for row in train}

    assert all(
        row.items() <= (known[row["ID"]] | {"trustii_id": row["trustii_id"]}).items()
        for row in sample
    )
    assert {MACE, SEVERITY}.isdisjoint(sample[0])


@pytest.mark.parametrize(
    ("values", "index", "risk"),
    [
        ((45, 20, 42, 30, 0, 0, 0), 2.422901, 0.022327),
        ((30, 28, 45, 10, 1, 1, 1), 4.827781, 0.221290),
        ((60, 15, 38, 0, 0, 0, 0), 1.633420, 0.010201),
        ((40, 22, 48, 60, 0, 1, 0), 3.700188, 0.077798),
    ],
)
def test_the_clinical_score_has_its_published_values(
    score: ModuleType, values: tuple[float, ...], index: float, risk: float
) -> None:
    names = ("age", "thickness", "atrium", "gradient", "family", "tachycardia", "syncope")

    found = score.prognostic_index(**dict(zip(names, values, strict=True)))

    assert found == pytest.approx(index, abs=5e-7)
    assert score.risk(found) == pytest.approx(risk, abs=5e-7)


def test_age_and_the_clinical_score_are_as_weak_as_published(
    score: ModuleType, train: Rows
) -> None:
    """In the real train.csv, age has an AUC of 0.624 for an event, and the score one of 0.558."""
    events = np.array([row[MACE] != "0" for row in train])

    def auc(values: list[float]) -> float:
        found = np.array(values)
        higher = found[events][:, None] - found[~events][None, :]
        return float(np.mean((higher > 0) + 0.5 * (higher == 0)))

    assert auc([float(row["Age_Baseline"]) for row in train]) == pytest.approx(0.624, abs=0.02)
    assert auc([score.of_row(row) for row in train]) == pytest.approx(0.558, abs=0.02)


def test_the_score_of_the_definition_is_the_published_one_on_a_small_example(
    built: BuiltChallenge,
) -> None:
    """Kappa 0.818, skill 0.259 and 0.650 of both, computed elsewhere."""
    severe, grades = [0, 1, 0, 1, 0, 0, 1, 0], [0, 0, 1, 2, 0, 2, 1, 0]
    told, graded = [0.2, 0.7, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2], [0, 0, 1, 2, 0, 1, 2, 0]
    truth = ["trustii_id,usage,mace,severity,sex,age_band"]
    predictions = ["trustii_id,OUTCOME MACE,OUTCOME SEVERITY"]
    for start, usage in ((0, "public"), (8, "private")):
        rows = zip(range(start, start + 8), severe, grades, told, graded, strict=True)
        for place, s, m, p, g in rows:
            truth.append(f"{place},{usage},{m},{s},a,b")
            predictions.append(f"{place},{g},{p}")

    found = evaluate(
        built.definition.task,
        truth="\n".join([*truth, ""]).encode(),
        predictions="\n".join([*predictions, ""]).encode(),
        seed=1,
    )

    metrics = found.splits["public"].metrics
    assert metrics["qwk_mace"].value == pytest.approx(0.8181818181818181, abs=1e-12)
    assert metrics["rll_severity"].value == pytest.approx(0.25857909567341086, abs=1e-12)
    assert metrics["score"].value == pytest.approx(0.6503010014292959, abs=1e-12)


@pytest.fixture
def starter() -> Iterator[ModuleType]:
    with importable(FOLDER / "starter_kit"):
        yield importlib.import_module("starter")


def _audit(built: BuiltChallenge, predict: Callable[[Rows], bytes]) -> Audited:
    """Audit a program on the hidden table, in this process in place of sandboxes."""
    table = (built.made.hidden / "test.csv").read_bytes()
    program, task = built.definition.program, built.definition.task
    assert program is not None
    assert program.features is not None

    def launch(_number: int, changed: bytes | None, _collect: str) -> Outcome:
        made = predict(_rows(changed or table))
        return Outcome(
            end=End.FINISHED, output=b"", exit_code=0, seconds=0, image="", timings={}, file=made
        )

    audit = Audit(
        features=program.features,
        submission=task.submission,
        scoring=task.scoring,
        ids=read_ids(table, id_column="trustii_id"),
        table=table,
        seed=5,
        declared=(FOLDER / "starter_kit" / "features.json").read_bytes(),
        launch=launch,
    )
    return audit.run(predict(_rows(table)))


def test_the_starter_kit_keeps_the_rules_about_features(
    built: BuiltChallenge, train: Rows, starter: ModuleType, tmp_path: Path
) -> None:
    def predict(rows: Rows) -> bytes:
        starter.write(tmp_path / "p.csv", rows, found=starter.predict(train, rows))
        return (tmp_path / "p.csv").read_bytes()

    found = _audit(built, predict)

    assert found.broken is None
    assert len(found.timings) == 5


def test_a_starter_kit_that_reads_the_ejection_fraction_for_severity_is_found_out(
    built: BuiltChallenge,
    train: Rows,
    starter: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(starter, "SEVERITY_FROM", (*starter.SEVERITY_FROM, "FEVG"))

    def predict(rows: Rows) -> bytes:
        starter.write(tmp_path / "p.csv", rows, found=starter.predict(train, rows))
        return (tmp_path / "p.csv").read_bytes()

    broken = _audit(built, predict).broken

    assert broken is not None
    assert (broken.rule, broken.target) == ("features_allowed", SEVERITY)


def test_a_second_build_gives_the_same_bytes(built: BuiltChallenge, tmp_path: Path) -> None:
    again = run_recipe(
        built.folder / "data.py",
        tmp_path,
        definition=built.definition,
        options=RecipeOptions(say=print),
    )

    assert again.truth == built.made.truth
    for folder, other in ((built.made.public, again.public), (built.made.hidden, again.hidden)):
        for path in folder.iterdir():
            assert (other / path.name).read_bytes() == path.read_bytes()


def _real(built: BuiltChallenge, folder: Path, train: Rows, asked: Rows) -> None:
    """Write a folder like that of an organizer: the twin's files with the answers of the test."""
    truth = {row["trustii_id"]: row for row in _rows(built.made.truth)}
    answers = [f"trustii_id,{MACE},{SEVERITY}"]
    answers += [f"{name},{row['mace']},{row['severity']}" for name, row in truth.items()]
    for name, rows in (("train.csv", train), ("test.csv", asked)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    (folder / "test_targets.csv").write_text("\n".join([*answers, ""]))


def test_real_files_give_the_truth_of_their_own(
    built: BuiltChallenge, train: Rows, asked: Rows, tmp_path: Path
) -> None:
    real, work = tmp_path / "real", tmp_path / "work"
    real.mkdir()
    work.mkdir()
    said: list[str] = []
    _real(built, real, train, [{"": str(place), **row} for place, row in enumerate(asked)])

    made = run_recipe(
        built.folder / "data.py",
        work,
        definition=built.definition,
        options=RecipeOptions(say=said.append, source=real),
    )

    assert made.truth == built.made.truth
    assert (made.hidden / "test.csv").read_bytes() == (built.made.hidden / "test.csv").read_bytes()
    dictionary = (made.public / "dictionary.csv").read_bytes()
    assert dictionary == (built.made.public / "dictionary.csv").read_bytes()  # theirs was a PDF
    assert "test.csv: 1 columns are left out: " in said


def test_the_columns_are_those_that_were_counted_in_the_real_files(
    train: Rows, asked: Rows
) -> None:
    clinical = (
        "ID Age_Baseline Age_Diag BMI BSA Genre Epaiss_max Gradient TVNS FEVG ATCD_MS SYNCOPE "
        "Diam_OG Variant.Pathogene"
    )
    columns = {*clinical.split(), *(f"SNP{number}" for number in range(1, 289))}

    assert set(train[0]) == {*columns, "OUTCOME MACE", "OUTCOME SEVERITY"}
    assert set(asked[0]) == {"trustii_id", *columns}
    assert (len(train), len(asked)) == (347, 149)


def test_all_that_differs_in_real_files_is_told(
    built: BuiltChallenge, train: Rows, asked: Rows, tmp_path: Path
) -> None:
    real, work = tmp_path / "real", tmp_path / "work"
    real.mkdir()
    work.mkdir()
    wrong = [row | {"SYNCOPE": "9" if place else ""} for place, row in enumerate(train[1:])]
    without = [{key: row[key] for key in row if key != "BSA"} for row in asked]
    _real(built, real, wrong, without)

    with pytest.raises(ValueError, match="differ from the described ones") as told:
        run_recipe(
            built.folder / "data.py",
            work,
            definition=built.definition,
            options=RecipeOptions(say=print, source=real),
        )

    assert "train.csv: 346 rows; expected 347" in str(told.value)
    assert "train.csv: SYNCOPE has empty cells; expected none" in str(told.value)
    assert "train.csv: SYNCOPE has ['9']; expected ['0', '1']" in str(told.value)
    assert "test.csv: lacks 1 columns: BSA" in str(told.value)
