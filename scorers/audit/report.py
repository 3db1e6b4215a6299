"""The report of an audit: one HTML file without scripts or other files, for screen and paper."""

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from scorers.audit.document import Audit, Leak, Likeness, Suspicion
from scorers.audit.picture import MOST_DRAWN, rank_plot
from scorers.audit.probes import AS_TRUTH, FOLLOWS, PERFECT, SAME
from scorers.audit.words import interval, not_proven, number, plain_words, problems_of
from scorers.document import Score
from scorers.ranking.entry_state import EntryState

STYLE = """
:root{color-scheme:light;font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff}
body{max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2rem}
.words{border-left:4px solid #111;padding-left:1rem;font-size:1.05rem}
.scroll{overflow-x:auto;margin:1rem 0}.scroll:focus{outline:2px solid #111}
table{border-collapse:collapse;width:100%;font-size:.9rem;overflow-wrap:normal}
caption{text-align:left;color:#444;padding-bottom:.4rem}
caption span{display:block;position:sticky;left:0;max-width:calc(100vw - 2rem)}
th,td{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;border-bottom:1px solid #bbb}
thead th{border-bottom:2px solid #111;vertical-align:bottom}
th[scope=row]{min-width:7rem;max-width:16rem;overflow-wrap:anywhere;font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
figure{margin:1rem 0}svg{width:100%;max-width:40rem;height:auto;font:11px system-ui,sans-serif}
.grid{stroke:#ccc}.border{stroke:#111;stroke-dasharray:4 3}
.interval{stroke:#111;stroke-width:2;fill:none}
footer{margin-top:2rem;border-top:1px solid #bbb;font-size:.85rem;color:#444}
@media print{:root{font-size:9pt}.scroll{overflow:visible}td.n{white-space:normal}
th[scope=row]{min-width:5rem}tr,figure{break-inside:avoid}}
"""

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit of $title</title>
<style>$style</style>
</head>
<body>
<main>
<h1>Audit of <bdi>$title</bdi></h1>
<p class="words">$words</p>
$sections
</main>
<footer><p>$made</p></footer>
</body>
</html>
""")

SCHEMES = {
    "rank_then_aggregate": "mean rank over the resamples",
    "test_then_rank": "number of teams surely beaten (paired bootstrap)",
    "mean_rank_over_metrics": "mean rank over the single metrics",
}

STATES = {
    EntryState.NOT_ELIGIBLE: "not eligible",
    EntryState.BASELINE: "a baseline",
    EntryState.DISQUALIFIED: "disqualified",
    EntryState.WITHDRAWN: "withdrawn",
}

LIKENESSES = {
    Likeness.BYTES: "the same bytes",
    Likeness.PREDICTIONS: f"the same predictions, within {SAME:g}",
    Likeness.ORDER: "the same order of all rows (rank correlation 1)",
}

SUSPICIONS = {
    Suspicion.TRUTH_FOLLOWS: "the truth itself follows this order (standard errors from 0)",
    Suspicion.FOLLOWS: "follows this order more than the truth (standard errors beyond it)",
    Suspicion.EQUALS: f"equals this column of the truth within {SAME:g} (rank correlation)",
    Suspicion.ORDERS: "orders the rows as this column of the truth (rank correlation)",
    Suspicion.PERFECT: "as good as the best possible value (score)",
}


def report(audit: Audit, /) -> str:
    """Write the report. Every name in it is escaped; equal audits give equal bytes."""
    sections = [
        _section("Ranking", _ranking(audit)),
        _section("Other ways to rank", _robustness(audit)),
        _section("All metrics", _metrics(audit)),
        _section("Files that cannot be scored", _unscored(audit)),
        _section("Submissions that are alike", _duplicates(audit)),
        _section("Possible leaks", _leaks(audit)),
        _section("What this does not prove", _list(not_proven(audit))),
    ]
    return PAGE.substitute(
        title=escape(audit.title),
        style=STYLE,
        words=escape(" ".join(plain_words(audit))),
        sections="\n".join(sections),
        made=escape(_made(audit)),
    )


def _made(audit: Audit) -> str:
    return (
        f"Made by python -m scorers audit, {audit.scorer.name} {audit.scorer.version}, with "
        f"{audit.resamples:,} resamples of {audit.judged.unit} shared by all teams (seed "
        f"{audit.seed}) and the tolerance {audit.tolerance:g}. The same files give the same report."
    )


def _ranking(audit: Audit) -> str:
    primary = audit.primary
    better = "higher" if primary.direction == "maximize" else "lower"
    rows = [
        [
            team.team,
            _or_dash(team.rank),
            _span(team.rank_low, team.rank_high),
            *_told(team.scores[primary.key]),
            _or_dash(team.group),
            f"{team.first_share:.1%}",
            f"{team.submissions:,}",
            team.file,
        ]
        for team in audit.ranked
    ]
    head = ["Team", "Rank", "95 % ranks", f"{primary.key}", "95 % interval", "Group"]
    table = _table(
        f"Ranked by {primary.key} ({better} is better). Teams of one group cannot be told from its "
        "head by paired tests, corrected for their number. First: in which share of the resamples.",
        [*head, "First", "Submissions", "Counted file"],
        rows,
        numbers=range(1, 8),
    )
    plot = rank_plot(audit.ranked)
    drawn = "" if len(audit.ranked) <= MOST_DRAWN else f" The first {MOST_DRAWN} teams are drawn."
    caption = (
        "A dot is a rank, the line the ranks that are plausible; dashed lines part the groups."
        f"{drawn}"
    )
    figure = f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>" if plot else ""
    return f"{figure}\n{table}{_not_ranked(audit)}"


def _not_ranked(audit: Audit) -> str:
    if not audit.unranked:
        return ""
    key = audit.primary.key
    rows = [
        [
            team.team,
            STATES[team.state],
            team.reason or "",
            *_told(team.scores[key]),
            f"{team.submissions:,}",
            team.file,
        ]
        for team in audit.unranked
    ]
    head = ["Team", "Not ranked as", "Reason", key, "95 % interval", "Submissions", "Counted file"]
    return _table("Teams that take no part in the ranking.", head, rows, numbers=range(3, 6))


def _robustness(audit: Audit) -> str:
    schemes = [SCHEMES[scheme.name] for scheme in audit.schemes]
    taus = ["no order" if scheme.tau is None else f"{scheme.tau:.3f}" for scheme in audit.schemes]
    agreement = _table(
        "How far each agrees with the ranking: Kendall's tau, 1 for the same order.",
        ["Scheme", "Kendall's tau", "First"],
        [
            [scheme, tau, ", ".join(_firsts(audit, index))]
            for index, (scheme, tau) in enumerate(zip(schemes, taus, strict=True))
        ],
        numbers=[1],
    )
    ranks = _table(
        "The rank of each team by each scheme.",
        ["Team", "Rank", *schemes],
        [
            [team.team, _or_dash(team.rank), *(_or_dash(s.ranks[index]) for s in audit.schemes)]
            for index, team in enumerate(audit.ranked)
        ],
        numbers=range(1, 2 + len(schemes)),
    )
    return f"{agreement}\n{ranks}"


def _firsts(audit: Audit, index: int) -> list[str]:
    placed = audit.schemes[index].ranks
    return [team.team for team, rank in zip(audit.ranked, placed, strict=True) if rank == 1]


def _metrics(audit: Audit) -> str:
    keys = [metric.key for metric in audit.metrics]
    judged = audit.judged
    return _table(
        f"Judged on {judged.units:,} units ({judged.unit}). Each score with its 95 % interval.",
        ["Team", *keys],
        [[team.team, *(_with_interval(team.scores[key]) for key in keys)] for team in audit.teams],
        numbers=range(1, 1 + len(keys)),
    )


def _unscored(audit: Audit) -> str:
    if not audit.unscored:
        return "<p>None: every file could be scored.</p>"
    rows = [[one.file, problems_of(one)] for one in audit.unscored]
    return _table("They have no rank.", ["File", "Problem"], rows)


def _duplicates(audit: Audit) -> str:
    if not audit.duplicates:
        return "<p>None among different teams.</p>"
    return _table(
        "Sets of submissions of different teams, each told in the strictest way in which they are "
        "alike.",
        ["Alike", "Files"],
        [[LIKENESSES[one.kind], ", ".join(one.files)] for one in audit.duplicates],
    )


def _leaks(audit: Audit) -> str:
    method = (
        "<p>Looked for: rank correlation (Spearman) of truth and predictions with the order of "
        "rows and of ids in the truth file, told where it is more than "
        f"{FOLLOWS:g} standard errors from zero (truth) or beyond that of the truth "
        "(predictions), after Fisher's transformation; predictions that equal a column of the "
        f"truth within {SAME:g} or order the rows as it does (rank correlation of {AS_TRUTH:g} "
        f"or more); scores within {PERFECT:.1%} of the metric's range from the best possible.</p>"
    )
    if not audit.leaks:
        return f"{method}\n<p>Nothing of the kind was found.</p>"
    table = _table(
        "Each is to be looked into, and is no proof.",
        ["File", "Column", "Against", "Sign", "Statistic"],
        [_leak(one) for one in audit.leaks],
        numbers=[4],
    )
    return f"{method}\n{table}"


def _leak(one: Leak) -> list[str]:
    file = "the truth" if one.file is None else one.file
    return [file, one.column, one.against, SUSPICIONS[one.kind], f"{one.statistic:.4g}"]


def _told(score: Score) -> tuple[str, str]:
    if score.value is None:
        return f"undefined ({score.undefined})", "-"
    return number(score.value), interval(score)


def _with_interval(score: Score) -> str:
    value, ends = _told(score)
    return value if score.value is None else f"{value} ({ends})"


def _span(low: int | None, high: int | None) -> str:
    return "-" if low is None or high is None else f"{low} to {high}"


def _or_dash(rank: int | None) -> str:
    return "-" if rank is None else str(rank)


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>"


def _list(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"


def _table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    /,
    *,
    numbers: Iterable[int] = (),
) -> str:
    """Write a table of plain texts, each escaped; the first cell of a row names it."""
    right = dict.fromkeys(numbers, ' class="n"')
    heads = "".join(
        f'<th scope="col"{right.get(index, "")}>{escape(text)}</th>'
        for index, text in enumerate(head)
    )
    body = "\n".join(
        "<tr>"
        + "".join(
            f"<td{right.get(index, '')}><bdi>{escape(text)}</bdi></td>"
            if index
            else f'<th scope="row"><bdi>{escape(text)}</bdi></th>'
            for index, text in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
