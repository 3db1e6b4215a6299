"""The synthetic cohort of Cardi-HACK's twin: people with hypertrophic cardiomyopathy.

Nobody in it exists. Counts, codes and quirks are those that were published of the real files; the
strength of age and of the clinical score is set near the published one, that of genes is weak.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from draws import Draws

SEED = 20251135
SNPS = 288
CONSTANT = 211  # the SNP that does not vary
# SNPs that do something: to the severity at baseline, and to events later on.
SEVERE, EVENTS = (4, 17, 38, 61), (9, 26, 52, 70)

SEVERITY, MACE = "OUTCOME SEVERITY", "OUTCOME MACE"
CLINICAL = (
    *("ID", "Age_Baseline", "Age_Diag", "BMI", "BSA", "Genre", "Epaiss_max", "Gradient", "TVNS"),
    *("FEVG", "ATCD_MS", "SYNCOPE", "Diam_OG", "Variant.Pathogene"),
)
GENES = tuple(f"SNP{number}" for number in range(1, SNPS + 1))
COLUMNS = (*CLINICAL, *GENES)


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many people there are, how many of each outcome, and how many have each quirk."""

    people: int
    severe: int
    early: int  # MACE 1: within 1,000 days
    late: int  # MACE 2: within 3,000 days
    low_ejection: int  # FEVG 1
    low_and_mild: int  # of these, severity 0, which the definition of severity rules out
    diagnosed_after: int  # Age_Diag above Age_Baseline


# The counts of the real train.csv; those of the test are in the same proportion.
TRAIN = Size(
    people=347,
    severe=117,
    early=29,
    late=57,
    low_ejection=21,
    low_and_mild=4,
    diagnosed_after=97,
)
TEST = Size(
    people=149,
    severe=50,
    early=12,
    late=25,
    low_ejection=9,
    low_and_mild=2,
    diagnosed_after=42,
)


def people(size: Size, /, *, part: str, first_id: int) -> list[dict[str, str]]:
    """Make the people of a part, as lines with their outcomes, numbered from `first_id` on."""
    draws = Draws(f"{SEED}/{part}")
    shares = _shares(Draws(f"{SEED}/genes"))
    rows = [_person(first_id + place, shares=shares, draws=draws) for place in range(size.people)]
    severe = set(_first(size.severe, by=[_severity(row, draws=draws) for row in rows]))
    hazards = [_hazard(row, draws=draws) for row in rows]
    events = set(_first(size.early + size.late, by=hazards))
    sooner = [draws.uniform() if place in events else 0.0 for place in range(len(rows))]
    early = set(_first(size.early, by=sooner))
    low = _low_ejection(size, severe=severe, people=len(rows), draws=draws)
    later = set(_first(size.diagnosed_after, by=[draws.uniform() for _ in rows]))
    return [
        {
            **{name: str(value) for name, value in row.items()},
            "FEVG": str(int(place in low)),
            "Age_Diag": str(_diagnosed(row["Age_Baseline"], later=place in later, draws=draws)),
            SEVERITY: str(int(place in severe)),
            MACE: str(1 if place in early else 2 * (place in events)),
        }
        for place, row in enumerate(rows)
    ]


def _shares(draws: Draws) -> list[float]:
    """Give how frequent the rarer letter of each SNP is."""
    return [
        0.0 if number == CONSTANT else 0.05 + 0.45 * draws.uniform()
        for number in range(1, SNPS + 1)
    ]


def _person(number: int, *, shares: Sequence[float], draws: Draws) -> dict[str, float]:
    age = round(min(max(draws.normal(51, sd=15), 16), 88))
    sex = int(draws.happens(0.62))
    clinical = {
        "ID": number,
        "Age_Baseline": age,
        "Age_Diag": 0,
        "BMI": round(min(max(draws.normal(26.8, sd=4.6), 16), 47), 1),
        # The dictionary says m2; these are kilograms, as in the real file.
        "BSA": round(min(max(draws.normal(67 + 13 * sex, sd=14), 20.8), 137.0), 1),
        "Genre": sex,
        "Epaiss_max": round(min(max(draws.normal(19, sd=4.3), 12), 38)),
        "Gradient": int(draws.happens(0.33)),
        "TVNS": int(draws.happens(0.17)),
        "FEVG": 0,
        "ATCD_MS": int(draws.happens(0.16)),
        "SYNCOPE": int(draws.happens(0.11)),
        "Diam_OG": round(min(max(draws.normal(41 + 0.06 * (age - 51), sd=6.5), 26), 68)),
        "Variant.Pathogene": int(draws.happens(0.44)) + int(draws.happens(0.05)),
    }
    genes = {
        name: int(draws.happens(share)) + int(draws.happens(share))
        for name, share in zip(GENES, shares, strict=True)
    }
    return clinical | genes


def _severity(row: dict[str, float], *, draws: Draws) -> float:
    genes = sum(row[f"SNP{number}"] - 0.5 for number in SEVERE)
    aged = 0.030 * (row["Age_Baseline"] - 51)
    return aged + 0.35 * row["Variant.Pathogene"] + 0.45 * genes + draws.gumbel()


def _hazard(row: dict[str, float], *, draws: Draws) -> float:
    genes = sum(row[f"SNP{number}"] - 0.5 for number in EVENTS)
    aged = 0.028 * (row["Age_Baseline"] - 51)
    heart = 0.05 * (row["Diam_OG"] - 41) + 0.7 * row["TVNS"] + 0.03 * row["Epaiss_max"]
    return aged + heart + 0.45 * genes + draws.gumbel()


def _low_ejection(size: Size, /, *, severe: set[int], people: int, draws: Draws) -> set[int]:
    """Choose who has a low ejection fraction: mostly the severe, and some who should be severe."""
    among = [draws.uniform() for _ in range(people)]
    ill = [value if place in severe else 0.0 for place, value in enumerate(among)]
    mild = [0.0 if place in severe else value for place, value in enumerate(among)]
    chosen = _first(size.low_ejection - size.low_and_mild, by=ill)
    return {*chosen, *_first(size.low_and_mild, by=mild)}


def _diagnosed(age: float, *, later: bool, draws: Draws) -> int:
    if later:
        return round(age + 1 + 9 * draws.uniform())
    return round(max(age - 14 * draws.uniform() ** 2, 1))


def _first(count: int, /, *, by: Sequence[float]) -> list[int]:
    """Give the places of the `count` largest values."""
    return sorted(range(len(by)), key=lambda place: -by[place])[:count]
