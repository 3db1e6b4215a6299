"""The synthetic cohort of ANNITIA's twins: people with fatty liver disease and their visits.

Nobody in it exists. The marginals and the strength of each sign are set to what is published of the
challenge's training data; nothing was fitted to records of people. All draws come from one stream
of `random.random()`, whose values Python promises to keep, so that a seed always makes the same
people.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from draws import Draws

SEED = 20260925

MOST_VISITS, MOST_SLOTS = 19, 22
LONGEST = 21.0  # years from the first visit to the last
OLDEST = 92.0  # years of age at the last visit


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one visit found: its slot (1 to 22), years since the first one, values by name."""

    slot: int
    years: float
    values: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One synthetic person.

    `hepatic` and `death` are years from the first visit to the event, None for who had none while
    followed; `death_known` is whether anybody asked if the person lives.
    """

    number: int
    age: float
    sex: int
    visits: tuple[Visit, ...]
    hepatic: float | None
    death: float | None
    death_known: bool
    statics: dict[str, int | None] = field(default_factory=dict)

    @property
    def followed(self) -> float:
        """Years from the first visit to the last."""
        return self.visits[-1].years


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many people there are, with how many events, and what is unknown of how many."""

    people: int
    hepatic: int
    deaths: int
    death_unknown: int
    before: int  # hepatic events at the first visit or before
    statics_missing: float


