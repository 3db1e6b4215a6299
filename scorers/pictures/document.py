"""The pictures of a result as JSON documents: what is drawn, and what the table beside it says.

Numbers have six significant digits. Shares are from 0 to 1, times in the unit of the truth.
"""

from typing import Annotated, Literal, Self

from scorers.metric import PictureKind, Reason
from scorers.models import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
    TypeAdapter,
)

ROUNDED_TO = 5
"""Cells of a confusion matrix are told to the nearest multiple of this."""

DIGITS = 6


def significant(number: float, /, *, digits: int) -> float:
    """Return the number at so many significant digits."""
    return float(f"{number:.{digits}g}")


Number = Annotated[FiniteFloat, AfterValidator(lambda value: significant(value, digits=DIGITS))]
"""More digits would neither be drawn nor told."""


class Part(BaseModel):
    """A part of a picture: immutable, without unknown keys, NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Drawn(Part):
    """What all pictures have: the keys of the metrics they belong to, and the units used."""

    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    units: NonNegativeInt

    def rounded(self, *, digits: int) -> Self:
        """Return the picture with all its numbers at so many significant digits."""
        return type(self).model_validate(_rounded(self.model_dump(), digits=digits))


class NoPicture(Part):
    """Why a picture that a metric asks for cannot be made, or would tell too much."""

    kind: Literal["none"] = "none"
    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    wanted: PictureKind
    reason: Reason

    def rounded(self, *, digits: int) -> Self:
        """Return it as it is: it has no numbers."""
        del digits
        return self


class RocPoint(Part):
    """What calling the `called` highest scores positive finds, and how many negatives it spares."""

    called: NonNegativeInt
    sensitivity: Number
    specificity: Number


class Roc(Drawn):
    """The ROC curve, from calling nobody to calling all; `events` are the positives."""

    kind: Literal["roc"] = "roc"
    events: NonNegativeInt
    points: tuple[RocPoint, ...]


class RecallPoint(Part):
    """What calling the `called` highest scores positive finds, and how much of it is right."""

    called: NonNegativeInt
    recall: Number
    precision: Number


class PrecisionRecall(Drawn):
    """The precision-recall curve down to calling all, whose precision is events / units."""

    kind: Literal["precision_recall"] = "precision_recall"
    events: NonNegativeInt
    points: tuple[RecallPoint, ...]


class CalibrationBin(Part):
    """Units of near predictions: their mean, and the share that had the event, with 95 % limits."""

    units: NonNegativeInt
    predicted: Number
    observed: Number
    low: Number
    high: Number


class Calibration(Drawn):
    """Observed shares against predicted probabilities of the event, by `at` if that is set."""

    kind: Literal["calibration"] = "calibration"
    at: Number | None
    bins: tuple[CalibrationBin, ...]


class BenefitPoint(Part):
    """The net benefit at a threshold probability, of the model and of treating all."""

    threshold: Number
    model: Number
    treat_all: Number


class DecisionCurve(Drawn):
    """Net benefit (true positives per unit) by threshold probability; treating none has 0."""

    kind: Literal["decision_curve"] = "decision_curve"
    points: tuple[BenefitPoint, ...]


class SurvivalStep(Part):
    """The share without the event at a time, with 95 % limits, and who is still watched then."""

    time: Number
    survival: Number
    low: Number
    high: Number
    at_risk: NonNegativeInt


class RiskGroup(Part):
    """A third of the units by predicted risk, and its survival; the first step is at time 0."""

    risk: Literal["low", "middle", "high"]
    units: NonNegativeInt
    steps: tuple[SurvivalStep, ...]


class KaplanMeier(Drawn):
    """Survival by third of predicted risk, the lowest risk first.

    Who has the event between two steps had it somewhere between their times: more is not told.
    """

    kind: Literal["kaplan_meier"] = "kaplan_meier"
    groups: tuple[RiskGroup, ...]


class Confusion(Drawn):
    """How often each class (row: true) was told as each (column), to the nearest `rounded_to`."""

    kind: Literal["confusion"] = "confusion"
    classes: tuple[str, ...]
    counts: tuple[tuple[NonNegativeInt, ...], ...]
    rounded_to: NonNegativeInt = ROUNDED_TO


class AgreementBin(Part):
    """Units of near predictions: means of prediction and truth, and 95 % limits of the latter."""

    units: NonNegativeInt
    predicted: Number
    true: Number
    low: Number
    high: Number


class Agreement(Drawn):
    """True against predicted numbers.

    `bias` is the mean of predicted - true, `lower` and `upper` its limits of agreement: 95 % of
    the differences lie between them if they are normal.
    """

    kind: Literal["agreement"] = "agreement"
    bins: tuple[AgreementBin, ...]
    bias: Number
    lower: Number
    upper: Number


class FreePoint(Part):
    """What the `called` surest detections find, and how many of them are false for each image."""

    called: NonNegativeInt
    false_per_image: Number
    sensitivity: Number


class FreeResponse(Drawn):
    """The FROC curve of detections in `units` images; `sought` are the true objects."""

    kind: Literal["free_response"] = "free_response"
    sought: NonNegativeInt
    points: tuple[FreePoint, ...]


Picture = Annotated[
    Roc
    | PrecisionRecall
    | Calibration
    | DecisionCurve
    | KaplanMeier
    | Confusion
    | Agreement
    | FreeResponse
    | NoPicture,
    Field(discriminator="kind"),
]

PICTURES: TypeAdapter[tuple[Picture, ...]] = TypeAdapter(tuple[Picture, ...])
"""Reads the pictures that a result keeps: `PICTURES.validate_python(values)`."""


def _rounded(value: object, *, digits: int) -> object:
    if isinstance(value, float):
        return significant(value, digits=digits)
    if isinstance(value, dict):
        return {key: _rounded(part, digits=digits) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_rounded(part, digits=digits) for part in value)
    return value
