"""What an audit found in plain words, and what it does not prove."""

from collections.abc import Iterator, Mapping, Sequence

from scorers.audit.document import Audit, TeamResult, Unscored
from scorers.document import Score
from scorers.uncertainty.intervals import FEWEST_EVENTS

FEW_EVENTS = FEWEST_EVENTS
"""Below this many events nobody is said to be ahead: resampling so few is no proof."""

NAMED = 3
"""How many teams a sentence names; the others are counted."""


OPEN = (
    """That two teams cannot be told apart does not prove that they are equal: this test set is too
    small to tell, and a larger one might.""",
    """The head of a group is compared with all teams below it, with Holm's correction for the
    number of all pairs: even among many equal teams few are told apart by chance, but some may
    be.""",
    """Intervals tell what would change with other units of the same kind. They say nothing of
    patients of another hospital or year, nor of mistakes in the truth.""",
    """Duplicates and possible leaks are to be looked into, and are no proof: two teams may have run
    the same public notebook, and where rows are sorted by age any honest model that uses the age
    follows their order. Nothing found is no proof of innocence either.""",
    """Training, code and the rules of the competition were not looked at.""",
)
"""What no audit proves."""


def plain_words(audit: Audit, /) -> list[str]:
    """Say in whole sentences what an organizer needs to know before a prize is given."""
    return [
        _judged(audit),
        *_standing(audit),
        *_schemes(audit),
        _found(audit),
    ]


def not_proven(audit: Audit, /) -> list[str]:
    """Say what the numbers leave open."""
    judged = audit.judged
    if judged.chosen_by == judged.split:
        chosen = (
            "A team with several submissions is judged by its best, chosen on the same rows: the "
            "more it sent in, the more luck is in its score. Each resample chooses anew, so that "
            "ranks, groups and first places allow for this luck; the intervals of scores do not."
        )
    else:
        chosen = (
            f"A team with several submissions is judged by the one that is best on the "
            f"{judged.chosen_by} rows. The resamples keep that choice, so the intervals do not "
            "show how else it might have fallen."
        )
    return [*OPEN, chosen]


def names(teams: Sequence[str], /) -> str:
    """List some names, and count the rest."""
    shown, others = list(teams[:NAMED]), len(teams) - NAMED
    if others > 0:
        shown.append(f"{others:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def number(value: float, /) -> str:
    """Write a score with the digits that a reader can use."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.6g}"  # noqa: PLR2004 - as wide


def interval(score: Score, /) -> str:
    """Write the interval of a score."""
    if score.interval is None:
        return f"none ({score.no_interval.replace('_', ' ')})" if score.no_interval else "none"
    low, high = score.interval
    return f"{number(low)} to {number(high)}"


def _judged(audit: Audit) -> str:
    judged = audit.judged
    part = "all rows" if judged.split == "all" else f"the {judged.split} rows"
    events = "; ".join(_resting(judged.events))
    scored = _count(audit.submissions, "submission")
    told = (
        f"{scored} of {_count(len(audit.teams), 'team')} were judged on {part} of the truth: "
        f"{_count(judged.units, 'unit')} ({judged.unit}){f'; {events}' if events else ''}."
    )
    if not audit.unranked:
        return told
    others = names([team.team for team in audit.unranked])
    return f"{told} {others} {'is' if len(audit.unranked) == 1 else 'are'} not ranked."


def _resting(events: Mapping[str, int]) -> Iterator[str]:
    """Say on how many events each metric rests, those with as many together."""
    for number in dict.fromkeys(events.values()):
        keys = [key for key, found in events.items() if found == number]
        if len(keys) == 1:
            yield f"{keys[0]} rests on {_count(number, 'event')}"
        else:
            told = f"{', '.join(keys[:-1])} and {keys[-1]}"
            yield f"{told} rest on {_count(number, 'event')} each"


def _standing(audit: Audit) -> list[str]:
    ranked = [team for team in audit.teams if team.rank is not None]
    if not ranked:
        return [f"No team has a defined {audit.primary.key}: nobody can be ranked."]
    top, *others = ranked
    score = top.scores[audit.primary.key]
    best = f"{number(score.value or 0.0)}, 95 % interval {interval(score)}"
    told = [f"{top.team} has the best {audit.primary.key}: {best}."]
    if not others:
        return [*told, "There is no other ranked team to compare it with."]
    return [*told, _compared(audit, top, others), _first(ranked)]


def _compared(audit: Audit, top: TeamResult, others: Sequence[TeamResult]) -> str:
    if audit.judged.count < FEW_EVENTS:
        return (
            f"With only {_count(audit.judged.count, 'event or unit', 'events or units')} nothing "
            "can be told about who is ahead: the order below may well be chance."
        )
    close = [team.team for team in others if team.group == top.group]
    if close:
        return (
            f"This test set cannot tell {top.team} from {names(close)}: none of them is known to "
            "be ahead."
        )
    return (
        f"{top.team} is ahead of {others[0].team}, the next, by more than chance would explain: "
        "the 95 % interval of their difference is above zero."
    )


def _first(ranked: Sequence[TeamResult]) -> str:
    likely = sorted(ranked, key=lambda team: -team.first_share)[:NAMED]
    shares = [f"{team.team} in {team.first_share:.0%}" for team in likely if team.first_share]
    return f"Had other units been drawn, first would have been {', '.join(shares)} of the draws."


def _schemes(audit: Audit) -> list[str]:
    agreements = [scheme.tau for scheme in audit.schemes if scheme.tau is not None]
    if not agreements:
        return []
    firsts = [
        team.team
        for index, team in enumerate(audit.ranked)
        if team.rank != 1 and any(scheme.ranks[index] == 1 for scheme in audit.schemes)
    ]
    agree = (
        f"Other ways of ranking agree with this one to Kendall's tau {min(agreements):.2f} or more"
    )
    return [f"{agree}; by one of them {names(firsts)} would be first." if firsts else f"{agree}."]


def _found(audit: Audit) -> str:
    unscored, alike = len(audit.unscored), len(audit.duplicates)
    told = (
        f"{_count(unscored, 'file')} could not be scored, and {_count(alike, 'set')} of "
        f"submissions of different teams {'is' if alike == 1 else 'are'} alike."
    )
    if not audit.leaks:
        return f"{told} No sign of a leak was found."
    files = list(dict.fromkeys("the truth" if k.file is None else k.file for k in audit.leaks))
    return f"{told} Look for a leak in {names(files)} before a prize is given."


def problems_of(one: Unscored, /) -> str:
    """Tell the first problem of a file, and count the others."""
    others = one.total - 1
    return f"{one.problems[0]} (and {others:,} more)" if others else one.problems[0]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
