"""Reports with all that they can have: a submission's, and a board's."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board_state import Leaderboard
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.comparison import Alternative, Comparison, Scheme, Significance
from challenge_platform.core.result import StoredReport
from challenge_platform.core.standing import BoardRevision
from scorers.document import Score
from scorers.pictures.document import PICTURES, Picture
from tests.web.boards import a_baseline, a_board, a_row, in_groups, keep
from tests.web.conftest import SLUG, Browser
from tests.web.pictures import one_of_each

ALL = "disclosure: [score, interval, parts, subgroups, curves]"
"""What a phase says that discloses all."""


@dataclass(frozen=True)
class Reported:
    """Alice, and her submission that was scored."""

    browser: Browser
    platform: Platform
    sent: str

    @property
    def address(self) -> str:
        """Where the report is."""
        return f"/submissions/{self.sent}/report"

    @property
    def page(self) -> str:
        """The report as it is now."""
        answer = self.browser.get(self.address)
        assert answer.status_code == 200
        return answer.text

    def keep(
        self, pictures: Iterable[Picture] = (), subgroups: dict[str, Any] | None = None
    ) -> None:
        """Put pictures and subgroups into the result."""
        kept = PICTURES.dump_python(tuple(pictures), mode="json")
        with self.platform.database.writing() as session:
            stored = session.get_one(StoredReport, self.sent)
            stored.public = {"pictures": kept, "subgroups": subgroups or {}}
            session.add(stored)


def a_stored_score(value: float | None) -> dict[str, Any]:
    """Give a score of a subgroup as a result keeps it."""
    known = Score(
        value=value,
        interval=None if value is None else (value - 0.1, value + 0.1),
        level=0.95,
        undefined="too_few" if value is None else None,
        resamples=200,
        events=10,
        units=30,
    )
    return known.model_dump(mode="json")


def compare(made: Reported, *comparisons: Comparison, number: int = 1) -> None:
    """Make a state of the board on which Alice stands by her submission."""
    platform = made.platform
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    rows = [a_row("alice", rank=1), a_row("team-2", rank=2), a_baseline("Age alone")]
    keep(platform, challenge, a_board(rows, comparisons=comparisons, number=number))
    with platform.database.writing() as session:
        revision = session.get_one(BoardRevision, (challenge.id, "development", "public"))
        revision.built_revision = revision.revision
        session.add(revision)


def fill(made: Reported, *names: str) -> None:
    """Give a report all that it can have; `names` are those of classes and of subgroups.

    It makes the second state of the board.
    """
    known = {"units": 30, "metrics": {"c": a_stored_score(0.7)}}
    few = {"units": 3, "metrics": {"c": a_stored_score(None)}}
    made.keep(one_of_each(*names), {"risk": {**dict.fromkeys(names, known), "": few}})
    compare(
        made,
        Comparison(team="alice", other="team-2", difference=0.02, low=-0.01, high=0.05, p=0.18),
        Comparison(team="alice", other="age-alone", difference=0.1, low=None, high=None, p=None),
        number=2,
    )


def a_full_board() -> Leaderboard:
    """Give the third state of a board of more teams than are drawn, with all that it can hold."""
    rows = in_groups(3, 140)
    first = [row.team for row in rows[:20]]
    pairs = pairwise(first)
    return a_board(
        [*rows, a_baseline("age-alone")],
        number=3,
        comparisons=tuple(
            Comparison(team=team, other=other, difference=0.01, low=-0.01, high=0.03, p=0.2)
            for team, other in pairs
        ),
        significance=Significance(
            teams=tuple(first),
            p=tuple(
                tuple(None if one == other else 0.01 * abs(one - other) for other in range(20))
                for one in range(20)
            ),
        ),
        robustness=tuple(
            Alternative(
                scheme=scheme,
                metric="c" if number else None,
                tau=0.5,
                first=first[number],
                firsts=1 + number,
                keeps_first=number == 0,
            )
            for number, scheme in enumerate(Scheme)
        ),
    )
