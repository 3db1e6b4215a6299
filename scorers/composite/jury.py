"""The final score of a challenge with a jury, from the score and the jurors' marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class InvalidMarks(ValueError):
    """The marks do not fit the criteria; the message says whose and which."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What jurors mark: from 0 to `highest`, and its `weight` among the criteria."""

    weight: float
    highest: float

    def __post_init__(self) -> None:
        """Raise InvalidMarks unless both are above 0."""
        if not (self.weight > 0 and self.highest > 0):
            raise InvalidMarks("the weight and the highest mark of a criterion must be above 0")


def jury_share(
    marks: Sequence[Mapping[str, float]], /, *, criteria: Mapping[str, Criterion]
) -> float:
    """Return what the jury gives, from 0 to 1: the weighted mean of mark / highest.

    `marks` has one mapping for each juror, with a mark for each criterion; every juror counts
    alike. The weights of the criteria are divided by their sum. Raises InvalidMarks if there is no
    juror, or a mark is missing, unknown or out of range.

    Of 5 for clarity the jurors give 4 and 2, of 10 for speed both give 10:
    3/4 x 3/5 + 1/4 x 1.

    >>> criteria = {"clarity": Criterion(weight=3, highest=5)}
    >>> criteria["speed"] = Criterion(weight=1, highest=10)
    >>> jury_share([{"clarity": 4, "speed": 10}, {"clarity": 2, "speed": 10}], criteria=criteria)
    0.7
    """
    if not marks or not criteria:
        raise InvalidMarks("there must be a juror and a criterion at least")
    total = sum(criterion.weight for criterion in criteria.values())
    share = 0.0
    for number, given in enumerate(marks, start=1):
        if given.keys() != criteria.keys():
            raise InvalidMarks(f"juror {number} must mark {', '.join(criteria)}, and nothing else")
        for key, criterion in criteria.items():
            if not 0 <= given[key] <= criterion.highest:
                raise InvalidMarks(f"juror {number} must mark {key} from 0 to {criterion.highest}")
            share += criterion.weight * given[key] / criterion.highest
    return share / (total * len(marks))


def final_score(score: float, /, *, dummy: float, jury: float, weight: float) -> float:
    """Return weight x (score - dummy) / (1 - dummy) + (1 - weight) x jury.

    `dummy` is the score of a trivial submission, `jury` comes from `jury_share`, and `weight` is
    the share of the score (the Allergen Chip Challenge of 2023 had 0.8). Raises ValueError if the
    weight or the jury is not from 0 to 1, or the dummy not below 1.

    A score of 0.8 lies three quarters of the way from 0.2 to 1: 0.8 x 0.75 + 0.2 x 0.5.

    >>> round(final_score(0.8, dummy=0.2, jury=0.5, weight=0.8), 12)
    0.7
    """
    if not 0 <= weight <= 1 or not 0 <= jury <= 1 or not dummy < 1:
        raise ValueError("weight and jury must be from 0 to 1, and dummy below 1")
    return weight * (score - dummy) / (1 - dummy) + (1 - weight) * jury
