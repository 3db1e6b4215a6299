"""Leaderboards: ranks, rank intervals, baselines, states and the reveal."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import leaderboard
from challenge_platform.core.board import build_board
from challenge_platform.core.board_state import BoardState
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board, ChallengeDefinition, Phase
from challenge_platform.core.leaderboard import Leaderboard
from challenge_platform.core.ranking import place
from challenge_platform.core.reveal import reveal
from challenge_platform.core.standing import BOARD_PERIOD, Standing, boards_due, boards_to_build
from challenge_platform.core.team import Team
from challenge_platform.errors import Conflict, KeyUnavailable, PhaseClosed, Sealed
from challenge_platform.vault import KeyRing
from tests.conftest import Participant, participant
from tests.core.test_submission import predictions, send
from tests.fakes import Clock


def phase_of(challenge: PublishedChallenge) -> Phase:
    """Give the open phase."""
    return challenge.definition.phases[0]


def score(platform: Platform, who: Participant, *, sign: int) -> None:
    """Submit and evaluate a file."""
    sent = send(platform, who, content=predictions(sign=sign))
    platform.evaluator.evaluate(sent.submission_id)


def build(platform: Platform, challenge: PublishedChallenge) -> None:
    """Build the public board."""
    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )


def read(
    platform: Platform, challenge: PublishedChallenge, board: Board = Board.PUBLIC
) -> Leaderboard:
    """Read the first page of a board."""
    with platform.database.reading() as session:
        reader = platform.board_states
        return leaderboard.latest(
            session, reader, challenge, phase=phase_of(challenge), board=board
        )


def open_phase(platform: Platform, challenge: PublishedChallenge) -> None:
    """Reveal the private scores of the open phase."""
    with platform.database.writing() as session:
        reveal(
            session,
            platform.store,
            challenge,
            phase="development",
            release_key=platform.keys.release.open("tiny-survival"),
            now=platform.clock(),
        )


def value_of(board: Leaderboard) -> float | None:
    """Give the primary score of the first row."""
    score = board.rows[0].score
    assert score
    return score.value


def test_an_empty_board_has_no_rows(platform: Platform, challenge: PublishedChallenge) -> None:
    board = read(platform, challenge)

    assert (board.rows, board.total, board.number) == ((), 0, 0)


def test_equal_scores_share_a_rank_and_the_next_team_is_third(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    people = [participant(platform, challenge, name=name) for name in ("ann", "ben", "cem")]
    best, worst = best_sign(platform, challenge)
    for who, sign in zip(people, (best, best, worst), strict=True):
        score(platform, who, sign=sign)
    build(platform, challenge)

    rows = {row.team: row for row in read(platform, challenge).rows}
    assert [rows[name].rank for name in ("ann", "ben", "cem")] == [1, 1, 3]
    assert (rows["ann"].rank_low, rows["cem"].rank_high) == (1, 3)


def test_equal_primary_scores_are_ranked_by_the_metrics_of_ties(
    challenge: PublishedChallenge,
) -> None:
    document = challenge.definition.document()
    second = {**document["scoring"]["metrics"][0], "key": "second", "primary": False}
    document["scoring"]["metrics"].append(second)
    document["ranking"]["ties"] = ["second"]
    tied = dataclasses.replace(challenge, definition=ChallengeDefinition.model_validate(document))
    values = [(0.7, 0.1), (0.7, 0.3), (0.8, 0.0), (0.7, 0.3), (0.7, None), (0.0, 0.9)]
    standings = [
        Standing(
            challenge_id=1,
            phase="development",
            board=Board.PUBLIC,
            team_id=number,
            submission_id=str(number),
            score=first,
            scores={"c": {"value": first}, "second": {"value": other}},
            resamples="",
            updated_at=Clock()(),
        )
        for number, (first, other) in enumerate(values)
    ]

    assert place(tied, standings).tolist() == [4, 2, 1, 2, 5, 6]


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("2019-06-01", "first"),
        ("2020-06-01", "first"),
        ("2021-06-01", "second"),
        ("2022-06-01", "endless"),
        ("2023-06-01", "third"),
        ("2024-06-01", "endless"),
    ],
)
def test_the_board_shown_is_that_of_the_phase_that_is_open_or_opened_last(
    challenge: PublishedChallenge, now: str, shown: str
) -> None:
    document = challenge.definition.document()
    first = {**document["phases"][0], "key": "first", "closes": "2021-01-01T00:00:00Z"}
    second = {
        **first,
        "key": "second",
        "opens": "2021-01-01T00:00:00Z",
        "closes": "2022-01-01T00:00:00Z",
    }
    third = {
        **first,
        "key": "third",
        "opens": "2023-01-01T00:00:00Z",
        "closes": "2024-01-01T00:00:00Z",
    }
    endless = {**first, "key": "endless", "opens": "2022-01-01T00:00:00Z", "closes": None}
    document["phases"] = [endless, third, first, second]
    several = dataclasses.replace(
        challenge, definition=ChallengeDefinition.model_validate(document)
    )

    at = datetime.fromisoformat(f"{now}T00:00:00+00:00")
    assert leaderboard.shown_phase(several, at=at).key == shown


def test_after_the_last_phase_its_board_is_still_shown(challenge: PublishedChallenge) -> None:
    document = challenge.definition.document()
    document["phases"] = [document["phases"][1]]
    past = dataclasses.replace(challenge, definition=ChallengeDefinition.model_validate(document))

    assert leaderboard.shown_phase(past, at=datetime(2026, 1, 1, tzinfo=UTC)).key == "past"


def best_sign(platform: Platform, challenge: PublishedChallenge) -> tuple[int, int]:
    """Give which of the two opposite orders of risk scores higher in the tiny challenge."""
    probe = participant(platform, challenge, name="probe", baseline=True)
    score(platform, probe, sign=1)
    build(platform, challenge)
    value = value_of(read(platform, challenge))
    assert value is not None
    assert value != 0.5
    return (1, -1) if value > 0.5 else (-1, 1)


def test_a_baseline_is_shown_in_its_place_but_not_ranked(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    best, worst = best_sign(platform, challenge)
    score(platform, alice, sign=worst if best == 1 else best)
    build(platform, challenge)

    rows = read(platform, challenge).rows
    assert {row.team: (row.baseline, row.rank) for row in rows} == {
        "probe": (True, None),
        "alice": (False, 1),
    }


def test_every_score_of_a_row_has_its_interval(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)

    (shown,) = read(platform, challenge).rows[0].scores
    assert shown.low is not None
    assert shown.high is not None
    assert shown.value is not None
    assert shown.low < shown.value < shown.high
    assert len(str(shown.value)) <= len("0.1234")


def test_a_board_that_did_not_change_gets_no_new_state(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    build(platform, challenge)

    with platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(BoardState)).one() == 1
        assert boards_due(session) == []


def test_a_score_makes_its_board_due(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)

    with platform.database.reading() as session:
        assert [due[:3] for due in boards_due(session)] == [
            (challenge.id, "development", Board.PUBLIC)
        ]


def stand_beside(platform: Platform, challenge: PublishedChallenge, *, teams: int) -> None:
    """Have more teams stand where the only one does."""
    with platform.database.writing() as session:
        known = session.exec(select(Standing)).one().model_dump()
        for number in range(teams):
            team = Team(
                challenge_id=challenge.id,
                name=f"team-{number}",
                created_at=platform.clock(),
            )
            session.add(team)
            session.flush()
            session.add(Standing(**{**known, "team_id": team.id}))


def to_build(platform: Platform) -> int:
    """Count the boards that the reaper would have built now."""
    with platform.database.reading() as session:
        return len(boards_to_build(session, now=platform.clock()))


def test_a_small_board_is_built_again_after_a_second(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    score(platform, alice, sign=1)
    assert to_build(platform) == 1
    build(platform, challenge)
    stand_beside(platform, challenge, teams=99)
    score(platform, alice, sign=1)
    assert to_build(platform) == 0

    clock.advance(seconds=BOARD_PERIOD.total_seconds())

    assert to_build(platform) == 1


def test_a_large_board_is_built_less_often(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    stand_beside(platform, challenge, teams=499)
    score(platform, alice, sign=1)

    clock.advance(seconds=4.9)
    assert to_build(platform) == 0
    clock.advance(seconds=0.1)
    assert to_build(platform) == 1


def test_entries_count_the_scored_submissions_of_the_phase(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    for _ in range(3):
        score(platform, alice, sign=1)
    send(platform, alice)
    build(platform, challenge)

    assert read(platform, challenge).rows[0].entries == 3


def test_the_private_board_is_sealed_until_the_reveal(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    with pytest.raises(Sealed, match="until the organizer reveals"):
        read(platform, challenge, Board.PRIVATE)

    open_phase(platform, challenge)
    build(platform, challenge)

    private, public = read(platform, challenge, Board.PRIVATE), read(platform, challenge)
    assert [row.team for row in private.rows] == ["alice"]
    assert value_of(private) != value_of(public)


def test_a_phase_is_revealed_once(platform: Platform, challenge: PublishedChallenge) -> None:
    open_phase(platform, challenge)
    with pytest.raises(Conflict, match="revealed already"):
        open_phase(platform, challenge)


def test_without_the_release_key_nothing_is_revealed(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, tmp_path: Path
) -> None:
    score(platform, alice, sign=1)

    other = KeyRing(tmp_path, "release")
    other.create("tiny-survival")
    with pytest.raises(KeyUnavailable), platform.database.writing() as session:
        reveal(
            session,
            platform.store,
            challenge,
            phase="development",
            release_key=other.open("tiny-survival"),
            now=platform.clock(),
        )
    with pytest.raises(Sealed):
        read(platform, challenge, Board.PRIVATE)


def test_a_phase_with_submissions_under_way_is_not_revealed(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    send(platform, alice)

    with pytest.raises(Conflict, match="under way"):
        open_phase(platform, challenge)


def test_a_revealed_phase_takes_no_more_submissions(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    open_phase(platform, challenge)

    with pytest.raises(PhaseClosed, match="revealed"):
        send(platform, alice)
