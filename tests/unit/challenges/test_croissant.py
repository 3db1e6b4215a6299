"""Croissant of every challenge, read by the reference implementation, mlcroissant."""

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from challenge_platform.core.croissant import Edition, Json, document
from challenge_platform.core.public_table import columns_of, meanings
from challenge_platform.core.publication import SAMPLE, PublicFile
from challenge_platform.core.table_section import DICTIONARY
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

FIRST = 20
"""How many records of each table are read: mlcroissant takes seconds for all of a wide one."""

SLUGS = sorted(path.parent.name for path in CHALLENGES.glob("*/challenge.yaml"))

# rdflib, which mlcroissant reads JSON-LD with, still uses a class of its own that it deprecates.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings(
        "ignore:DataFrame is highly fragmented"
    ),  # it reads column by column
    # One cell of Age_of_onsets in allergen-chip holds "2, 3", as in the original.
    pytest.mark.filterwarnings("ignore:Columns .*Age_of_onsets.* have mixed types"),
]


def croissant_of(challenge: BuiltChallenge) -> Json:
    """Describe the files of a challenge that was built."""
    files = [
        PublicFile(
            name=path.relative_to(challenge.download).as_posix(),
            digest=hashlib.sha256(path.read_bytes()).hexdigest(),
            size=path.stat().st_size,
        )
        for path in sorted(challenge.download.rglob("*"))
        if path.is_file()
    ]
    dictionary = challenge.download / DICTIONARY
    return document(
        challenge.definition,
        files=files,
        edition=Edition(number=1, day=date(2026, 11, 22), url="https://x.example/challenges/x"),
        columns=lambda file: columns_of(
            io.BytesIO((challenge.download / file.name).read_bytes()), size=file.size
        ),
        meant=meanings(io.BytesIO(dictionary.read_bytes())) if dictionary.exists() else {},
    )


def loaded(challenge: BuiltChallenge, folder: Path) -> Any:
    """Give the data set as mlcroissant reads it, with the files that are here."""
    import mlcroissant  # type: ignore[import-untyped]  # noqa: PLC0415 -- no types; half a second, for these tests alone

    described = croissant_of(challenge)
    path = folder / "croissant.json"
    path.write_text(json.dumps(described))
    here = {file["@id"]: challenge.download / file["name"] for file in described["distribution"]}
    return mlcroissant.Dataset(jsonld=path, mapping=here)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_reference_implementation_finds_nothing_amiss(
    slug: str, challenge_of: Callable[[str], BuiltChallenge], tmp_path: Path
) -> None:
    metadata = loaded(challenge_of(slug), tmp_path).metadata

    issues = metadata.ctx.issues
    assert (set(issues.errors), set(issues.warnings)) == (set(), set())
    tables = [file for file in metadata.file_objects if file.name.endswith(".csv")]
    assert len(metadata.record_sets) >= len(tables) - 1  # a dictionary may be in another encoding


@pytest.mark.parametrize(
    "slug",
    [
        pytest.param(slug, marks=[] if slug == "nafld-progression" else [pytest.mark.slow])
        for slug in SLUGS
    ],
)
def test_the_reference_implementation_reads_records_of_every_table(
    slug: str, challenge_of: Callable[[str], BuiltChallenge], tmp_path: Path
) -> None:
    dataset = loaded(challenge_of(slug), tmp_path)

    sets = [each.uuid for each in dataset.metadata.record_sets]
    assert all(len(list(islice(dataset.records(uuid), FIRST))) > 0 for uuid in sets)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_public_file_is_described(
    slug: str, challenge_of: Callable[[str], BuiltChallenge]
) -> None:
    challenge = challenge_of(slug)
    data = challenge.definition.data

    described = {file["name"]: file for file in croissant_of(challenge)["distribution"]}

    assert set(described) == {*data.public, *(SAMPLE + name for name in data.input)}
    for name, file in described.items():
        content = (challenge.download / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["contentSize"] == f"{len(content)} B"


def test_columns_are_described_in_the_words_of_the_dictionary(
    challenge_of: Callable[[str], BuiltChallenge],
) -> None:
    records = croissant_of(challenge_of("nafld-progression"))["recordSet"]
    [train] = [one for one in records if one["@id"] == "records/train.csv"]

    age = next(field for field in train["field"] if field["name"] == "age")
    assert age["description"] == "Age at day 0, in whole years"
    assert age["dataType"] == "sc:Integer"
    bmi = next(field for field in train["field"] if field["name"] == "bmi")
    assert bmi["dataType"] == "sc:Float"
