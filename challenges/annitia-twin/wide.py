"""ANNITIA's wide tables: one line a person, and one column for each variable and visit slot."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence

from cohort import Person

Row = Mapping[str, str]

ID, TEST_ID = "patient_id_anon", "trustii_id"
STATICS = (
    *("gender", "T2DM", "Hypertension", "Dyslipidaemia", "bariatric_surgery"),
    "bariatric_surgery_age",
)
TARGETS = (
    *("evenements_hepatiques_majeurs", "evenements_hepatiques_age_occur"),
    *("death", "death_age_occur"),
)
SLOTS = {
    **dict.fromkeys(("Age", "BMI", "fibs_stiffness_med_BM_1"), 22),
    **dict.fromkeys(("alt", "ast", "bilirubin", "chol", "ggt", "gluc_fast", "plt", "triglyc"), 21),
    **dict.fromkeys(("aixp_aix_result_BM_3", "fibrotest_BM_2"), 21),
}
FORMS = {
    **dict.fromkeys(("alt", "ast", "ggt", "plt"), ".0f"),
    **dict.fromkeys(("BMI", "fibs_stiffness_med_BM_1", "aixp_aix_result_BM_3", "bilirubin"), ".1f"),
    **dict.fromkeys(("chol", "gluc_fast", "triglyc", "fibrotest_BM_2"), ".2f"),
}
VISITS = tuple(f"{name}_v{slot}" for name, last in SLOTS.items() for slot in range(1, last + 1))
TRAIN = (ID, *STATICS, *VISITS, *TARGETS)
TEST = (TEST_ID, ID, *STATICS, *VISITS)

SHORTEST = 0.001  # years: what a time of zero or less becomes, as in the official baseline


def line(person: Person, /, *, id_: str) -> dict[str, str]:
    """Write a person as a line: whole years, and an empty cell for what is not known."""
    cells = dict.fromkeys((*TEST, *TARGETS), "")
    cells |= {ID: id_, "gender": str(person.sex)}
    cells |= {name: "" if code is None else str(code) for name, code in person.statics.items()}
    for visit in person.visits:
        cells[f"Age_v{visit.slot}"] = str(math.floor(person.age + visit.years))
        for name, value in visit.values.items():
            if visit.slot <= SLOTS[name]:
                cells[f"{name}_v{visit.slot}"] = format(value, FORMS[name])
    hepatic, hepatic_age, death, death_age = TARGETS
    cells[hepatic] = str(int(person.hepatic is not None))
    cells[hepatic_age] = _age(person, years=person.hepatic)
    cells[death] = str(int(person.death is not None)) if person.death_known else ""
    cells[death_age] = _age(person, years=person.death)
    return cells


def _age(person: Person, *, years: float | None) -> str:
    return "" if years is None else str(math.floor(person.age + years))


def ages(row: Row, /) -> list[float]:
    """Give the ages at the visits of a line, in years, in the order of the slots."""
    cells = (row[f"Age_v{slot}"] for slot in range(1, SLOTS["Age"] + 1))
    return [float(cell) for cell in cells if cell]


def time(row: Row, /, *, event: str, age: str) -> float:
    """Give the years from the first visit to the event, else to the last visit; at least 0.001."""
    known = ages(row)
    end = float(row[age]) if row[event] in {"1", "1.0"} else max(known)
    return max(end - float(row["Age_v1"]), SHORTEST)


def table(rows: Iterable[Row], /, *, columns: Sequence[str]) -> bytes:
    """Write lines as a CSV table with these columns."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
