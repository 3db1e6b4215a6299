"""A finished competition is judged from a folder: its ranks, what is alike, what may be a leak."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from scorers.__main__ import main
from scorers.audit.document import Audit, Likeness, Suspicion
from scorers.audit.judging import NothingScored, Submission, audit
from scorers.audit.ranking import Ranking
from scorers.audit.report import report
from scorers.audit.words import plain_words
from scorers.definition import Task
from scorers.evaluation import evaluate
from scorers.ranking.ranks import first_shares, rank_intervals, significance_groups

SIZE = 240
HEADER = ["patient_id", "risk_event", "risk_death"]
Numbers = NDArray[np.float64]


def table(header: Sequence[str], *columns: Iterable[object]) -> bytes:
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([",".join(header), *rows, ""]).encode()


class Competition:
    """Patients with a true risk, and submissions that know it more or less well."""

    def __init__(self, *, split: bool = True, share: float = 0.7) -> None:
        rng = np.random.default_rng(7)
        self.ids = [f"p{index}" for index in range(SIZE)]
        self.risk = rng.normal(size=SIZE)
        self.time = (rng.exponential(np.exp(-self.risk)) + 0.001).round(4)
        self.event = (rng.random(SIZE) < share).astype(int)
        usage = np.where(rng.random(SIZE) < 0.4, "public", "private") if split else ["all"] * SIZE
        header = ["patient_id", "usage", "event", "event_time", "at_risk", "death", "death_time"]
        if not split:
            header[1] = "centre"
        every = np.ones(SIZE, dtype=int)
        self.truth = table(
            header, self.ids, usage, self.event, self.time, every, self.event, self.time
        )

    def noisy(self, noise: float, /, *, seed: int) -> Numbers:
        drawn = np.random.default_rng(seed).normal(size=SIZE)
        told: Numbers = (self.risk + noise * drawn).round(6)
        return told

    def file(self, risk: Iterable[object]) -> bytes:
        told = list(risk)
        return table(HEADER, self.ids, told, told)


@pytest.fixture
def competition() -> Competition:
    return Competition()


@pytest.fixture
def judge(task: Task, competition: Competition) -> Callable[..., Audit]:
    def judged(files: Mapping[str, bytes], **changed: Any) -> Audit:
        submissions = [
            Submission(team=re.split(r"[/.]", file)[0], file=file, data=data)
            for file, data in files.items()
        ]
        given: dict[str, Any] = {
            "title": "Made up",
            "truth": competition.truth,
            "ranking": Ranking(),
            "seed": 3,
            **changed,
        }
        return audit(given.pop("task", task), submissions=submissions, **given)

    return judged


def test_teams_stand_as_the_scores_and_shared_resamples_of_the_platform_say(
    judge: Callable[..., Audit], competition: Competition, task: Task
) -> None:
    files = {
        f"{team}.csv": competition.file(competition.noisy(noise, seed=seed))
        for seed, (team, noise) in enumerate([("a", 0.3), ("b", 0.4), ("c", 3.0), ("d", 0.35)])
    }

    found = judge(files)

    splits = {
        file: evaluate(task, truth=competition.truth, predictions=data, seed=3).splits["private"]
        for file, data in files.items()
    }
    order = sorted(splits, key=lambda file: -(splits[file].metrics["score"].value or 0))
    vectors = np.stack([splits[file].vector("score") for file in order]).astype(float)
    low, high = rank_intervals(vectors)
    events = min(score.events or SIZE for score in splits["a.csv"].metrics.values())
    groups = significance_groups(vectors, ranks=[1, 2, 3, 4], count=events)
    assert [team.file for team in found.teams] == order
    assert [team.rank for team in found.teams] == [1, 2, 3, 4]
    assert [team.rank_low for team in found.teams] == low.tolist()
    assert [team.rank_high for team in found.teams] == high.tolist()
    assert [team.group for team in found.teams] == groups.tolist()
    assert [team.first_share for team in found.teams] == first_shares(vectors).tolist()
    assert [dict(team.scores) for team in found.teams] == [splits[f].metrics for f in order]
    assert found.teams[-1].team == "c"
    assert found.judged.split == "private"
    assert found.judged.count == events


def test_a_comparison_that_rests_on_few_events_is_wider(judge: Callable[..., Audit]) -> None:
    rare = Competition(share=0.08)
    noise = {"a.csv": rare.noisy(0.1, seed=7), "b.csv": rare.noisy(1.2, seed=107)}

    found = judge({file: rare.file(risk) for file, risk in noise.items()}, truth=rare.truth)

    # With the normal distribution in the place of Student's t, they would be told apart.
    assert found.judged.count == 14
    assert [(team.team, team.group) for team in found.teams] == [("a", 1), ("b", 1)]
    assert {s.name: s.ranks for s in found.schemes}["test_then_rank"] == (1, 1)


def test_a_team_is_judged_by_its_best_public_submission(
    judge: Callable[..., Audit], competition: Competition, task: Task
) -> None:
    usage = [line.split(",")[1] for line in competition.truth.decode().splitlines()[1:]]
    good, bad = competition.noisy(0.2, seed=1), competition.noisy(4, seed=2)
    public = np.array(usage) == "public"
    best_in_public = competition.file(np.where(public, good, bad))
    best_in_private = competition.file(np.where(public, bad, good))

    split = judge({"a/1.csv": best_in_private, "a/2.csv": best_in_public})
    whole = judge(
        {"a/1.csv": competition.file(bad), "a/2.csv": competition.file(good)},
        task=task.model_copy(update={"split": None}),
    )

    assert (split.teams[0].file, split.teams[0].submissions) == ("a/2.csv", 2)
    assert split.judged.chosen_by == "public"
    assert (whole.teams[0].file, whole.judged.split, whole.judged.units) == ("a/2.csv", "all", SIZE)


def test_equal_scores_are_ordered_by_the_declared_ties(
    judge: Callable[..., Audit], competition: Competition, challenge_yaml: dict[str, Any]
) -> None:
    *parts, last = challenge_yaml["scoring"]["metrics"]
    scoring = {"metrics": [*parts, {**last, "params": {"c_death": 1.0}}], "resamples": 20}
    task = Task.from_challenge({**challenge_yaml, "scoring": scoring})
    files = {
        f"{name}.csv": table(
            HEADER, competition.ids, competition.noisy(noise, seed=5), competition.risk
        )
        for name, noise in (("a", 0.9), ("b", 0.5))
    }

    tied = judge(files, task=task)
    parted = judge(files, task=task, ranking=Ranking(ties=("c_event",)))

    assert [(team.team, team.rank) for team in tied.teams] == [("a", 1), ("b", 1)]
    assert [(team.team, team.rank) for team in parted.teams] == [("b", 1), ("a", 2)]
    with pytest.raises(ValueError, match=r"ranking.ties .* names auc; expected .* c_event"):
        judge(files, ranking=Ranking(ties=("auc",)))


def test_the_robustness_table_ranks_in_three_other_ways(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    alike = competition.noisy(0.3, seed=1)
    files = {
        "a.csv": competition.file(alike),
        "b.csv": competition.file(alike + 1e-3 * competition.noisy(1, seed=2)),
        "z.csv": competition.file(competition.noisy(9, seed=3)),
    }

    schemes = {scheme.name: scheme for scheme in judge(files).schemes}

    assert sorted(schemes) == ["mean_rank_over_metrics", "rank_then_aggregate", "test_then_rank"]
    assert schemes["test_then_rank"].ranks == (1, 1, 3)
    assert schemes["rank_then_aggregate"].ranks[2] == 3
    assert schemes["test_then_rank"].tau == pytest.approx((2 / 3) ** 0.5)


def test_files_that_cannot_be_scored_are_told_with_their_problems(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    good = competition.file(competition.risk)

    found = judge({"a.csv": good, "b.csv": b"patient_id;risk_event\n", "c.csv": good[:-40]})

    assert [team.team for team in found.teams] == ["a"]
    assert [one.file for one in found.unscored] == ["b.csv", "c.csv"]
    assert "semicolons" in found.unscored[0].problems[0]
    with pytest.raises(NothingScored, match=r"b\.csv: .*semicolons"):
        judge({"b.csv": b"patient_id;risk_event\n"})


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


def test_with_few_events_nobody_is_said_to_be_ahead(
    judge: Callable[..., Audit],
) -> None:
    rare = Competition(share=0.03)

    found = judge(
        {
            "a.csv": rare.file(rare.noisy(0.1, seed=1)),
            "b.csv": rare.file(-rare.risk),
        },
        truth=rare.truth,
    )

    words = " ".join(plain_words(found))
    assert found.judged.count < 10
    assert "may well be chance" in words
    assert "is ahead of" not in words


def test_a_team_whose_score_is_undefined_has_no_rank(judge: Callable[..., Audit]) -> None:
    nobody = Competition(share=0)

    found = judge({"a.csv": nobody.file(nobody.risk)}, truth=nobody.truth)

    assert [(team.rank, team.rank_low, team.group) for team in found.teams] == [(None, None, None)]
    assert "nobody can be ranked" in " ".join(plain_words(found))
    assert "undefined (undefined_part)" in report(found)


class Page(HTMLParser):
    """Counts the elements of a page, and keeps what a browser would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: dict[str, list[dict[str, str | None]]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.setdefault(tag, []).append(dict(attrs))


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def test_the_report_is_one_file_without_scripts_whatever_the_names(
    judge: Callable[..., Audit], competition: Competition, task: Task
) -> None:
    del judge
    good = competition.file(competition.risk)
    submissions = [
        Submission(team=HOSTILE, file=f"{HOSTILE}.csv", data=good),
        Submission(team="b", file=f"b/{HOSTILE}.csv", data=good),
        Submission(team="c", file=f"c/{HOSTILE}.csv", data=b""),
    ]
    found = audit(
        task,
        title=HOSTILE,
        truth=competition.truth,
        submissions=submissions,
        ranking=Ranking(),
        seed=0,
    )

    text = report(found)

    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object", "a"} & set(page.elements)
    assert not [
        name
        for found in page.elements.values()
        for attributes in found
        for name in attributes
        if name in {"src", "href", "srcset", "style"} or name.startswith("on")
    ]
    assert "url(" not in text
    assert "@import" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 5


def test_the_report_can_be_read_by_ear(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    found = judge(
        {
            "a.csv": competition.file(competition.risk),
            "b.csv": competition.file(competition.noisy(0.5, seed=1)),
        }
    )

    page = Page(report(found))

    assert page.elements["html"] == [{"lang": "en"}]
    assert len(page.elements["h1"]) == 1
    assert {cell.get("scope") for cell in page.elements["th"]} == {"row", "col"}
    assert len(page.elements["caption"]) == len(page.elements["table"])
    assert [(svg["role"], svg["aria-labelledby"]) for svg in page.elements["svg"]] == [
        ("img", "plot-title plot-text")
    ]
    assert len(page.elements["circle"]) == 2


@pytest.fixture
def folder(tmp_path: Path, challenge_yaml: dict[str, Any], competition: Competition) -> Path:
    challenge = {**challenge_yaml, "title": {"fr": "Devenir", "en": "Outcomes"}}
    (tmp_path / "challenge.yaml").write_text(yaml.safe_dump(challenge, sort_keys=False))
    (tmp_path / "truth.csv").write_bytes(competition.truth)
    (tmp_path / "submissions" / "Boule").mkdir(parents=True)
    for seed, file in enumerate(["Aorta.csv", "Boule/1.csv", "Boule/2.CSV"]):
        data = competition.file(competition.noisy(0.5 + seed, seed=seed))
        (tmp_path / "submissions" / file).write_bytes(data)
    (tmp_path / "submissions" / ".hidden").write_text("passed over")
    return tmp_path


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process: starting another takes longer than an audit."""
    monkeypatch.chdir(folder)

    def ran(*options: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["scorers", "audit", ".", *options])
        try:
            code = main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Done(code, *capsys.readouterr())

    return ran


def test_it_runs_without_the_platform(folder: Path) -> None:
    heavy = "{'challenge_platform', 'flask', 'docker', 'sqlmodel'} & set(sys.modules)"
    program = f"import sys; from scorers.__main__ import main; main(); print('loaded', {heavy})"

    done = subprocess.run(
        [sys.executable, "-c", program, "audit", folder],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.startswith("3 submissions of 2 teams")
    assert "loaded set()" in done.stdout


def test_the_command_writes_the_same_report_and_document_twice(folder: Path, run: Run) -> None:
    (folder / "submissions" / "Cor.zip").write_bytes(b"PK")
    (folder / "submissions" / "Dent").mkdir()

    first = run()
    second = run("--format", "json", "--output", "again.html")
    third = run("--format", "json", "--output", "again.html")

    assert (first.returncode, second.returncode) == (0, 0)
    text = (folder / "audit.html").read_text()
    assert (folder / "again.html").read_text() == text
    assert second.stdout == third.stdout
    document = json.loads(second.stdout)
    assert document["title"] == "Outcomes"
    assert [(team["team"], team["submissions"]) for team in document["teams"]] == [
        ("Aorta", 1),
        ("Boule", 2),
    ]
    assert [one["file"] for one in document["unscored"]] == ["Cor.zip", "Dent"]
    assert first.stdout.splitlines() == plain_words(Audit.from_json(second.stdout))
    assert report(Audit.from_json(second.stdout)) == text


def test_without_a_scorable_submission_it_ends_with_2(folder: Path, run: Run) -> None:
    for path in (folder / "submissions").glob("**/*.[cC]*"):
        path.write_text("nothing")

    done = run()

    assert (done.returncode, done.stdout) == (2, "")
    assert "Boule/2.CSV: " in done.stderr
    assert not (folder / "audit.html").exists()


@pytest.mark.parametrize(
    ("remove", "options", "says"),
    [
        ("challenge.yaml", [], "challenge.yaml is no file: put the challenge there, or name it by"),
        ("truth.csv", [], "--truth"),
        ("submissions", [], "submissions is no folder; expected one file for each team"),
        (None, ["--truth", "absent.csv"], "absent.csv"),
        (None, ["--output", "absent/report.html"], "absent"),
        (None, ["--seed", "x"], "--seed"),
    ],
)
def test_a_wrong_layout_ends_with_1_and_says_how_to_repair_it(
    folder: Path, run: Run, remove: str | None, options: list[str], says: str
) -> None:
    if remove:
        (folder / remove).rename(folder / "elsewhere")

    done = run(*options)

    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_folder_and_names_that_cannot_be_shown_are_refused(folder: Path, run: Run) -> None:
    (folder / "submissions").rename(folder / "elsewhere")
    (folder / "submissions").mkdir()
    empty = run()
    (folder / "submissions" / "a\nb.csv").write_text("")
    unseen = run()

    assert (empty.returncode, unseen.returncode) == (1, 1)
    assert "is empty: put one file for each team there" in empty.stderr
    assert r'"a\nb.csv" in submissions has characters that cannot be shown' in unseen.stderr
