"""The recipe of `cervical-lesions`: slides drawn here, or those of TissueNet, and their truth.

Without `--from` all slides are synthetic: see twin.py. With it they are the real ones that the
organizer holds: see real.py, which says what the folder must have.
"""

from collections.abc import Callable
from pathlib import Path

from files import write_files
from real import read_source
from twin import slides_of_the_test, slides_to_learn_from


def build(
    public: Path,
    /,
    *,
    source: Path | None = None,
    scale: float = 1.0,
    say: Callable[[str], None] = print,
) -> bytes:
    """Write the archives and tables into `public` and return the hidden truth, a CSV table.

    `source` is a folder with the files of TissueNet; without it the slides are drawn, `scale` of
    them. Two runs give the same bytes. Raises ValueError naming what differs in `source`.
    """
    if source is None:
        train, test = slides_to_learn_from(scale), slides_of_the_test(scale)
    else:
        train, test = read_source(source, say=say)
    return write_files(public, train=train, test=test, synthetic=source is None, say=say)
