"""The recipe of `diabetes-progression`: 442 real patients become public files and a hidden truth.

Source: the diabetes table of Efron, Hastie, Johnstone and Tibshirani (Least Angle Regression, Ann.
Statist. 2004;32:407-499), read from scikit-learn (BSD-3), which ships it. No copy is kept here.

All randomness is a keyed hash of the person's row in the source, so that every version of Python
and numpy gives the same bytes.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sklearn.datasets import load_diabetes

Row = Mapping[str, str]

KEY = b"diabetes-progression/1"
PEOPLE = 442
CHECKSUM = 67_243  # the sum of all answers in the source
FIFTY = 50
COVARIATES = ("age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu")
WHOLE = {"age", "sex"}

# One deal of ten people of neighbouring progression: 5 to train, 2 to public, 3 to private.
DEAL = (
    *("train", "public", "train", "private", "train"),
    *("private", "train", "public", "train", "private"),
)


def build(public: Path, /) -> bytes:
    """Write train.csv, test.csv and dictionary.csv into `public` and return the hidden truth.

    Raises ValueError if the table of scikit-learn is not the one that the pages describe.
    """
    people = sorted(_people(), key=lambda row: row["patient_id"])
    columns = _columns()
    known = [column["name"] for column in columns if column["role"] != "target"]
    train = [row for row in people if row["usage"] == "train"]
    test = [row for row in people if row["usage"] != "train"]
    (public / "train.csv").write_bytes(_csv(train, columns=[*known, "progression"]))
    (public / "test.csv").write_bytes(_csv(test, columns=known))
    (public / "dictionary.csv").write_bytes(_csv(columns, columns=list(columns[0])))
    return _csv(test, columns=["patient_id", "usage", "sex_code", "age_band", "progression"])


def _people() -> list[Row]:
    """Give everybody with their answer and their usage, dealt in the order of the answers."""
    table = load_diabetes(scaled=False)
    values, answers = table.data.tolist(), table.target.astype(int).tolist()
    if len(values) != PEOPLE or sum(answers) != CHECKSUM:
        raise ValueError(
            f"diabetes-progression: scikit-learn's table has {len(values)} people and a sum of "
            f"answers of {sum(answers)}; expected {PEOPLE} and {CHECKSUM}, as the pages say"
        )
    names = [_hash("id", place) for place in range(PEOPLE)]
    dealt = sorted(range(PEOPLE), key=lambda place: (answers[place], _hash("deal", place)))
    usage = {place: DEAL[turn % len(DEAL)] for turn, place in enumerate(dealt)}
    return [
        {
            "patient_id": "d" + names[place][:10],
            **{
                name: str(int(value)) if name in WHOLE else f"{value:.4f}".rstrip("0").rstrip(".")
                for name, value in zip(COVARIATES, row, strict=True)
            },
            "progression": str(answers[place]),
            "usage": usage[place],
            "sex_code": f"code {int(row[1])}",
            "age_band": "under 50" if row[0] < FIFTY else "50 and over",
        }
        for place, row in enumerate(values)
    ]


def _hash(purpose: str, place: int, /) -> str:
    return hashlib.blake2b(f"{purpose}:{place}".encode(), key=KEY, digest_size=16).hexdigest()


def _columns() -> list[Row]:
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
