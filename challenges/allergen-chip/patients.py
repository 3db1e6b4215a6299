"""The patients of the synthetic twin of the Allergen Chip Challenge, drawn from a seed.

Nothing here comes from a person. Sizes, columns, codes and traps are those that were documented of
the real files; frequencies and levels of IgE are ours, chosen to be plausible.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from dice import Array, Dice, Flags
from numpy.typing import NDArray

Row = dict[str, str]

POSITIVE = 0.1
"""Lowest IgE that the twin gives to a component to which somebody is sensitised, in kU/L."""

UNKNOWN = "9"

SENSITISED = 0.84
"""Share of patients with any sensitisation, as published of the real cohort."""

# Among the sensitised, the share that is sensitised to a group of allergens. Ours.
SHARES = (
    {"tree": 0.40, "gram": 0.42, "herb": 0.22, "dander": 0.38, "mite": 0.42, "mold": 0.12}
    | {"egg": 0.10, "milk": 0.09, "fish": 0.05, "shellfish": 0.09, "peanut": 0.13}
    | {"legumes": 0.09, "nuts": 0.16, "cereals": 0.07, "fruits": 0.14, "aromatics": 0.06}
    | {"venom": 0.04, "other": 0.05}
)

CODES = 1.8
"""Codes of a cell that may hold several, on average."""

# Families of proteins that many plants share: who is sensitised reacts to components of all groups.
CROSS = {"pr10": 0.18, "ltp": 0.09, "profilin": 0.08}

RESPIRATORY = {
    "IGE_Pollen_Gram": "gram",
    "IGE_Pollen_Herb": "herb",
    "IGE_Pollen_Tree": "tree",
    "IGE_Dander_Animals": "dander",
    "IGE_Mite_Cockroach": "mite",
    "IGE_Molds_Yeast": "mold",
}
FOOD = {
    "Aromatics": "aromatics",
    "Egg": "egg",
    "Fish": "fish",
    "Fruits_and_Vegetables": "fruits",
    "Mammalian_Milk": "milk",
    "Other_Legumes": "legumes",
    "Peanut": "peanut",
    "Shellfish": "shellfish",
    "Tree_Nuts": "nuts",
}


def allergens() -> list[Row]:
    """Read the 318 IgE columns with the group, the family of proteins and the chips of each."""
    with Path(__file__).with_name("allergens.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def draw_patients(count: int, /, *, seed: int) -> list[Row]:
    """Draw `count` patients with all features and the 29 targets, of which none is unknown yet."""
    dice = Dice(seed)
    chips = dice.choice({"ISAC_V1": 0.12, "ISAC_V2": 0.33, "ALEX": 0.55}, count=count)
    sensitised = dice.happens(SENSITISED, count=count)
    groups = {
        name: sensitised & dice.happens(share, count=count)
        for name, share in (SHARES | CROSS).items()
    }
    strength = dice.normal(count)
    levels = _levels(dice, groups, strength=strength, count=count)
    targets = _targets(dice, groups, strength=strength, count=count)
    rows = _clinical(dice, targets, sensitised=sensitised, chips=chips, count=count)
    for place, row in enumerate(rows):
        chip = "alex" if chips[place] == "ALEX" else "isac"
        for column, (known, values) in levels.items():
            row[column] = _level(values[place]) if known in (chip, "both") else ""
        row |= {name: str(int(told[place])) for name, told in targets.items()}
    return rows


def _levels(
    dice: Dice, groups: Mapping[str, Flags], *, strength: Array, count: int
) -> dict[str, tuple[str, Array]]:
    """Give for each IgE column the chips that have it and its levels in kU/L."""
    found = {}
    for allergen in allergens():
        reacts = groups[allergen["group"]] & dice.happens(0.55, count=count)
        if allergen["family"]:
            reacts = reacts | (groups[allergen["family"]] & dice.happens(0.7, count=count))
        logarithm = 0.35 + 0.45 * dice.normal(count) + 0.25 * strength
        high = np.maximum(np.power(10.0, logarithm), POSITIVE)
        low = np.where(dice.happens(0.02, count=count), 0.6, 0.09) * dice.uniform(count)
        silent = dice.happens(0.8, count=count)
        levels = np.where(reacts, high, np.where(silent, 0.0, low))
        found[allergen["column"]] = allergen["chips"], levels
    return found


def _level(value: float, /) -> str:
    """Write a level as the real files seem to: two decimals, none of them trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _targets(
    dice: Dice, groups: Mapping[str, Flags], *, strength: Array, count: int
) -> dict[str, Flags]:
    """Draw the 29 targets: an allergy is a sensitisation that makes ill, and some make no IgE."""
    ill = np.clip(0.74 + 0.12 * strength, 0.3, 0.97)

    def of(group: Flags, /) -> Flags:
        return (group & dice.happens(ill, count=count)) | dice.happens(0.006, count=count)

    respiratory = {name: of(groups[group]) for name, group in RESPIRATORY.items()}
    inhaled = np.any(list(respiratory.values()), axis=0)
    for name, share, alone in (("ARIA", 0.85, 0.04), ("CONJ", 0.55, 0.01), ("GINA", 0.40, 0.03)):
        respiratory[name] = dice.happens(np.where(inhaled, share, alone), count=count)
    food = {name: of(groups[group]) for name, group in FOOD.items()}
    food["Oral_Syndrom"] = (groups["pr10"] | groups["profilin"]) & dice.happens(0.6, count=count)
    eaten = np.any(list(food.values()), axis=0)
    food["TPO"] = eaten & dice.happens(0.2, count=count)
    venom = {"IGE_Venom": of(groups["venom"])}
    venom["ATCD_Venom"] = dice.happens(np.where(venom["IGE_Venom"], 0.75, 0.01), count=count)
    families = {
        "Respiratory_Allergy": ("Respiratory", respiratory),
        "Food_Allergy": ("Food", food),
        "Venom_Allergy": ("Venom", venom),
    }
    nobody = np.zeros(count, dtype=np.bool_)
    told = {
        "Type_of_Food_Allergy_Other": nobody,
        "Type_of_Food_Allergy_Cereals_&_Seeds": nobody,
    }
    whole = {name: np.any(list(types.values()), axis=0) for name, (_, types) in families.items()}
    told["Allergy_Present"] = np.any(list(whole.values()), axis=0)
    chance = 0.06 + 0.14 * whole["Food_Allergy"] + 0.25 * whole["Venom_Allergy"] + 0.04 * strength
    told["Severe_Allergy"] = told["Allergy_Present"] & dice.happens(chance, count=count)
    told |= whole
    for family, types in families.values():
        told |= {f"Type_of_{family}_Allergy_{name}": types[name] for name in sorted(types)}
    return told


