"""The recipe of `annitia-twin`: the files of ANNITIA, of people who never existed, leaks included.

With `--from DIR` the real files are taken instead, if an organizer has them (see real.py).
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import cohort
import real
import wide
from wide import Row

KEY = (
    b"annitia-twin/11"  # of a dozen, one whose halves are alike: chance decides much with 16 events
)
# One deal of two people of a stratum: half of the few events on each board.
DEAL = ("public", "private")
AGE_BANDS = ((45, "18-44"), (60, "45-59"), (200, "60+"))
TRUTH = (
    *(wide.TEST_ID, "usage", "hepatic", "hepatic_time"),
    *("death", "death_time", "death_known", "sex", "age_band"),
)
SEXES = {"1": "code 1", "2": "code 2", "": "unknown"}  # the dictionary does not say which is which


def build(public: Path, /, *, source: Path | None, say: Callable[[str], None]) -> bytes:
    """Write the four public files into `public` and return the hidden truth of test.csv.

    Raises ValueError, with all that differs, if the real files in `source` are not as described.
    """
    if source is None:
        train, test = synthetic()
        files = {
            "train.csv": wide.table(train, columns=wide.TRAIN),
            "test.csv": wide.table(test, columns=wide.TEST),
            "dictionary.csv": Path(__file__).with_name("dictionary.csv").read_bytes(),
            "hello_world_submission.csv": hello(test),
        }
    else:
        files, test = real.read(source)
        say(f"read the real files of {source}")
    for name, content in files.items():
        (public / name).write_bytes(content)
    return truth(test)


def synthetic() -> tuple[list[Row], list[Row]]:
    """Give the lines of train.csv and of test.csv, these with their targets."""
    parts = {
        part: cohort.people(size, part=part)
        for part, size in (("train", cohort.TRAIN), ("test", cohort.TEST))
    }
    everybody = [(part, person.number) for part, people in parts.items() for person in people]
    order = sorted(everybody, key=lambda person: digest("id", *person))
    ids = {person: str(number) for number, person in enumerate(order, start=1)}
    train, test = (
        [wide.line(person, id_=ids[part, person.number]) for person in people]
        for part, people in parts.items()
    )
    numbered = [line | {wide.TEST_ID: str(place)} for place, line in enumerate(test, start=1)]
    return list(train), list(numbered)


def hello(test: Sequence[Row], /) -> bytes:
    """Give the sample submission: numbers without a meaning, the first ones as in the real file."""
    lines = []
    for row in test:
        event, death = (
            int(digest("hello", row[wide.TEST_ID], name)[:6], 16) / 16**6 for name in ("h", "d")
        )
        lines.append(f"{row[wide.TEST_ID]},{event:.3f},{2.5 * death:.3f}")
    lines[0] = "1,0.594,2.103"
    return "\n".join(["trustii_id,risk_hepatic_event,risk_death", *lines, ""]).encode()


def truth(test: Sequence[Row], /) -> bytes:
    """Give the hidden truth: both endpoints as the official baseline times them, and the split."""
    hepatic, hepatic_age, death, death_age = wide.TARGETS
    usages = split(test)
    rows = [
        {
            wide.TEST_ID: row[wide.TEST_ID],
            "usage": usages[row[wide.TEST_ID]],
            "hepatic": row[hepatic],
            "hepatic_time": f"{wide.time(row, event=hepatic, age=hepatic_age):g}",
            "death": row[death],
            "death_time": f"{wide.time(row, event=death, age=death_age):g}",
            "death_known": str(int(row[death] != "")),
            "sex": SEXES[row["gender"]],
            "age_band": next(band for above, band in AGE_BANDS if float(row["Age_v1"]) < above),
        }
        for row in test
    ]
    return wide.table(rows, columns=TRUTH)


def split(test: Sequence[Row], /) -> dict[str, str]:
    """Deal the people of each stratum (both endpoints): one half public, the other private."""
    hepatic, _, death, _ = wide.TARGETS

    def place(row: Row) -> tuple[str, str, str]:
        return row[hepatic], row[death], digest("split", row[wide.TEST_ID])

    ordered = sorted(test, key=place)
    return {row[wide.TEST_ID]: DEAL[turn % len(DEAL)] for turn, row in enumerate(ordered)}


def digest(*words: object) -> str:
    """Give a keyed hash of some words, by which people are ordered at random."""
    text = ":".join(map(str, words)).encode()
    return hashlib.blake2b(text, key=KEY, digest_size=16).hexdigest()
