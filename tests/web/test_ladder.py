"""A board under the Ladder, over HTTP: what pages, API and receipt tell, also to a prober."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.progress import shown_scores
from scorers.ranking.ladder import rungs
from tests.conftest import TINY, Participant, participant
from tests.web.conftest import Visitor, logged_in, with_token

PATIENTS = 600
"""Half of them are public."""

PUBLIC = slice(1, None, 2)
SLUG = TINY.name


def publish(
    platform: Platform,
    folder: Path,
    *,
    protect: str,
    metric: str,
    patients: int,
    changes: Mapping[str, str] = MappingProxyType({}),
) -> PublishedChallenge:
    """Publish another tiny challenge, scored by how well the event is told; `changes` come last."""
    copy = shutil.copytree(TINY, folder / SLUG)
    recipe, definition = copy / "data.py", copy / "challenge.yaml"
    recipe.write_text(recipe.read_text().replace("PATIENTS = 120", f"PATIENTS = {patients}"))
    column = "score" if metric == "auroc" else "predicted"
    told = definition.read_text()
    told = told.replace("phases:", f"ranking: {{protect: {protect}}}\nphases:")
    told = told.replace("{n: 5, per: 24h}", "{n: 5000}").replace(
        "metric: harrell_c, params: {event: event, time: time, risk: risk}",
        f"metric: {metric}, params: {{label: event, {column}: risk}}",
    )
    for old, new in changes.items():
        assert old in told
        told = told.replace(old, new)
    definition.write_text(told)
    build_challenge(platform, copy, say=lambda _line: None)
    with platform.database.reading() as session:
        return find_challenge(session, SLUG)


def truth(patients: int = PATIENTS) -> NDArray[np.int64]:
    """Give the events of all patients, as the recipe draws them."""
    rng = np.random.default_rng(7)
    rng.integers(1, 400, patients)
    return rng.integers(0, 2, patients)


class Team:
    """A team that submits files and reads all that it is told of each."""

    def __init__(self, app: Flask, platform: Platform, who: Participant) -> None:
        self._platform = platform
        self.who = who
        self.program = with_token(app, platform, who.user)
        self.visitor = Visitor(app.test_client())

    def submit(self, risk: NDArray[np.float64]) -> str:
        """Submit a file, have it scored, and give the submission's id."""
        lines = [f"p{number:03},{value:.6f}\n" for number, value in enumerate(risk.tolist())]
        answer = self.program.submit(("patient_id,risk\n" + "".join(lines)).encode())
        assert answer.status_code == 201, answer.text
        self._platform.evaluator.evaluate(answer.json["id"])
        return str(answer.json["id"])

    def score(self, submission_id: str) -> float:
        """Read the score that the API tells."""
        [score] = self.program.get(f"/submissions/{submission_id}").json["scores"]
        return float(score["value"])

    def told(self, submission_id: str) -> dict[str, float]:
        """Read all numbers that the API and the receipt tell of a submission, by their place.

        Its times and the size of its file tell nothing of the truth and are left out.
        """
        document = self.program.get(f"/submissions/{submission_id}").json
        receipt = self.program.get(f"/submissions/{submission_id}/receipt").json["payload"]
        told = {name: document[name] for name in ("scores", "subgroups", "pictures", "position")}
        return dict(numbers({**told, "receipt": receipt["scores"]}))


