"""95 % limits of a share, and of a share that censoring hides in part."""

import numpy as np

from scorers.metric import Vector

Z = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie."""

Limits = tuple[float, float]


def wilson(events: int, units: int, /) -> Limits:
    """Return Wilson's limits of a share of `units`, at least 1, of which `events` had the event.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) (Wilson, J Am Stat Assoc 1927;22:209-212).

    >>> [round(limit, 4) for limit in wilson(1, 10)]
    [0.0179, 0.4042]
    """
    share, square = events / units, Z * Z / units
    middle = share + square / 2
    half = Z * ((share * (1 - share) + square / 4) / units) ** 0.5
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def survival_limits(survival: float, spread: float, /) -> Limits:
    """Return limits of a Kaplan-Meier estimate: S^exp(∓z √spread / log S).

    `spread` is Greenwood's sum of d / (n (n - d)) (Reports on Public Health 1926;33:1-26), put on
    the scale of log(-log S) so that the limits stay within 0 and 1 (Kalbfleisch and Prentice, The
    Statistical Analysis of Failure Time Data, 1980, section 1.3). At 0 and 1 both are S itself.
    """
    if not 0 < survival < 1:
        return survival, survival
    away = Z * spread**0.5 / -np.log(survival)
    return float(survival ** np.exp(away)), float(survival ** np.exp(-away))


def mean_limits(values: Vector, /) -> Limits:
    """Return the mean of two values or more ± z standard errors.

    >>> [round(limit, 4) for limit in mean_limits(np.array([1.0, 2.0, 3.0]))]
    [0.8684, 3.1316]
    """
    middle, half = float(values.mean()), Z * float(values.std(ddof=1)) / len(values) ** 0.5
    return middle - half, middle + half
