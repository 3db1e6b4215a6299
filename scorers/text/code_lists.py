"""Lists of codes, one for each document: the truth's, and a prediction's with the surest first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.columns import objects
from scorers.metric import Columns, InvalidColumns, ParamsError

Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class CodeLists:
    """The codes of some documents, each code of a document once.

    `document`, `code` and `rank` have one value for each code of each document, in the order of
    the documents and then of their lists: its document and its code by number, and its rank, from
    1. `documents` and `codes` count those that there may be.
    """

    documents: int
    codes: int
    document: Places
    code: Places
    rank: Places

    @property
    def counts(self) -> Places:
        """How many codes each document has."""
        return np.bincount(self.document, minlength=self.documents)

    @property
    def keys(self) -> Places:
        """One number for each code of each document."""
        return self.document * self.codes + self.code

    def hits(self, truth: "CodeLists", /) -> NDArray[np.bool_]:
        """Return which of the codes `truth` has too, in the same document."""
        return np.isin(self.keys, truth.keys)


def read_code_lists(
    columns: Columns, name: str, /, *, codes: list[str], rows: Places, count: int
) -> CodeLists:
    """Read the lists of codes of `rows` out of a column that has `count` rows.

    A code that a list holds twice counts once, at its first place. Raises InvalidColumns if a cell
    is not a list, or holds what is none of `codes`, and ParamsError if `codes` holds a code twice.
    """
    number = numbered(codes)
    cells = objects(columns, name, count=count)
    lists = [_listed(cells[row], name=name, row=row) for row in rows.tolist()]
    try:
        found = [[number[code] for code in listed] for listed in lists]
    except KeyError:
        strange = {code for listed in lists for code in listed} - number.keys()
        raise InvalidColumns(
            f"column {name} holds {len(strange)} codes that are none of the challenge's "
            f"{len(number)} codes; take them out"
        ) from None
    sizes = [len(listed) for listed in found]
    return CodeLists(
        documents=len(rows),
        codes=len(number),
        document=np.repeat(np.arange(len(rows)), sizes),
        code=np.array([code for listed in found for code in listed], dtype=np.intp),
        rank=np.array([rank for size in sizes for rank in range(1, size + 1)], dtype=np.intp),
    )


def read_both(
    truth: Columns,
    prediction: Columns,
    coded: str,
    predicted: str,
    /,
    *,
    codes: list[str],
    rows: Places,
) -> tuple[CodeLists, CodeLists]:
    """Read the codes that the documents of `rows` have, and those predicted for them."""
    count = len(objects(truth, coded))
    return (
        read_code_lists(truth, coded, codes=codes, rows=rows, count=count),
        read_code_lists(prediction, predicted, codes=codes, rows=rows, count=count),
    )


def numbered(codes: list[str], /) -> dict[str, int]:
    """Give each code of a challenge a number; raise ParamsError if there is none, or one twice."""
    number = {code: place for place, code in enumerate(codes)}
    if not number or len(number) != len(codes) or not all(isinstance(code, str) for code in codes):
        raise ParamsError("codes must list the codes of the challenge as text, each once")
    return number


def _listed(cell: object, *, name: str, row: int) -> list[str]:
    listed = cell.tolist() if isinstance(cell, np.ndarray) else cell
    if not isinstance(listed, list | tuple) or not all(isinstance(code, str) for code in listed):
        raise InvalidColumns(
            f"column {name}, row {row}: expected a list of codes, the surest first; "
            "a document without codes has an empty list"
        )
    return list(dict.fromkeys(listed))
