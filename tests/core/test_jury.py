"""The jury: marks with who gave them and when, and both rankings of a revealed board."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import jury
from challenge_platform.core.audit import AuditEvent
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition import Board, ChallengeDefinition
from challenge_platform.core.jury import FinalRanking, JuryMark, rank_finally
from challenge_platform.core.marking import Jury
from challenge_platform.core.standing import Standing
from challenge_platform.core.team import Team
from challenge_platform.errors import Conflict, InvalidInput, NotFound, Sealed
from tests.conftest import Participant, participant, publish_changed
from tests.core.test_leaderboard import best_sign, build, open_phase, score

RANKING = """ranking:
  jury:
    share: 0.2
    criteria:
      - {key: clarity, title: {en: Clarity, fr: Clarté}}
      - {key: speed, title: {en: Speed, fr: Vitesse}, max: 10, weight: 3}
phases:"""


@pytest.fixture
def judged(platform: Platform, challenge: PublishedChallenge, tmp_path: Path) -> PublishedChallenge:
    """Give the tiny challenge with a jury, published anew."""
    publish_changed(platform, tmp_path / "judged", "phases:", RANKING)
    with platform.database.reading() as session:
        return find_challenge(session, challenge.slug)


def mark(platform: Platform, challenge: PublishedChallenge, who: str, /, **given: Any) -> None:
    """Set a mark, 4 for clarity by Juror One in the open phase unless said otherwise."""
    kept: dict[str, Any] = {
        "phase": "development",
        "criterion": "clarity",
        "mark": 4.0,
        "juror": "Juror One",
    }
    with platform.database.writing() as session:
        jury.mark(session, challenge, team=who, now=platform.clock(), **(kept | given))


def final(platform: Platform, challenge: PublishedChallenge) -> FinalRanking | None:
    """Read both rankings of the open phase."""
    with platform.database.reading() as session:
        phase = challenge.definition.phases[0]
        return jury.final_ranking(session, challenge, phase=phase)


def test_the_jury_turns_the_order_of_the_allergen_chip_challenge() -> None:
    """The F1 and final scores are published; the marks are those that lie between the two.

    The published table gives neither the dummy's F1 nor the marks: with a dummy of 0.06 the marks
    below, of 1, make the published final scores.
    """
    f1 = {"Rakesh Jarupula": 0.7748, "newbee": 0.7861, "Mithil & Neeraj": 0.7719}
    shares = {"Rakesh Jarupula": 0.7338, "newbee": 0.6692, "Mithil & Neeraj": 0.6136}
    rule = Jury.model_validate(
        {"share": 0.2, "criteria": [{"key": "all", "title": {"en": "A", "fr": "A"}, "max": 1}]}
    )
    given = {team: [_mark("all", value)] for team, value in shares.items()}
    scores = {team: (value - 0.06) / 0.94 for team, value in f1.items()}

    places = {"Rakesh Jarupula": 2, "newbee": 1, "Mithil & Neeraj": 3}
    rows = rank_finally(scores, given, places=places, jury=rule, tolerance=1e-12)

    assert [row.team for row in rows] == ["Rakesh Jarupula", "newbee", "Mithil & Neeraj"]
    assert [row.final_rank for row in rows] == [1, 2, 3]
    assert [row.rank for row in rows] == [2, 1, 3]
    assert [round(row.final or 0, 4) for row in rows] == [0.7551, 0.7518, 0.7286]


def _mark(criterion: str, value: float, *, juror: str = "one") -> JuryMark:
    return JuryMark(
        challenge_id=1,
        phase="final",
        team_id=1,
        criterion=criterion,
        juror=juror,
        mark=value,
        marked_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def test_a_final_score_adds_the_weighted_means_of_the_marks() -> None:
    rule = _rule()
    given = {
        "a": [
            *(_mark("clarity", 4), _mark("clarity", 2, juror="two")),
            *(_mark("speed", 10), _mark("speed", 6, juror="two")),
        ]
    }

    [row] = rank_finally({"a": 0.5}, given, places={"a": 1}, jury=rule, tolerance=0)

    assert row.marks == {"clarity": 3, "speed": 8}
    assert row.jury == pytest.approx((3 / 5 + 3 * 8 / 10) / 4)
    assert row.final == pytest.approx(0.8 * 0.5 + 0.2 * 0.75)
    assert row.jurors == 2


def _rule() -> Jury:
    title = {"en": "A", "fr": "A"}
    criteria = [
        {"key": "clarity", "title": title},
        {"key": "speed", "title": title, "max": 10, "weight": 3},
    ]
    return Jury.model_validate({"share": 0.2, "criteria": criteria})


def test_a_team_without_all_marks_has_no_final_rank_and_stands_last() -> None:
    given = {"first": [_mark("clarity", 5)], "second": [_mark("clarity", 1), _mark("speed", 1)]}

    rows = rank_finally(
        {"first": 0.9, "second": 0.1},
        given,
        places={"first": 1, "second": 2},
        jury=_rule(),
        tolerance=0,
    )

    assert [(row.team, row.rank, row.final_rank) for row in rows] == [
        ("second", 2, 1),
        ("first", 1, None),
    ]


def test_equal_final_scores_share_a_rank() -> None:
    marks = [_mark("clarity", 1), _mark("speed", 1)]

    rows = rank_finally(
        dict.fromkeys("abc", 0.5),
        dict.fromkeys("ab", marks),
        places=dict.fromkeys("abc", 1),
        jury=_rule(),
        tolerance=0,
    )

    assert [(row.team, row.final_rank) for row in rows] == [("a", 1), ("b", 1), ("c", None)]


def test_marks_are_shown_with_the_private_board_and_never_before(
    platform: Platform, judged: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    best, worst = best_sign(platform, judged)
    score(platform, alice, sign=best)
    score(platform, bob, sign=worst)
    build(platform, judged)
    for who, clarity in ((alice, 0.0), (bob, 5.0)):
        mark(platform, judged, who.team.name, mark=clarity)
        mark(platform, judged, who.team.name, criterion="speed", mark=2 * clarity)

    with pytest.raises(Sealed):
        final(platform, judged)
    open_phase(platform, judged)

    found = final(platform, judged)
    assert found is not None
    assert found.is_whole
    by_team = {row.team: row for row in found.rows}
    assert by_team[alice.team.name].rank == 1
    assert by_team[bob.team.name].jury == 1
    assert {row.team for row in found.rows} == {alice.team.name, bob.team.name}  # no baseline
    assert found.rows[0].final_rank == 1


def test_the_rank_by_the_score_alone_is_that_of_the_board_which_tells_ties_apart(
    platform: Platform, challenge: PublishedChallenge, tmp_path: Path
) -> None:
    other = "    - {key: other, metric: harrell_c, params: {event: event, time: time, risk: risk}}"
    ties = RANKING.replace("ranking:", "ranking:\n  ties: [other]")
    before = "  resamples: 200\nphases:"
    publish_changed(platform, tmp_path, before, f"{other}\n  resamples: 200\n{ties}")
    with platform.database.reading() as session:
        judged = find_challenge(session, challenge.slug)
    zoe, amy = (participant(platform, judged, name=name) for name in ("zoe", "amy"))
    for who in (zoe, amy):
        score(platform, who, sign=1)
    open_phase(platform, judged)
    with platform.database.writing() as session:
        query = select(Standing).where(
            Standing.team_id == amy.team.id, Standing.board == Board.PRIVATE
        )
        amys = session.exec(query).one()
        amys.scores = amys.scores | {"other": amys.scores["other"] | {"value": 0.0}}

    found = final(platform, judged)

    assert found is not None
    assert len({row.score for row in found.rows}) == 1
    assert {row.team: row.rank for row in found.rows} == {zoe.team.name: 1, amy.team.name: 2}


def test_a_mark_says_who_gave_it_and_when_and_a_correction_keeps_both(
    platform: Platform, judged: PublishedChallenge, alice: Participant
) -> None:
    mark(platform, judged, alice.team.name, juror="  Juror   One ")
    mark(platform, judged, alice.team.name, mark=5)

    with platform.database.reading() as session:
        [(team, kept)] = jury.marks_of(session, judged, phase="development")
        query = select(AuditEvent).where(AuditEvent.action == jury.MARKED)
        events = session.exec(query.order_by(col(AuditEvent.id))).all()
    assert (team, kept.mark, kept.juror) == (alice.team.name, 5, "Juror One")
    assert kept.marked_at == platform.clock()
    assert [(one.detail["before"], one.detail["after"]) for one in events] == [(None, 4), (4, 5)]
    assert {one.detail["juror"] for one in events} == {"Juror One"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"criterion": "beauty"}, "no criterion 'beauty'; there is clarity, speed"),
        ({"mark": 5.5}, "clarity is marked from 0 to 5, not 5.5"),
        ({"mark": -0.1}, "from 0 to 5"),
        ({"mark": float("nan")}, "from 0 to 5, not nan"),
        ({"juror": " "}, "a juror has a name"),
        ({"juror": "x" * 81}, "at most 80 letters"),
        ({"phase": "final"}, "no phase 'final'"),
    ],
)
def test_what_cannot_be_a_mark_is_refused(
    platform: Platform,
    judged: PublishedChallenge,
    alice: Participant,
    given: dict[str, Any],
    says: str,
) -> None:
    with pytest.raises(InvalidInput, match=says):
        mark(platform, judged, alice.team.name, **given)


def test_only_teams_of_people_are_marked(platform: Platform, judged: PublishedChallenge) -> None:
    best_sign(platform, judged)  # its baseline finds out

    with pytest.raises(InvalidInput, match="is a baseline"):
        mark(platform, judged, _baseline(platform, judged))
    with pytest.raises(NotFound):
        mark(platform, judged, "nobody")


def _baseline(platform: Platform, challenge: PublishedChallenge) -> str:
    with platform.database.reading() as session:
        teams = session.exec(select(Team).where(Team.challenge_id == challenge.id)).all()
        return next(team.name for team in teams if team.baseline)


def test_a_challenge_without_a_jury_takes_no_marks(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    with pytest.raises(Conflict, match=r"would need ranking\.jury"):
        mark(platform, challenge, alice.team.name)
    assert final(platform, challenge) is None


def test_a_jury_adds_to_a_score_that_is_to_maximize(challenge: PublishedChallenge) -> None:
    document = challenge.definition.document()
    document["ranking"]["jury"] = _rule().model_dump()
    [metric] = document["scoring"]["metrics"]
    metric |= {
        "metric": "rmse",
        "params": {"value": "time", "predicted": "risk"},
        "direction": None,
    }

    with pytest.raises(ValueError, match="adds marks to c, which is to minimize"):
        ChallengeDefinition.model_validate(document)


def test_two_criteria_of_one_key_are_refused() -> None:
    criterion = {"key": "clarity", "title": {"en": "A", "fr": "A"}}

    with pytest.raises(ValueError, match="give each its own"):
        Jury.model_validate({"share": 0.2, "criteria": [criterion, criterion]})
