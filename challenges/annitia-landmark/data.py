"""The recipe of `annitia-landmark`: the people of ANNITIA's twin at one day, and what came after.

Day 0, the landmark, is two years after the first visit. A covariate is what was measured by then;
an endpoint is what happened later, among the people who were still followed and free of it. Neither
the order of the rows nor the number of anything tells what will happen. `cohort.py` is a link to
the module of `annitia-twin`, so that both challenges have the same people.
"""

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cohort
from cohort import Person, Visit

Row = Mapping[str, str]

KEY = b"annitia-landmark/3"
LANDMARK = 2.0  # years after the first visit
SLOTS = 5  # visits that are shown, the latest ones by the landmark

# One deal of four people of a stratum: half to learn from, a quarter for each board.
DEAL = ("train", "public", "train", "private")
AGE_BANDS = ((45, "18-44"), (60, "45-59"), (200, "60+"))

CONDITIONS = ("T2DM", "Hypertension", "Dyslipidaemia", "bariatric_surgery")
FORMS = {
    "BMI": ".1f",
    "fibs_stiffness_med_BM_1": ".1f",
    "aixp_aix_result_BM_3": ".1f",
    "fibrotest_BM_2": ".2f",
    "alt": ".0f",
    "ast": ".0f",
    "bilirubin": ".1f",
    "chol": ".2f",
    "ggt": ".0f",
    "gluc_fast": ".2f",
    "plt": ".0f",
    "triglyc": ".2f",
}
VISITS = ("years_before", *FORMS)
KNOWN = (
    *("patient_id", "age", "gender", *CONDITIONS),
    *(f"{name}_v{slot}" for name in VISITS for slot in range(1, SLOTS + 1)),
)
ENDPOINTS = ("hepatic", "hepatic_time", "death", "death_time", "death_known")
TRUTH = ("patient_id", "usage", *ENDPOINTS, "sex", "age_band")


def build(public: Path, /) -> bytes:
    """Write train.csv, test.csv and dictionary.csv into `public`; return the truth of test.csv."""
    everybody = [
        (f"{part}/{person.number}", person)
        for part, size in (("train", cohort.TRAIN), ("test", cohort.TEST))
        for person in cohort.people(size, part=part)
    ]
    rows = [_row(key, person) for key, person in everybody if _at_risk(person)]
    usages = split(rows)
    shuffled = sorted(
        ({**row, "usage": usages[row["patient_id"]]} for row in rows),
        key=lambda row: _hash("row", row["patient_id"]),
    )
    train = [row for row in shuffled if row["usage"] == "train"]
    test = [row for row in shuffled if row["usage"] != "train"]
    (public / "train.csv").write_bytes(_csv(train, columns=(*KNOWN, *ENDPOINTS)))
    (public / "test.csv").write_bytes(_csv(test, columns=KNOWN))
    (public / "dictionary.csv").write_bytes(_dictionary())
    return _csv(test, columns=TRUTH)


def _at_risk(person: Person) -> bool:
    """Whether somebody is seen after the landmark, with no liver event by then."""
    free = person.hepatic is None or person.hepatic > LANDMARK
    return free and person.followed > LANDMARK


def _row(key: str, person: Person, /) -> dict[str, str]:
    by_then = [visit for visit in person.visits if visit.years <= LANDMARK][-SLOTS:]
    age = person.age + LANDMARK
    end = person.followed if person.death is None else person.death
    cells = dict.fromkeys(KNOWN, "") | {
        "patient_id": "a" + _hash("id", key)[:10],
        "age": str(math.floor(age)),
        "gender": str(person.sex),
        "hepatic": str(int(person.hepatic is not None)),
        "hepatic_time": _years(end if person.hepatic is None else person.hepatic),
        "death": str(int(person.death is not None)) if person.death_known else "",
        "death_time": _years(end),
        "death_known": str(int(person.death_known)),
        "sex": f"code {person.sex}",
        "age_band": next(band for above, band in AGE_BANDS if age < above),
    }
    for name in CONDITIONS:
        code = person.statics[name]
        cells[name] = str(code) if code in {0, 1} else ""  # 2 is documented nowhere
    for slot, visit in enumerate(reversed(by_then), start=1):
        cells |= _visit(visit, slot=slot)
    return cells


def _visit(visit: Visit, /, *, slot: int) -> dict[str, str]:
    """Give the cells of a visit; slot 1 is the latest by the landmark."""
    values = {f"{name}_v{slot}": format(value, FORMS[name]) for name, value in visit.values.items()}
    return {f"years_before_v{slot}": f"{LANDMARK - visit.years:.1f}", **values}


def _years(since_first: float, /) -> str:
    """Give years after the landmark; at least a day."""
    return f"{max(since_first - LANDMARK, 0.003):.3f}"


def split(rows: Iterable[Row], /) -> dict[str, str]:
    """Deal the people of each stratum (both endpoints) in the order of a hash."""

    def place(row: Row) -> tuple[str, str, str]:
        return row["hepatic"], row["death"], _hash("split 6", row["patient_id"])

    dealt = enumerate(sorted(rows, key=place))
    return {row["patient_id"]: DEAL[turn % len(DEAL)] for turn, row in dealt}


def _hash(purpose: str, text: str, /) -> str:
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=KEY, digest_size=16).hexdigest()


def _dictionary() -> bytes:
    """Describe each column of train.csv; columns.csv says what is measured, once for all visits."""
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        meanings = {
            row["name"]: (row["meaning_en"], row["meaning_fr"]) for row in csv.DictReader(file)
        }
    lines = []
    for name in (*KNOWN, *ENDPOINTS):
        stem, _, slot = name.rpartition("_v")
        english, french = meanings[stem or name]
        if stem:
            english += f" (visit {slot} back)"
            french += f" (visite {slot} en arrière)"
        role = "endpoint" if name in ENDPOINTS else "id" if name == "patient_id" else "covariate"
        lines.append({"name": name, "role": role, "meaning_en": english, "meaning_fr": french})
    return _csv(lines, columns=("name", "role", "meaning_en", "meaning_fr"))


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
