"""How teams take part: who has a rank, who stands without one, who is gone; and what is kept."""

import pytest
from sqlmodel import col, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import entry_state
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.board_state import Row
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.standing import boards_due
from challenge_platform.core.team import Team, count_teams
from challenge_platform.errors import Conflict, InvalidInput, NotFound
from scorers.ranking.entry_state import EntryState
from tests.conftest import Participant, participant
from tests.core.test_board_states import state
from tests.core.test_leaderboard import best_sign, build, open_phase, score
from tests.core.test_leaderboard import read as read_board
from tests.core.test_submission import send


def read(
    platform: Platform, challenge: PublishedChallenge, board: Board = Board.PUBLIC
) -> tuple[Row, ...]:
    """Read the rows of a board, without the baseline that found out which file is better."""
    rows = read_board(platform, challenge, board).rows
    return tuple(row for row in rows if not row.baseline)


def change(
    platform: Platform,
    challenge: PublishedChallenge,
    who: Participant,
    to: EntryState,
    /,
    reason: str = "",
) -> None:
    """Change a team's state as the organizers do, and build the board."""
    with platform.database.writing() as session:
        team = entry_state.find_team(session, challenge, who.team.name)
        entry_state.set_state(session, challenge, team, to, reason=reason, now=platform.clock())
    build(platform, challenge)


def withdraw(platform: Platform, challenge: PublishedChallenge, who: Participant) -> None:
    """Withdraw a team as one of its members does."""
    with platform.database.writing() as session:
        entry_state.withdraw(session, challenge, user=who.user, now=platform.clock())


@pytest.fixture
def scored(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    """Have Alice stand before Bob."""
    best, worst = best_sign(platform, challenge)
    score(platform, alice, sign=best)
    score(platform, bob, sign=worst)
    build(platform, challenge)


@pytest.mark.usefixtures("scored")
def test_a_team_that_is_not_eligible_stands_in_order_without_a_rank(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    change(platform, challenge, alice, EntryState.NOT_ELIGIBLE)

    rows = read(platform, challenge)
    assert [(row.team, row.rank, row.group, row.state) for row in rows] == [
        ("alice", None, None, EntryState.NOT_ELIGIBLE),
        ("bob", 1, 1, EntryState.RANKED),
    ]
    assert (rows[0].first, rows[1].first) == (None, 1.0)


@pytest.mark.usefixtures("scored")
def test_a_disqualified_team_stands_below_all_with_the_reason(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    change(platform, challenge, alice, EntryState.DISQUALIFIED, reason="Two  accounts.")

    assert [(row.team, row.rank, row.reason) for row in read(platform, challenge)] == [
        ("bob", 1, None),
        ("alice", None, "Two accounts."),
    ]
    board = read_board(platform, challenge)
    assert board.rows[-1].team == "alice"
    assert {one.team for one in board.comparisons} == {"bob"}
    with pytest.raises(Conflict, match="was disqualified"):
        send(platform, alice)


@pytest.mark.usefixtures("scored")
def test_a_withdrawn_team_stands_on_earlier_states_only(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    withdraw(platform, challenge, alice)
    build(platform, challenge)

    assert [row.team for row in read(platform, challenge)] == ["bob"]
    assert {row.team for row in state(platform, challenge, 2).rows} >= {"alice", "bob"}
    with platform.database.reading() as session:
        assert count_teams(session)[challenge.id] == 1
    with pytest.raises(Conflict, match="has withdrawn"):
        send(platform, alice)


@pytest.mark.usefixtures("scored")
def test_the_organizers_take_a_withdrawn_team_back(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    withdraw(platform, challenge, alice)
    change(platform, challenge, alice, EntryState.RANKED)

    assert [(row.team, row.rank) for row in read(platform, challenge)] == [
        ("alice", 1),
        ("bob", 2),
    ]


@pytest.mark.usefixtures("scored")
def test_every_change_is_recorded_with_who_made_it(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    change(platform, challenge, alice, EntryState.NOT_ELIGIBLE, reason="An organizer's own.")
    withdraw(platform, challenge, alice)

    with platform.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.action == entry_state.CHANGED)
        first, second = session.exec(query.order_by(col(AuditEvent.id))).all()
    assert (first.actor, first.subject) == ("platform", f"team {alice.team.id}")
    assert first.detail == {
        "challenge": challenge.slug,
        "before": "ranked",
        "after": "not_eligible",
        "reason": "An organizer's own.",
    }
    assert (second.actor, second.detail["after"]) == (f"user {alice.user.id}", "withdrawn")


def test_what_cannot_be_is_refused(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    with pytest.raises(InvalidInput, match="has a reason"):
        change(platform, challenge, alice, EntryState.DISQUALIFIED, reason=" ")
    with pytest.raises(Conflict, match="is ranked already"):
        change(platform, challenge, alice, EntryState.RANKED)
    with pytest.raises(InvalidInput, match="at most 500 letters"):
        change(platform, challenge, alice, EntryState.DISQUALIFIED, reason="x" * 501)
    with pytest.raises(InvalidInput, match="a team of people"):
        change(platform, challenge, alice, EntryState.BASELINE)
    change(platform, challenge, alice, EntryState.DISQUALIFIED, reason="Two accounts.")
    with pytest.raises(Conflict, match="can withdraw"):
        withdraw(platform, challenge, alice)
    with platform.database.reading() as session, pytest.raises(NotFound, match="no team 'eve'"):
        entry_state.find_team(session, challenge, "eve")


def test_a_baseline_cannot_withdraw(platform: Platform, challenge: PublishedChallenge) -> None:
    baseline = participant(platform, challenge, name="age-alone", baseline=True)

    with pytest.raises(Conflict, match="can withdraw"):
        withdraw(platform, challenge, baseline)


@pytest.mark.usefixtures("scored")
def test_a_change_says_nothing_of_private_scores_before_the_reveal(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    withdraw(platform, challenge, alice)
    with platform.database.reading() as session:
        assert {due[2] for due in boards_due(session)} == {Board.PUBLIC}
    build(platform, challenge)

    open_phase(platform, challenge)

    assert [row.team for row in read(platform, challenge, Board.PRIVATE)] == ["bob"]
    with platform.database.reading() as session:
        assert session.get_one(Team, bob.team.id).state is EntryState.RANKED
