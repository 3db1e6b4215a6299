"""The recipe of `leukocyte-classification`: proportions, boxes, traps, metrics, real files."""

import csv
import io
import re
import shutil
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from challenge_platform.cli.recipe import Made, RecipeOptions, importable, run_recipe
from scorers import evaluate
from scorers.predictions.problems import InvalidPredictions
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

Rows = list[dict[str, str]]

FOLDER = CHALLENGES / "leukocyte-classification"
CORNERS = ("x1", "y1", "x2", "y2")
SIZE = (370, 368)


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("leukocyte-classification")


@pytest.fixture(scope="module")
def twin() -> Iterator[ModuleType]:
    with importable(FOLDER):
        import twin  # type: ignore[import-not-found]  # noqa: PLC0415 - it is in the challenge's folder

        yield twin


def rows(data: bytes, /) -> Rows:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def table(public: Path, name: str, /) -> Rows:
    return rows((public / name).read_bytes())


def corners(row: dict[str, str], /) -> list[int]:
    return [int(row[corner]) for corner in CORNERS]


def predictions(found: Rows, /) -> bytes:
    lines = [",".join([row["NAME"], *(row[c] for c in CORNERS), row["class"]]) for row in found]
    return "\n".join([f"NAME,{','.join(CORNERS)},class", *lines, ""]).encode()


def scores(built: BuiltChallenge, found: Rows, /) -> dict[str, float | None]:
    """Give the scores of the public half, by metric."""
    evaluation = evaluate(
        built.definition.task, truth=built.made.truth, predictions=predictions(found), seed=1
    )
    return {key: score.value for key, score in evaluation.splits["public"].metrics.items()}


def test_the_counts_are_those_of_the_published_training_file(twin: ModuleType) -> None:
    assert sum(twin.BOXES.values()) == 52748
    assert sum(twin.PICTURES.values()) == 48417
    assert sum(size * count for size, count in twin.PICTURES.items()) == 52748
    assert [twin.PICTURES[size] for size in (1, 2, 3)] == [45283, 2499, 394]
    assert max(twin.PICTURES) == 11


def test_the_whole_twin_keeps_the_proportions(twin: ModuleType) -> None:
    for part, share in (("train", twin.PART), ("test", twin.PART * twin.TEST)):
        plans = twin.plan(part, share)
        codes = Counter(code for each in plans for code in each.codes)
        several = sum(len(each.codes) > 1 for each in plans)

        for code, count in twin.BOXES.items():
            assert codes[code] == pytest.approx(count * share, abs=1)
        assert several / len(plans) == pytest.approx(3134 / 48417, abs=0.002)


@pytest.mark.parametrize("part", ["train", "test"])
def test_neither_order_nor_name_tells_class_or_number(twin: ModuleType, part: str) -> None:
    """A correlation by chance has a standard deviation of 0.02 on the test pictures."""
    share = twin.PART * (twin.TEST if part == "test" else 1)
    plans = twin.plan(part, share)
    classes = list(twin.BOXES)
    for each in (plans, sorted(plans, key=lambda one: str(twin.file_name(f"{one.key}/False")))):
        places = np.arange(len(each))
        first = [classes.index(one.codes[0]) for one in each]
        assert abs(np.corrcoef(places, first)[0, 1]) < 0.06
        assert abs(np.corrcoef(places, [len(one.codes) for one in each])[0, 1]) < 0.06


def test_the_test_file_has_one_row_a_picture_and_tells_no_number(built: BuiltChallenge) -> None:
    asked = table(built.made.public, "test.csv")
    truth = rows(built.made.truth)

    assert list(asked[0]) == ["NAME"]
    assert len({row["NAME"] for row in asked}) == len(asked)
    assert len(truth) > len(asked)  # some pictures have several leukocytes
    assert {row["NAME"] for row in truth} == {row["NAME"] for row in asked}


@pytest.mark.parametrize("part", ["train", "test"])
def test_pictures_are_of_the_usual_size_under_names_that_tell_nothing(
    built: BuiltChallenge, part: str
) -> None:
    public = built.made.public
    with zipfile.ZipFile(public / f"{part}_images.zip") as archive:
        assert set(archive.namelist()) == {row["NAME"] for row in table(public, f"{part}.csv")}
        for item in archive.infolist():
            assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]\.jpg", item.filename)
            assert item.date_time == (1980, 1, 1, 0, 0, 0)
            with Image.open(io.BytesIO(archive.read(item))) as picture:
                assert (picture.format, picture.size) == ("JPEG", SIZE)
                assert not picture.getexif()


