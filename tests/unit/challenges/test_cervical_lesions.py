"""The recipe of `cervical-lesions`: slides that slide readers read, labels, traps, real files."""

import csv
import io
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image

from challenge_platform.cli.recipe import Made, RecipeOptions, importable, run_recipe
from scorers import evaluate
from scorers.predictions.problems import InvalidPredictions
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

Rows = list[dict[str, str]]

FOLDER = CHALLENGES / "cervical-lesions"
LEVELS = 3
# The correlation of two columns that have nothing to do with each other has a standard deviation of
# 0.026 on 1,527 rows.
TELLS_NOTHING = 0.08


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("cervical-lesions")


@pytest.fixture(scope="module")
def twin() -> Iterator[ModuleType]:
    with importable(FOLDER):
        import twin  # type: ignore[import-not-found]  # noqa: PLC0415 - it is in the challenge's folder

        yield twin


def rows(data: bytes, /) -> Rows:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def table(public: Path, name: str, /) -> Rows:
    return rows((public / name).read_bytes())


def label(row: dict[str, str], /) -> int:
    return [row[str(each)] for each in range(4)].index("1")


def first_slide(public: Path, tmp_path: Path, /) -> Path:
    with zipfile.ZipFile(public / "train_slides.zip") as archive:
        return Path(archive.extract(archive.namelist()[0], tmp_path))


def test_the_twin_has_the_counts_of_the_published_files(twin: ModuleType) -> None:
    assert sum(twin.TRAIN) == 1015
    assert sum(twin.TEST) == 1527
    for train, test in zip(twin.TRAIN, twin.TEST, strict=True):
        assert test / 1527 == pytest.approx(train / 1015, abs=0.001)


@pytest.mark.parametrize(("told", "score"), [(0, 0.592), (1, 0.752), (2, 0.664), (3, 0.465)])
def test_constant_answers_have_their_known_scores_on_the_train_mix(
    built: BuiltChallenge, twin: ModuleType, told: int, score: float
) -> None:
    truth, predictions = ["filename,usage,label,centre,magnification"], ["filename,0,1,2,3"]
    for number, (_, true) in enumerate(twin.plan("train", twin.TRAIN, scale=1)):
        truth.append(f"s{number},public,{true},C01,40")
        predictions.append(f"s{number}," + ",".join(str(int(told == each)) for each in range(4)))
    files = ("\n".join([*lines, ""]).encode() for lines in (truth, predictions))

    found = evaluate(built.definition.task, truth=next(files), predictions=next(files), seed=1)

    assert found.splits["public"].metrics["score"].value == pytest.approx(score, abs=0.0005)


def test_openslide_reads_the_levels_of_a_slide(built: BuiltChallenge, tmp_path: Path) -> None:
    path = first_slide(built.made.public, tmp_path)
    with openslide.OpenSlide(str(path)) as slide, Image.open(path) as picture:
        assert openslide.OpenSlide.detect_format(str(path)) == "generic-tiff"
        assert slide.level_count == LEVELS
        for level, size in enumerate(slide.level_dimensions):
            picture.seek(level)
            assert picture.size == size
            region = slide.read_region((0, 0), level, size).convert("RGB")
            assert np.array_equal(np.asarray(region), np.asarray(picture.convert("RGB")))


