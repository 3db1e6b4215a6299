"""The challenge `dental-diagnosis`: what stays hidden, what pictures tell, and who is scored."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorers import evaluate
from tests.unit.challenges.conftest import BuiltChallenge, Rows

TABLES = ("train.csv", "test.csv", "images.csv")
ARCHIVES = ("train_images.zip", "test_images.zip")
SIZES = {"photo": (96, 64, "RGB"), "panoramic": (112, 48, "L"), "periapical": (48, 64, "L")}


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("dental-diagnosis")


def _rows(data: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def _read(folder: Path) -> dict[str, Rows]:
    return {name: _rows((folder / name).read_bytes()) for name in TABLES}


def _pictures(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in ARCHIVES:
        with zipfile.ZipFile(folder / name) as archive:
            found |= {one: archive.read(one) for one in archive.namelist()}
    return found


def test_nothing_but_a_dictionary_and_phantoms_is_public(built: BuiltChallenge) -> None:
    hidden, sample = _read(built.made.hidden), _read(built.made.sample)
    people = {row["patient_id"] for name in TABLES for row in hidden[name]}

    assert built.definition.submission.kinds == ("code", "container")
    assert [path.name for path in built.made.public.iterdir()] == ["dictionary.csv"]
    assert not people & {row["patient_id"] for name in TABLES for row in sample[name]}
    seen, phantoms = (_pictures(folder) for folder in (built.made.hidden, built.made.sample))
    assert not set(seen.values()) & set(phantoms.values())


def test_each_patient_has_one_to_six_pictures_in_the_half_it_belongs_to(
    built: BuiltChallenge,
) -> None:
    tables = _read(built.made.hidden)
    counts = Counter(row["patient_id"] for row in tables["images.csv"])
    half = {row["patient_id"]: name for name in TABLES[:2] for row in tables[name]}

    assert set(counts) == set(half)
    assert {min(counts.values()), max(counts.values())} == {1, 6}
    of = {row["image"]: half[row["patient_id"]] for row in tables["images.csv"]}
    for name in ARCHIVES:
        with zipfile.ZipFile(built.made.hidden / name) as archive:
            owners = {of[one] for one in archive.namelist()}
        assert owners == {name.replace("_images.zip", ".csv")}


def test_a_picture_has_the_size_and_the_channels_of_its_modality(built: BuiltChallenge) -> None:
    pictures = _pictures(built.made.sample)
    for row in _read(built.made.sample)["images.csv"]:
        picture = Image.open(io.BytesIO(pictures[row["image"]]))

        assert (*picture.size, picture.mode) == SIZES[row["modality"]]


def test_an_archive_tells_nothing_by_names_times_or_sizes(built: BuiltChallenge) -> None:
    for name in ARCHIVES:
        with zipfile.ZipFile(built.made.hidden / name) as archive:
            entries = archive.infolist()

        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert [entry.filename for entry in entries] == sorted(e.filename for e in entries)
        assert len({entry.file_size for entry in entries}) == len(SIZES)


def test_pictures_of_a_defect_look_different(built: BuiltChallenge) -> None:
    """The brightest of a radiograph, beside dentine, is dense enamel."""
    tables, pictures = _read(built.made.hidden), _pictures(built.made.hidden)
    kind = {row["patient_id"]: row["type"] for row in tables["train.csv"]}
    brightest: dict[str, list[float]] = {}
    for row in tables["images.csv"]:
        if row["modality"] == "periapical" and row["patient_id"] in kind:
            pixels = np.asarray(Image.open(io.BytesIO(pictures[row["image"]])), dtype=float)
            share = np.percentile(pixels, 98) / np.percentile(pixels, 70)
            brightest.setdefault(kind[row["patient_id"]], []).append(float(share))

    means = {name: np.mean(values) for name, values in brightest.items()}
    assert means["none"] > means["hypomature"] > means["hypocalcified"]


def test_the_score_is_of_patients_as_in_the_worked_example(built: BuiltChallenge) -> None:
    """The example of the evaluation page, through the challenge's own definition."""
    truth = (
        "patient_id,usage,age_band,enamel_defect,type\n"
        "a,public,adult,1,hypoplastic\nb,public,adult,1,hypomature\nc,public,adult,0,none\n"
    )
    told = "patient_id,p_defect,type\na,0.9,hypoplastic\nb,0.4,none\nc,0.4,none\n"

    found = evaluate(
        built.definition.task, truth=truth.encode(), predictions=told.encode(), seed=1
    ).splits["public"]

    assert found.metrics["auroc"].value == 0.75
    assert found.metrics["type_f1"].value == pytest.approx(5 / 9)
    assert found.metrics["score"].value == pytest.approx((0.75 + 5 / 9) / 2)
    assert found.units == 3
