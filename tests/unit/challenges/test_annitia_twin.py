"""The twin of ANNITIA: its files, its traps, and the signs and leaks of the published table."""

import csv
import hashlib
import importlib
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

from challenge_platform.cli.recipe import importable
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

Rows = list[dict[str, str]]
Array = np.ndarray[Any, np.dtype[np.float64]]

HEPATIC, HEPATIC_AGE = "evenements_hepatiques_majeurs", "evenements_hepatiques_age_occur"
CONDITIONS = ("T2DM", "Hypertension", "Dyslipidaemia", "bariatric_surgery")

# C for the liver and for death on the real train.csv, as published: first value, then last.
PUBLISHED = {
    "stiffness": ((0.791, 0.650), (0.740, 0.621)),
    "fibrotest": ((0.687, 0.708), (0.714, 0.677)),
    "fib4": ((0.669, 0.630), (0.681, 0.586)),
    "apri": ((0.614, 0.536), (0.619, 0.524)),
    "age": ((0.631, 0.796), (0.605, 0.641)),
}
# With 47 events the standard deviation of a C is about 0.04: a twin is near if it is within 0.06.
NEAR = 0.06


@pytest.fixture(scope="module")
def twin(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("annitia-twin")


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """Give the modules of the recipe by their names."""
    with importable(CHALLENGES / "annitia-twin"):
        yield {name: importlib.import_module(name) for name in ("data", "real", "wide")}


@pytest.fixture(scope="module")
def train(twin: BuiltChallenge) -> Rows:
    return _rows((twin.made.public / "train.csv").read_bytes())


@pytest.fixture(scope="module")
def asked(twin: BuiltChallenge) -> Rows:
    return _rows((twin.made.public / "test.csv").read_bytes())


def _rows(content: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _wide(rows: Rows, name: str) -> Array:
    """Give the values of a variable, people x slots, NaN where there is none."""
    slots = [f"{name}_v{k}" for k in range(1, 23) if f"{name}_v{k}" in rows[0]]
    return np.array([[float(row[slot] or "nan") for slot in slots] for row in rows])


def _ages(row: dict[str, str]) -> list[float]:
    return [float(row[f"Age_v{k}"]) for k in range(1, 23) if row[f"Age_v{k}"]]


def _measure(rows: Rows, risk: Array) -> tuple[float, float]:
    """Measure C for the liver and for death with scikit-survival; who lacks a value is average."""
    risk = np.where(np.isnan(risk), np.nanmedian(risk), risk)
    found = []
    for event, age in ((HEPATIC, HEPATIC_AGE), ("death", "death_age_occur")):
        known = [place for place, row in enumerate(rows) if row[event]]
        had = np.array([rows[place][event] == "1" for place in known])
        times = [
            float(rows[place][age] or max(_ages(rows[place]))) - float(rows[place]["Age_v1"])
            for place in known
        ]
        time = np.maximum(times, 0.001)
        found.append(float(concordance_index_censored(had, time, risk[known])[0]))
    return found[0], found[1]


def _first_last(values: Array) -> tuple[Array, Array]:
    known = [row[~np.isnan(row)] for row in values]
    first, last = (
        np.array([row[place] if len(row) else np.nan for row in known]) for place in (0, -1)
    )
    return first, last


def test_the_files_have_the_published_shape(twin: BuiltChallenge, train: Rows, asked: Rows) -> None:
    hello = _rows((twin.made.public / "hello_world_submission.csv").read_bytes())

    assert (len(train), len(train[0])) == (1253, 287)
    assert (len(asked), len(asked[0])) == (423, 284)
    assert [row["trustii_id"] for row in asked] == [str(n) for n in range(1, 424)]
    assert list(hello[0].values()) == ["1", "0.594", "2.103"]
    assert [row["trustii_id"] for row in hello] == [row["trustii_id"] for row in asked]
    assert set(train[0]) - set(asked[0]) == {HEPATIC, HEPATIC_AGE, "death", "death_age_occur"}
    assert {"Age_v22", "BMI_v22", "fibs_stiffness_med_BM_1_v22", "alt_v21"} <= set(asked[0])
    assert {"alt_v22", "fibrotest_BM_2_v22", "Age_v23"}.isdisjoint(train[0])


def test_ids_are_of_one_person_each(train: Rows, asked: Rows) -> None:
    assert len({row["patient_id_anon"] for row in train + asked}) == 1676


def test_the_dictionary_is_latin_1_and_does_not_explain_code_2(twin: BuiltChallenge) -> None:
    content = (twin.made.public / "dictionary.csv").read_bytes()

    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert "Événement hépatique majeur" in content.decode("latin-1")
    assert "2 =" not in content.decode("latin-1")


def test_the_counts_are_the_published_ones(train: Rows) -> None:
    visits = [len(_ages(row)) for row in train]
    followed = [max(_ages(row)) - min(_ages(row)) for row in train]

    assert sum(row[HEPATIC] == "1" for row in train) == 47
    assert sum(row["death"] == "1" for row in train) == 76
    assert sum(row["death"] == "" for row in train) == 269
    assert (min(visits), max(visits)) == (1, 19)
    assert np.mean(visits) == pytest.approx(4.8, abs=0.2)
    assert visits.count(1) == pytest.approx(124, abs=21)
    assert np.mean(followed) == pytest.approx(5.3, abs=0.5)
    assert list(np.percentile(followed, [25, 75])) == [2, 8]
    assert max(followed) == 21


def test_ages_are_whole_years(train: Rows) -> None:
    ages = {row[name] for row in train for name in row if name.startswith("Age_v")}

    assert all(age.isdigit() for age in ages - {""})


def test_missing_conditions_shift_from_train_to_test(train: Rows, asked: Rows) -> None:
    for name in CONDITIONS:
        in_train, in_test = (
            sum(row[name] == "" for row in rows) / len(rows) for rows in (train, asked)
        )

        assert in_train == pytest.approx(0.21, abs=0.03)
        assert 0.01 < in_test < 0.045
        assert {row[name] for row in train} == {"", "0", "1", "2"}


def test_events_lie_before_the_first_visit_and_visits_after_the_event(train: Rows) -> None:
    events = [row for row in train if row[HEPATIC] == "1"]
    at_start = [row for row in events if float(row[HEPATIC_AGE]) <= float(row["Age_v1"])]
    after = [row for row in events if max(_ages(row)) > float(row[HEPATIC_AGE])]

    assert len(at_start) == 8
    assert len(after) == pytest.approx(27, abs=10)


def test_nobody_is_seen_after_death(train: Rows) -> None:
    dead = [row for row in train if row["death"] == "1"]

    assert all(max(_ages(row)) <= float(row["death_age_occur"]) for row in dead)


@pytest.mark.parametrize("sign", PUBLISHED)
def test_each_sign_is_as_strong_as_published(sign: str, train: Rows) -> None:
    age, ast, alt, plt = (_wide(train, name) for name in ("Age", "ast", "alt", "plt"))
    values = {
        "stiffness": _wide(train, "fibs_stiffness_med_BM_1"),
        "fibrotest": _wide(train, "fibrotest_BM_2"),
        "fib4": age[:, :21] * ast / (plt * np.sqrt(alt)),
        "apri": ast / plt,
        "age": age,
    }[sign]

    found = [_measure(train, risk) for risk in _first_last(values)]

    assert np.ravel(found) == pytest.approx(np.ravel(PUBLISHED[sign]), abs=NEAR)


def test_the_length_of_follow_up_leaks_death(train: Rows) -> None:
    followed = np.array([max(_ages(row)) - min(_ages(row)) for row in train])

    hepatic, death = _measure(train, -followed)

    assert death == pytest.approx(0.969, abs=0.01)
    assert hepatic == pytest.approx(0.580, abs=NEAR)


def test_the_number_of_visits_leaks_death(train: Rows) -> None:
    visits = np.array([float(len(_ages(row))) for row in train])

    assert _measure(train, -visits) == pytest.approx((0.569, 0.785), abs=NEAR)


def test_the_order_of_the_rows_leaks_death(train: Rows) -> None:
    hepatic, death = _measure(train, np.arange(len(train), dtype=float))

    assert death == pytest.approx(0.607, abs=0.02)
    assert hepatic == pytest.approx(0.522, abs=NEAR)


def test_the_truth_times_events_as_the_official_baseline_does(twin: BuiltChallenge) -> None:
    truth = _rows(twin.made.truth)
    unknown = [row for row in truth if row["death_known"] == "0"]

    assert sum(row["hepatic"] == "1" for row in truth) == 16
    assert {row["death"] for row in unknown} == {""}
    assert min(float(row["hepatic_time"]) for row in truth) == 0.001
    assert [row["usage"] for row in truth].count("public") == 212


def test_a_second_build_gives_the_same_bytes(
    twin: BuiltChallenge, modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    truth = modules["data"].build(tmp_path, source=None, say=print)

    assert hashlib.sha256(truth).digest() == hashlib.sha256(twin.made.truth).digest()
    for path in twin.made.public.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.fixture
def real_files(twin: BuiltChallenge, modules: dict[str, ModuleType], tmp_path: Path) -> Path:
    """Give a folder like that of an organizer: the twin's files with the answers of the test."""
    folder = tmp_path / "real"
    shutil.copytree(twin.made.public, folder)
    wide = modules["wide"]
    _, test = modules["data"].synthetic()
    answers = wide.table(test, columns=("trustii_id", *wide.TARGETS))
    (folder / "test_targets.csv").write_bytes(answers)
    return folder


def test_real_files_give_the_truth_of_their_own(
    twin: BuiltChallenge, modules: dict[str, ModuleType], real_files: Path, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    public.mkdir()

    truth = modules["data"].build(public, source=real_files, say=print)

    assert truth == twin.made.truth
    assert (public / "train.csv").read_bytes() == (real_files / "train.csv").read_bytes()


def test_the_columns_are_those_that_were_counted_in_the_real_files(
    modules: dict[str, ModuleType],
) -> None:
    wide = modules["wide"]
    visits = [
        f"{name}_v{k}" for name in ("Age", "BMI", "fibs_stiffness_med_BM_1") for k in range(1, 23)
    ]
    others = "alt ast bilirubin chol ggt gluc_fast plt triglyc aixp_aix_result_BM_3 fibrotest_BM_2"
    visits += [f"{name}_v{k}" for name in others.split() for k in range(1, 22)]
    statics = "gender T2DM Hypertension Dyslipidaemia bariatric_surgery bariatric_surgery_age"
    targets = "evenements_hepatiques_majeurs evenements_hepatiques_age_occur death death_age_occur"

    assert (len(wide.TRAIN), len(wide.TEST)) == (287, 284)
    assert set(wide.TRAIN) == {"patient_id_anon", *statics.split(), *visits, *targets.split()}
    assert set(wide.TEST) == {"trustii_id", "patient_id_anon", *statics.split(), *visits}


def test_real_files_may_be_as_pandas_writes_them(
    twin: BuiltChallenge, modules: dict[str, ModuleType], real_files: Path, tmp_path: Path
) -> None:
    """Whole numbers with `.0` wherever a column has an empty cell, and a gender that is unknown."""
    wide = modules["wide"]
    for name in ("train.csv", "test.csv", "test_targets.csv"):
        with (real_files / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        gaps = {column for column in rows[0] if any(row[column] == "" for row in rows)}
        for row in rows:
            row |= {c: f"{float(row[c])}" for c in gaps if row[c]}
        if name == "train.csv":
            rows[0]["gender"] = ""
        (real_files / name).write_bytes(wide.table(rows, columns=list(rows[0])))
    public = tmp_path / "public"
    public.mkdir()

    assert modules["data"].build(public, source=real_files, say=print) == twin.made.truth


def test_all_that_differs_in_real_files_is_told(
    modules: dict[str, ModuleType], real_files: Path, tmp_path: Path
) -> None:
    lines = (real_files / "train.csv").read_text().splitlines()
    header = lines[0].replace("Age_v22", "age_22")
    (real_files / "train.csv").write_text("\n".join([header, *lines[1:-1]]) + "\n")
    answers = (real_files / "test_targets.csv").read_text().replace("\n2,", "\n999,")
    (real_files / "test_targets.csv").write_text(answers)

    with pytest.raises(ValueError, match="differ from the described ones") as told:
        modules["data"].build(tmp_path, source=real_files, say=print)

    assert "train.csv: 1252 rows; expected 1253" in str(told.value)
    assert "train.csv: lacks 1 columns: Age_v22" in str(told.value)
    assert "train.csv: also has 1 columns: age_22" in str(told.value)
    assert "2 ids are in only one of it and test.csv" in str(told.value)


def test_a_folder_without_the_answers_is_refused(
    modules: dict[str, ModuleType], real_files: Path, tmp_path: Path
) -> None:
    (real_files / "test_targets.csv").unlink()

    with pytest.raises(ValueError, match=r"has no test_targets\.csv; expected train\.csv"):
        modules["data"].build(tmp_path, source=real_files, say=print)
