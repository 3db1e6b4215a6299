"""Tables with masks, with several pictures a row, and with rows that only programs see."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.errors import InvalidInput
from challenge_platform.spreadsheet.publishing import Places, publish_table
from scorers.evaluation import evaluate
from scorers.predictions.table import read_ids, read_predictions
from scorers.rasters.png import written
from tests.archives import zipped
from tests.unit.spreadsheet.conftest import KEY, Publish, Rows, definition_of, pixel

ROWS = 40
MASK = {"type": "mask", "member": "{id}.png", "shape": ["height", "width"], "labels": [255]}
DICE = {"mask": "lesion", "predicted": "lesion", "labels": [255]}


def of_masks(**changed: Any) -> ChallengeDefinition:
    """Give the definition that a clinician with masks of ImageJ would write."""
    document = definition_of(
        {"table": "t.csv", "targets": ["diagnosis"], "split": {"test": 0.3, "public": 0.4}}
    ).document()
    document["data"] = {
        "table": "t.csv",
        "id": "photo",
        "targets": ["lesion"],
        "masks": "masks",
        "columns": {"lesion": MASK},
        "split": {"test": 0.3, "public": 0.4},
        **changed,
    }
    document["submission"] |= {
        "format": "archive",
        "file": "predictions.zip",
        "id": "photo",
        "columns": {"lesion": MASK},
    }
    metric = {"key": "dice", "metric": "dice", "primary": True, "params": DICE}
    document["scoring"] = {"metrics": [metric]}
    return ChallengeDefinition.model_validate(document)


def study(folder: Path, /) -> Path:
    """Write a table and masks of several sizes, marked by 255 as ImageJ does."""
    (folder / "masks").mkdir()
    lines = ["photo,lesion"]
    for number in range(ROWS):
        mask = np.zeros((6 + number % 3, 8), dtype=np.uint8)
        mask[: 2 + number % 4, 1:5] = 255
        (folder / "masks" / f"m{number}.png").write_bytes(written(mask))
        lines.append(f"DSC{number},m{number}.png")
    (folder / "t.csv").write_text("\n".join([*lines, ""]))
    return folder


def publish_study(folder: Path, definition: ChallengeDefinition) -> tuple[Places, bytes]:
    places = Places(public=folder / "p", hidden=folder / "h", sample=folder / "s")
    for place in (places.public, places.hidden, places.sample):
        place.mkdir()
    assert definition.data.table is not None
    truth = publish_table(
        definition.data.table,
        folder,
        places,
        definition=definition,
        key=KEY,
        say=lambda _line: None,
    )
    return places, truth


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_masks_of_a_table_become_a_truth_that_scores_archives_of_masks(tmp_path: Path) -> None:
    definition = of_masks()
    places, truth = publish_study(study(tmp_path), definition)
    table = (places.public / "test.csv").read_bytes()
    ids = read_ids(table, id_column="photo", sizes=definition.submission.sizes)
    answers = dict(zipfile_of(truth))
    perfect = zipped({f"{name}.png": answers[f"{name}.png"] for name in ids})

    made = evaluate(definition.task, truth=truth, predictions=perfect, seed=1)

    assert set(definition.data.public) == {path.name for path in places.public.iterdir()}
    assert definition.data.truth == "truth.zip"
    assert [split.metrics["dice"].value for split in made.splits.values()] == [1.0, 1.0]
    read_predictions(perfect, submission=definition.submission, ids=ids)
    train = list(csv.DictReader(io.StringIO((places.public / "train.csv").read_text())))
    assert list(train[0]) == ["photo", "height", "width"]
    assert set(members(places.public / "train_masks.zip")) == {f"{r['photo']}.png" for r in train}
    assert not set(answers) & set(members(places.public / "train_masks.zip"))


def zipfile_of(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def test_a_mask_that_is_none_is_told_with_its_file_and_the_repair(tmp_path: Path) -> None:
    folder = study(tmp_path)
    (folder / "masks/m3.png").write_bytes(written(np.full((6, 8), 7, dtype=np.uint8)))
    (folder / "masks/m4.png").write_bytes(b"GIF89a")
    (folder / "masks/m5.png").rename(folder / "masks/m5.bmp")

    with pytest.raises(InvalidInput) as refused:
        publish_study(folder, of_masks())
    (folder / "masks/m5.bmp").rename(folder / "masks/m5.png")
    told = str(refused.value)

    assert "row 7, column lesion: masks/ has no pictures named 'm5.png'" in told
    assert "masks/m5.bmp: no row of t.csv names it" in told
    for place in "phs":
        (folder / place).rmdir()
    with pytest.raises(InvalidInput) as refused:
        publish_study(folder, of_masks())
    told = str(refused.value)
    assert "masks/m3.png: holds the label 7, which challenge.yaml does not list" in told
    assert "masks/m4.png: holds another kind of file, expected a whole PNG" in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"masks": None}, "masks names the folder of the targets of type: mask; say both"),
        (
            {"columns": {"lesion": MASK | {"shape": [6, 8]}}},
            r"shape: \[height, width\] here",
        ),
        ({"columns": {"lesion": MASK | {"member": "{id}.npy"}}}, "published as PNG"),
    ],
)
def test_masks_that_a_table_cannot_have_are_refused_with_the_way_to_do_it(
    changed: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        of_masks(**changed)


def test_each_row_may_have_several_pictures_each_named_by_its_column(
    tmp_path: Path, rows: Rows, data: dict[str, Any], publish: Publish
) -> None:
    for number, row in enumerate(rows):
        row.insert(1, f"side{number}.png" if number else "side")
    data["file"] = ["lesion", "side"]
    names = [name for row in rows[1:] for name in row[:2]]
    (tmp_path / "images").mkdir()
    for number, name in enumerate(names):
        (tmp_path / "images" / name).write_bytes(pixel(shade=number % 250))

    publish(pictures=[])

    found = members(tmp_path / "public/test_images.zip")
    table = csv.DictReader(io.StringIO((tmp_path / "public/test.csv").read_text()))
    ids = [row["lesion"] for row in table]
    assert set(found) == {f"{name}_{side}.png" for name in ids for side in ("lesion", "side")}
    assert "_lesion, _side" in (tmp_path / "public/dictionary.csv").read_text()


def test_hidden_rows_are_seen_by_programs_alone_and_people_get_a_sample_of_the_others(
    tmp_path: Path, data: dict[str, Any], publish: Publish
) -> None:
    data["hidden"] = True
    definition = hidden(data)

    truth = publish(definition=definition)

    assert definition.data.input == ("test.csv", "test_images.zip")
    public = {path.name for path in (tmp_path / "public").iterdir()}
    assert public == set(definition.data.public)
    assert public == {"train.csv", "dictionary.csv", "train_images.zip"}
    seen = {path.name for path in (tmp_path / "public-hidden").iterdir()}
    assert seen == {path.name for path in (tmp_path / "public-sample").iterdir()}
    assert seen == {"test.csv", "test_images.zip"}
    asked = ids_in(tmp_path / "public-hidden/test.csv")
    sample = ids_in(tmp_path / "public-sample/test.csv")
    assert asked == [row["lesion"] for row in csv.DictReader(io.StringIO(truth.decode()))]
    assert set(sample) < set(ids_in(tmp_path / "public/train.csv"))
    assert set(members(tmp_path / "public-sample/test_images.zip")) == {f"{n}.png" for n in sample}
    everything = b"".join(path.read_bytes() for path in (tmp_path / "public").iterdir())
    assert not [name for name in asked if name.encode() in everything]


def ids_in(path: Path) -> list[str]:
    return [row["lesion"] for row in csv.DictReader(io.StringIO(path.read_text()))]


def hidden(data: dict[str, Any]) -> ChallengeDefinition:
    document = definition_of({**data, "hidden": False}).document()
    document["data"] = {**data, "id": "lesion"}
    document["submission"]["kinds"] = ["code"]
    document["program"] = {"runtime": "python"}
    return ChallengeDefinition.model_validate(document)


def test_predictions_of_hidden_rows_cannot_be_asked_for(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"data.input|test.csv"):
        definition_of({**data, "hidden": True})