# The counts are those of the real training data. Of the real test data none is published, so that
# events are in the same proportion there.
TRAIN = Size(people=1253, hepatic=47, deaths=76, death_unknown=269, before=8, statics_missing=0.21)
TEST = Size(people=423, hepatic=16, deaths=26, death_unknown=91, before=3, statics_missing=0.025)


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A person before anything happened: `liver` and `frail` are standard normal latents."""

    number: int
    age: float
    sex: int
    liver: float
    planned: float
    times: list[float]


def people(size: Size, /, *, part: str) -> list[Person]:
    """Make the people of a part (`train` or `test`).

    Their order tells a little of who dies, as in the real files.
    """
    draws = Draws(f"{SEED}/{part}")
    drafts = [_draft(number, draws=draws) for number in range(size.people)]
    unknown = set(_first(drafts, size.death_unknown, by=[draws.uniform() for _ in drafts]))
    dying = _deaths(drafts, size.deaths, known=set(range(len(drafts))) - unknown, draws=draws)
    failing = _hepatic(drafts, size, dying=dying, draws=draws)
    # Who dies comes a little later: the leak of the row order.
    order = {draft.number: 0.45 * (draft.number in dying) + draws.normal() for draft in drafts}
    return [
        _person(
            draft,
            hepatic=failing.get(draft.number),
            death=dying.get(draft.number),
            death_known=draft.number not in unknown,
            statics_missing=size.statics_missing,
            draws=draws,
        )
        for draft in sorted(drafts, key=lambda draft: order[draft.number])
    ]


def _draft(number: int, *, draws: Draws) -> _Draft:
    age = min(max(draws.normal(53.0, sd=12.5), 18.0), 86.0)
    single = draws.happens(0.083)
    # Gamma of shape 3/2: an exponential and half the square of a normal.
    planned = 0.0 if single else 4.1 * (draws.exponential(1.0) + draws.normal() ** 2 / 2) + 0.3
    planned = min(planned, LONGEST, max(OLDEST - age, 0.5))
    more = 0 if single else 1 + draws.count(planned * 0.6 * draws.exponential(1.0) ** 0.5)
    more = min(more, MOST_VISITS - 1)
    times = [0.0, *sorted(planned * draws.uniform() for _ in range(more - 1))]
    if more:
        times.append(planned)
    return _Draft(
        number=number,
        age=age,
        sex=1 if draws.happens(0.56) else 2,
        liver=draws.normal(0.012 * (age - 53.0)),
        planned=planned,
        times=times,
    )


def _first(drafts: Sequence[_Draft], count: int, /, *, by: Sequence[float]) -> list[int]:
    """Give the numbers of the `count` people with the largest values."""
    order = sorted(range(len(drafts)), key=lambda place: -by[place])
    return [drafts[place].number for place in order[:count]]


def _deaths(
    drafts: Sequence[_Draft], count: int, /, *, known: set[int], draws: Draws
) -> dict[int, float]:
    """Choose who dies, the older and the sicker the sooner, and when."""
    hazards = [
        0.09 * draft.age + 0.6 * draft.liver + 0.9 * math.log(len(draft.times)) + draws.gumbel()
        for draft in drafts
    ]
    among = [
        hazard if draft.number in known else -math.inf
        for draft, hazard in zip(drafts, hazards, strict=True)
    ]
    return {
        number: drafts[number].planned * (0.1 + 0.9 * draws.uniform()) + 0.2
        for number in _first(drafts, count, by=among)
    }


def _hepatic(
    drafts: Sequence[_Draft], size: Size, /, *, dying: dict[int, float], draws: Draws
) -> dict[int, float]:
    """Choose whose liver fails, and when; of some it did before they came."""
    hazards = [
        1.45 * draft.liver
        + 0.008 * draft.age
        + 1.4 * math.log(draft.planned + 0.5)
        + draws.gumbel()
        for draft in drafts
    ]
    chosen = _first(drafts, size.hepatic, by=hazards)
    turns = _first(
        [drafts[number] for number in chosen], size.before, by=[draws.uniform() for _ in chosen]
    )
    times = {}
    for number in chosen:
        until = dying.get(number, drafts[number].planned)
        after = until * (0.45 + 0.6 * draws.uniform())
        times[number] = -2.5 * draws.uniform() if number in turns else max(after, 1.0)
    return times


def _person(
    draft: _Draft,
    *,
    hepatic: float | None,
    death: float | None,
    death_known: bool,
    statics_missing: float,
    draws: Draws,
) -> Person:
    # Nobody is seen after death: this is why the length of follow-up tells of it.
    times = [time for time in draft.times if death is None or time <= death]
    asked = draws.happens(0.82)
    visits: list[Visit] = []
    slot = 0
    for left, time in zip(range(len(times), 0, -1), times, strict=True):
        gap = bool(visits) and slot + left < MOST_SLOTS and draws.happens(0.04)
        slot += 2 if gap else 1
        sick = 0.0 if hepatic is None or time < hepatic else 0.3
        values = _values(draft, time=time, sick=sick, bloods=asked, draws=draws)
        visits.append(Visit(slot=slot, years=time, values=values))
    return Person(
        number=draft.number,
        age=draft.age,
        sex=draft.sex,
        visits=tuple(visits),
        hepatic=hepatic,
        death=death,
        death_known=death_known,
        statics=_statics(draft, missing=statics_missing, draws=draws),
    )


def _values(
    draft: _Draft, *, time: float, sick: float, bloods: bool, draws: Draws
) -> dict[str, float]:
    """Measure at one visit what is measured there; a value that nobody took is left out."""
    liver = draft.liver + 0.02 * time + sick
    age = draft.age + time
    stiff = 0.46 * draft.liver * max(1 - 0.06 * time, 0.2)  # those who are followed are treated
    scarred = 0.52 * liver + 0.065 * (age - 55) - 1.1 + draws.normal(sd=0.85)
    # Name: probability that it is measured, value, lowest and highest that a device gives.
    found = {
        "BMI": (0.93, draws.normal(31.5, sd=5.5), 16, 62),
        "fibs_stiffness_med_BM_1": (0.80, _skewed(7.2, stiff, sd=0.36, draws=draws), 1.8, 75),
        "aixp_aix_result_BM_3": (0.25, _skewed(7.0, 0.32 * liver, sd=0.35, draws=draws), 2.5, 60),
        "fibrotest_BM_2": (0.45, 1 / (1 + math.exp(-scarred)), 0.01, 0.99),
    }
    if bloods:
        found |= _bloods(liver, age=age, draws=draws)
    taken = {}
    for name, (probability, value, low, high) in found.items():
        if draws.happens(probability):
            taken[name] = min(max(value, low), high)
    return taken


def _bloods(
    liver: float, *, age: float, draws: Draws
) -> dict[str, tuple[float, float, float, float]]:
    inflamed = draws.normal(0.25 * liver)
    alt, ast = 0.45 * inflamed - 0.008 * (age - 53), 0.33 * inflamed + 0.06 * liver
    return {
        "alt": (0.72, _skewed(40, alt, sd=0.01, draws=draws), 6, 900),
        "ast": (0.72, _skewed(31, ast, sd=0.2, draws=draws), 8, 900),
        "bilirubin": (0.60, _skewed(10, 0.12 * liver, sd=0.45, draws=draws), 2, 250),
        "chol": (0.55, draws.normal(4.9 - 0.15 * liver, sd=1.1), 1.5, 11),
        "ggt": (0.70, _skewed(55, 0.25 * liver, sd=0.8, draws=draws), 7, 1900),
        "gluc_fast": (0.60, _skewed(5.6, 0.06 * liver, sd=0.24, draws=draws), 2.9, 24),
        "plt": (0.72, draws.normal(238 - 15 * liver, sd=55), 28, 620),
        "triglyc": (0.55, _skewed(1.5, 0.0, sd=0.48, draws=draws), 0.3, 14),
    }


def _skewed(median: float, shift: float, /, *, sd: float, draws: Draws) -> float:
    """Give a log-normal value, whose logarithm is moved by `shift`."""
    return median * math.exp(shift + draws.normal(sd=sd))


def _statics(draft: _Draft, *, missing: float, draws: Draws) -> dict[str, int | None]:
    """Give the conditions, coded 0, 1 and an undocumented 2; most are missing together."""
    block = draws.happens(0.8 * missing)
    old = 0.02 * (draft.age - 53.0)
    shares = {"T2DM": 0.40 + old, "Hypertension": 0.48 + old, "Dyslipidaemia": 0.42 + old}
    found: dict[str, int | None] = {}
    for name, share in (shares | {"bariatric_surgery": 0.09}).items():
        code = 2 if draws.happens(0.03) else int(draws.happens(share))
        found[name] = None if block or draws.happens(0.25 * missing) else code
    operated = found["bariatric_surgery"] == 1
    years = draft.age - 8 + 10 * draws.uniform()
    found["bariatric_surgery_age"] = int(max(years, 18.0)) if operated else None
    return found
