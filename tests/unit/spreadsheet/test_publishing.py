"""What becomes of a table: who is dealt where, what is public, and what is refused."""

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import json_schema
from challenge_platform.errors import InvalidInput
from scorers.predictions.table import read_truth
from tests.unit.spreadsheet.conftest import PATIENTS, Publish, Rows, definition_of


def read(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline="")))


def test_patients_are_whole_in_one_part_and_every_part_has_its_share_of_each_class(
    publish: Publish, tmp_path: Path
) -> None:
    truth = read(publish())
    train = read((tmp_path / "public" / "train.csv").read_bytes())

    parts = {part: [row for row in truth if row["usage"] == part] for part in ("public", "private")}
    patients = {name: {row["patient"] for row in rows} for name, rows in parts.items()}
    patients["train"] = {row["patient"] for row in train}
    assert {name: len(found) for name, found in patients.items()} == {
        "train": 28,
        "public": 5,
        "private": 7,
    }
    assert len(set().union(*patients.values())) == PATIENTS
    counts = Counter(row["diagnosis"] for row in truth)
    assert counts == {"melanoma": 4 * 3, "naevus": 8 * 3}


def test_the_truth_has_what_is_scored_and_the_public_files_have_not(
    publish: Publish, tmp_path: Path
) -> None:
    truth = publish()
    public = tmp_path / "public"
    test = read((public / "test.csv").read_bytes())

    assert list(read(truth)[0]) == ["lesion", "usage", "patient", "diagnosis", "centre"]
    assert list(test[0]) == ["lesion", "age"]
    assert [row["lesion"] for row in test] == [row["lesion"] for row in read(truth)]
    train = read((public / "train.csv").read_bytes())
    assert list(train[0]) == ["lesion", "patient", "age", "diagnosis"]
    scored = read_truth(truth, table=definition_of(_section()).task.truth_table)
    assert set(scored.columns["diagnosis"]) == {"melanoma", "naevus"}


def _section() -> dict[str, Any]:
    split = {"test": 0.3, "public": 0.4, "group": "patient"}
    return {"table": "t.csv", "targets": ["diagnosis"], "subgroups": ["centre"], "split": split}


def test_nothing_public_names_a_patient_a_file_or_an_author(
    publish: Publish, tmp_path: Path
) -> None:
    publish()

    public = tmp_path / "public"
    everything = b"".join(path.read_bytes() for path in public.iterdir())
    assert not {row["patient"] for row in read((public / "train.csv").read_bytes())} & {
        f"P{number}" for number in range(PATIENTS)
    }
    for word in (b"IMG_", b"Person", b"Dupont", b"tEXt"):
        assert word not in everything, word
    for csv_name, zip_name in (("train.csv", "train_images.zip"), ("test.csv", "test_images.zip")):
        ids = [row["lesion"] for row in read((public / csv_name).read_bytes())]
        with zipfile.ZipFile(public / zip_name) as archive:
            members = archive.infolist()
        assert [member.filename for member in members] == [f"{name}.png" for name in ids]
        assert ids == sorted(ids)
        assert {member.compress_type for member in members} == {zipfile.ZIP_STORED}
        assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_files_and_key_make_the_same_bytes_and_another_key_others(
    publish: Publish, tmp_path: Path
) -> None:
    truth = publish()
    again = publish(public="again")
    other = publish(public="other", key=bytes(32))

    assert truth == again
    for path in (tmp_path / "public").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    ids = {row["lesion"] for row in read(truth)}
    assert not ids & {row["lesion"] for row in read(other)}
    dealt, dealt_anew = (
        {row["age"] for row in read((tmp_path / name / "test.csv").read_bytes())}
        for name in ("public", "other")
    )
    assert dealt != dealt_anew


def test_another_seed_deals_anew(publish: Publish, data: dict[str, Any]) -> None:
    truth = publish()
    data["split"]["seed"] = 1

    assert publish(public="other") != truth


def test_the_dictionary_says_what_each_column_holds(
    publish: Publish, tmp_path: Path, data: dict[str, Any]
) -> None:
    data["describe"] = {"age": "Age in years"}
    publish()

    found = read((tmp_path / "public" / "dictionary.csv").read_bytes())
    assert [(row["column"], row["role"], row["file"]) for row in found] == [
        ("lesion", "id", "train.csv test.csv"),
        ("patient", "group", "train.csv"),
        ("age", "feature", "train.csv test.csv"),
        ("diagnosis", "target", "train.csv"),
    ]
    assert [row["values"] for row in found] == ["", "", "30 to 69", "melanoma; naevus"]
    assert found[2]["description"] == "Age in years"


def refusal(publish: Publish) -> str:
    with pytest.raises(InvalidInput) as refused:
        publish()
    return str(refused.value)


def test_every_wrong_cell_is_told_at_once_with_its_row_column_and_repair(
    publish: Publish, rows: Rows
) -> None:
    rows[3][5] = "melanome"
    rows[4][5] = ""
    rows[6][0] = rows[5][0]

    told = refusal(publish)

    assert 'labels.csv, row 4, column diagnosis: holds "melanome", expected' in told
    assert "labels.csv, row 5, column diagnosis: is empty; fill it in" in told
    assert f"row 7, column lesion: '{rows[5][0]}' is the id of row 6 too" in told


