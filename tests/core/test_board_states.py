"""The states of a board: permanent, named by their digest, rounded, and sealed like the board."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import board as boards
from challenge_platform.core import leaderboard
from challenge_platform.core.board import build_board
from challenge_platform.core.board_state import BoardState, StateReader, read_content
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.comparison import Alternative, Comparison, Scheme, Significance
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import Leaderboard, StateKey
from challenge_platform.core.news import Moved, Taking, news_since, row_of
from challenge_platform.core.standing import StandingChange, boards_due, mark_boards_due
from challenge_platform.core.team import Team
from challenge_platform.errors import InvalidInput, NotFound, ObjectDamaged, Sealed
from scorers.ranking.entry_state import EntryState
from tests.conftest import Participant, participant, publish_changed
from tests.core.test_leaderboard import build, open_phase, read, score
from tests.fakes import Clock
from tests.web.boards import a_baseline, a_board, a_row, a_score

SIGNIFICANT = 4


def numbers(document: object) -> Iterator[float]:
    """Give every number with a decimal point of a JSON document."""
    if isinstance(document, float):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from numbers(value)
    elif isinstance(document, list):
        for value in document:
            yield from numbers(value)


def state(
    platform: Platform, challenge: PublishedChallenge, number: int, board: Board = Board.PUBLIC
) -> Leaderboard:
    """Read a state of a board of the open phase."""
    with platform.database.reading() as session:
        return leaderboard.state(
            session,
            platform.board_states,
            challenge,
            phase=challenge.definition.phases[0],
            board=board,
            number=number,
        )


def states(platform: Platform, challenge: PublishedChallenge, **page: int) -> list[StateKey]:
    """List the states of the public board of the open phase."""
    phase = challenge.definition.phases[0]
    with platform.database.reading() as session:
        return leaderboard.states(session, challenge, phase=phase, board=Board.PUBLIC, **page)


def test_the_digest_of_a_state_is_that_of_its_stored_bytes(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    board = read(platform, challenge)

    content = platform.board_states.content(board.digest)
    assert hashlib.sha256(content).hexdigest() == board.digest
    assert json.loads(content)["schema"] == "board/2"
    assert read_content(content, digest=board.digest).rows == board.rows


def test_a_state_of_the_earlier_schema_is_read_for_good() -> None:
    content = (
        b'{"board":"public","challenge":"tiny-survival","comparisons":[{"baseline":"age-alone",'
        b'"difference":0.2,"high":0.3,"low":0.1,"team":"alice"}],"judged":{"events":{"c":9},'
        b'"unit":"patient_id","units":40},"metrics":[{"direction":"maximize","key":"c",'
        b'"primary":true}],"phase":"development","rows":[{"baseline":false,"entries":2,"group":1,'
        b'"last_submission":"2026-11-20T12:00:00+00:00","rank":1,"rank_high":1,"rank_low":1,'
        b'"scores":{"c":{"high":0.9,"low":0.7,"value":0.8}},"team":"alice"},{"baseline":true,'
        b'"entries":1,"group":null,"last_submission":"2026-11-20T12:00:00+00:00","rank":null,'
        b'"rank_high":null,"rank_low":null,"scores":{"c":{"undefined":"no_pairs"}},'
        b'"team":"age-alone"}],"schema":"board/1","version":"v"}'
    )

    board = read_content(content, digest="d")

    assert [(row.team, row.rank, row.state, row.first) for row in board.rows] == [
        ("alice", 1, EntryState.RANKED, None),
        ("age-alone", None, EntryState.BASELINE, None),
    ]
    (comparison,) = board.comparisons_of("alice")
    assert (comparison.other, comparison.difference, comparison.p) == ("age-alone", 0.2, None)
    assert (board.significance, board.robustness) == (None, ())


def test_a_state_is_read_as_it_was_written() -> None:
    few = a_score("c", 0.7, primary=True, low=None, high=None, no_interval="few_events")
    written = a_board(
        [
            a_row("ann", first=0.75),
            a_row("ben", rank=2, first=0.25),
            a_row("cyd", rank=3, first=0.0, scores=(few,)),
            a_baseline("age"),
        ],
        comparisons=(
            Comparison(team="ann", other="ben", difference=0.1, low=0.0, high=0.2, p=0.05),
        ),
        significance=Significance(teams=("ann", "ben"), p=((None, 0.05), (0.05, None))),
        robustness=(
            Alternative(
                scheme=Scheme.MEAN_RANK,
                metric=None,
                tau=1.0,
                first="ann",
                firsts=1,
                keeps_first=True,
            ),
        ),
    )

    read = read_content(written.content(), digest=written.digest)

    assert read == replace(written, number=0, built_at=None)


def test_the_document_says_what_it_is_of(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)

    document = json.loads(platform.board_states.content(read(platform, challenge).digest))
    assert {name: document[name] for name in ("challenge", "phase", "board", "version")} == {
        "challenge": "tiny-survival",
        "phase": "development",
        "board": "public",
        "version": challenge.version.digest,
    }
    assert document["judged"]["unit"] == "patient_id"
    assert document["judged"]["units"] > 0
    assert document["judged"]["events"]["c"] > 0


def test_a_document_that_was_changed_on_disk_is_not_shown(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    ((_, digest, _),) = states(platform, challenge)
    path = platform.settings.objects_dir / digest[:2] / digest
    path.write_bytes(path.read_bytes().replace(b"alice", b"malic"))

    with pytest.raises(ObjectDamaged):
        read(platform, challenge)


def test_a_state_stays_as_it_was_whatever_is_scored_later(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    first = read(platform, challenge)

    score(platform, bob, sign=-1)
    build(platform, challenge)

    assert read(platform, challenge).number == 2
    assert state(platform, challenge, 1) == first
    assert [key.number for key in states(platform, challenge)] == [2, 1]


def test_a_state_stays_as_it_was_when_the_phase_discloses_less(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, tmp_path: Path
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    first = read(platform, challenge)

    publish_changed(platform, tmp_path, "concurrent: 5}", "concurrent: 5, disclosure: []}")
    with platform.database.reading() as session:
        changed = find_challenge(session, "tiny-survival")
        assert [due[:3] for due in boards_due(session)] == [
            (challenge.id, "development", Board.PUBLIC)
        ]
    build(platform, changed)

    now = read(platform, changed)
    assert (now.number, now.rows[0].scores) == (2, ())
    assert now.version == changed.version.digest
    assert state(platform, changed, 1) == first
    assert first.rows[0].scores != ()


def test_a_state_tells_no_more_than_four_significant_digits(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    baseline = participant(platform, challenge, name="age-alone", baseline=True)
    for who, sign in ((alice, 1), (bob, -1), (baseline, 1)):
        score(platform, who, sign=sign)
    build(platform, challenge)

    content = platform.board_states.content(read(platform, challenge).digest)
    found = list(numbers(json.loads(content)))
    assert len(found) > 6
    for number in found:
        assert len(Decimal(str(number)).normalize().as_tuple().digits) <= SIGNIFICANT


def test_states_of_the_private_board_are_sealed_before_the_reveal(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    phase = challenge.definition.phases[0]

    with platform.database.reading() as session:
        for ask in (leaderboard.states, leaderboard.latest_key):
            with pytest.raises(Sealed):
                ask(session, challenge, phase=phase, board=Board.PRIVATE)
        with pytest.raises(Sealed):
            leaderboard.history(
                session, challenge, phase=phase, board=Board.PRIVATE, teams=["alice"]
            )
    with pytest.raises(Sealed):
        state(platform, challenge, 1, Board.PRIVATE)

    open_phase(platform, challenge)
    assert state(platform, challenge, 1, Board.PRIVATE).rows[0].team == "alice"


def test_there_is_no_state_of_another_number(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)

    with pytest.raises(NotFound, match="has no state 2"):
        state(platform, challenge, 2)


def test_states_are_listed_in_pages(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    for _ in range(3):
        clock.advance(days=1)
        score(platform, alice, sign=1)
        build(platform, challenge)

    assert [key.number for key in states(platform, challenge)] == [3, 2, 1]
    assert [key.number for key in states(platform, challenge, page=2, per_page=2)] == [1]
    assert states(platform, challenge)[0].built_at == clock()


def test_a_result_that_arrives_while_a_board_is_composed_leaves_it_due(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    score(platform, alice, sign=1)
    with platform.database.reading() as session:
        draft = boards.compose(
            session, platform.store, challenge, phase="development", board=Board.PUBLIC
        )
    score(platform, bob, sign=1)
    with platform.database.writing() as session:
        boards.record(session, draft, now=platform.clock())

    assert [row.team for row in read(platform, challenge).rows] == ["alice"]
    with platform.database.reading() as session:
        assert len(boards_due(session)) == 1
    build(platform, challenge)
    assert {row.team for row in read(platform, challenge).rows} == {"alice", "bob"}


def test_a_draft_that_has_seen_less_than_the_latest_state_is_dropped(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    score(platform, alice, sign=1)
    with platform.database.reading() as session:
        draft = boards.compose(
            session, platform.store, challenge, phase="development", board=Board.PUBLIC
        )
    score(platform, bob, sign=1)
    build(platform, challenge)
    latest = read(platform, challenge)
    with platform.database.writing() as session:
        boards.record(session, draft, now=platform.clock())

    assert read(platform, challenge) == latest
    with platform.database.reading() as session:
        assert boards_due(session) == []


def test_a_result_is_recorded_while_a_board_is_composed(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score(platform, alice, sign=1)
    composing = boards.compose

    def compose(*given: object, **named: object) -> boards.Draft:
        draft = composing(*given, **named)  # type: ignore[arg-type]  # passed on as they came
        score(platform, bob, sign=1)  # would wait for a write lock that the build held
        return draft

    monkeypatch.setattr(boards, "compose", compose)
    build(platform, challenge)

    with platform.database.reading() as session:
        assert len(boards_due(session)) == 1


def test_a_board_whose_phase_was_left_out_is_still_built(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, tmp_path: Path
) -> None:
    score(platform, alice, sign=1)
    publish_changed(platform, tmp_path, "key: development", "key: renamed")
    with platform.database.reading() as session:
        changed = find_challenge(session, "tiny-survival")
        with pytest.raises(InvalidInput):
            changed.definition.phase("development")

    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )

    assert [row.team for row in read(platform, challenge).rows] == ["alice"]


def test_a_board_that_is_marked_due_but_did_not_change_keeps_its_state(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    with platform.database.writing() as session:
        mark_boards_due(session, challenge_id=challenge.id)
    build(platform, challenge)

    assert [key.number for key in states(platform, challenge)] == [1]


def test_a_state_knows_the_version_that_it_was_built_under(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)

    assert read(platform, challenge).version == challenge.version.digest
    with platform.database.reading() as session:
        assert session.exec(select(BoardState.version_id)).one() == challenge.version_id


def test_news_of_an_earlier_state_leave_the_board_that_all_read_in_memory(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    clock: Clock,
) -> None:
    score(platform, alice, sign=-1)
    build(platform, challenge)
    since = clock()
    clock.advance(hours=1)
    score(platform, bob, sign=1)
    build(platform, challenge)
    reader = StateReader(platform.store, rows=2)
    board = reader.read(states(platform, challenge)[0].digest)

    with platform.database.reading() as session:
        taking = [Taking(challenge=challenge, team=alice.team)]
        news = news_since(session, reader, taking, since=since, now=clock())

    assert [type(event) for event in news[challenge.id]] == [Moved]
    assert reader.read(board.digest) is board


def test_history_has_a_point_for_each_improvement(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    started = clock()
    for sign in (-1, 1, -1, 1):
        clock.advance(hours=1)
        score(platform, alice, sign=sign)
    phase = challenge.definition.phases[0]

    with platform.database.reading() as session:
        (curve,) = leaderboard.history(
            session, challenge, phase=phase, board=Board.PUBLIC, teams=["nobody", "alice"]
        )
        (before,) = leaderboard.history(
            session,
            challenge,
            phase=phase,
            board=Board.PUBLIC,
            teams=["alice"],
            until=started + timedelta(hours=1),
        )
        exact = session.exec(select(StandingChange.score)).all()

    values = [value for _, value in curve.points]
    assert (curve.team, curve.baseline) == ("alice", False)
    assert len(values) <= 2
    assert values == sorted(values)
    assert values == [float(f"{value:.4g}") for value in sorted(exact)]
    assert before.points == curve.points[:1]
    assert before.points[0][0] == started + timedelta(hours=1)


def test_an_old_board_has_no_curve_of_a_team_that_was_made_later(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    score(platform, alice, sign=1)
    phase = challenge.definition.phases[0]

    def curves() -> int:
        with platform.database.reading() as session:
            found = leaderboard.history(
                session,
                challenge,
                phase=phase,
                board=Board.PUBLIC,
                teams=["alice"],
                until=clock(),
            )
        return len(found)

    assert curves() == 1
    with platform.database.writing() as session:
        younger = session.get_one(Team, alice.team.id)
        younger.created_at = clock() + timedelta(seconds=1)
        session.add(younger)

    assert curves() == 0


def test_a_team_has_no_line_in_a_state_that_is_older_than_it(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    build(platform, challenge)
    with platform.database.reading() as session:
        built = session.exec(select(BoardState)).one()
    younger = alice.team.model_copy(
        update={"created_at": built.built_at + timedelta(microseconds=1)}
    )

    found = row_of(platform.board_states, built, team=alice.team)
    assert found is not None
    assert found.team == "alice"
    assert row_of(platform.board_states, built, team=younger) is None


def test_history_is_empty_where_the_score_is_not_disclosed(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    score(platform, alice, sign=1)
    hidden = challenge.definition.phases[0].model_copy(update={"disclosure": ()})

    with platform.database.reading() as session:
        assert (
            leaderboard.history(
                session, challenge, phase=hidden, board=Board.PUBLIC, teams=["alice"]
            )
            == ()
        )
