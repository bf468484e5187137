"""The click model's last layer learning from what shoppers do, and the alarms that stop it.

The layer has a Gaussian posterior that every batch of joined impressions moves by one Newton
step of the position-based likelihood (Laplace approximation, as in Chapelle and Li, NIPS 2011);
old evidence fades towards what was trained. Nothing here reads or writes a log.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from pydantic import Field

from retrieval.rank.click_features import Numbers
from retrieval.rank.clicks import ClickModel, sigmoid
from retrieval.types import Frozen

# Impressions after which what they said has faded by half: a season, not an afternoon.
HALF_LIFE = 200_000.0
# The share of the training's evidence that online learning starts from: shoppers of today
# count somewhat more than those of the log.
PRIOR_SHARE = 0.5
# Mean change of a batch's scores, in logits, that no honest batch makes.
JUMP = 1.0
# Scores that make the reference, those compared with it at a time, and bins (deciles).
REFERENCE, WINDOW, BINS = 2_000, 1_000, 10
# Population stability index; above .25 is the usual bound for a major shift (Siddiqi, 2006).
# Shoppers who become known spread the scores by themselves, hence twice of it.
MAJOR_SHIFT = 0.5
# How far below control clicks a list may fall, relative; and the chance of a false alarm,
# however often it is looked at.
CTR_BOUND, FALSE_ALARM = 0.05, 0.01
# Lists at which the confidence sequence is tightest.
TIGHTEST = 1_000
LEAST_LISTS = 100


class Alarm(StrEnum):
    """Why learning while serving was switched back."""

    CTR = "ctr_below_control"
    JUMP = "weights_jumped"
    SHIFT = "scores_shifted"


class Tally(Frozen):
    """Clicks a list of one side: lists, sum and sum of squares."""

    lists: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, rates: Sequence[float]) -> Tally:
        """With further lists."""
        return Tally(
            lists=self.lists + len(rates),
            total=self.total + sum(rates),
            squares=self.squares + sum(rate * rate for rate in rates),
        )

    @property
    def mean(self) -> float:
        """Clicks an impression, averaged over lists."""
        return self.total / self.lists if self.lists else 0.0

    @property
    def variance(self) -> float:
        """Of one list."""
        return max(0.0, self.squares / self.lists - self.mean**2) if self.lists else 0.0


class OnlineState(Frozen):
    """All that learning while serving keeps; `cursor` is the place in the log up to which
    impressions are counted, so that each counts once.

    `items` and `values` are what records got since the training (clicks, expected).
    """

    version: str
    cursor: int = 0
    layer: tuple[float, ...]
    precision: tuple[tuple[float, ...], ...]
    impressions: int = 0
    clicks: int = 0
    learning: Tally = Tally()
    control: Tally = Tally()
    edges: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    window: tuple[float, ...] = ()
    shift: float = 0.0
    alarm: Alarm | None = None
    detail: str = ""
    items: dict[str, tuple[float, float]] = Field(default_factory=dict)
    values: dict[str, tuple[float, float]] = Field(default_factory=dict)

    @property
    def ranks(self) -> bool:
        """Whether the click model may order lists: not after clicks fell below control."""
        return self.alarm is not Alarm.CTR


@dataclass(frozen=True)
class Batch:
    """Joined impressions: standardised features with ones, examination of their places, clicks."""

    features: Numbers
    examined: Numbers
    clicks: Numbers

    def __len__(self) -> int:
        return len(self.clicks)


def begin(model: ClickModel, version: str, cursor: int) -> OnlineState:
    """The state before anything was learned online."""
    return OnlineState(
        version=version,
        cursor=cursor,
        layer=tuple(map(float, model.layer)),
        precision=tuple(tuple(map(float, row)) for row in prior_of(model)),
    )


def prior_of(model: ClickModel) -> Numbers:
    """The evidence of the training that online learning starts from."""
    return PRIOR_SHARE * np.array(model.precision)


def learn(state: OnlineState, model: ClickModel, batch: Batch) -> OnlineState:
    """The state after a batch; after an alarm the trained layer serves and nothing is learned."""
    if not len(batch) or state.alarm:
        return state
    before, precision = np.array(state.layer), np.array(state.precision)
    prior = prior_of(model)
    kept = 0.5 ** (len(batch) / HALF_LIFE)
    faded = prior + kept * (precision - prior)
    trained = prior @ model.layer
    start = np.linalg.solve(faded, trained + kept * (precision @ before - trained))
    gradient, evidence = _slopes(batch, start)
    after_precision = faded + evidence
    after = start + np.linalg.solve(after_precision, gradient)
    moved = float(np.sqrt(np.mean((batch.features @ (after - before)) ** 2)))
    if not np.isfinite(after).all() or moved > JUMP:
        detail = f"one batch moved the scores by {moved:.2f} logits, {JUMP} is the bound"
        return raise_alarm(state, model, Alarm.JUMP, detail)
    return state.model_copy(
        update={
            "layer": tuple(map(float, after)),
            "precision": tuple(tuple(map(float, row)) for row in after_precision),
            "impressions": state.impressions + len(batch),
            "clicks": state.clicks + int(np.sum(batch.clicks)),
        }
    )


def _slopes(batch: Batch, layer: Numbers) -> tuple[Numbers, Numbers]:
    """Gradient and expected information of the position-based log likelihood."""
    wanted = sigmoid(batch.features @ layer)
    chance = np.clip(batch.examined * wanted, 1e-6, 1 - 1e-6)
    slope = (batch.clicks - chance) / (1 - chance) * (1 - wanted)
    weight = batch.examined * wanted * (1 - wanted) ** 2 / (1 - chance)
    return batch.features.T @ slope, (batch.features * weight[:, None]).T @ batch.features


def raise_alarm(state: OnlineState, model: ClickModel, alarm: Alarm, detail: str) -> OnlineState:
    """The state switched back to what was trained, saying why."""
    return state.model_copy(
        update={
            "alarm": alarm,
            "detail": detail,
            "layer": tuple(map(float, model.layer)),
            "precision": tuple(tuple(map(float, row)) for row in prior_of(model)),
        }
    )


# ------------------------------------------------------------------------ guard rails


def watch_scores(state: OnlineState, model: ClickModel, scores: Sequence[float]) -> OnlineState:
    """Compare the scores of what was shown with the first ones under this model."""
    if state.alarm:
        return state
    window = (*state.window, *(round(float(score), 4) for score in scores))
    if not state.edges:
        if len(window) < REFERENCE:
            return state.model_copy(update={"window": window})
        edges = np.quantile(window, np.linspace(0, 1, BINS + 1)[1:-1])
        return state.model_copy(
            update={
                "edges": tuple(map(float, edges)),
                "reference": _shares(window, edges),
                "window": (),
            }
        )
    if len(window) < WINDOW:
        return state.model_copy(update={"window": window})
    shift = stability_index(state.reference, _shares(window, np.array(state.edges)))
    state = state.model_copy(update={"window": (), "shift": round(shift, 4)})
    if shift <= MAJOR_SHIFT:
        return state
    detail = f"the scores' stability index is {shift:.2f}, {MAJOR_SHIFT} is the bound"
    return raise_alarm(state, model, Alarm.SHIFT, detail)


def _shares(scores: Sequence[float], edges: Numbers) -> tuple[float, ...]:
    counts = np.bincount(np.searchsorted(edges, scores), minlength=BINS)
    return tuple(map(float, counts / counts.sum()))


def stability_index(reference: Sequence[float], found: Sequence[float]) -> float:
    """Population stability index of two histograms of shares (0: the same)."""
    one, other = np.maximum(reference, 1e-3), np.maximum(found, 1e-3)
    return float(((other - one) * np.log(other / one)).sum())


def watch_clicks(
    state: OnlineState, model: ClickModel, learning: Sequence[float], control: Sequence[float]
) -> OnlineState:
    """Compare clicks an impression, list by list, with the shoppers who are held out."""
    tallies = {"learning": state.learning.add(learning), "control": state.control.add(control)}
    state = state.model_copy(update=tallies)
    if state.alarm or min(state.learning.lists, state.control.lists) < LEAST_LISTS:
        return state
    difference = state.learning.mean - state.control.mean
    upper = difference + confidence_radius(state.learning, state.control)
    if upper >= 0 or difference > -CTR_BOUND * state.control.mean:
        return state
    detail = (
        f"{state.learning.mean:.4f} clicks an impression against {state.control.mean:.4f} "
        f"of the shoppers held out, on {state.learning.lists} and {state.control.lists} lists"
    )
    return raise_alarm(state, model, Alarm.CTR, detail)


def confidence_radius(one: Tally, other: Tally) -> float:
    """Half the width of an asymptotic confidence sequence for the difference of two means,
    valid at every moment (Waudby-Smith et al., Annals of Statistics 2024)."""
    size = 1 / (1 / one.lists + 1 / other.lists)
    spread = math.sqrt((one.variance / one.lists + other.variance / other.lists) * size)
    log = -2 * math.log(FALSE_ALARM)
    rho = (log + math.log(log + 1)) / TIGHTEST
    inside = 2 * (size * rho + 1) / (size**2 * rho)
    return spread * math.sqrt(inside * math.log(math.sqrt(size * rho + 1) / FALSE_ALARM))
