"""The recipe of `leukocyte-classification`: pictures drawn here, or those of CytologIA.

Without `--from` all pictures are synthetic: see twin.py. With it they are the real ones that the
organizer holds: see real.py, which says what the folder must have.
"""

from collections.abc import Callable
from pathlib import Path

from files import REAL, SYNTHETIC, write_files
from real import read_source
from twin import pictures_of_the_test, pictures_to_learn_from


def build(
    public: Path,
    /,
    *,
    source: Path | None = None,
    scale: float = 1.0,
    say: Callable[[str], None] = print,
) -> bytes:
    """Write the archives and tables into `public` and return the hidden truth, a CSV table.

    `source` is a folder with the files of CytologIA; without it the pictures are drawn, `scale` of
    them. Two runs give the same bytes. Raises ValueError naming what differs in `source`.
    """
    if source is None:
        train, test = pictures_to_learn_from(scale), pictures_of_the_test(scale)
    else:
        train, test = read_source(source, say=say)
    told = SYNTHETIC if source is None else REAL
    return write_files(public, train=train, test=test, source=told, say=say)
