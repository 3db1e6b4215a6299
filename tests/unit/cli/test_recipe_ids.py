"""A table of ids is held against the truth: its ids can be files, and its sizes are true."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from challenge_platform.cli.recipe import Made, check_truth
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.errors import InvalidInput
from scorers.predictions.problems import InvalidTable
from scorers.rasters.png import written
from tests.archives import zipped
from tests.unit.preflight.small import document

MASK = {"type": "mask", "member": "{id}.png", "shape": ["height", "width"], "labels": [1]}
DICE = {"mask": "cells", "predicted": "cells", "labels": [1]}
SIZES = {"a": (3, 4), "b": (5, 2)}


def made(folder: Path, /, *, table: str, truth: bytes) -> Made:
    files = Made.in_folder(folder)
    (files.public / "test.csv").write_text(table)
    return Made(public=files.public, hidden=files.hidden, sample=files.sample, truth=truth)


def of_masks() -> ChallengeDefinition:
    told = document(
        metrics=[{"key": "m", "metric": "dice", "primary": True, "params": DICE}],
        predicted={"cells": MASK},
    )
    told["submission"] |= {"format": "archive", "file": "predictions.zip"}
    told["data"] |= {"columns": {"cells": MASK}}
    return ChallengeDefinition.model_validate(told)


def truth_of_masks() -> bytes:
    rows = [f"{n},{n},public,{high},{wide}" for n, (high, wide) in SIZES.items()]
    table = "\n".join(["id,unit,usage,height,width", *rows, ""]).encode()
    masks = {f"{n}.png": written(np.ones(size, dtype=np.uint8)) for n, size in SIZES.items()}
    return zipped({"truth.csv": table, **masks})


def test_sizes_that_are_not_those_of_the_masks_are_refused_with_their_line(tmp_path: Path) -> None:
    definition, truth = of_masks(), truth_of_masks()
    (tmp_path / "right").mkdir()

    check_truth(
        made(tmp_path / "right", table="id,height,width\nb,5,2\na,3,4\n", truth=truth),
        definition=definition,
    )
    (tmp_path / "wrong").mkdir()
    with pytest.raises(InvalidInput, match=r"test.csv, line 3, column width: .* 5 .* has 4; write"):
        check_truth(
            made(tmp_path / "wrong", table="id,height,width\nb,5,2\na,3,5\n", truth=truth),
            definition=definition,
        )


def test_ids_of_which_no_archive_can_have_a_document_are_refused(tmp_path: Path) -> None:
    told: dict[str, Any] = document(
        metrics=[{"key": "m", "metric": "mae", "primary": True, "params": {"value": "x"}}],
        predicted={"x": {"type": "float"}},
    )
    told["scoring"]["metrics"][0]["params"] = {"value": "x", "predicted": "x"}
    told["submission"] |= {"format": "archive", "file": "p.zip", "member": "{id}.json"}
    files = made(
        tmp_path, table="id\na\nb?\n", truth=b"id,unit,usage,x\na,a,public,1\nb?,b,public,2\n"
    )

    with pytest.raises(InvalidTable, match=r"public/test.csv, line 3, column id: .*{id}.json"):
        check_truth(files, definition=ChallengeDefinition.model_validate(told))
