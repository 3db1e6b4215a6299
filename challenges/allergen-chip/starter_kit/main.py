"""The baseline `threshold` as code that the platform runs: an allergy from 0.35 kU/L on.

It learns nothing, so that it needs nothing but the standard library. The platform runs
`python main.py` without arguments and without a network. What it prints is the log of the run.
"""

import csv
from pathlib import Path

INPUT = Path("/input")
OUTPUT = Path("/output")

POSITIVE = 0.35
"""kU/L."""

GROUPS = {
    "Type_of_Respiratory_Allergy_IGE_Pollen_Gram": "gram",
    "Type_of_Respiratory_Allergy_IGE_Pollen_Tree": "tree",
    "Type_of_Respiratory_Allergy_IGE_Dander_Animals": "dander",
    "Type_of_Respiratory_Allergy_IGE_Mite_Cockroach": "mite",
    "Type_of_Food_Allergy_Egg": "egg",
    "Type_of_Food_Allergy_Peanut": "peanut",
    "Type_of_Food_Allergy_Tree_Nuts": "nuts",
    "Type_of_Venom_Allergy_IGE_Venom": "venom",
}
"""Some of the answers that a group of components tells; add the others."""


def main() -> None:
    """Apply the rule to test.csv and write predictions.csv."""
    dictionary = read("dictionary.csv")
    targets = [row["name"] for row in dictionary if row["role"].startswith("target")]
    columns: dict[str, list[str]] = {}
    for row in dictionary:
        if row["group"] and not row["family"]:
            columns.setdefault(row["group"], []).append(row["name"])
    patients = read("test.csv")
    with (OUTPUT / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["trustii_id", *targets], lineterminator="\n")
        writer.writeheader()
        for patient in patients:
            writer.writerow(
                {"trustii_id": patient["trustii_id"], **told(patient, targets, columns)}
            )
    print(f"predicted {len(patients)} patients")  # noqa: T201 - for the log


def told(
    patient: dict[str, str], targets: list[str], columns: dict[str, list[str]]
) -> dict[str, int]:
    """Tell each answer whose group has a component of 0.35 kU/L, its family, and any allergy."""
    answers = dict.fromkeys(targets, 0)
    for target, group in GROUPS.items():
        levels = [float(patient[name]) for name in columns.get(group, []) if patient[name]]
        answers[target] = int(max(levels, default=0) >= POSITIVE)
    for family in ("Respiratory", "Food", "Venom"):
        answers[f"{family}_Allergy"] = max(answers[t] for t in GROUPS if f"_{family}_" in t)
        answers["Allergy_Present"] = max(answers["Allergy_Present"], answers[f"{family}_Allergy"])
    return answers


def read(name: str, /) -> list[dict[str, str]]:
    """Read a table of the input."""
    with (INPUT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
