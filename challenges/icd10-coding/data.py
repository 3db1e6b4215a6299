"""The recipe of `icd10-coding`: terms of ICD-10-CM become short texts to be coded.

Source: the inclusion terms of the ICD-10-CM tabular list (National Center for Health Statistics,
United States, public domain), as the Python package `simple-icd-10-cm` (MIT) ships them. They are
wordings that coders meet, and no text about a patient. No copy is kept here.

Each text is made of one to three terms, which a keyed hash puts together: the same bytes under
every version of Python.
"""

import csv
import hashlib
import io
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Row = Mapping[str, str]

KEY = b"icd10-coding/1"

LENGTH = 5
"""Codes are cut to category, dot and one character, as E11.6 of E11.65."""

FEWEST = 8
"""Terms that a cut code must have to take part."""

LETTERS = "ABCDEFGHIJKLMNOPQ"
"""Chapters of diseases; injuries, external causes and reasons for encounters are left out."""

EXPECTED = {"codes": 177, "terms": 2_165}
"""What the source gives; another release gives other figures, and the pages must follow."""

SIZES = (1, 2, 3, 2, 1, 2)
"""How many terms the texts have, in turn."""

DEAL = ("train", "test", "train", "train", "test")
"""One deal of five terms of a code: 60 % to train."""

PARTS = ("public", "private", "private", "public", "private")


def build(public: Path, /) -> bytes:
    """Write train.csv, test.csv, codes.csv and dictionary.csv and return the hidden truth.

    Raises ModuleNotFoundError without the package, and ValueError if its release has other terms.
    """
    terms, described = source()
    dealt = _deal(terms)
    train, test = (_texts(dealt[half], half=half) for half in ("train", "test"))
    columns = _columns()
    known = ["document_id", "text"]
    (public / "train.csv").write_bytes(_csv(train, columns=[*known, "codes"]))
    (public / "test.csv").write_bytes(_csv(test, columns=known))
    (public / "codes.csv").write_bytes(_csv(described, columns=["code", "description"]))
    (public / "dictionary.csv").write_bytes(_csv(columns, columns=list(columns[0])))
    rows = [
        {**row, "usage": PARTS[turn % len(PARTS)], "size": f"{row['text'].count(';') + 1} terms"}
        for turn, row in enumerate(test)
    ]
    return _csv(rows, columns=["document_id", "usage", "size", "codes"])


def source() -> tuple[list[tuple[str, str]], list[Row]]:
    """Give the terms with their cut codes, and the codes with their descriptions."""
    try:
        with warnings.catch_warnings():  # it reads its tables in a way that Python 3.11 warns of
            warnings.simplefilter("ignore", DeprecationWarning)
            import simple_icd_10_cm as icd  # noqa: PLC0415 - it reads its tables when imported
    except ModuleNotFoundError as missing:
        message = (
            "icd10-coding: the recipe reads its source from the Python package "
            f"`simple-icd-10-cm`, and {missing.name} is not installed here. "
            "Install the extra `recipes`: pip install 'challenge-platform[recipes]'."
        )
        raise ModuleNotFoundError(message, name=missing.name) from missing
    found: dict[str, str] = {}
    for code in icd.get_all_codes(with_dots=True):
        if code[0] in LETTERS and (icd.is_category(code) or icd.is_subcategory(code)):
            for term in icd.get_inclusion_term(code):
                # A term of two codes keeps the first, so that no text has two answers.
                found.setdefault(" ".join(term.replace(";", ",").split()), code[:LENGTH])
    counted = Counter(found.values())
    codes = sorted(code for code, count in counted.items() if count >= FEWEST)
    terms = sorted((term, code) for term, code in found.items() if code in set(codes))
    given = {"codes": len(codes), "terms": len(terms)}
    if given != EXPECTED:
        raise ValueError(
            f"icd10-coding: the source gives {given}; expected {EXPECTED}, as challenge.yaml and "
            "the pages say. It is another release: correct them, or install that of pyproject.toml."
        )
    described: list[Row] = [
        {"code": code, "description": icd.get_description(code)} for code in codes
    ]
    return terms, described


def _deal(terms: Iterable[tuple[str, str]], /) -> dict[str, list[tuple[str, str]]]:
    """Give each half its terms, 60 % of each code to train."""
    halves: dict[str, list[tuple[str, str]]] = {"train": [], "test": []}
    ordered = sorted(terms, key=lambda one: (one[1], _hash("deal", one[0])))
    for turn, one in enumerate(ordered):
        halves[DEAL[turn % len(DEAL)]].append(one)
    return halves


def _texts(terms: Sequence[tuple[str, str]], /, *, half: str) -> list[Row]:
    """Put terms together into texts, in an order that a hash decides."""
    left = sorted(terms, key=lambda one: _hash("text", one[0]))
    rows: list[Row] = []
    while left:
        size = SIZES[len(rows) % len(SIZES)]
        some, left = left[:size], left[size:]
        text = "; ".join(term for term, _ in some)
        codes = sorted({code for _, code in some})
        name = "t" + _hash("id", f"{half}:{text}")[:8]
        rows.append({"document_id": name, "text": text, "codes": "|".join(codes)})
    return sorted(rows, key=lambda row: row["document_id"])


def _hash(purpose: str, text: str, /) -> str:
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=KEY, digest_size=16).hexdigest()


def _columns() -> list[Row]:
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _csv(rows: Iterable[Row], *, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