def numbers(value: object, place: str = "", /) -> Iterator[tuple[str, float]]:
    """Give each number in a document with its place, and the middle of each interval too."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield place, float(value)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from numbers(part, f"{place}/{name}")
        if isinstance(low := value.get("low"), float) and isinstance(value["high"], float):
            yield f"{place}/middle", (low + value["high"]) / 2
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from numbers(part, f"{place}/{number}")


@pytest.fixture
def team(platform: Platform, app: Flask, tmp_path: Path) -> Callable[..., Team]:
    """Give a maker of a team in a challenge that is protected as said."""

    def make(*, protect: str = "ladder", metric: str = "auroc", patients: int = PATIENTS) -> Team:
        challenge = publish(platform, tmp_path, protect=protect, metric=metric, patients=patients)
        return Team(app, platform, participant(platform, challenge, name="alice"))

    return make


def noisy(rng: np.random.Generator, *, share: float) -> NDArray[np.float64]:
    """Give risks that tell some share of the events."""
    events = truth()
    return np.where(rng.random(PATIENTS) < share, events, rng.integers(0, 2, PATIENTS)) + (
        rng.random(PATIENTS) / 10
    )


def test_a_file_that_is_not_surely_better_is_told_the_score_of_the_best(
    team: Callable[..., Team],
) -> None:
    rng = np.random.default_rng(1)
    alice, start = team(), noisy(rng, share=0.3)
    best = alice.score(alice.submit(start))

    little = start.copy()
    little[1] = truth()[1] * 2 - 0.5  # one public patient, put where they belong
    last = alice.submit(little)
    receipt = alice.program.get(f"/submissions/{last}/receipt").json["payload"]
    assert receipt["protect"] == "ladder"
    assert [score["value"] for score in receipt["scores"]] == [best]
    for other in (little, noisy(rng, share=0.1), -start):
        assert alice.score(alice.submit(other)) == best
    assert alice.score(alice.submit(noisy(rng, share=0.9))) > best + 0.1


def test_all_that_is_told_of_two_files_that_did_not_climb_is_the_same(
    team: Callable[..., Team], app: Flask
) -> None:
    rng = np.random.default_rng(2)
    alice = team()
    alice.submit(noisy(rng, share=0.5))
    ids = [alice.submit(noisy(rng, share=share)) for share in (0.4, 0.0)]
    browser = logged_in(app, alice.who.user)

    readers: list[tuple[Visitor, str]] = [
        (alice.program, "/submissions/{}"),
        (alice.program, "/submissions/{}/receipt"),
        (browser, "/submissions/{}"),
        (browser, "/submissions/{}/report"),
    ]
    for reader, path in readers:
        first, second = (_but_for_names(reader.get(path.format(name)).text, name) for name in ids)
        assert first == second


def test_with_a_fixed_step_the_rungs_of_the_ladder_are_all_that_is_told(
    platform: Platform, app: Flask, tmp_path: Path
) -> None:
    challenge = publish(
        platform,
        tmp_path,
        protect="ladder, step: 0.05",
        metric="auroc",
        patients=PATIENTS,
        changes={"concurrent: 5}": "concurrent: 5, disclosure: [score]}"},
    )
    alice = Team(app, platform, participant(platform, challenge, name="alice"))
    rng = np.random.default_rng(5)
    files = [noisy(rng, share=share) for share in (0.3, 0.34, 0.2, 0.6, 0.62, 0.9)]

    ids = [alice.submit(file) for file in files]

    scores = [roc_auc_score(truth()[PUBLIC], file[PUBLIC]) for file in files]
    expected = rungs(scores, step=0.05)
    assert len(set(expected)) == 3  # some of the files climb, others do not
    assert [alice.score(name) for name in ids] == pytest.approx(expected, abs=1e-12)
    assert set(alice.told(ids[-1]).values()) == {alice.score(ids[-1])}
    [row] = _board(alice, platform)["rows"]
    assert (row["rank"], row["rank_low"], row["rank_high"], row["group"]) == (1, None, None, None)
    assert row["scores"] == {"c": {"value": alice.score(ids[-1]), "low": None, "high": None}}
    for page in ("leaderboard", "leaderboard/report"):
        assert alice.visitor.get(f"/challenges/{SLUG}/{page}").status_code == 200


def test_a_file_that_climbs_is_told_no_subgroup_and_no_picture_either(
    platform: Platform, app: Flask, tmp_path: Path
) -> None:
    challenge = publish(
        platform,
        tmp_path,
        protect="ladder",
        metric="auroc",
        patients=PATIENTS,
        changes={"split: usage": "split: usage\n  subgroups: [event]"},
    )
    alice = Team(app, platform, participant(platform, challenge, name="alice"))
    rng = np.random.default_rng(2)

    ids = [alice.submit(noisy(rng, share=share)) for share in (0.1, 0.9, 0.3)]

    scores = [alice.score(name) for name in ids]
    assert scores[0] < scores[1] == scores[2]
    told = [alice.program.get(f"/submissions/{name}").json for name in ids]
    assert {len(each["scores"]) for each in told} == {1}
    assert all(not each["subgroups"] and not each["pictures"] for each in told)


def test_lists_tell_and_order_by_the_score_of_the_best(
    team: Callable[..., Team], app: Flask, platform: Platform
) -> None:
    rng = np.random.default_rng(2)
    alice = team()
    best = alice.score(alice.submit(noisy(rng, share=0.5)))
    alice.submit(noisy(rng, share=0.4))
    browser = logged_in(app, alice.who.user)

    for path in (f"/challenges/{SLUG}/submissions", f"/challenges/{SLUG}/submissions.csv"):
        scores = re.findall(r"\b0\.\d{3,4}\b", browser.get(path).text)
        assert f"{best}" in scores
        assert len(set(scores)) <= 3, scores  # the value and the ends of its interval
    with platform.database.reading() as session:
        shown = shown_scores(session, team_id=alice.who.team.id)
    assert [score.value for score in shown.values()] == [best, best]


def test_parts_of_a_score_that_is_undefined_are_not_told(
    platform: Platform, app: Flask, tmp_path: Path
) -> None:
    part = "auroc, params: {label: event, score: risk}}\n"
    flat = "    - {key: s, metric: spearman, params: {value: time, predicted: flat}}\n"
    whole = "    - {key: w, metric: weighted_sum, direction: maximize, params: {c: 1, s: 1}"
    challenge = publish(
        platform,
        tmp_path,
        protect="ladder",
        metric="PART",
        patients=60,
        changes={
            "PART, params: {label: event, predicted: risk}": f"{part}{flat}{whole}",
            "columns: {risk: {type: float}}": "columns: {risk: {type: float}, flat: {type: float}}",
        },
    )
    alice = with_token(app, platform, participant(platform, challenge, name="alice").user)
    rows = "".join(f"p{number:03},{number},1\n" for number in range(60))
    answer = alice.submit(f"patient_id,risk,flat\n{rows}".encode())
    platform.evaluator.evaluate(answer.json["id"])

    told = alice.get(f"/submissions/{answer.json['id']}").json
    assert told["state"] == "scored"
    assert [score["key"] for score in told["scores"]] == ["w", "c", "s"]
    for score in told["scores"]:
        assert (score["value"], score["low"], score["high"]) == (None, None, None)
        assert score["undefined"] == "undefined_part"


def test_the_board_is_the_same_after_a_file_that_did_not_climb(
    team: Callable[..., Team], platform: Platform
) -> None:
    rng = np.random.default_rng(3)
    alice = team()
    alice.submit(noisy(rng, share=0.5))
    before = _board(alice, platform)
    alice.submit(noisy(rng, share=0.4))
    after = _board(alice, platform)

    for board in (before, after):
        for row in board["rows"]:
            del row["entries"], row["last_submission"]
    assert before["rows"] == after["rows"]


def _board(team: Team, platform: Platform) -> dict[str, list[dict[str, object]]]:
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )
    board: dict[str, list[dict[str, object]]] = team.visitor.get(
        f"/challenges/{SLUG}/leaderboard.json"
    ).json
    return board


def _but_for_names(text: str, name: str) -> str:
    """Take out what names the submission or its file: ids, digests, signatures, tokens of forms."""
    text = text.replace(name, "ID").replace(name[:8], "ID")
    return re.sub(
        r'[0-9a-f]{64}|data-etag="[0-9a-f]{32}"|"signature": ?"[^"]+"|name="csrf_token"[^>]*>',
        "#",
        text,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("protect", "low", "high"), [("none", 0.7, 1.0), ("ladder", 0.4, 0.55)])
def test_a_thousand_random_files_teach_a_plain_board_and_not_the_ladder(
    team: Callable[..., Team], protect: str, low: float, high: float
) -> None:
    """Attack as Blum and Hardt do, with every number that is told of a file, each by itself.

    The files vote for what they say, by how much the number lies above its mean so far.
    """
    rng = np.random.default_rng(4)
    alice = team(protect=protect, metric="binary_balanced_accuracy", patients=2_000)
    votes: dict[str, NDArray[np.float64]] = {}
    means: dict[str, float] = {}
    for count in range(1, 1_001):
        guess = rng.integers(0, 2, 2_000).astype(np.float64)
        for place, number in alice.told(alice.submit(guess)).items():
            mean = means.setdefault(place, number)
            votes.setdefault(place, np.zeros(2_000))
            votes[place] += (2 * guess - 1) * (number - mean)
            means[place] = mean + (number - mean) / count

    assert "/scores/0/middle" in votes
    shares = [((vote > 0) == truth(2_000))[PUBLIC].mean() for vote in votes.values()]
    assert low < max(shares) < high
