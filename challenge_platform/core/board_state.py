"""The states of a board: each numbered, dated, and named by the digest of its document.

The document is canonical JSON in the object store, so that `sha256sum` of the downloaded file gives
its digest. It holds what anybody may read and nothing else: what the phase's disclosure lets be
seen, rounded. It never changes, whatever is scored, published or disclosed later.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from challenge_platform.core.comparison import Alternative, Comparison, Scheme, Significance
from challenge_platform.core.definition import Board
from challenge_platform.core.feedback import Score
from challenge_platform.core.receipt import canonical
from challenge_platform.database import UTCDateTime, enum_column
from challenge_platform.recent import Recent
from challenge_platform.storage import ObjectStore
from scorers.ranking.entry_state import EntryState

SCHEMA = "board/2"
EARLIER = "board/1"
"""The schema of states from before there were entry states; they are read for good."""

_PLAIN = ("rank", "rank_low", "rank_high", "first", "group", "team", "state", "reason", "entries")
_ABSENT = {"value": None, "low": None, "high": None, "undefined": None, "no_interval": None}

KEPT_ROWS = 10_000
"""Rows of parsed states that a process keeps, some 1.5 kB each."""


class BoardState(SQLModel, table=True):
    """A state of a board, from `built_at` until the next one; `digest` names its document."""

    __tablename__ = "board_state"
    __table_args__ = (UniqueConstraint("challenge_id", "phase", "board", "number"),)

    id: int = Field(default=None, primary_key=True)
    challenge_id: int = Field(foreign_key="challenge.id")
    phase: str = Field(max_length=64)
    board: Board = Field(sa_type=enum_column(Board))
    number: int
    digest: str = Field(max_length=64, index=True)
    version_id: int = Field(foreign_key="challenge_version.id")
    built_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a board. Teams of `group` 1 cannot be told apart from the first, and so on.

    Only a team whose state is `ranked` has a rank and a group; past the teams for which they are
    computed, a row has no rank interval and no group. `first` is how probable it is that the team
    is first, over the resamples that all share; None where it was not computed or is not disclosed.
    `reason` says why a team is disqualified.
    """

    rank: int | None
    rank_low: int | None
    rank_high: int | None
    first: float | None = None
    group: int | None
    team: str
    state: EntryState = EntryState.RANKED
    reason: str | None = None
    scores: tuple[Score, ...]
    entries: int
    last_submission: datetime

    @property
    def baseline(self) -> bool:
        """Whether it is a reference solution."""
        return self.state is EntryState.BASELINE

    @property
    def score(self) -> Score | None:
        """The primary score, or None where the phase does not disclose it."""
        return next((score for score in self.scores if score.primary), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What the scores of a board rest on: how many units, and how many events by metric.

    `unit` is the name of the column that says what is resampled, such as `patient_id`. A metric
    that has no events is None.
    """

    unit: str
    units: int
    events: Mapping[str, int | None]

    @property
    def count(self) -> int:
        """The fewest events of a metric or, if none has events, the units."""
        counted = (number for number in self.events.values() if number is not None)
        return min(counted, default=self.units)


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """A whole state of a board, as anybody may read it.

    `version` is the digest of the challenge version that it was built under. A board that was never
    built has the number 0 and no rows. Baselines and teams that are not eligible stand among the
    others, where their score is; disqualified teams below all.

    `comparisons` are of each ranked team with the next one, then with each baseline. `significance`
    is of the first teams, and `robustness` says what other schemes would make of the same scores.
    """

    challenge: str
    phase: str
    board: Board
    number: int
    digest: str
    built_at: datetime | None
    version: str
    judged: Judged | None
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    significance: Significance | None = None
    robustness: tuple[Alternative, ...] = ()

    @property
    def total(self) -> int:
        """How many rows there are, baselines included."""
        return len(self.rows)

    @property
    def groups(self) -> dict[int, list[Row]]:
        """The teams of each group, its head first."""
        found: dict[int, list[Row]] = {}
        for row in self.rows:
            if row.group is not None:
                found.setdefault(row.group, []).append(row)
        return found

    def comparisons_of(self, team: str, /) -> tuple[Comparison, ...]:
        """Give a team's comparisons, with the next team first."""
        return tuple(found for found in self.comparisons if found.team == team)

    def page(self, number: int, /, *, per_page: int) -> tuple[Row, ...]:
        """Give the rows of a page, the first being 1; there are none past the end."""
        return self.rows[(number - 1) * per_page : number * per_page]

    def content(self) -> bytes:
        """Give the state's document, which tells neither number nor time: these are a state's."""
        return canonical(
            {
                "schema": SCHEMA,
                "challenge": self.challenge,
                "phase": self.phase,
                "board": self.board,
                "version": self.version,
                "judged": asdict(self.judged) if self.judged else None,
                "metrics": [
                    {"key": score.key, "primary": score.primary, "direction": score.direction}
                    for row in self.rows[:1]
                    for score in row.scores
                ],
                "rows": [_row_document(row) for row in self.rows],
                "comparisons": [asdict(comparison) for comparison in self.comparisons],
                "significance": asdict(self.significance) if self.significance else None,
                "robustness": [asdict(one) for one in self.robustness],
            }
        )


def read_content(content: bytes, /, *, digest: str) -> Leaderboard:
    """Read a state's document; its number and time, which it does not tell, are 0 and None."""
    document = json.loads(content)
    if document["schema"] == EARLIER:
        document = _updated(document)
    if document["schema"] != SCHEMA:
        raise ValueError(f"{digest} is a board document of {document['schema']}, not {SCHEMA}")
    judged, significance = document["judged"], document["significance"]
    return Leaderboard(
        challenge=document["challenge"],
        phase=document["phase"],
        board=Board(document["board"]),
        number=0,
        digest=digest,
        built_at=None,
        version=document["version"],
        judged=Judged(**judged) if judged else None,
        rows=tuple(_read_row(row, metrics=document["metrics"]) for row in document["rows"]),
        comparisons=tuple(Comparison(**found) for found in document["comparisons"]),
        significance=_read_significance(significance) if significance else None,
        robustness=tuple(
            Alternative(**{**found, "scheme": Scheme(found["scheme"])})
            for found in document["robustness"]
        ),
    )


def _updated(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a document of the earlier schema as one of SCHEMA that tells no more."""
    states = {False: EntryState.RANKED, True: EntryState.BASELINE}
    absent = {"first": None, "reason": None}
    return {
        **document,
        "schema": SCHEMA,
        "rows": [{**row, **absent, "state": states[row["baseline"]]} for row in document["rows"]],
        "comparisons": [
            {"other" if name == "baseline" else name: value for name, value in found.items()}
            for found in document["comparisons"]
        ],
        "significance": None,
        "robustness": [],
    }


def _read_significance(document: Mapping[str, Any]) -> Significance:
    return Significance(
        teams=tuple(document["teams"]), p=tuple(tuple(line) for line in document["p"])
    )


def _row_document(row: Row) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "last_submission": row.last_submission.isoformat(),
        "scores": {score.key: _score_document(score) for score in row.scores},
    }


def _score_document(score: Score) -> dict[str, Any]:
    if score.value is None:
        return {"undefined": score.undefined}
    told = {"value": score.value, "low": score.low, "high": score.high}
    return told if score.no_interval is None else {**told, "no_interval": score.no_interval}


def _read_row(row: Mapping[str, Any], *, metrics: Sequence[Mapping[str, Any]]) -> Row:
    scores = row["scores"]
    return Row(
        **{**{name: row[name] for name in _PLAIN}, "state": EntryState(row["state"])},
        last_submission=datetime.fromisoformat(row["last_submission"]),
        scores=tuple(Score(**{**_ABSENT, **one, **scores[one["key"]]}) for one in metrics),
    )


class StateReader:
    """Reads the documents of states, and keeps those it read last: they never change."""

    def __init__(self, store: ObjectStore, /, *, rows: int = KEPT_ROWS) -> None:
        self._store = store
        self._states: Recent[Leaderboard] = Recent(most=rows, weigh=lambda state: state.total)

    def read(self, digest: str, /) -> Leaderboard:
        """Give the state of this digest, its number and time left open."""
        return self._states.get(
            digest, make=lambda: read_content(self.content(digest), digest=digest)
        )

    def read_once(self, digest: str, /) -> Leaderboard:
        """Give the state as `read` does, but without keeping it: few others will ask for it."""
        return self._states.find(digest) or read_content(self.content(digest), digest=digest)

    def content(self, digest: str, /) -> bytes:
        """Give the bytes of a state's document, checked against its digest."""
        return self._store.read(digest)
