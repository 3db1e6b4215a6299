"""The recipe of `allergen-chip`: a synthetic twin of the Allergen Chip Challenge of 2023.

The real files were given on request and opened later; this recipe copies none and draws patients
that never were (`patients.py`) into files of the same names, columns, sizes, codes and traps. Who
has the real files builds the challenge from them: `challenge data build allergen-chip --from DIR`
(`real.py`). Two runs give the same bytes.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dice import Dice
from patients import UNKNOWN, Row, allergens, draw_patients
from real import read_real

SEED = 2023
TRAIN, TEST = 2_989, 586
COMPLETE = 1_355
"""Train rows without an unknown target, as documented."""

TEST_UNKNOWN = 35
"""Test rows with unknown targets. The real test set seemed to have none; ours has a few, so that
the rule for them is seen at work."""

DEAL = ("public", "private", "private", "public", "private")
"""One deal of five rows of a stratum of the test set: 40 % public."""

TRAP = "2, 3"
"""What one cell of the integer column Age_of_onsets holds, as in the real train.csv."""


def build(
    public: Path,
    /,
    *,
    source: Path | None = None,
    scale: float = 1.0,
    say: Callable[[str], None] = lambda _: None,
) -> bytes:
    """Write train.csv, test.csv and dictionary.csv into `public` and return the hidden truth.

    `source` is a folder with the real files; without it the twin is drawn, at `scale` times its
    size. Raises ValueError with all that differs if the real files are not the documented ones.
    """
    known = _known()
    clinical = [column["name"] for column in known if column["role"] == "covariate"]
    targets = [column["name"] for column in known if column["role"].startswith("target")]
    if source is None:
        say("drawing synthetic patients, none of whom is a person")
        train, test = _twin(targets, scale=scale)
        levels = [_level(allergen) for allergen in allergens()]
    else:
        train, test, names = read_real(source, clinical=clinical, targets=targets)
        levels = [_level({"column": name}) for name in names]
    usage = _split(test)
    features = [*clinical, *(level["name"] for level in levels)]
    columns = [*(row | {"group": "", "family": ""} for row in known), *levels]
    (public / "train.csv").write_bytes(_csv(train, columns=[*features, *targets]))
    (public / "test.csv").write_bytes(_csv(test, columns=["trustii_id", *features]))
    (public / "dictionary.csv").write_bytes(_csv(columns, columns=list(columns[0])))
    for row in test:
        row["usage"] = usage[row["trustii_id"]]
        row["chip"] = row["Chip_Type"]
    return _csv(test, columns=["trustii_id", "usage", "chip", *targets])


def _twin(targets: Sequence[str], *, scale: float) -> tuple[list[Row], list[Row]]:
    """Draw the train and test rows of the twin."""
    counts = [max(40, round(scale * number)) for number in (TRAIN, TEST)]
    rows = draw_patients(sum(counts), seed=SEED)
    train, test = rows[: counts[0]], rows[counts[0] :]
    dice = Dice(SEED + 1)
    _forget(train, targets, dice=dice, count=len(train) - round(len(train) * COMPLETE / TRAIN))
    _forget(test, targets, dice=dice, count=round(len(test) * TEST_UNKNOWN / TEST))
    train[dice.order(len(train))[0]]["Age_of_onsets"] = TRAP
    for row, number in zip(test, dice.order(len(test)), strict=True):
        row["trustii_id"] = str(number + 1)
    return train, test


def _forget(rows: Sequence[Row], targets: Sequence[str], *, dice: Dice, count: int) -> None:
    """Make targets of `count` rows unknown: of half of them all, of the others one family."""
    families = {
        "Respiratory": [name for name in targets if "Respiratory" in name],
        "Food": [name for name in targets if "Food" in name],
        "Venom": [name for name in targets if "Venom" in name],
        "": list(targets),
    }
    lost = dice.choice({"": 0.5, "Food": 0.25, "Respiratory": 0.15, "Venom": 0.1}, count=count)
    for place, family in zip(dice.order(len(rows))[:count], lost, strict=True):
        rows[place] |= dict.fromkeys(set(families[family]) - set(INVALID), UNKNOWN)


INVALID = ("Type_of_Food_Allergy_Other", "Type_of_Food_Allergy_Cereals_&_Seeds")


def _split(test: Iterable[Row], /) -> dict[str, str]:
    """Give each id its usage: 40 % public, 60 % private, dealt within strata of rare targets."""

    def place(row: Row) -> tuple[str, ...]:
        rare = row["Venom_Allergy"], row["Severe_Allergy"], row["Allergy_Present"]
        return (*rare, f"{int(row['trustii_id']) * 2654435761 % 2**32:010}")

    dealt = enumerate(sorted(test, key=place))
    return {row["trustii_id"]: DEAL[turn % len(DEAL)] for turn, row in dealt}


def _known() -> list[Row]:
    """Read the dictionary of all columns but those of IgE."""
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _level(allergen: Row, /) -> Row:
    """Describe an IgE column; of the real files only its name is known."""
    name = allergen["column"].replace("_", " ")
    chips, named = allergen.get("chips", ""), allergen.get("name_is", "the file's own")
    return {
        "name": allergen["column"],
        "role": "covariate",
        "type": "float",
        "unit": "kU/L",
        "meaning_en": f"IgE to {name}",
        "meaning_fr": f"IgE de {name}",
        "codes": f"empty where the chip lacks it ({chips}); its name is {named}",
        "group": allergen.get("group", ""),
        "family": allergen.get("family", ""),
    }


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
