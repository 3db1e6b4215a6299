"""The report says in words and tables what an audit found, and can be shared."""

from collections.abc import Callable
from html.parser import HTMLParser

from scorers.audit.document import Audit
from scorers.audit.judging import Submission, audit
from scorers.audit.ranking import Ranking
from scorers.audit.report import report
from scorers.audit.words import plain_words
from scorers.definition import Task
from tests.unit.scorers.audit.competition import Competition


def test_metrics_that_rest_on_as_many_events_are_told_together(
    judge: Callable[..., Audit], competition: Competition
) -> None:
    found = judge({"a.csv": competition.file(competition.noisy(0.1, seed=1))})

    events = found.judged.events["c_event"]
    assert f"; c_event and c_death rest on {events} events each." in plain_words(found)[0]


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
