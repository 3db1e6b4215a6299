"""A team's list: filtered, sorted only by what is disclosed, compared, and its usual pace."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from challenge_platform.bootstrap import Platform
from challenge_platform.core import history, pace, quota, template
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.history import Order, Selection
from challenge_platform.core.progress import Progress, progress_of, standing_ids
from challenge_platform.core.submission import State, find_submission
from challenge_platform.core.upload import Upload
from scorers.predictions.cells import read_column
from scorers.predictions.problems import Findings
from scorers.tables import CodesColumn, Column, FloatColumn, IntegerColumn, LabelColumn
from tests.conftest import Participant, publish_changed
from tests.core.test_submission import send
from tests.fakes import Clock
from tests.web.conftest import IDS, SLUG

BEST_FIRST = Selection(order=Order.BEST)


def score(platform: Platform, who: Participant, clock: Clock, *, wrong: int) -> str:
    """Submit a file whose order is worse the larger `wrong` is, and have it scored."""
    risks = {name: number * (-1 if number < wrong else 1) for number, name in enumerate(IDS)}
    lines = "".join(f"{name},{risk}\n" for name, risk in risks.items())
    upload = Upload(
        content=f"patient_id,risk\n{lines}".encode(), filename="p.csv", opened_at=clock()
    )
    accepted = platform.uploads.submit(SLUG, upload, user_id=who.user.id)
    clock.advance(seconds=2)
    platform.evaluator.evaluate(accepted.submission_id)
    clock.advance(days=1)
    return accepted.submission_id


def names(platform: Platform, who: Participant, wanted: Selection) -> list[str]:
    """Read the ids of the team's list."""
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
        found = history.read_submissions(session, challenge, user=who.user, wanted=wanted)
    return [submission.id for submission in found]


def progress(platform: Platform, who: Participant, submission_id: str) -> Progress | None:
    """Compare a submission with its team's others."""
    with platform.database.reading() as session:
        return progress_of(session, history.read_submission(session, submission_id, user=who.user))


