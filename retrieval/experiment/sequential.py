"""Intervals that hold at every look, a check of the split, and the sign test.

The sequential interval is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences"
(arXiv 2103.06476), which is the mixture sequential probability ratio test of Johari, Pekelis
and Walsh (arXiv 1512.04922) with the variance estimated: whoever looks daily and stops when the
interval leaves zero is wrong no more often than `alpha` says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.stats import binomtest, chi2, norm

# A split this unlikely under the planned shares means that the log is wrong, not the shoppers;
# strict because it is looked at often (Fabijan et al., KDD 2019, use the same order).
MISMATCH = 0.0005


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval and the p-value of zero."""

    estimate: float
    low: float
    high: float
    p_value: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def mixture_width(alpha: float, plan_units: int) -> float:
    """The squared spread of the mixture at which the interval is tightest after `plan_units`."""
    log = -2 * math.log(alpha)
    return (log + math.log(log + 1)) / plan_units


def sequential_interval(
    estimate: float, variance: float, units: int, alpha: float, plan_units: int
) -> Interval:
    """The always-valid interval of an estimate whose variance is `variance` after `units`."""
    if variance <= 0 or units <= 0:
        return Interval(estimate, -math.inf, math.inf, 1.0)
    spread = units * mixture_width(alpha, plan_units)
    scale = (spread + 1) / spread
    half = math.sqrt(2 * variance * scale * math.log(math.sqrt(spread + 1) / alpha))
    log_p = 0.5 * math.log(spread + 1) - estimate**2 / variance / (2 * scale)
    return Interval(estimate, estimate - half, estimate + half, min(1.0, math.exp(min(0.0, log_p))))


def fixed_interval(estimate: float, variance: float, alpha: float) -> Interval:
    """The usual interval, right for one look at a size fixed beforehand."""
    if variance <= 0:
        return Interval(estimate, -math.inf, math.inf, 1.0)
    error = math.sqrt(variance)
    half = float(norm.ppf(1 - alpha / 2)) * error
    p_value = float(2 * norm.sf(abs(estimate) / error))
    return Interval(estimate, estimate - half, estimate + half, p_value)


def split_p_value(counts: Sequence[int], shares: Sequence[float]) -> float:
    """How likely a split at least this uneven is (chi square); 1 where there is nobody."""
    total = sum(counts)
    if not total or len(counts) < 2:
        return 1.0
    planned = [share / sum(shares) * total for share in shares]
    statistic = sum((c - p) ** 2 / p for c, p in zip(counts, planned, strict=True))
    return float(chi2.sf(statistic, len(counts) - 1))


def sign_test(wins: int, losses: int) -> float:
    """How likely wins this uneven are when both are equal; ties are left out before."""
    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def units_needed(
    mean: float, deviation: float, relative_effect: float, alpha: float, power: float
) -> int:
    """Units per arm for a relative effect to be found at one look with probability `power`."""
    effect = abs(mean * relative_effect)
    if effect == 0:
        raise ValueError("an effect of nothing is never found")
    z = float(norm.ppf(1 - alpha / 2) + norm.ppf(power))
    return math.ceil(2 * (z * deviation / effect) ** 2)


def sequential_units_needed(
    mean: float, deviation: float, relative_effect: float, alpha: float, power: float
) -> int:
    """The same where the results are looked at all along: the interval at `power`'s quantile."""
    effect = abs(mean * relative_effect)

    def missing(log_units: float) -> float:
        units = math.exp(log_units)  # per arm
        variance = 2 * deviation**2 / units
        half = sequential_interval(
            0.0, variance, max(1, round(2 * units)), alpha, max(100, round(2 * units))
        ).high
        return effect - half - float(norm.ppf(power)) * math.sqrt(variance)

    if effect == 0:
        raise ValueError("an effect of nothing is never found")
    return math.ceil(math.exp(float(brentq(missing, 0.0, 60.0))))
