"""What an audit of features changes in a table, and what a challenge may ask for."""

import random

import pytest
from pydantic import ValidationError

from challenge_platform.core.feature_audit import Table, checks
from challenge_platform.core.feature_runs import declaration_in
from challenge_platform.core.features import Features, check_features, select
from tests.core.programs import code

CONTENT = '\ufeffid,"a ""b""",c\r\n1,x,"1,5"\r\n2,"y",\r\n3,z,9\r\n'.encode()


def test_a_table_is_written_as_it_was_read() -> None:
    assert Table.read(CONTENT).content() == CONTENT
    assert Table.read(CONTENT).columns == ["id", 'a "b"', "c"]


@pytest.mark.parametrize("cell", ['5"', '3" x 4"', '"x"z', '"'])
def test_a_quote_that_stands_within_a_cell_stays_there(cell: str) -> None:
    content = f'\ufeff"id",a\n1,{cell}\n2,b\n'.encode()

    table = Table.read(content)

    assert table.content() == content
    assert (table.columns, table.cells[1]) == (["id", "a"], ["1", cell])


@pytest.mark.parametrize("together", [False, True])
def test_cells_are_exchanged_byte_by_byte_and_nobody_keeps_theirs(*, together: bool) -> None:
    table = Table.read(CONTENT)

    changed = table.with_exchanged(['a "b"', "c"], draws=random.Random(1), together=together)  # noqa: S311 - a test

    assert len(changed) == len(CONTENT)
    other = Table.read(changed)
    for place in (1, 2):
        before, after = ([row[place] for row in each.cells[1:]] for each in (table, other))
        assert sorted(before) == sorted(after)
        assert all(one != two for one, two in zip(before, after, strict=True))
    assert [row[0] for row in other.cells] == [row[0] for row in table.cells]
    if together:
        pairs = {tuple(row[1:]) for row in table.cells}
        assert {tuple(row[1:]) for row in other.cells} == pairs


def test_rows_of_different_length_are_no_table() -> None:
    with pytest.raises(ValueError, match="not of one length"):
        Table.read(b"id,a\n1\n")


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("SNP2", ["SNP2"]),
        ("SNP*", ["SNP1", "SNP2", "SNP10", "SNP100"]),
        ("SNP2..SNP10", ["SNP2", "SNP10"]),
        ("Variant.Pathogene", ["Variant.Pathogene"]),
        ("with space", ["with space"]),
    ],
)
def test_columns_are_named_alone_by_stars_and_by_ranges(pattern: str, chosen: list[str]) -> None:
    among = ["SNP1", "SNP2", "Variant.Pathogene", "SNP10", "SNP100", "with space", "snp3"]

    assert select([pattern], among=among) == chosen


def test_a_pattern_without_a_column_is_told() -> None:
    with pytest.raises(ValueError, match=r"no column of the table is meant by 'SNP\*'"):
        select(["SNP*"], among=["age"])


def test_the_same_seed_makes_the_same_checks() -> None:
    features = Features.model_validate({"allowed": {"risk": ["c"]}, "missing": 0.5})

    def made(seed: int) -> list[bytes | None]:
        found = checks(
            features, content=CONTENT, id_column="id", targets=["risk"], seed=seed, declared=None
        )
        assert isinstance(found, list)
        return [check.table for check in found]

    assert made(1) == made(1)
    assert len({tuple(made(seed)) for seed in range(9)}) > 1


@pytest.mark.parametrize(
    ("document", "kinds", "message"),
    [
        ({"allowed": {"risk": ["a"]}}, ("code", "predictions"), "cannot be checked on a file"),
        ({"allowed": {"rusk": ["a"]}}, ("code",), "names the target 'rusk'"),
        (
            {"must_use": [{"target": "risk", "columns": ["a"]}] * 13},
            ("code",),
            "13 rules; at most 12",
        ),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(
    document: dict[str, object], kinds: tuple[str, ...], message: str
) -> None:
    features = Features.model_validate(document)

    with pytest.raises(ValueError, match=message):
        check_features(features, targets={"risk"}, kinds=kinds)


def test_an_empty_list_of_columns_is_no_rule() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        Features.model_validate({"allowed": {"risk": []}})


def test_a_list_of_features_is_found_at_the_root_alone() -> None:
    assert declaration_in(code(**{"features.json": b"{}"})) == b"{}"
    assert declaration_in(code(**{"deeper/features.json": b"{}"})) is None
