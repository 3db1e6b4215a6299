"""The baseline `threshold`: an allergy to what a component tells of with 0.35 kU/L or more.

0.35 kU/L is the class 1 of the usual classes of specific IgE, the decision limit that laboratories
have printed for decades. Nothing is learned. python predict.py PUBLIC_DIR OUT.csv
"""

import argparse
import csv
from collections.abc import Mapping
from pathlib import Path

POSITIVE = 0.35
"""kU/L."""

BREATH, FOOD, VENOM = (f"Type_of_{family}_Allergy_" for family in ("Respiratory", "Food", "Venom"))

# The groups or families of components, by the target that they tell.
TELLS = {
    f"{BREATH}IGE_Pollen_Gram": ("gram",),
    f"{BREATH}IGE_Pollen_Herb": ("herb",),
    f"{BREATH}IGE_Pollen_Tree": ("tree",),
    f"{BREATH}IGE_Dander_Animals": ("dander",),
    f"{BREATH}IGE_Mite_Cockroach": ("mite",),
    f"{BREATH}IGE_Molds_Yeast": ("mold",),
    f"{FOOD}Aromatics": ("aromatics",),
    f"{FOOD}Egg": ("egg",),
    f"{FOOD}Fish": ("fish",),
    f"{FOOD}Fruits_and_Vegetables": ("fruits",),
    f"{FOOD}Mammalian_Milk": ("milk",),
    f"{FOOD}Oral_Syndrom": ("pr10", "profilin"),
    f"{FOOD}Other_Legumes": ("legumes",),
    f"{FOOD}Peanut": ("peanut",),
    f"{FOOD}Shellfish": ("shellfish",),
    f"{FOOD}Tree_Nuts": ("nuts",),
    f"{VENOM}IGE_Venom": ("venom",),
}
SILENT = (
    *("Severe_Allergy", f"{BREATH}CONJ", f"{BREATH}GINA", f"{FOOD}TPO", f"{VENOM}ATCD_Venom"),
    *(f"{FOOD}Other", f"{FOOD}Cereals_&_Seeds"),
)
"""No component tells them, so that the rule never does."""


def main() -> None:
    """Apply the rule to test.csv in PUBLIC_DIR and write the predictions to OUT.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("public", type=Path, help="the folder that holds the public files")
    parser.add_argument("out", type=Path, help="the predictions file to write")
    arguments = parser.parse_args()
    components = _components(arguments.public / "dictionary.csv")
    told = [
        {"trustii_id": row["trustii_id"], **_told(row, components)}
        for row in _read(arguments.public / "test.csv")
    ]
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(told[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(told)


def _components(path: Path, /) -> dict[str, list[str]]:
    """Give the IgE columns by what they tell.

    A component of a family that plants share tells of the family alone: whoever reacts to the PR-10
    of apple reacts to all of them, and need not be allergic to apples.
    """
    found: dict[str, list[str]] = {}
    for row in _read(path):
        if row["unit"] == "kU/L":
            found.setdefault(row["family"] or row["group"], []).append(row["name"])
    return found


def _told(row: Mapping[str, str], components: Mapping[str, list[str]]) -> dict[str, int]:
    told = dict.fromkeys(SILENT, 0)
    for target, groups in TELLS.items():
        levels = [row[name] for group in groups for name in components.get(group, [])]
        told[target] = int(any(float(level) >= POSITIVE for level in levels if level))
    told[f"{BREATH}ARIA"] = int(any(told[target] for target in TELLS if BREATH in target))
    for family, prefix in (("Respiratory", BREATH), ("Food", FOOD), ("Venom", VENOM)):
        types = [number for target, number in told.items() if target.startswith(prefix)]
        told[f"{family}_Allergy"] = max(types)
    whole = ("Respiratory_Allergy", "Food_Allergy", "Venom_Allergy")
    told["Allergy_Present"] = max(told[name] for name in whole)
    return told


def _read(path: Path, /) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
