"""The recipe of `cardiomyopathy-scores`: the files of Cardi-HACK, of people who never existed.

With `--from DIR` the real files are taken instead, if an organizer has them (see real.py). Unlike
there, test.csv is hidden: programs alone read it, because rules about features cannot be enforced
where everybody can look up a person of the test set by their genes.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import cohort
import real

Row = Mapping[str, str]

KEY = b"cardiomyopathy-scores/1"
ID = "trustii_id"
TRAIN = (*cohort.COLUMNS, cohort.MACE, cohort.SEVERITY)
TEST = (ID, *cohort.COLUMNS)
TRUTH = (ID, "usage", "mace", "severity", "sex", "age_band")
DEAL = ("public", "private")
AGE_BANDS = ((40, "16-39"), (60, "40-59"), (200, "60+"))

SAMPLE = 40  # people of train.csv who are in the public sample of what is hidden
SAMPLE_FROM = 1001  # their trustii_id, unlike any to predict


def build(
    public: Path,
    hidden: Path,
    sample: Path,
    /,
    *,
    source: Path | None,
    say: Callable[[str], None],
) -> bytes:
    """Write the public files, the hidden input and its sample; return the hidden truth.

    Raises ValueError, with all that differs, if the real files in `source` are not as described.
    """
    if source is None:
        train = cohort.people(cohort.TRAIN, part="train", first_id=1)
        test = cohort.people(cohort.TEST, part="test", first_id=1 + len(train))
        test = [row | {ID: str(place)} for place, row in enumerate(test, start=1)]
        dictionary = Path(__file__).with_name("dictionary.csv").read_bytes()
    else:
        train, test, dictionary = real.read(source, say=say)
        say(f"read the real files of {source}")
    shown = [row | {ID: str(SAMPLE_FROM + place)} for place, row in enumerate(train[:SAMPLE])]
    (public / "train.csv").write_bytes(_csv(train, columns=TRAIN))
    (public / "dictionary.csv").write_bytes(dictionary)
    for folder, rows in ((hidden, test), (sample, shown)):
        (folder / "train.csv").write_bytes(_csv(train, columns=TRAIN))
        (folder / "test.csv").write_bytes(_csv(rows, columns=TEST))
    return truth(test)


def truth(test: Sequence[Row], /) -> bytes:
    """Give the hidden truth of test.csv."""
    usages = split(test)
    rows = [
        {
            ID: row[ID],
            "usage": usages[row[ID]],
            "mace": row[cohort.MACE],
            "severity": row[cohort.SEVERITY],
            "sex": f"code {row['Genre']}",
            "age_band": next(band for top, band in AGE_BANDS if float(row["Age_Baseline"]) < top),
        }
        for row in test
    ]
    return _csv(rows, columns=TRUTH)


def split(test: Sequence[Row], /) -> dict[str, str]:
    """Deal the people of each stratum (both outcomes) to the two boards, in turn."""

    def place(row: Row) -> tuple[str, str, str]:
        text = f"split:{row[ID]}".encode()
        drawn = hashlib.blake2b(text, key=KEY, digest_size=16).hexdigest()
        return row[cohort.MACE], row[cohort.SEVERITY], drawn

    ordered = enumerate(sorted(test, key=place))
    return {row[ID]: DEAL[turn % len(DEAL)] for turn, row in ordered}


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
