"""The synthetic twin `allergen-chip`: its documented form and traps, its score, its real files."""

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from challenge_platform.cli.recipe import Made, RecipeOptions, run_recipe
from challenge_platform.core.definition import ChallengeDefinition
from scorers import evaluate
from tests.unit.challenges.conftest import BuiltChallenge, Rows

INVALID = ("Type_of_Food_Allergy_Other", "Type_of_Food_Allergy_Cereals_&_Seeds")

# Five patients and three answers with unknown cells, and the F1 of each: 0.8, 2/3 and 1.
GOLDEN_TRUTH = [[1, 0, 0], [0, 0, 9], [1, 1, 0], [0, 1, 1], [1, 0, 9]]
GOLDEN_TOLD = [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 1], [1, 1, 1]]
GOLDEN = 0.8222222222222223


@pytest.fixture(scope="module")
def built(challenge_of: Callable[[str], BuiltChallenge]) -> BuiltChallenge:
    return challenge_of("allergen-chip")


@pytest.fixture(scope="module")
def tables(built: BuiltChallenge) -> dict[str, Rows]:
    found = {
        name: _rows((built.made.public / f"{name}.csv").read_bytes())
        for name in ("train", "test", "dictionary")
    }
    return found | {"truth": _rows(built.made.truth)}


