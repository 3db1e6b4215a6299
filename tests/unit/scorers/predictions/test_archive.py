"""Archives of masks: read as they are meant, refused with the repair, and scored as by hand."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sandbox.api import MAX_INPUT
from sandbox.archive import ArchiveProblem
from scorers import get_metric
from scorers.definition import Task
from scorers.evaluation import evaluate
from scorers.metric import Metric
from scorers.predictions import archive, masks
from scorers.predictions.problems import InvalidPredictions, Problem, ProblemCode
from scorers.predictions.table import (
    InvalidTable,
    Predictions,
    read_ids,
    read_names,
    read_predictions,
    read_truth,
)
from scorers.rasters.png import written
from scorers.request import MAX_HEADER, MAX_TABLES, check_room
from scorers.segmentation.overlap import dice
from scorers.tables import MAX_PIXELS_IN_ALL, MaskColumn, SubmissionDefinition, TruthTable

RASTERS = Path(__file__).parents[3] / "data/rasters"
SHAPE = (12, 9)
IDS = tuple(f"i{number:02}" for number in range(30))
MASK = {"type": "mask", "member": "{id}.png", "shape": SHAPE, "labels": [1, 2]}
TRUE = {**MASK, "member": "masks/{id}.png"}

Array = NDArray[np.uint8]


def drawn(seed: int, /) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, 3, SHAPE).astype(np.uint8) for name in IDS}


def packed(files: Mapping[str, bytes], /, *, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return stream.getvalue()


def saved(array: object, /) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array))
    return stream.getvalue()


FILES = {f"{name}.png": written(mask) for name, mask in drawn(0).items()}


def asked(mask: Mapping[str, Any] = MASK, /, **more: Any) -> SubmissionDefinition:
    return SubmissionDefinition.model_validate(
        {
            "kinds": ["predictions"],
            "format": "archive",
            "file": "predictions.zip",
            "ids": "test.csv",
            "id": "image",
            "columns": {"cells": mask},
            **more,
        }
    )


def read(content: bytes, /, *, submission: SubmissionDefinition | None = None) -> Predictions:
    return read_predictions(content, submission=submission or asked(), ids=IDS)


def problems(files: Mapping[str, bytes], /, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidPredictions) as refused:
        read(packed(files), **options)
    assert refused.value.total == len(refused.value.problems)
    return refused.value.problems


def only(files: Mapping[str, bytes], /, **options: Any) -> Problem:
    (problem,) = problems(files, **options)
    return problem


def test_masks_are_read_in_the_order_of_the_ids() -> None:
    shuffled = dict(reversed(FILES.items()))

    cells = read(packed(shuffled, method=zipfile.ZIP_DEFLATED)).columns["cells"]

    for name, cell in zip(IDS, cells, strict=True):
        assert np.asarray(cell).tolist() == drawn(0)[name].tolist()
        assert np.asarray(cell, dtype=np.int64).dtype == np.int64


def test_masks_of_instances_may_have_any_label_up_to_65535() -> None:
    column = {**MASK, "member": "{id}.npy", "labels": None}
    labels = np.arange(108).reshape(SHAPE) * 600
    files = {f"{name}.npy": saved(labels) for name in IDS}

    cells = read(packed(files), submission=asked(column)).columns["cells"]

    assert np.asarray(cells[0]).tolist() == labels.tolist()
    for wrong in (-1, 65_536):
        labels[0, 0] = wrong
        told = only(files | {"i03.npy": saved(labels)}, submission=asked(column))
        assert (told.code, told.member) == (ProblemCode.UNKNOWN_LABEL, "i03.npy")
        assert told.found == f"the label {wrong}"


def test_what_is_left_in_folders_by_systems_does_not_count() -> None:
    assert read(packed({**FILES, "__MACOSX/._i00.png": b"x", ".DS_Store": b"x"})).ids == IDS


def test_a_file_less_and_a_file_too_many_are_told_each_with_its_repair() -> None:
    files = {"I07.png" if name == "i07.png" else name: file for name, file in FILES.items()}

    extra, missing = problems(files)

    assert (extra.code, extra.member) == (ProblemCode.EXTRA_FILE, "I07.png")
    assert extra.repair == "rename it to i07.png, if that is meant"
    assert (missing.code, missing.member) == (ProblemCode.MISSING_FILE, "i07.png")
    assert str(missing).startswith("member i07.png: found no such file, expected one file for each")


def test_at_most_twenty_missing_files_are_told_and_all_are_counted() -> None:
    with pytest.raises(InvalidPredictions) as refused:
        read(packed({"i00.png": FILES["i00.png"]}))

    assert (len(refused.value.problems), refused.value.total) == (20, 29)


def test_files_in_one_folder_are_told_as_one_problem() -> None:
    told = only({f"predictions/{name}": content for name, content in FILES.items()})

    assert told.code == ProblemCode.INVALID_ARCHIVE
    assert told.found == "all files in the folder predictions/"
    assert told.repair == "pack what is in the folder, not the folder itself"


@pytest.mark.parametrize(
    ("content", "code", "found"),
    [
        (b"not a picture", ProblemCode.UNREADABLE_MASK, "another kind of file"),
        (written(np.zeros((9, 12), np.uint8)), ProblemCode.WRONG_MASK_SHAPE, "the shape 9 × 12"),  # noqa: RUF001 -- the sign for multiplied by
        (written(np.full(SHAPE, 255, np.uint8)), ProblemCode.UNKNOWN_LABEL, "the label 255"),
        (written(np.full(SHAPE, 3, np.uint8)), ProblemCode.UNKNOWN_LABEL, "the label 3"),
    ],
)
def test_a_wrong_mask_is_told_with_its_file(content: bytes, code: ProblemCode, found: str) -> None:
    told = only({**FILES, "i05.png": content})

    assert (told.code, told.member, told.found) == (code, "i05.png", found)
    assert (told.line, told.column) == (None, None)


def test_numbers_that_are_no_labels_are_told_as_their_type() -> None:
    column = {**MASK, "member": "{id}.npy"}
    files = {f"{name}.npy": saved(mask) for name, mask in drawn(0).items()}
    files["i05.npy"] = saved(np.zeros(SHAPE))

    assert only(files, submission=asked(column)).code == ProblemCode.WRONG_MASK_TYPE


def test_what_is_wrong_with_the_archive_is_told_with_advice_for_predictions() -> None:
    with pytest.raises(InvalidPredictions) as refused:
        read(b"image,cells\n")
    (told,) = refused.value.problems

    assert told.code == ProblemCode.INVALID_ARCHIVE
    assert (told.found, told.repair) == (
        "a text file",
        "pack the files, and nothing else, as a zip archive",
    )
    assert only({**FILES, "../i00.png": b""}).found == "a step up, “..”"


def test_advice_is_given_for_codes_that_there_are() -> None:
    assert archive.ADVICE.keys() <= set(ArchiveProblem)


def test_no_file_is_unpacked_past_what_an_image_can_have() -> None:
    most = 12 * 9 * masks.WIDEST + masks.ROOM
    assert only({**FILES, "i05.png": bytes(most)}).code == ProblemCode.UNREADABLE_MASK

    with pytest.raises(InvalidPredictions) as refused:
        read(packed({**FILES, "i05.png": bytes(most + 1)}, method=zipfile.ZIP_DEFLATED))

    assert refused.value.problems[0].code == ProblemCode.INVALID_ARCHIVE
    assert refused.value.problems[0].found == f"more than {most:,} bytes"


def test_there_may_be_no_more_files_than_are_asked_for_and_a_hundred() -> None:
    many = {f"{number}.txt": b"" for number in range(101)}

    assert problems(FILES | dict(list(many.items())[:10]))[0].code == ProblemCode.EXTRA_FILE
    with pytest.raises(InvalidPredictions, match="more than 130 files and folders"):
        read(packed(FILES | many))


def test_masks_are_packed_until_they_are_measured() -> None:
    blank = masks.PackedMask.of(np.zeros((1000, 1000), dtype=np.int64))

    assert len(blank.packed) < 10_000
    assert np.asarray(blank).shape == (1000, 1000)


def people(count: int = len(IDS), /) -> str:
    rows = [
        f"{name},p{place // 2},{('public', 'private')[place // 2 % 2]},{'ab'[place % 2]}"
        for place, name in enumerate(IDS[:count])
    ]
    return "\n".join(["image,patient,usage,stain", *rows, ""])


def truth_of(files: Mapping[str, bytes], /) -> bytes:
    return packed({**files, "README.txt": b"anything", "truth.csv": people().encode()})


TRUTH = truth_of({f"masks/{name}.png": written(mask) for name, mask in drawn(1).items()})


def task_of(*metrics: Mapping[str, Any], true: Any = TRUE, given: Any = MASK) -> Task:
    return Task.from_challenge(
        {
            "data": {
                "unit": "patient",
                "split": "usage",
                "subgroups": ["stain"],
                "columns": {"truth": true},
            },
            "submission": asked(given).model_dump(),
            "scoring": {"metrics": metrics, "resamples": 50},
        }
    )


PARAMS = {"mask": "truth", "predicted": "cells", "labels": [1, 2]}
DICE = {"key": "dice", "metric": "dice", "params": PARAMS, "primary": True}
HD95 = {"key": "hd95", "metric": "hd95", "params": {**PARAMS, "spacing_mm": [0.5, 0.5]}}


def test_masks_are_scored_as_by_hand_by_split_and_subgroup_and_resampled_by_patient() -> None:
    task = task_of(DICE, HD95)
    task = task.model_copy(
        update={"scoring": task.scoring.model_copy(update={"smallest_subgroup": 2})}
    )

    made = evaluate(task, truth=TRUTH, predictions=packed(FILES), seed=1)

    ours, theirs = drawn(1), drawn(0)
    for number, split in enumerate(("public", "private")):
        rows = [name for place, name in enumerate(IDS) if place // 2 % 2 == number]
        for metric in (DICE, HD95):
            scored = made.splits[split].metrics[str(metric["key"])]
            installed = get_metric(str(metric["metric"]))
            assert isinstance(installed, Metric)
            sides = ({"truth": [ours[n] for n in rows]}, {"cells": [theirs[n] for n in rows]})
            assert scored.value == installed(*sides, **metric["params"])  # type: ignore[arg-type]
        assert made.splits[split].units == len(rows) // 2
        for place, stain in enumerate("ab"):
            of_stain = rows[place::2]
            sides = {"truth": [ours[n] for n in of_stain]}, {"cells": [theirs[n] for n in of_stain]}
            told = made.splits[split].subgroups["stain"][stain]
            assert told.metrics["dice"].value == dice(*sides, **PARAMS).value  # type: ignore[arg-type]
            assert told.units == len(of_stain)


def test_the_spacing_of_each_image_is_that_of_the_truths_files() -> None:
    volume = (RASTERS / "volume.nii").read_bytes()  # its voxels are 0.8 x 0.8 x 2.5 mm
    moved = saved(np.roll(np.indices((5, 6, 7)).sum(axis=0) % 4, 1, axis=2).astype(np.uint8))
    column = {"type": "mask", "shape": (5, 6, 7), "labels": [1, 2, 3]}
    params = {**PARAMS, "labels": [1, 2, 3]}

    def scored(**spacing: Any) -> float | None:
        metric = {**HD95, "params": {**params, **spacing}, "primary": True}
        made = evaluate(
            task_of(
                metric,
                true={**column, "member": "{id}.nii"},
                given={**column, "member": "{id}.npy"},
            ),
            truth=truth_of({f"{name}.nii": volume for name in IDS}),
            predictions=packed({f"{name}.npy": moved for name in IDS}),
            seed=1,
        )
        return made.splits["public"].metrics["hd95"].value

    assert scored(spacing="truth_spacing") == scored(spacing_mm=[0.8, 0.8, 2.5])
    assert scored(spacing="truth_spacing") != scored(spacing_mm=[1, 1, 1])


def test_the_spacing_of_each_image_is_that_of_the_truths_columns() -> None:
    rows = [f"{name},p{i},public,{0.5 + i},{0.25 * (i + 1)}" for i, name in enumerate(IDS)]
    table = "\n".join(["image,patient,usage,y,x", *rows, ""]).encode()
    files = {f"masks/{name}.png": written(mask) for name, mask in drawn(1).items()}
    task = task_of(DICE, true={**TRUE, "spacing": ["y", "x"]})

    truth = read_truth(packed({**files, "truth.csv": table}), table=task.truth_table)

    assert truth.columns["truth_spacing"].tolist()[:2] == [(0.5, 0.25), (1.5, 0.5)]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"truth.csv": people().encode()}, "masks/i00.png: missing_file, the first of 30"),
        ({"truth.txt": b""}, "truth.csv: missing_file"),
        (
            {"truth.csv": people(1).encode(), "masks/i00.png": b"x"},
            "masks/i00.png: unreadable_mask, the first of 1 problems; expected a whole PNG",
        ),
        (
            {"truth.csv": b"image,patient,usage,truth_spacing,y,x\ni00,p,public,1,1,1\n"}
            | {"masks/i00.png": FILES["i00.png"]},
            "truth.csv has a column truth_spacing, which the masks make",
        ),
        (
            {"truth.csv": b"image,patient,usage,y,x\ni00,p,public,1,0\n"}
            | {"masks/i00.png": FILES["i00.png"]},
            "truth.csv has no column x of mm, all above 0",
        ),
    ],
)
def test_a_truth_that_is_not_whole_says_what_is_missing(files: dict[str, bytes], told: str) -> None:
    true = {**TRUE, "spacing": ["y", "x"]} if "y,x" in str(files.get("truth.csv")) else TRUE

    with pytest.raises(InvalidTable, match=told):
        read_truth(packed(files), table=task_of(DICE, true=true).truth_table)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["i00", "e\u0301"], "line 3, .* have letters that are not in Unicode's form NFC"),
        (["i00", "a", "A"], "line 4, .* a name that some systems take for that of .*a.png"),
        (["../i00"], "line 2, .* a step up"),
        (["a|b"], "line 2, .* one of the characters"),
        (["i" * 300], "line 2, .* a longer name"),
        (["._i00"], "line 2, .* the name of what systems leave in folders"),
    ],
)
def test_an_id_whose_file_no_archive_can_have_is_refused_when_the_truth_is_read(
    names: list[str], told: str
) -> None:
    rows = [f"{name},p,public" for name in names]
    table = "\n".join(["image,patient,usage", *rows, ""]).encode()

    with pytest.raises(InvalidTable, match=f"truth.csv, {told}.*; write the id in plain letters"):
        read_truth(packed({"truth.csv": table}), table=task_of(DICE, true=TRUE).truth_table)


def test_a_truth_with_masks_that_is_a_table_is_refused_as_no_archive() -> None:
    with pytest.raises(InvalidTable, match="archive of the truth: invalid_archive"):
        read_truth(people().encode(), table=task_of(DICE).truth_table)


def test_a_truth_that_does_not_fit_into_the_sandbox_with_any_submission_is_refused() -> None:
    task = task_of(DICE)
    most = MAX_TABLES - int(task.submission.max_bytes)

    check_room(task, truth=bytes(most))
    with pytest.raises(InvalidTable, match="the scoring sandbox takes 250,000,000 of both"):
        check_room(task, truth=bytes(most + 1))
    assert MAX_TABLES + MAX_HEADER <= MAX_INPUT


def test_the_names_of_a_truths_columns_are_read_from_its_archive_too() -> None:
    assert read_names(TRUTH) == ["image", "patient", "usage", "stain"]
    assert read_names(people().encode()) == ["image", "patient", "usage", "stain"]


def test_more_pixels_than_are_scored_in_time_are_refused_when_the_truth_is_read() -> None:
    side = 2048
    many = MAX_PIXELS_IN_ALL // side**2 + 1
    table = TruthTable(
        id="image", columns={"m": MaskColumn(type="mask", member="{id}.png", shape=(side, side))}
    )

    with pytest.raises(InvalidTable, match=r"at most 67,108,864 are scored"):
        read_truth(packed({"truth.csv": people(many).encode()}), table=table)


SIZED = {**MASK, "shape": ["height", "width"]}
TRUE_SIZED = {**TRUE, "shape": ["height", "width"]}
SIZES = {name: (3 + number % 5, 4 + number % 7) for number, name in enumerate(IDS)}


def sized(seed: int, /, *, folder: str = "", **other: tuple[int, ...]) -> dict[str, bytes]:
    """Draw a mask of its own size for each id; `other` are some of other sizes."""
    rng = np.random.default_rng(seed)
    shapes = {**SIZES, **other}
    return {
        f"{folder}{name}.png": written(rng.integers(0, 3, shapes[name]).astype(np.uint8))
        for name in IDS
    }


def table_of_sizes(**other: tuple[Any, ...]) -> bytes:
    rows = [
        f"{name},p{number},{'public' if number % 2 else 'private'},{high},{wide}"
        for number, (name, (high, wide)) in enumerate({**SIZES, **other}.items())
    ]
    return "\n".join(["image,patient,usage,height,width", *rows, ""]).encode()


def ids_of_sizes(**other: tuple[Any, ...]) -> tuple[str, ...]:
    return read_ids(table_of_sizes(**other), id_column="image", sizes=["height", "width"])


def test_each_image_may_have_a_size_of_its_own_which_the_table_of_ids_tells() -> None:
    told = read_predictions(packed(sized(0)), submission=asked(SIZED), ids=ids_of_sizes())

    assert [np.asarray(cell).shape for cell in told.columns["cells"]] == list(SIZES.values())
    with pytest.raises(TypeError, match="the ids come without the columns height, width"):
        read_predictions(packed(sized(0)), submission=asked(SIZED), ids=IDS)


def test_a_mask_of_another_size_than_its_image_is_refused_with_both() -> None:
    files = sized(0, i07=SIZES["i08"])

    with pytest.raises(InvalidPredictions) as refused:
        read_predictions(packed(files), submission=asked(SIZED), ids=ids_of_sizes())

    (problem,) = refused.value.problems
    assert (problem.code, problem.member) == (ProblemCode.WRONG_MASK_SHAPE, "i07.png")
    assert problem.found == "the shape 6 × 5"  # noqa: RUF001 -- the sign for multiplied by
    assert problem.expected == "the shape 5 × 4, that of the image"  # noqa: RUF001 -- as above


def test_masks_of_several_sizes_are_scored_against_those_of_the_truth() -> None:
    files = sized(1, folder="masks/")
    task = task_of(DICE, true=TRUE_SIZED, given=SIZED).model_copy(update={"subgroups": ()})
    truth = packed({**files, "truth.csv": table_of_sizes()})
    same = packed({name.removeprefix("masks/"): content for name, content in files.items()})

    made = evaluate(task, truth=truth, predictions=same, seed=1)

    assert [split.metrics["dice"].value for split in made.splits.values()] == [1.0, 1.0]
    wrong = packed({**files, "truth.csv": table_of_sizes(i03=(9, 9))})
    with pytest.raises(InvalidTable, match=r"masks/i03\.png: wrong_mask_shape"):
        evaluate(task, truth=wrong, predictions=same, seed=1)


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (("", 4), "line 5 of the table, column height: expected how many pixels"),
        ((4, "4.0"), "line 5 of the table, column width: .* written such as 512"),
        ((0, 4), "line 5 of the table, column height"),
        ((65_536, 1), "line 5 of the table, column height: .* from 1 to 65,535"),
        ((65_535, 65_535), "line 5 of the table: an image of 4,294,836,225 pixels; .* 8,388,608"),
    ],
)
def test_a_size_that_is_none_or_too_large_is_refused_with_its_line(
    size: tuple[Any, ...], told: str
) -> None:
    with pytest.raises(InvalidTable, match=told):
        read_predictions(packed(sized(0)), submission=asked(SIZED), ids=ids_of_sizes(i03=size))


def test_a_table_of_ids_without_the_columns_of_sizes_is_refused() -> None:
    with pytest.raises(InvalidTable, match="no column height, which shape names; it has image"):
        read_ids(people().encode(), id_column="image", sizes=["height"])


def test_sizes_that_the_truth_does_not_tell_are_refused_in_the_definition() -> None:
    with pytest.raises(ValueError, match="the shape height, a column that no mask of"):
        task_of(DICE, true=TRUE, given=SIZED)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"member": "{id}.jpg"}, "must end with one of .png, .npy, .tif, .nii, .nii.gz"),
        ({"member": "mask.png"}, "String should match pattern"),
        ({"shape": [5]}, "at least 2 items"),
        ({"shape": [5, 0]}, "greater than or equal to 1"),
        ({"shape": [65_535, 65_535]}, "a mask has at most 8,388,608 pixels"),
        ({"spacing": ["mm"]}, "one column for each axis of shape"),
        ({"spacing": ["y", "x"]}, "spacing is of the truth; say it in data.columns"),
        ({"labels": [0]}, "greater than or equal to 1"),
        ({"labels": [1, 1]}, "the label 1 is named twice"),
    ],
)
def test_a_column_of_masks_that_cannot_be_read_is_refused(
    change: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        asked({**MASK, **change})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"format": "table"}, "cells: a mask is no cell of a table; set format: archive"),
        (
            {"columns": {"cells": MASK, "risk": {"type": "float"}}},
            "with format: archive all columns are of type: mask",
        ),
        ({"columns": {"a": MASK, "b": MASK}}, "is named twice"),
        ({"objects": {}}, "a mask is of an id, and no column of its objects"),
    ],
)
def test_a_submission_of_masks_is_an_archive_of_masks_alone(
    more: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        asked(**more)


@pytest.mark.parametrize(
    ("metric", "columns", "told"),
    [
        ({**DICE, "params": {**PARAMS, "labels": [1]}}, {}, r"dice scores the labels \[1\]"),
        (DICE, {"given": {**MASK, "labels": None}}, "the masks that it scores must list labels"),
        (
            {"key": "r", "metric": "mae", "primary": True}
            | {"params": {"value": "truth", "predicted": "cells"}},
            {},
            "r: mae does not score masks",
        ),
        (DICE, {"true": {"type": "float"}}, "dice scores masks; give its columns type: mask"),
    ],
)
def test_masks_are_scored_by_metrics_of_masks_with_their_labels(
    metric: dict[str, Any], columns: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        task_of(metric, **columns)