def test_tifffile_sees_a_pyramid_of_tiles(built: BuiltChallenge, tmp_path: Path) -> None:
    row = table(built.made.public, "train_metadata.csv")[0]
    width, height = int(row["width"]), int(row["height"])
    with tifffile.TiffFile(first_slide(built.made.public, tmp_path)) as file:
        levels = file.series[0].levels

        assert [level.keyframe.tile for level in levels] == [(256, 256)] * LEVELS
        assert [level.shape[2] for level in levels] == [3] * LEVELS
        assert levels[0].shape[:2] == (height, width)
        assert levels[1].shape[:2] == (-(-height // 2), -(-width // 2))
        per_cm, of = file.pages.first.tags["XResolution"].value
        assert 10_000 * of / per_cm == pytest.approx(float(row["resolution"]), abs=1e-6)


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_metadata_are_those_of_the_slides(built: BuiltChallenge, part: str) -> None:
    public = built.made.public
    known = {row["filename"]: row for row in table(public, f"{part}_metadata.csv")}
    with zipfile.ZipFile(public / f"{part}_slides.zip") as archive:
        assert archive.namelist() == list(known)
        for item in archive.infolist():
            data, row = archive.read(item), known[item.filename]
            with Image.open(io.BytesIO(data)) as picture:
                assert picture.size == (int(row["width"]), int(row["height"]))
            assert int(row["tif_size"]) == len(data)
            assert int(row["tif_cksum"]) == zlib.crc32(data)
            assert item.compress_type == zipfile.ZIP_STORED
            assert item.date_time == (1980, 1, 1, 0, 0, 0)


def test_a_slide_has_the_class_of_its_gravest_region(built: BuiltChallenge) -> None:
    public = built.made.public
    sizes = {
        row["filename"]: (int(row["width"]), int(row["height"]))
        for row in table(public, "train_metadata.csv")
    }
    gravest: dict[str, int] = defaultdict(int)
    for row in table(public, "train_annotations.csv"):
        name, lesion = row["filename"], int(row["annotation_class"])
        gravest[name] = max(gravest[name], lesion)
        points = re.findall(r"(\d+) (\d+)", row["geometry"])
        assert re.fullmatch(r"POLYGON \(\((\d+ \d+, )+\d+ \d+\)\)", row["geometry"])
        assert points[0] == points[-1]
        assert all(int(x) <= sizes[name][0] and int(y) <= sizes[name][1] for x, y in points)

    assert gravest == {row["filename"]: label(row) for row in table(public, "train_labels.csv")}


def test_a_polygon_counts_from_the_bottom_and_lies_on_the_epithelium(twin: ModuleType) -> None:
    """The part of a grave lesion inside its polygon is darker than the rest of the slide."""
    slide = twin.draw("polygons", 2)
    with Image.open(io.BytesIO(slide.data)) as picture:
        light = np.asarray(picture.convert("L"), dtype=float)
    inside = np.zeros(light.shape, dtype=bool)
    for each in slide.annotations:
        if each.lesion == 2:
            x, y = np.array(re.findall(r"(\d+) (\d+)", each.geometry), dtype=int).T
            top, bottom = slide.height - y.max(), slide.height - y.min()
            inside[max(0, top) : bottom, x.min() : x.max()] = True

    assert light[inside].mean() < light[~inside].mean() - 20


def test_names_tell_the_centre_of_train_slides_only(built: BuiltChallenge) -> None:
    public, truth = built.made.public, rows(built.made.truth)
    train = [row["filename"] for row in table(public, "train_metadata.csv")]
    test = [row["filename"] for row in truth]

    assert all(re.fullmatch(r"C(0[1-9]|1\d|20)_B\d+_S\d+\.tif", name) for name in train)
    assert all(re.fullmatch(r"[A-Z]{8}\.tif", name) for name in test)
    assert len({*train, *test}) == len(train) + len(test)
    assert all(re.fullmatch(r"C\d\d", row["centre"]) for row in truth)


@pytest.mark.parametrize("part", ["train", "test"])
def test_neither_order_nor_name_tells_the_class(twin: ModuleType, part: str) -> None:
    counts = {"train": twin.TRAIN, "test": twin.TEST}[part]
    shuffled = twin.plan(part, counts, scale=1)
    labels = [true for _, true in shuffled]
    named = sorted(shuffled, key=lambda each: str(twin.letters(each[0])))

    places = np.arange(len(labels))
    assert abs(np.corrcoef(places, labels)[0, 1]) < TELLS_NOTHING
    if part == "test":
        assert abs(np.corrcoef(places, [true for _, true in named])[0, 1]) < TELLS_NOTHING


def test_each_class_is_half_public_and_half_private(built: BuiltChallenge) -> None:
    counts = Counter((row["label"], row["usage"]) for row in rows(built.made.truth))

    assert len(counts) == 8
    for each in range(4):
        assert abs(counts[str(each), "public"] - counts[str(each), "private"]) <= 1


def test_a_smaller_twin_has_some_of_the_slides_of_the_whole(
    built: BuiltChallenge, twin: ModuleType
) -> None:
    whole = {f"{twin.letters(key)}.tif": key for key, _ in twin.plan("test", twin.TEST, scale=1)}
    row = rows(built.made.truth)[0]
    drawn = twin.draw(whole[row["filename"]], int(row["label"]))

    with zipfile.ZipFile(built.made.public / "test_slides.zip") as archive:
        assert archive.read(row["filename"]) == drawn.data


@pytest.mark.parametrize(("answer", "line"), [("0,0,0,0", 2), ("0,1,1,0", 2), ("1,1,1,1", 2)])
def test_an_answer_without_one_class_is_refused_with_its_line(
    built: BuiltChallenge, answer: str, line: int
) -> None:
    lines = (built.made.public / "submission_format.csv").read_text("utf-8").splitlines()
    lines[1] = f"{lines[1].split(',')[0]},{answer}"

    with pytest.raises(InvalidPredictions) as refused:
        evaluate(
            built.definition.task,
            truth=built.made.truth,
            predictions="\n".join([*lines, ""]).encode(),
            seed=1,
        )

    [problem] = refused.value.problems
    assert problem.line == line
    assert problem.column == "0, 1, 2, 3"
    assert "exactly one" in str(problem.expected)


DOCUMENTED = {
    "train_metadata.csv": ",us_wsi_url,us_tif_url,us_jpg_url,eu_wsi_url,eu_tif_url,eu_jpg_url"
    ",asia_wsi_url,asia_tif_url,asia_jpg_url",
    "train_labels.csv": "",
    "train_annotations.csv": ",us_jpeg_url,eu_jpeg_url,asia_jpeg_url",
}
"""The tables of the original, and the columns that its files have beside those of the twin."""


@pytest.fixture
def real(built: BuiltChallenge, tmp_path: Path) -> Path:
    """Give a folder as an organizer with the files of TissueNet has it, of a few slides."""
    folder = tmp_path / "real"
    (folder / "slides").mkdir(parents=True)
    for name, more in DOCUMENTED.items():  # with addresses that are of no use here
        header, *lines = (built.made.public / name).read_text("utf-8").splitlines()
        written = [header + more, *(line + ",s3://x" * more.count(",") for line in lines), ""]
        (folder / name).write_text("\n".join(written), "utf-8")
    with zipfile.ZipFile(built.made.public / "train_slides.zip") as archive:
        for place, name in enumerate(archive.namelist()):
            path = Path(archive.extract(name, folder / "slides"))
            if place % 2:  # as the JPEG of 1/32 of the size
                with Image.open(path) as picture:
                    picture.convert("RGB").save(path.with_suffix(".jpg"))
                path.unlink()
    return folder


def build(built: BuiltChallenge, source: Path, out: Path, *, said: list[str]) -> Made:
    out.mkdir()
    options = RecipeOptions(say=said.append, source=source)
    return run_recipe(FOLDER / "data.py", out, definition=built.definition, options=options)


def test_real_files_become_the_challenge(built: BuiltChallenge, real: Path, tmp_path: Path) -> None:
    said: list[str] = []

    made = build(built, real, tmp_path / "made", said=said)

    known = table(built.made.public, "train_labels.csv")
    train = [row["filename"] for row in table(made.public, "train_labels.csv")]
    truth = rows(made.truth)
    assert len(train) + len(truth) == len(known)
    assert set(train) < {row["filename"] for row in known}
    assert {row["filename"] for row in truth}.isdisjoint(row["filename"] for row in known)
    assert Counter(int(row["label"]) for row in truth) + Counter(
        label(row) for row in table(made.public, "train_labels.csv")
    ) == Counter(map(label, known))
    assert "SYNTHETIC" not in (made.public / "SOURCE.txt").read_text("utf-8")
    assert any(f"labelled slides: {len(known)}, published 1015" in line for line in said)


def test_slides_of_any_size_are_reduced(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TissueNet's have up to 271,950 x 294,038 pixels, and so JPEGs of up to 8,498 x 9,189."""
    large = next(path for path in sorted((real / "slides").iterdir()) if path.suffix == ".jpg")
    Image.new("RGB", (4000, 4100), "pink").save(large)

    with monkeypatch.context() as patch:  # Pillow takes whole slides for attacks; here, all of them
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
        with pytest.raises(Image.DecompressionBombError):
            Image.open(next((real / "slides").glob("*.tif")))
        with importable(FOLDER):
            from real import read_source  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

            slides = [slide for part in read_source(real, say=print) for slide in part]

    sizes = {tifffile.TiffFile(io.BytesIO(slide.data)).pages[0].shape[:2] for slide in slides}
    assert (1367, 1334) in sizes


def change(folder: Path, name: str, /, *, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


DAMAGES: list[tuple[Callable[[Path], Any], str]] = [
    (lambda folder: (folder / "train_labels.csv").unlink(), "no such file; TissueNet gave it"),
    (
        lambda folder: change(folder, "train_metadata.csv", old="resolution", new="mpp"),
        r"without the columns \['resolution'\]",
    ),
    (
        lambda folder: change(folder, "train_labels.csv", old=".tif,", new=".tif,2"),
        "train_labels.csv, line 2: .* expected one 1 and three 0",
    ),
    (
        lambda folder: change(folder, "train_annotations.csv", old=')",', new=')",9'),
        "train_annotations.csv, line 2: class '9.' expected|class '9.', expected 0 to 3",
    ),
    (
        lambda folder: next((folder / "slides").iterdir()).unlink(),
        r"slides/\S+\.tif: there is no such file",
    ),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_what_makes_real_files_unusable_is_named(
    built: BuiltChallenge, real: Path, tmp_path: Path, damage: Callable[[Path], Any], said: str
) -> None:
    damage(real)

    with pytest.raises(ValueError, match=said):
        build(built, real, tmp_path / "made", said=[])


def test_slides_of_a_block_are_never_divided() -> None:
    with importable(FOLDER):
        from real import divide  # noqa: PLC0415 - as above

        names = [f"C{c:02}_B{b}_S{s}.tif" for c in (1, 2) for b in range(50) for s in (1, 2)]
        train, test = divide(names)

    blocks = [{name.rsplit("_", 1)[0] for name in part} for part in (train, test)]
    assert sorted([*train, *test]) == sorted(names)
    assert blocks[0].isdisjoint(blocks[1])
    assert len(test) == pytest.approx(0.4 * len(names), abs=4)