def test_a_box_is_around_its_leukocyte(twin: ModuleType) -> None:
    """A basophil is darker than all around it, and its box has its edges to a few pixels."""
    drawn = twin.draw(twin.Plan(key="box", codes=("BA",)))
    with Image.open(io.BytesIO(drawn.data)) as picture:
        green = np.asarray(picture, dtype=float)[:, :, 1]
    x1, y1, x2, y2 = drawn.cells[0].box
    inside = np.zeros(green.shape, dtype=bool)
    inside[y1:y2, x1:x2] = True
    dark = np.argwhere(green < 90)

    assert inside[tuple(dark.T)].mean() > 0.97
    assert dark[:, 0].min() - y1 < 30
    assert y2 - dark[:, 0].max() < 30


def test_leukocytes_of_a_picture_lie_apart(twin: ModuleType) -> None:
    drawn = twin.draw(twin.Plan(key="several", codes=("LY", "LLC", "Er")))
    boxes = np.array([cell.box for cell in drawn.cells])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2

    assert [cell.code for cell in drawn.cells] == ["LY", "LLC", "Er"]
    for one in range(3):
        for other in range(one):
            assert np.hypot(*(middles[one] - middles[other])) > 90


def test_train_has_copies_and_boxes_that_begin_outside(twin: ModuleType) -> None:
    """The traps of the original; at a scale at which there are some of each."""
    pictures = list(twin.pictures_to_learn_from(0.06))
    boxes: dict[Any, list[str]] = defaultdict(list)
    for each in pictures:
        boxes[tuple(cell.box for cell in each.cells)].append(each.name)
    copies = [names for names in boxes.values() if len(names) > 1]
    data = {each.name: each.data for each in pictures}

    assert len(copies) == round(154 * 0.06 / 8)
    for one, other in copies:
        assert data[one] != data[other]
        assert _shades(data[one]) == pytest.approx(_shades(data[other]), abs=3)
    assert sum(cell.box[0] < 0 for each in pictures for cell in each.cells) == round(356 * 0.06 / 8)


def _shades(data: bytes) -> list[float]:
    with Image.open(io.BytesIO(data)) as picture:
        return [float(shade) for shade in picture.convert("L").resize((8, 8)).tobytes()]


def test_boxes_to_find_lie_within_their_picture(built: BuiltChallenge) -> None:
    for row in rows(built.made.truth):
        x1, y1, x2, y2 = corners(row)
        assert 0 <= x1 < x2 <= SIZE[0]
        assert 0 <= y1 < y2 <= SIZE[1]


def test_the_truth_itself_is_perfect(built: BuiltChallenge) -> None:
    found = scores(built, rows(built.made.truth))

    assert set(found.values()) <= {1.0, None}
    assert found["score"] == found["strict"] == found["balanced_accuracy"] == 1


def test_a_false_box_costs_nothing_but_in_the_strict_variant(built: BuiltChallenge) -> None:
    truth = rows(built.made.truth)
    false = {**truth[0], "x1": "0", "y1": "0", "x2": "9", "y2": "9"}
    public = [row for row in truth if row["usage"] == "public"]
    added = scores(built, [*truth, *({**false, "NAME": row["NAME"]} for row in public)])

    assert added["score"] == 1
    assert added["strict"] is not None
    assert added["strict"] < 0.95


def test_a_missed_leukocyte_of_several_is_answered_by_its_neighbour(built: BuiltChallenge) -> None:
    """As in the original, where the second of two of one class costs a little of the boxes only."""
    truth = rows(built.made.truth)
    first = {row["NAME"]: row for row in reversed(truth)}

    found = scores(built, list(first.values()))

    assert found["boxes"] is not None
    assert 0.9 < found["boxes"] < 1
    assert found["strict_macro_f1"] is not None
    assert found["strict_macro_f1"] < 1


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"x1": "-1"}, "0"),
        ({"x2": "371"}, "370"),
        ({"x1": "200", "x2": "100"}, "smaller corner first"),
        ({"class": "lyb"}, "PNN"),
        ({"class": "Basophil"}, "PNN"),
        ({"x1": "nan"}, "number"),
    ],
)
def test_a_row_that_means_no_leukocyte_is_refused_with_its_line(
    built: BuiltChallenge, changed: dict[str, str], expected: str
) -> None:
    truth = rows(built.made.truth)
    found = [{**truth[0], **changed}, *truth[1:]]

    with pytest.raises(InvalidPredictions) as refused:
        scores(built, found)

    problem = refused.value.problems[0]
    assert problem.line == 2
    assert expected in str(problem.expected)


def test_each_class_has_a_score_of_its_own(built: BuiltChallenge, twin: ModuleType) -> None:
    """Checked with counts by hand: all pictures of PNN told as MO."""
    truth = rows(built.made.truth)
    renamed = [{**row, "class": "MO" if row["class"] == "PNN" else row["class"]} for row in truth]
    public = Counter(row["class"] for row in truth if row["usage"] == "public")

    found = scores(built, renamed)

    assert {f"f1_{code.lower()}" for code in twin.BOXES} < set(found)
    assert found["f1_pnn"] == 0
    assert found["f1_eo"] == 1
    assert found["f1_mo"] == pytest.approx(2 * public["MO"] / (2 * public["MO"] + public["PNN"]))


