"""The submissions among which a team's best was chosen, and the luck that is taken off for it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import board as boards
from challenge_platform.core import candidate
from challenge_platform.core.candidate import Candidate, Candidates, candidates_of
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board, Protection
from challenge_platform.storage import ObjectStore
from scorers.metric import Direction
from tests.conftest import Participant
from tests.core.test_comparing import ranked_by
from tests.core.test_leaderboard import open_phase, score
from tests.core.test_ranking import changed

RANDOM = np.random.default_rng(0)


class Watched(Candidates):
    """Remembers how many candidates each standing was judged among."""

    def __init__(self, store: ObjectStore, /) -> None:
        super().__init__(store)
        self.seen: list[int] = []

    def vector(
        self, counted: str, /, *, among: Sequence[str], direction: Direction
    ) -> NDArray[np.float32]:
        self.seen.append(len(set(among)))
        return super().vector(counted, among=among, direction=direction)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """Give an empty store."""
    return ObjectStore(tmp_path / "objects")


def put(store: ObjectStore, scores: ArrayLike) -> str:
    """Keep resamples and give their digest."""
    return store.put(np.asarray(scores, dtype=np.float32).tobytes()).digest


def among_of(platform: Platform, challenge: PublishedChallenge, board: Board) -> list[int]:
    """Compose a board and say among how many candidates each standing was judged."""
    watched = Watched(platform.store)
    with platform.database.reading() as session:
        boards.compose(
            session,
            platform.store,
            challenge,
            phase="development",
            board=board,
            candidates=watched,
        )
    return watched.seen


def test_every_scored_submission_is_a_candidate(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    for sign in (1, -1):
        score(platform, alice, sign=sign)

    with platform.database.reading() as session:
        found = session.exec(select(Candidate)).all()
        digests = candidates_of(
            session, challenge.id, phase="development", direction=Direction.MAXIMIZE
        )[alice.team.id]
    best_first = sorted(found, key=lambda one: -one.score)
    assert [one.resamples for one in best_first] == digests
    assert len({one.score for one in found}) == 2
    assert among_of(platform, challenge, Board.PUBLIC) == [2]


def test_the_best_candidates_are_considered_in_either_direction(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for sign in (1, -1):
        score(platform, alice, sign=sign)
    monkeypatch.setattr(candidate, "MOST", 1)

    with platform.database.reading() as session:
        by_direction = [
            candidates_of(session, challenge.id, phase="development", direction=direction)
            for direction in (Direction.MAXIMIZE, Direction.MINIMIZE)
        ]
        found = {one.resamples: one.score for one in session.exec(select(Candidate))}
    best, worst = (found[digests[alice.team.id][0]] for digests in by_direction)
    assert best > worst


def test_under_the_ladder_a_standing_has_its_own_resamples(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    for sign in (1, -1):
        score(platform, alice, sign=sign)
    ranking = challenge.definition.ranking.model_copy(update={"protect": Protection.LADDER})
    definition = challenge.definition.model_copy(update={"ranking": ranking})

    protected = dataclasses.replace(challenge, definition=definition)
    assert among_of(platform, protected, Board.PUBLIC) == [0]


def test_where_scores_are_hidden_a_file_that_does_not_stand_tells_nothing(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    for sign in (1, -1):
        score(platform, alice, sign=sign)

    assert among_of(platform, changed(challenge, disclosure=["parts"]), Board.PUBLIC) == [0]


def test_on_the_private_board_the_public_scores_have_chosen(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    for sign in (1, -1):
        score(platform, alice, sign=sign)
    open_phase(platform, challenge)

    assert among_of(platform, challenge, Board.PRIVATE) == [0]


def test_one_submission_has_its_own_resamples(store: ObjectStore) -> None:
    digest = put(store, [0.5, 0.75])

    found = Candidates(store).vector(digest, among=[digest], direction=Direction.MAXIMIZE)

    assert found.tolist() == [0.5, 0.75]


def test_the_luck_of_many_is_taken_off(store: ObjectStore) -> None:
    digests = [put(store, RANDOM.normal(0.5, 0.03, 500)) for _ in range(50)]

    found = Candidates(store).vector(digests[0], among=digests, direction=Direction.MAXIMIZE)

    assert found.mean() < 0.45


def test_resamples_of_another_number_are_left_out(store: ObjectStore) -> None:
    digest, other = put(store, [0.5, 0.75]), put(store, [0.9, 0.9, 0.9])

    found = Candidates(store).vector(digest, among=[digest, other], direction=Direction.MAXIMIZE)

    assert found.tolist() == [0.5, 0.75]


def test_what_was_read_is_kept_by_its_digests(store: ObjectStore) -> None:
    digests = [put(store, [0.5, 0.75]), put(store, [0.6, 0.7])]
    candidates = Candidates(store)
    first = candidates.vector(digests[0], among=digests, direction=Direction.MAXIMIZE)
    for digest in digests:
        store.delete(digest)

    again = candidates.vector(digests[0], among=digests[::-1], direction=Direction.MAXIMIZE)

    assert again is first


def test_a_team_of_100_random_files_is_not_taken_for_the_surest_first(
    challenge: PublishedChallenge, store: ObjectStore
) -> None:
    rng = np.random.default_rng(4)
    cases = 300
    right = (rng.random((101, cases)) < [[0.55], *[[0.5]] * 100]).astype(float)
    drawn = rng.multinomial(cases, np.full(cases, 1 / cases), size=500) / cases
    honest, *files = (put(store, vector) for vector in right @ drawn.T)
    scores = {"honest": right[0].mean(), "tries": right[1:].mean(axis=1).max()}
    best = files[int(right[1:].mean(axis=1).argmax())]

    def chance(among: Sequence[str]) -> float | None:
        candidates = Candidates(store)
        own = candidates.vector(best, among=among, direction=Direction.MAXIMIZE)
        other = candidates.vector(honest, among=[honest], direction=Direction.MAXIMIZE)
        board = ranked_by(challenge, scores, {"honest": other, "tries": own})
        return {row.team: row.first for row in board.rows}["tries"]

    assert scores["tries"] > scores["honest"]
    alone, chosen = chance([best]), chance(files)
    assert alone is not None
    assert chosen is not None
    assert alone > 0.95
    assert chosen < 0.6