def test_a_column_that_nobody_named_is_not_published(
    publish: Publish, data: dict[str, Any]
) -> None:
    data["drop"] = ["centre"]

    told = refusal(publish)

    assert "challenge.yaml does not say whether to publish name; add each to data.features" in told


def test_a_star_names_all_other_columns_that_are_not_dropped(
    publish: Publish, data: dict[str, Any], tmp_path: Path
) -> None:
    data["features"], data["drop"] = ["*"], ["name"]
    publish()

    assert list(read((tmp_path / "public" / "test.csv").read_bytes())[0]) == [
        "lesion",
        "age",
        "centre",
    ]


@pytest.mark.parametrize("features", ["*", "usage"])
def test_a_column_by_which_the_parts_would_be_published_is_refused(
    publish: Publish, rows: Rows, data: dict[str, Any], features: str
) -> None:
    rows[0][rows[0].index("age")] = "usage"
    data["features"] = [features]

    assert "labels.csv: a column is called 'usage'" in refusal(publish)


def test_a_column_that_is_not_there_is_named_with_the_nearest(
    publish: Publish, data: dict[str, Any]
) -> None:
    data["features"], data["split"]["stratify"] = ["aeg"], "diagnosys"

    told = refusal(publish)

    assert "has no column 'aeg', which data.features names; did you mean age?" in told
    assert "'diagnosys', which data.split.stratify names; did you mean diagnosis?" in told


def test_a_picture_that_is_missing_left_over_or_of_another_kind_is_told(
    publish: Publish, rows: Rows, tmp_path: Path
) -> None:
    names = [row[0] for row in rows[1:]]
    rows[1][0] = rows[1][0].replace("IMG", "IMAGE")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "extra.png").write_bytes(b"BM bitmap")
    rows[2][0] = "extra"

    with pytest.raises(InvalidInput) as refused:
        publish(pictures=[name for name in names if name != rows[2][0]])

    told = str(refused.value)
    assert "row 2, column lesion: images/ has no pictures named 'IMAGE_00_0_melanoma.png'" in told
    assert "did you mean IMG_00_0_melanoma.png?" in told
    assert "images/IMG_00_0_melanoma.png: no row of labels.csv names it" in told
    assert "images/extra.png: is neither a PNG nor a JPEG picture" in told


def test_pictures_of_two_kinds_are_refused(publish: Publish, rows: Rows, tmp_path: Path) -> None:
    publish()
    (tmp_path / "images" / rows[1][0]).write_bytes(b"\xff\xd8\xff\xd9")

    told = refusal_again(publish, [row[0] for row in rows[2:]])

    assert ".jpg" in told
    assert "which may tell the classes; save all as PNG" in told


def refusal_again(publish: Publish, pictures: list[str]) -> str:
    with pytest.raises(InvalidInput) as refused:
        publish(public="again", pictures=pictures)
    return str(refused.value)


def test_a_picture_that_is_not_whole_is_told(publish: Publish, rows: Rows, tmp_path: Path) -> None:
    publish()
    cut = tmp_path / "images" / rows[1][0]
    cut.write_bytes(cut.read_bytes()[:-6])

    told = refusal_again(publish, [row[0] for row in rows[2:]])

    assert f"images/{rows[1][0]}: ends before the picture does; save it anew as PNG" in told


def test_shares_that_leave_a_part_empty_are_refused(
    publish: Publish, rows: Rows, data: dict[str, Any]
) -> None:
    del rows[7:]
    del data["files"]

    assert "none of its 6 rows is p" in refusal(publish)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"targets": ["patient", "diagnosis"]}, "'patient' has two roles"),
        ({"table": "labels.ods"}, "name a .xlsx or a .csv file"),
        ({"table": "../labels.csv"}, "'../labels.csv' is outside the folder"),
        ({"subgroups": ["usage"]}, "a column is called 'usage'"),
        ({"id": "usage"}, "a column is called 'usage'"),
        ({"columns": {"age": {"type": "float"}}}, "columns types 'age'"),
        ({"split": {"test": 1, "public": 0.5}}, "less than 1"),
        ({"target": ["diagnosis"]}, "Extra inputs"),
    ],
)
def test_a_section_that_cannot_be_is_refused(
    data: dict[str, Any], changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        definition_of({**data, **changed})


def test_the_ids_to_predict_are_those_of_the_table(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="in its id column 'patient'"):
        definition_of({**data, "id": "patient", "split": {"test": 0.3, "public": 0.4}})


def test_a_table_fits_the_published_schema_as_it_is_written_and_as_it_is_kept(
    data: dict[str, Any],
) -> None:
    document = definition_of(data).document()
    validator = Draft202012Validator(json_schema())

    assert list(validator.iter_errors(document)) == []
    assert list(validator.iter_errors({**document, "data": data})) == []
    wrong = {**document, "data": {**data, "splitt": {}}}
    assert list(validator.iter_errors(wrong)) != []


def test_a_definition_of_a_table_survives_its_stored_form(data: dict[str, Any]) -> None:
    definition = definition_of(data)

    stored = definition.document()
    assert ChallengeDefinition.model_validate(stored) == definition
    assert stored["data"]["unit"] == "patient"
    assert stored["data"]["split"] == "usage"