def test_a_list_is_sorted_by_time_or_by_score(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    middle, best, worst = (score(platform, alice, clock, wrong=wrong) for wrong in (60, 0, 110))

    assert names(platform, alice, Selection()) == [worst, best, middle]
    assert names(platform, alice, Selection(order=Order.OLDEST)) == [middle, best, worst]
    assert names(platform, alice, BEST_FIRST) == [best, middle, worst]


def test_an_undisclosed_score_does_not_order_a_list(
    platform: Platform, alice: Participant, clock: Clock, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "concurrent: 5}", "concurrent: 5, disclosure: []}")
    ids = [score(platform, alice, clock, wrong=wrong) for wrong in (60, 0, 110)]

    assert names(platform, alice, BEST_FIRST) == ids[::-1]
    assert progress(platform, alice, ids[1]) is None
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
        assert standing_ids(session, challenge, team_id=alice.team.id) == frozenset()


def test_a_list_is_filtered_by_state_and_phase_and_counted(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    scored = score(platform, alice, clock, wrong=0)
    cancelled = score(platform, alice, clock, wrong=1)
    with platform.database.writing() as session:
        row = find_submission(session, cancelled)
        row.state = State.CANCELLED
        session.add(row)

    assert names(platform, alice, Selection(state=State.SCORED)) == [scored]
    assert names(platform, alice, Selection(phase="past")) == []
    with platform.database.reading() as session:
        counts = [
            history.count_selected(session, team_id=alice.team.id, wanted=wanted)
            for wanted in (Selection(), Selection(state=State.SCORED), Selection(phase="past"))
        ]
    assert counts == [2, 1, 0]


def test_a_score_is_compared_with_the_best_of_the_teams_others(
    platform: Platform, alice: Participant, bob: Participant, clock: Clock
) -> None:
    score(platform, bob, clock, wrong=0)
    first, better, worse = (score(platform, alice, clock, wrong=wrong) for wrong in (60, 0, 110))

    beside_better, beside_worse = (
        progress(platform, alice, better),
        progress(platform, alice, worse),
    )

    assert beside_better is not None
    assert beside_worse is not None
    assert (beside_better.best_id, beside_worse.best_id) == (first, better)
    assert (beside_better.stands, beside_worse.stands) == (True, False)
    assert (beside_better.gain or 0) > 0 > (beside_worse.gain or 0)
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
        assert standing_ids(session, challenge, team_id=alice.team.id) == {better}


def test_the_first_score_of_a_team_has_nothing_beside_it(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    only = score(platform, alice, clock, wrong=0)

    expected = Progress(best_id=None, best=None, gain=None, stands=True, board_is_due=True)

    assert progress(platform, alice, only) == expected


def test_the_pace_is_the_median_of_enough_scored_submissions(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    def typical() -> timedelta | None:
        with platform.database.reading() as session:
            return pace.typical_time(session, challenge_id=challenge.id)

    for _ in range(pace.FEWEST - 1):
        score(platform, alice, clock, wrong=0)
    before = typical()
    score(platform, alice, clock, wrong=0)

    assert (before, typical()) == (None, timedelta(seconds=2))


@pytest.mark.sqlite(reason="PostgreSQL plans by how many rows there are")
def test_the_pace_sorts_nothing(platform: Platform, challenge: PublishedChallenge) -> None:
    read: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        read.append((statement, values))

    with platform.database.reading() as session:
        event.listen(platform.database.reader, "before_cursor_execute", note)
        pace.typical_time(session, challenge_id=challenge.id)
        event.remove(platform.database.reader, "before_cursor_execute", note)
        statement, values = read[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)

        assert [row.detail for row in plan] == [
            "SEARCH submission USING INDEX ix_submission_finished (challenge_id=? AND state=?)"
        ]


def test_a_refunded_submission_is_not_charged(platform: Platform, alice: Participant) -> None:
    accepted = send(platform, alice)

    def charged() -> bool:
        with platform.database.reading() as session:
            return quota.is_charged(session, submission_id=accepted.submission_id)

    before = charged()
    with platform.database.writing() as session:
        history.cancel_submission(
            session, accepted.submission_id, user=alice.user, now=platform.clock()
        )

    assert (before, charged()) == (True, False)


def test_a_template_has_the_header_and_every_id_with_empty_cells(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    lines = template.write_template(platform.store, challenge).decode().splitlines()

    assert lines == ["patient_id,risk", *(f"{name}," for name in IDS)]


def test_the_example_begins_with_the_first_id(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    assert template.example(platform.store, challenge) == "patient_id,risk\np000,0.25"


@pytest.mark.parametrize(
    ("low", "high"), [(None, None), (0, 1), (None, 1), (None, -5), (None, 0), (10, None), (-3, -1)]
)
def test_an_example_number_lies_in_the_columns_range(low: float | None, high: float | None) -> None:
    number = float(template.cell_of(FloatColumn(type="float", min=low, max=high)))

    assert low is None or low <= number
    assert high is None or number <= high


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (IntegerColumn(type="integer"), "0"),
        (IntegerColumn(type="integer", max=-3), "-3"),
        (IntegerColumn(type="integer", min=2, max=9), "2"),
        (LabelColumn(type="label", classes=("PNN", "LY")), "PNN"),
        (LabelColumn(type="label", classes=(3, 4)), "3"),
        (CodesColumn(type="codes", separator="+"), "A1+B2"),
        (CodesColumn(type="codes", classes=("I10", "J45", "E11")), "I10|J45"),
        (CodesColumn(type="codes", classes=("I10", "J45"), most=1), "I10"),
    ],
)
def test_an_example_cell_is_one_that_the_reader_takes(column: Column, cell: str) -> None:
    findings = Findings()
    read_column([cell], column=column, name="x", lines=[2], findings=findings)

    assert (template.cell_of(column), findings.total) == (cell, 0)