@pytest.fixture
def real(built: BuiltChallenge, tmp_path: Path) -> Path:
    """Give a folder as an organizer with the files of CytologIA has it, of a few pictures."""
    folder = tmp_path / "real"
    folder.mkdir()
    shutil.copy(built.made.public / "train.csv", folder)
    with zipfile.ZipFile(built.made.public / "train_images.zip") as archive:
        archive.extractall(folder / "images")
    return folder


def build(built: BuiltChallenge, source: Path, out: Path, *, said: list[str]) -> Made:
    out.mkdir()
    options = RecipeOptions(say=said.append, source=source)
    return run_recipe(FOLDER / "data.py", out, definition=built.definition, options=options)


def test_real_pictures_are_divided_and_what_differs_is_said(
    built: BuiltChallenge, real: Path, tmp_path: Path
) -> None:
    said: list[str] = []

    made = build(built, real, tmp_path / "made", said=said)

    known = table(real, "train.csv")
    names = [
        {row["NAME"] for row in part}
        for part in (table(made.public, "train.csv"), rows(made.truth))
    ]
    assert names[0] | names[1] == {row["NAME"] for row in known}
    assert names[0].isdisjoint(names[1])
    assert len(names[1]) == pytest.approx(0.3 * len(names[0] | names[1]), rel=0.4)
    assert min(min(corners(row)) for row in rows(made.truth)) >= 0
    assert any(f"boxes: {len(known)}, published 52748" in line for line in said)
    assert any("boxes of PNN" in line for line in said)


def test_a_box_to_predict_that_is_outside_its_picture_is_said_and_left_out(
    built: BuiltChallenge, real: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    shutil.copy(real / "train.csv", real / "test.csv")
    known = table(real, "train.csv")
    outside = f"{known[0]['NAME']},5000,5000,5100,5100,PNN\n"
    with (real / "test.csv").open("a", encoding="utf-8") as file:
        file.write(outside)

    made = build(built, real, tmp_path / "made", said=said)

    assert len(rows(made.truth)) == len(known)
    [line] = [line for line in said if "outside" in line]
    assert line.startswith(f"{known[0]['NAME']}: the box (5000, 5000, 5100, 5100) is outside its ")


def test_copies_of_a_real_picture_stay_together(real: Path) -> None:
    known = table(real, "train.csv")
    for row in known[:20]:
        with Image.open(real / "images" / row["NAME"]) as picture:
            picture.save(real / "images" / f"copy-{row['NAME']}", quality=60)
    boxes = {name: [row] for row in known[:20] for name in (row["NAME"], f"copy-{row['NAME']}")}
    with importable(FOLDER):
        from real import divide  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

        learn, asked = divide(real, boxes)

    assert learn
    assert asked
    for name in (row["NAME"] for row in known[:20]):
        assert (name in learn) == (f"copy-{name}" in learn)


def test_boxes_to_predict_may_come_in_a_file_of_their_own(
    built: BuiltChallenge, real: Path, tmp_path: Path
) -> None:
    known = table(real, "train.csv")
    header = ",".join(known[0])
    names = sorted({row["NAME"] for row in known})
    for file, kept in (("train.csv", set(names[10:])), ("test.csv", set(names[:10]))):
        lines = [",".join(row.values()) for row in known if row["NAME"] in kept]
        (real / file).write_text("\n".join([header, *lines, ""]), "utf-8")

    made = build(built, real, tmp_path / "made", said=[])

    assert {row["NAME"] for row in rows(made.truth)} == set(names[:10])


def change(folder: Path, name: str, /, *, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert re.search(old, text)
    path.write_text(re.sub(old, new, text, count=1), "utf-8")


DAMAGES: list[tuple[Callable[[Path], Any], str]] = [
    (lambda folder: (folder / "train.csv").unlink(), "no such file; CytologIA gave it"),
    (lambda folder: change(folder, "train.csv", old="class", new="label"), r"lacks .*\['class'\]"),
    (
        lambda folder: change(folder, "train.csv", old=r"(?<=\d,)[A-Z]\w*", new="Baso"),
        r"line \d+: class 'Baso', expected one of PNN",
    ),
    (
        lambda folder: change(folder, "train.csv", old=r"jpg,-?\d+", new="jpg,9999"),
        r"line 2: the box \(9999, .*expected x1 < x2",
    ),
    (
        lambda folder: change(folder, "train.csv", old=r"jpg,-?\d+", new="jpg,x"),
        r"line 2: \['x', .*expected four numbers",
    ),
    (lambda folder: shutil.rmtree(folder / "images"), r"line 2: there is no images/\w{8}-\w\.jpg"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_what_makes_real_files_unusable_is_named(
    built: BuiltChallenge, real: Path, tmp_path: Path, damage: Callable[[Path], Any], said: str
) -> None:
    damage(real)

    with pytest.raises(ValueError, match=said):
        build(built, real, tmp_path / "made", said=[])