def _rows(data: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def _targets(tables: dict[str, Rows]) -> list[str]:
    return [row["name"] for row in tables["dictionary"] if row["role"].startswith("target")]


def _levels(tables: dict[str, Rows]) -> list[str]:
    return [row["name"] for row in tables["dictionary"] if row["unit"] == "kU/L"]


def _table(columns: dict[str, list[str]]) -> bytes:
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    return ("\n".join(lines) + "\n").encode()


def test_the_files_have_the_documented_rows_and_columns(tables: dict[str, Rows]) -> None:
    assert (len(tables["train"]), len(tables["train"][0])) == (2989, 365)
    assert (len(tables["test"]), len(tables["test"][0])) == (586, 337)
    assert len(_levels(tables)) == 318
    assert list(tables["train"][0])[-29:] == _targets(tables)
    assert ["trustii_id", *list(tables["train"][0])[:-29]] == list(tables["test"][0])


def test_a_chip_fills_as_many_levels_as_documented(tables: dict[str, Rows]) -> None:
    filled = {
        row["Chip_Type"]: sum(row[name] != "" for name in _levels(tables))
        for row in tables["train"]
    }

    assert filled == {"ISAC_V1": 112, "ISAC_V2": 112, "ALEX": 300}


def test_the_train_file_has_the_documented_traps(tables: dict[str, Rows]) -> None:
    train = tables["train"]
    onsets = Counter(row["Age_of_onsets"] for row in train)
    treatments = {row["Treatment_of_rhinitis"] for row in train}

    assert sum(all(row[name] != "9" for name in _targets(tables)) for row in train) == 1355
    assert onsets["2, 3"] == 1
    assert {row[name] for row in train for name in INVALID} == {"0"}
    assert any(", " in cell for cell in treatments)
    assert "1.3" in treatments
    assert "9" in treatments


def test_known_answers_follow_the_hierarchy(built: BuiltChallenge, tables: dict[str, Rows]) -> None:
    [metric] = [one for one in built.definition.scoring.metrics if one.key == "consistency"]
    parents = metric.params["parents"]
    assert isinstance(parents, dict)
    broken = [
        (child, parent)
        for row in tables["train"] + tables["truth"]
        for child, parent in parents.items()
        if row[child] == "1" and row[str(parent)] == "0"
    ]

    assert len(parents) == 26  # all of the 27 but the topmost
    assert broken == []


def test_the_id_tells_neither_place_nor_part(tables: dict[str, Rows]) -> None:
    numbers = [int(row["trustii_id"]) for row in tables["truth"]]
    private = [row["usage"] == "private" for row in tables["truth"]]

    assert sorted(numbers) == list(range(1, 587))
    assert abs(np.corrcoef(numbers, np.arange(586))[0, 1]) < 0.1
    assert abs(np.corrcoef(numbers, private)[0, 1]) < 0.1


def test_unknown_answers_are_masked_as_in_the_worked_example(built: BuiltChallenge) -> None:
    """The example of the evaluation page, through the challenge's own definition."""
    names = _scored(built.definition)
    shown = dict(zip(names[:3], range(3), strict=True))
    ids = [str(number) for number in range(5)]
    truth = {"trustii_id": ids, "usage": ["public"] * 5, "chip": ["ALEX"] * 5}
    told: dict[str, list[str]] = {"trustii_id": ids}
    for name in built.definition.submission.columns:
        place = shown.get(name)
        truth[name] = ["0" if place is None else str(row[place]) for row in GOLDEN_TRUTH]
        told[name] = ["0" if place is None else str(row[place]) for row in GOLDEN_TOLD]

    scores = evaluate(
        built.definition.task, truth=_table(truth), predictions=_table(told), seed=1
    ).splits["public"]

    assert scores.metrics["macro_f1"].value == pytest.approx(GOLDEN, abs=1e-15)
    assert scores.metrics["score"].value == pytest.approx((GOLDEN - 0.1176) / (1 - 0.1176))


def test_the_macro_f1_is_that_of_scikit_learn(
    built: BuiltChallenge, tables: dict[str, Rows]
) -> None:
    names = _scored(built.definition)
    private = [row for row in tables["truth"] if row["usage"] == "private"]
    told = {
        name: [str(int(place % 3 == 0)) for place in range(len(tables["truth"]))]
        for name in built.definition.submission.columns
    }
    guess = {row["trustii_id"]: place for place, row in enumerate(tables["truth"])}
    expected = []
    for name in names:
        known = [row for row in private if row[name] != "9"]
        answers = [int(row[name]) for row in known]
        guesses = [int(told[name][guess[row["trustii_id"]]]) for row in known]
        expected.append(f1_score(answers, guesses))
    file = _table({"trustii_id": [row["trustii_id"] for row in tables["truth"]], **told})

    found = evaluate(built.definition.task, truth=built.made.truth, predictions=file, seed=1)

    assert len(names) == 27
    value = found.splits["private"].metrics["macro_f1"].value
    assert value == pytest.approx(np.mean(expected), abs=1e-12)


def _scored(definition: ChallengeDefinition) -> list[str]:
    labels = definition.scoring.metrics[0].params["labels"]
    assert isinstance(labels, list)
    return [str(name) for name in labels]


@pytest.fixture
def real(built: BuiltChallenge, tmp_path: Path) -> Path:
    """Give a folder with files of the documented form, as an organizer would have them."""
    folder = tmp_path / "real"
    shutil.copytree(built.made.public, folder)
    rows = _rows(built.made.truth)
    kept = [name for name in rows[0] if name not in {"usage", "chip"}]
    (folder / "truth.csv").write_bytes(_table({name: [row[name] for row in rows] for name in kept}))
    return folder


def _build(built: BuiltChallenge, source: Path, made: Path) -> Made:
    made.mkdir()
    options = RecipeOptions(say=print, source=source)
    return run_recipe(built.folder / "data.py", made, definition=built.definition, options=options)


def test_real_files_become_the_challenge(built: BuiltChallenge, real: Path, tmp_path: Path) -> None:
    made = _build(built, real, tmp_path / "made")

    assert made.truth == built.made.truth
    assert (made.public / "train.csv").read_bytes() == (real / "train.csv").read_bytes()


def test_answers_may_be_as_pandas_writes_them(
    built: BuiltChallenge, real: Path, tmp_path: Path
) -> None:
    truth = (real / "truth.csv").read_text("utf-8")
    (real / "truth.csv").write_text(re.sub(r"(?<=,)([019])(?=[,\n])", r"\1.0", truth), "utf-8")

    assert _build(built, real, tmp_path / "made").truth == built.made.truth


def test_the_columns_are_those_of_the_documents(built: BuiltChallenge) -> None:
    names = (
        "Patient_ID Chip_Code Chip_Type Chip_Image_Name Age Gender Blood_Month_sample "
        "French_Residence_Department French_Region Rural_or_urban_area Sensitization Food_Type_0 "
        "Treatment_of_rhinitis Treatment_of_athsma Age_of_onsets Skin_Symptoms General_cofactors "
        "Treatment_of_atopic_dematitis"
    )
    families = {
        "Respiratory": "ARIA CONJ GINA IGE_Pollen_Gram IGE_Pollen_Herb IGE_Pollen_Tree "
        "IGE_Dander_Animals IGE_Mite_Cockroach IGE_Molds_Yeast",
        "Food": "Other Cereals_&_Seeds Aromatics Egg Fish Fruits_and_Vegetables Mammalian_Milk "
        "Oral_Syndrom Other_Legumes Peanut Shellfish TPO Tree_Nuts",
        "Venom": "ATCD_Venom IGE_Venom",
    }
    types = {
        f"Type_of_{f}_Allergy_{name}" for f, names in families.items() for name in names.split()
    }
    above = {"Allergy_Present", "Severe_Allergy", *(f"{family}_Allergy" for family in families)}
    train, test = (
        (built.made.public / name).read_text("utf-8").splitlines()[0].split(",")
        for name in ("train.csv", "test.csv")
    )

    assert (len(train), len(test)) == (365, 337)
    assert {*names.split(), "Act_d_1", "Ara_h_2", *types, *above} < set(train)
    assert set(train) - set(test) == types | above
    assert set(test) - set(train) == {"trustii_id"}


def test_all_that_differs_from_the_documents_is_listed(
    built: BuiltChallenge, real: Path, tmp_path: Path
) -> None:
    lines = (real / "train.csv").read_text("utf-8").splitlines()
    header = lines[0].replace("Gender", "Sex")
    rare = lines[-1].rsplit(",", 1)[0] + ",7"
    (real / "train.csv").write_text("\n".join([header, *lines[1:-2], rare, ""]), "utf-8")

    with pytest.raises(ValueError, match="differ from what is documented") as refused:
        _build(built, real, tmp_path / "made")

    said = str(refused.value)
    assert "train.csv has 2988 rows; expected 2989" in said
    assert "train.csv lacks the columns Gender" in said
    assert "train.csv has 319 IgE columns; expected 318" in said
    assert "Type_of_Venom_Allergy_IGE_Venom, holds '7'; expected 0, 1 or 9" in said


def test_a_folder_that_lacks_a_file_is_refused(
    built: BuiltChallenge, real: Path, tmp_path: Path
) -> None:
    (real / "truth.csv").unlink()

    with pytest.raises(ValueError, match=r"lacks truth\.csv"):
        _build(built, real, tmp_path / "made")
