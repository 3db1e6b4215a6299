"""A picture of each kind, as a result keeps them."""

from scorers.metric import PictureKind, Reason
from scorers.pictures.document import (
    Agreement,
    AgreementBin,
    BenefitPoint,
    Calibration,
    CalibrationBin,
    Confusion,
    DecisionCurve,
    FreePoint,
    FreeResponse,
    KaplanMeier,
    NoPicture,
    Picture,
    PrecisionRecall,
    RecallPoint,
    RiskGroup,
    Roc,
    RocPoint,
    SurvivalStep,
)


def a_roc() -> Roc:
    """Give a curve that finds 63 of 100 where it spares 92 of 100."""
    points = ((0, 0.0, 1.0), (40, 0.4, 0.98), (90, 0.63, 0.92), (300, 0.9, 0.6), (900, 1.0, 0.0))
    return Roc(
        metrics=("auroc",),
        units=900,
        events=100,
        points=tuple(
            RocPoint(called=called, sensitivity=found, specificity=spared)
            for called, found, spared in points
        ),
    )


def a_precision_recall() -> PrecisionRecall:
    """Give a curve of which a quarter is right where 63 of 100 are found."""
    points = ((40, 0.4, 0.6), (90, 0.63, 0.25), (900, 1.0, 0.1111))
    return PrecisionRecall(
        metrics=("ap",),
        units=900,
        events=100,
        points=tuple(
            RecallPoint(called=called, recall=recall, precision=precision)
            for called, recall, precision in points
        ),
    )


def a_calibration(*, at: float | None = None) -> Calibration:
    """Give bins of which that at 30 % had 24 % of events, its limits below 30 %."""
    bins = ((0.05, 0.04, 0.02, 0.07), (0.3, 0.24, 0.2, 0.28), (0.62, 0.6, 0.5, 0.7))
    return Calibration(
        metrics=("brier",),
        units=900,
        at=at,
        bins=tuple(
            CalibrationBin(units=300, predicted=predicted, observed=observed, low=low, high=high)
            for predicted, observed, low, high in bins
        ),
    )


def a_decision_curve() -> DecisionCurve:
    """Give a curve that is above both others at two of four thresholds."""
    points = ((0.05, 0.08, 0.09), (0.2, 0.05, -0.01), (0.4, 0.02, -0.5), (0.5, -0.01, -0.8))
    return DecisionCurve(
        metrics=("net_benefit",),
        units=900,
        points=tuple(
            BenefitPoint(threshold=threshold, model=model, treat_all=treat_all)
            for threshold, model, treat_all in points
        ),
    )


def a_step(time: float, survival: float, at_risk: int) -> SurvivalStep:
    """Give a step with limits of 0.05 on either side."""
    return SurvivalStep(
        time=time,
        survival=survival,
        low=max(0, survival - 0.05),
        high=min(1, survival + 0.05),
        at_risk=at_risk,
    )


def a_kaplan_meier() -> KaplanMeier:
    """Give three thirds, the highest of which is watched for 60, the lowest for 96."""
    steps = {
        "low": ((0, 1.0, 100), (48, 0.97, 80), (96, 0.95, 20)),
        "middle": ((0, 1.0, 100), (24, 0.93, 90), (48, 0.9, 70), (72, 0.85, 30)),
        "high": ((0, 1.0, 100), (12, 0.9, 88), (24, 0.8, 70), (60, 0.6, 25)),
    }
    return KaplanMeier(
        metrics=("c",),
        units=300,
        groups=tuple(
            RiskGroup.model_validate(
                {"risk": risk, "units": 100, "steps": tuple(a_step(*step) for step in known)}
            )
            for risk, known in steps.items()
        ),
    )


def a_confusion(*names: str) -> Confusion:
    """Give a matrix of these classes: most is right, the first is taken for the second."""
    names = names or ("benign", "malignant", "<b>other</b>")
    return Confusion(
        metrics=("f1",),
        units=100 * len(names),
        classes=names,
        counts=tuple(
            tuple(
                75 if row == column else 25 if (row, column) == (0, 1) else 0
                for column in range(len(names))
            )
            for row in range(len(names))
        ),
    )


def an_agreement(*, bias: float = 2.3) -> Agreement:
    """Give two bins of numbers."""
    return Agreement(
        metrics=("mae",),
        units=200,
        bins=(
            AgreementBin(units=100, predicted=20, true=18, low=15, high=21),
            AgreementBin(units=100, predicted=60, true=57, low=52, high=62),
        ),
        bias=bias,
        lower=-7.5,
        upper=12.1,
    )


def a_free_response() -> FreeResponse:
    """Give a curve that finds 70 of 100 at 0.8 false detections for each image."""
    points = ((50, 0.1, 0.4), (120, 0.8, 0.7), (400, 4.0, 0.9))
    return FreeResponse(
        metrics=("froc",),
        units=100,
        sought=130,
        points=tuple(
            FreePoint(called=called, false_per_image=false, sensitivity=found)
            for called, false, found in points
        ),
    )


def no_picture() -> NoPicture:
    """Say that there is no ROC curve, for there are too few."""
    return NoPicture(metrics=("auroc",), wanted=PictureKind.ROC, reason=Reason.TOO_FEW)


def one_of_each(*classes: str) -> tuple[Picture, ...]:
    """Give a picture of each kind, that of classes of these, and one that there is not."""
    return (
        a_roc(),
        a_precision_recall(),
        a_calibration(),
        a_decision_curve(),
        a_kaplan_meier(),
        a_confusion(*classes),
        an_agreement(),
        a_free_response(),
        no_picture(),
    )