def _clinical(
    dice: Dice,
    targets: Mapping[str, Flags],
    *,
    sensitised: Flags,
    chips: list[str],
    count: int,
) -> list[Row]:
    """Draw what is known of a patient beside the chip."""
    centres = dice.choice(dict.fromkeys("ABCDEFGHIJK", 1 / 11), count=count)
    numbers = dice.order(count)
    codes = [f"{chip[0]}{10000 + number}" for chip, number in zip(chips, numbers, strict=True)]
    regions = dice.choice(dict.fromkeys("ABCDEFGHIJ", 0.1), count=count)
    ages = np.clip(np.abs(dice.normal(count)) * 17 + 4 * dice.uniform(count), 1, 88).astype(int)
    delayed = dice.happens(0.2, count=count)
    columns = {
        "Patient_ID": [f"{c}{1000 + number}" for c, number in zip(centres, numbers, strict=True)],
        "Chip_Code": codes,
        "Chip_Type": chips,
        "Chip_Image_Name": _pictures(dice, codes, chips),
        "Age": [str(age) for age in ages.tolist()],
        "Gender": _coded(dice, dice.happens(0.5, count=count), unknown=0.01),
        "Blood_Month_sample": [str(1 + int(draw)) for draw in (dice.uniform(count) * 12).tolist()],
        "French_Residence_Department": [
            f"dept{region}{_letters(draw)}"
            for region, draw in zip(regions, dice.uniform(count).tolist(), strict=True)
        ],
        "French_Region": [f"region{region}" for region in regions],
        "Rural_or_urban_area": _coded(dice, dice.happens(0.7, count=count), unknown=0.25),
        "Sensitization": _coded(dice, sensitised, unknown=0.05),
        "Food_Type_0": _coded(dice, targets["Food_Allergy"] * (1 + delayed), unknown=0.2),
        "Treatment_of_rhinitis": _several(dice, targets[f"{_BREATH}ARIA"], most=4),
        "Treatment_of_athsma": _several(dice, targets[f"{_BREATH}GINA"], most=10),
        "Age_of_onsets": _coded(dice, 1 + dice.uniform(count) * 6, unknown=0.3),
        "Skin_Symptoms": _several(dice, targets["Food_Allergy"], most=8),
        "General_cofactors": _several(dice, targets["Severe_Allergy"], most=12),
        "Treatment_of_atopic_dematitis": _several(dice, targets[f"{_FOOD}Egg"], most=5),
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


_BREATH = "Type_of_Respiratory_Allergy_"
_FOOD = "Type_of_Food_Allergy_"


def _pictures(dice: Dice, codes: list[str], chips: list[str], /) -> list[str]:
    """Name an image of the chip for some of the rows; the twin has no images."""
    there = dice.happens(0.4, count=len(codes)).tolist()
    kinds = ["png" if chip == "ALEX" else "bmp" for chip in chips]
    return [
        f"{code}.{kind}" if exists else ""
        for code, kind, exists in zip(codes, kinds, there, strict=True)
    ]


def _coded(dice: Dice, values: NDArray[np.generic], /, *, unknown: float) -> list[str]:
    """Write whole numbers, a share of them as unknown."""
    lost = dice.happens(unknown, count=len(values))
    return [str(value) for value in np.where(lost, int(UNKNOWN), values.astype(int)).tolist()]


def _several(dice: Dice, ill: Flags, /, *, most: int) -> list[str]:
    """Draw lists of codes 1 to `most` for the ill, with the mixed separators of the real cells."""
    count = len(ill)
    missing = dice.happens(0.25, count=count)
    treated = dice.happens(np.where(ill, 0.7, 0.12), count=count)
    separators = dice.choice({", ": 0.6, ".": 0.2, ",": 0.2}, count=count)
    chosen = dice.uniform(most, count) < CODES / most
    cells = []
    for place, separator in enumerate(separators):
        codes = [str(code + 1) for code in np.flatnonzero(chosen[:, place]).tolist()]
        told = separator.join(codes) if treated[place] and codes else "0"
        cells.append(UNKNOWN if missing[place] else told)
    return cells


def _letters(draw: float, /) -> str:
    """Turn a number below 1 into two letters."""
    number = int(draw * 26 * 26)
    return chr(65 + number // 26) + chr(65 + number % 26)
