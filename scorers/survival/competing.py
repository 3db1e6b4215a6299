"""Wolbers' C: how well risks order the times of one event where another may come first."""

import numpy as np

from scorers.columns import aligned, flags, numbers
from scorers.metric import Columns, Direction, InvalidColumns, Metric, Needs
from scorers.survival.follow_up import FollowUp, read_follow_up
from scorers.survival.harrell import Concordance, Ordering


def wolbers_c(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    competing: str,
    time: str,
    risk: str,
    where: str | None = None,
    tolerance: float = 1e-8,
) -> Concordance:
    """Measure Wolbers' C of `risk` (larger = earlier event), with a competing event.

    `event` is 1 for who had the event of interest, `competing` 1 for who had another after which
    it cannot come, such as death, both 0 for who was censored; they and `time` are truth columns.
    `where`, a truth column of 0 and 1, leaves rows out. Who had the competing event is known never
    to have the event of interest: that makes a comparable pair with everybody who had it, whatever
    the times (Wolbers et al., Epidemiology 2009;20:555-561, concordance for competing risks). All
    other pairs are those of `harrell_c`, in which the competing event would be a censoring. There
    are no weights against censoring (Wolbers et al., Biostatistics 2014;15:526-539). Raises
    InvalidColumns as `harrell_c` does, and if a row has both events.

    The second had the event at 2. The first died at 1 and will never have it, the third was
    watched until 3: two pairs, of which one is ordered rightly. Harrell's C would leave out the
    first.

    >>> truth = {"event": [0, 1, 0], "death": [1, 0, 0], "time": [1, 2, 3]}
    >>> names = {"event": "event", "competing": "death", "time": "time", "risk": "risk"}
    >>> wolbers_c(truth, {"risk": [9, 5, 1]}, **names).value
    0.5
    """
    people = read_follow_up(
        truth, prediction, event=event, time=time, where=where, predicted=[risk]
    )
    aligned(truth, [event, competing], prediction=prediction, predicted=[])
    never = flags(truth, competing, rows=people.rows)
    if (never & people.event).any():
        raise InvalidColumns(f"columns {event} and {competing} are both 1 in a row")
    forever = np.where(never, np.inf, people.time)
    order = np.lexsort((~people.event, forever))
    people = FollowUp(rows=people.rows[order], event=people.event[order], time=forever[order])
    cases = people.cases()
    return Concordance(
        rows=people.rows,
        ordering=Ordering(
            cases=cases,
            outlived=people.outlived(cases),
            risk=numbers(prediction, risk, rows=people.rows),
            tolerance=tolerance,
        ),
    )


WOLBERS_C = Metric(
    key="wolbers_c",
    needs=Needs.RISKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no unit at risk, no event, or no comparable pair; such resamples are skipped",
    reference="sksurv.metrics.concordance_index_censored, competing events censored after the last",
    source="Wolbers et al., Epidemiology 2009;20:555-561",
    exact=True,
    truth_columns=("event", "competing", "time", "where"),
    prediction_columns=("risk",),
    measure=wolbers_c,
)
