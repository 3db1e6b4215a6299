"""Identities in the tables: values that name or find a person, told by their place alone."""

import re
from collections.abc import Callable, Iterator, Sequence

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.tables import Table

NIR = re.compile(
    r"(?<![\d.,])[12378]\s?\d\d\s?(?:0[1-9]|1[0-2]|[2-9]\d)\s?(?:\d\d|2[AB])\s?"
    r"\d{3}\s?\d{3}\s?\d\d(?![\d.,]\d|\d)"
)
"""A French social-security number: sex, year, month, department, commune, order, key."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

PHONE = re.compile(
    r"(?<![\w.+,-])(?:(?:\+|00)33\s?(?:\(0\)\s?)?|0)[1-9](?:[\s.-]?\d\d){4}(?![\w.,-])"
)

FULL_DATE = re.compile(r"(?:19|20)\d\d[-/.]?\d\d[-/.]?\d\d|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d\d")

BIRTH = re.compile(r"(^|[_\s.-])(birth|dob|born|naissance|ddn|né|née)", re.IGNORECASE)

NAMING = re.compile(
    r"(patient|first|last|sur|family|given|full|maiden|birth)[_\s.-]?name|nom|pr[ée]nom"
    r"|nom[_\s.-](patient|naissance|usage|famille)|(street|postal)?[_\s.-]?address|adresse",
    re.IGNORECASE,
)
"""Columns that hold names or addresses of people."""

LETTERS = re.compile(r"[^\W\d_]{2}")

Found = Callable[[str], bool]


def is_social_security_number(text: str, /) -> bool:
    """Whether a number as NIR finds it has the key that its first 13 digits give.

    The key is 97 less the number modulo 97; the departments 2A and 2B count as 19 and 18 (INSEE).

    >>> is_social_security_number("2 55 08 14 168 025 38")
    True
    """
    digits = re.sub(r"\s", "", text)
    number = int(digits[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(digits[13:])


def find_identities(table: Table, /, *, skip: Sequence[str]) -> Iterator[Finding]:
    """Find cells that say who somebody is; `skip` are ids, which are no telephone numbers."""
    for name, cells in table.columns.items():
        for code, what, found in _kinds(name, is_id=name in skip):
            telling = {cell for cell in set(cells) if cell and found(cell)}
            rows = [row for row, cell in enumerate(cells) if cell in telling]
            if rows:
                yield Finding(
                    code=code,
                    severity=Severity.BLOCK,
                    about=name,
                    message=f"{len(rows)} cells hold what looks like {what}",
                    repair="take it out of the recipe's output, and look how it came there",
                    file=table.name,
                    row=rows[0] + 2,
                    column=name,
                )


def _kinds(name: str, *, is_id: bool) -> Iterator[tuple[str, str, Found]]:
    """Yield what may be in a column of this name: a code, the words for it, and how it is seen."""
    yield "identity_nir", "a French social-security number", _has_nir
    yield "identity_email", "an e-mail address", lambda cell: EMAIL.search(cell) is not None
    if not is_id:
        yield "identity_phone", "a telephone number", lambda cell: PHONE.search(cell) is not None
    if BIRTH.search(name):
        full = FULL_DATE.fullmatch
        yield "identity_birth_date", "a date of birth", lambda cell: full(cell.strip()) is not None
    if NAMING.fullmatch(name.strip()):
        letters = LETTERS.search
        yield "identity_name", "a name or an address", lambda cell: letters(cell) is not None


def _has_nir(cell: str) -> bool:
    return any(is_social_security_number(match.group()) for match in NIR.finditer(cell))
