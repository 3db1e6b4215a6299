"""What is alike is told, and what may be a leak."""

from collections.abc import Callable

import numpy as np

from scorers.audit.document import Audit, Likeness, Suspicion
from scorers.audit.words import plain_words
from tests.unit.scorers.audit.competition import SIZE, Competition


def test_submissions_of_different_teams_that_are_alike_are_told_in_their_strictest_way(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    one, other = competition.noisy(0.5, seed=1), competition.noisy(0.5, seed=2)
    third = competition.noisy(0.5, seed=3)

    found = judge(
        {
            "a.csv": competition.file(one),
            "b.csv": competition.file(one),
            "c.csv": competition.file(other),
            "d.csv": competition.file([f"{value + 5e-10:.12f}" for value in other]),
            "e.csv": competition.file(third),
            "f.csv": competition.file(np.exp(third)),
            "g/1.csv": competition.file(competition.noisy(1, seed=4)),
            "g/2.csv": competition.file(competition.noisy(1, seed=4)),
            "h.csv": competition.file(np.zeros(SIZE)),
            "i.csv": competition.file(np.ones(SIZE)),
        }
    )

    assert [(pair.kind, pair.files) for pair in found.duplicates] == [
        (Likeness.BYTES, ("a.csv", "b.csv")),
        (Likeness.PREDICTIONS, ("c.csv", "d.csv")),
        (Likeness.ORDER, ("e.csv", "f.csv")),
    ]


def test_an_honest_competition_shows_no_sign_of_a_leak(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    files = {
        f"{seed}.csv": competition.file(competition.noisy(0.3 + seed / 10, seed=seed))
        for seed in range(10)
    }

    found = judge(files)

    assert found.leaks == ()
    assert found.duplicates == ()
    assert "No sign of a leak was found." in plain_words(found)[-1]


def test_a_submission_that_knows_the_truth_or_the_order_of_rows_is_told(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    rows = np.arange(SIZE)

    found = judge(
        {
            "time.csv": competition.file(-competition.time),
            "event.csv": competition.file(competition.event),
            "rows.csv": competition.file(rows + competition.noisy(20, seed=1)),
        }
    )

    told = {(leak.file, leak.kind, leak.column, leak.against) for leak in found.leaks}
    assert {
        ("time.csv", Suspicion.ORDERS, "risk_event", "event_time"),
        ("time.csv", Suspicion.PERFECT, "score", "1"),
        ("event.csv", Suspicion.EQUALS, "risk_death", "death"),
        ("rows.csv", Suspicion.FOLLOWS, "risk_event", "order of rows"),
    } <= told
    assert not {kind for file, kind, *_ in told if file == "rows.csv"} - {Suspicion.FOLLOWS}
    assert not any(leak.against == "order of ids" for leak in found.leaks)  # p10 is after p9
    assert "event.csv" in plain_words(found)[-1]


def test_a_truth_that_can_be_told_from_its_ids_is_told(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    place = np.argsort(np.argsort(competition.time))
    competition.ids = [f"p{number}" for number in place]
    head, *lines = competition.truth.decode().splitlines()
    renamed = [
        f"{name},{line.partition(',')[2]}"
        for name, line in zip(competition.ids, lines, strict=True)
    ]
    truth = "\n".join([head, *renamed, ""]).encode()

    found = judge({"a.csv": competition.file(competition.noisy(0.5, seed=1))}, truth=truth)

    told = {(leak.kind, leak.column, leak.against): leak for leak in found.leaks if not leak.file}
    leak = told[Suspicion.TRUTH_FOLLOWS, "event_time", "order of ids"]
    assert leak.statistic > 100  # p10 is after p9: the order is that of the times
    assert not any(leak.against == "order of rows" for leak in found.leaks)
