"""Learns the click model from the log, and tells how it does on the days it has not seen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pydantic import Field

from retrieval.catalog.files import write_atomically
from retrieval.errors import CallerError
from retrieval.profile.items import ItemReader
from retrieval.profile.types import Action, StoredEvent
from retrieval.rank.click_features import ClickFeature, Integers, Numbers, Records
from retrieval.rank.clicks import FILE, ClickModel, sigmoid
from retrieval.train.click_log import (
    ClickTable,
    History,
    ShownList,
    build_table,
    digest_of,
    join_lists,
    place_rates,
)
from retrieval.train.examination import (
    PLACES,
    Shown,
    fit_logistic,
    fit_platt,
    fit_regression_em,
    fit_weighted,
    harvest_examination,
    information,
)
from retrieval.types import Frozen, ProgressListener

MEASURE = "log_loss_gain"
# Shares of the log's lists, oldest first: learned from, calibrated on, and held out.
LEARNED, CALIBRATED = 0.70, 0.15
# Fewer clicks in the learned part cannot place 19 weights.
LEAST_CLICKS = 200
LEAST_HELD_OUT = 30
BINS = 10
# Names with less evidence say nothing and fill the file.
LEAST_EXPECTED = 0.5


class ClickTraining(Frozen):
    """How to learn: `most_lists` are the newest lists taken, `seed` draws nothing but the
    order in which equal products are compared."""

    most_lists: int = Field(default=200_000, ge=100)
    seed: int = 0


class Measures(Frozen):
    """Of one model on the held-out days: log loss an impression, expected calibration error
    (ten bins of equal size; Naeini et al., AAAI 2015), and the share of clicked–unclicked pairs of
    a list in the right order, clicks weighed by inverse examination."""

    log_loss: float
    calibration_error: float
    ordered: float


class ClickReport(Frozen):
    """What the training found."""

    chosen: str
    held_out: dict[str, Measures]
    held_out_lists: int
    held_out_clicks: int
    gain: float
    examination: tuple[float, ...]
    harvested: tuple[float | None, ...]
    weights: dict[str, float]


class ClickLog(Frozen):
    """What was learned from, by its digest and span."""

    digest: str
    span: dict[str, int | str]


def train_click_model(
    events: Iterable[StoredEvent],
    items: ItemReader,
    training: ClickTraining,
    parts: Path,
    listener: ProgressListener,
) -> tuple[ClickModel, ClickReport, ClickLog]:
    """The click model of a log with its measures; `parts` is the folder a killed run goes on
    from. Raises CallerError when the log has too few clicks."""
    stored = list(events)
    lists = join_lists(stored)[-training.most_lists :]
    log = _describe(lists)
    table, history = read_table(stored, lists, items, parts / log.digest[:16], listener)
    model, report = fit_click_model(table, history.records, base_rate_of(lists), training)
    return model, report, log


def read_table(
    stored: list[StoredEvent],
    lists: list[ShownList],
    items: ItemReader,
    parts: Path,
    listener: ProgressListener,
) -> tuple[ClickTable, History]:
    """Features of all lists as they were known then, and what is known at the end."""
    rates = place_rates(lists, PLACES)
    acts = [s for s in stored if s.event.action_name is not Action.IMPRESSION]
    history = History(acts, items, rates, base_rate_of(lists))
    return build_table(lists, history, parts, listener), history


def base_rate_of(lists: list[ShownList]) -> float:
    """Clicks for each look at a first place, were all products wanted alike."""
    rates = place_rates(lists, PLACES)
    clicks = sum(sum(each.clicks) for each in lists)
    looks = sum(float(rates[min(p, PLACES) - 1]) for each in lists for p in each.places)
    return min(0.9, max(1e-4, clicks / looks)) if looks else 0.05


def fit_click_model(
    table: ClickTable, records: Records, base_rate: float, training: ClickTraining
) -> tuple[ClickModel, ClickReport]:
    """The model of a table, its examination and weights from the first days, its form and
    calibration from the next, its measures from the last."""
    learned, calibrated, held = split_by_time(table)
    _check_enough(learned, held)
    means, spreads = learned.features.mean(axis=0), learned.features.std(axis=0)
    used = [n for n in range(len(ClickFeature)) if spreads[n] > 1e-9]
    means, spreads = means[used], spreads[used]
    parts = [_shown(part, used, means, spreads) for part in (learned, calibrated, held)]
    theta, layer_em = fit_regression_em(parts[0])
    layers = {"regression_em": layer_em, "inverse_propensity": fit_weighted(parts[0], theta)}
    platts = {name: _platt(parts[1], theta, layer) for name, layer in layers.items()}
    losses = {
        name: log_loss(predict(parts[1], theta, layer, platts[name]), parts[1].clicks)
        for name, layer in layers.items()
    }
    chosen = min(losses, key=losses.__getitem__)
    layer = layers[chosen]
    measures = _measure_all(parts, theta, layers, platts, held.lists)
    gain = measures["position_only"].log_loss - measures[chosen].log_loss
    model = ClickModel(
        features=tuple(list(ClickFeature)[n] for n in used),
        means=tuple(map(float, means)),
        spreads=tuple(map(float, spreads)),
        weights=tuple(map(float, layer[:-1])),
        bias=float(layer[-1]),
        precision=tuple(tuple(map(float, row)) for row in information(parts[0], theta, layer)),
        examination=tuple(map(float, theta)),
        platt=platts[chosen],
        base_rate=base_rate,
        items=_kept(records.items),
        values=_kept(records.values),
    )
    harvested = harvest_examination(parts[0], len(theta))
    report = ClickReport(
        chosen=chosen,
        held_out=measures,
        held_out_lists=len(np.unique(held.lists)),
        held_out_clicks=int(held.clicks.sum()),
        gain=round(gain, 6),
        examination=tuple(round(float(t), 4) for t in theta),
        harvested=tuple(None if np.isnan(h) else round(float(h), 4) for h in harvested),
        weights={f.value: round(w, 4) for f, w in zip(model.features, model.layer, strict=False)},
    )
    return model, report


def measure_click_model(model: ClickModel, table: ClickTable) -> tuple[float, Measures]:
    """How much less log loss than by place alone on the held-out days of a log, and all
    measures: by this two models are compared on the same days."""
    learned, calibrated, held = split_by_time(table)
    chance = model.examined(list(held.places)) * sigmoid(
        model.standardise(held.features) @ model.layer
    )
    weights = model.examined(list(held.places))
    before = np.concatenate([learned.places, calibrated.places])
    clicks = np.concatenate([learned.clicks, calibrated.clicks])
    alone = _by_place(before, clicks, held.places)
    measures = _measure(chance, held.clicks, weights, held.lists, chance / weights)
    return log_loss(alone, held.clicks) - measures.log_loss, measures


def save_click_model(model: ClickModel, folder: Path) -> None:
    """Write the model into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / FILE, model.model_dump_json() + "\n")


# ------------------------------------------------------------------------ parts


def split_by_time(table: ClickTable) -> tuple[ClickTable, ClickTable, ClickTable]:
    """The first, the next and the last lists."""
    first, last = int(table.lists.min()), int(table.lists.max())
    one = first + (last + 1 - first) * LEARNED
    two = first + (last + 1 - first) * (LEARNED + CALIBRATED)
    lists = table.lists
    return (
        table.take(lists < one),
        table.take((lists >= one) & (lists < two)),
        table.take(lists >= two),
    )


def _check_enough(learned: ClickTable, held: ClickTable) -> None:
    if learned.clicks.sum() < LEAST_CLICKS or held.clicks.sum() < LEAST_HELD_OUT:
        found = int(learned.clicks.sum() + held.clicks.sum())
        raise CallerError(
            f"The log has about {found} clicks on lists; {LEAST_CLICKS} to learn from and "
            f"{LEAST_HELD_OUT} in its last days are the least.",
            remedy="Train again when shoppers have clicked more, or import a log with "
            "`aisle events import`.",
        )


def _shown(part: ClickTable, used: list[int], means: Numbers, spreads: Numbers) -> Shown:
    scaled = (part.features[:, used] - means) / spreads
    ones = np.ones((len(part), 1))
    return Shown(np.concatenate([scaled, ones], axis=1), part.places, part.clicks, part.names)


def _platt(part: Shown, theta: Numbers, layer: Numbers) -> tuple[float, float]:
    return fit_platt(part.features @ layer, _examined(part, theta), part.clicks)


def _examined(part: Shown, theta: Numbers) -> Numbers:
    return np.asarray(theta[np.minimum(part.places, len(theta)) - 1])


def predict(part: Shown, theta: Numbers, layer: Numbers, platt: tuple[float, float]) -> Numbers:
    """The probability of a click on each impression."""
    return _examined(part, theta) * sigmoid(platt[0] * (part.features @ layer) + platt[1])


def _measure_all(
    parts: list[Shown],
    theta: Numbers,
    layers: dict[str, Numbers],
    platts: dict[str, tuple[float, float]],
    lists: Integers,
) -> dict[str, Measures]:
    """Ours, the same without calibration, and the baselines, on the held-out days."""
    learned, calibrated, held = parts
    looked = _examined(held, theta)
    found = {}
    for name, layer in layers.items():
        logits = held.features @ layer
        chance = predict(held, theta, layer, platts[name])
        found[name] = _measure(chance, held.clicks, looked, lists, logits)
        raw = looked * sigmoid(logits)
        found[f"{name}_uncalibrated"] = _measure(raw, held.clicks, looked, lists, logits)
    before = np.concatenate([learned.places, calibrated.places])
    clicks = np.concatenate([learned.clicks, calibrated.clicks])
    alone = _by_place(before, clicks, held.places)
    found["position_only"] = _measure(alone, held.clicks, looked, lists, np.zeros(len(alone)))
    plain = fit_logistic(learned.features, learned.clicks)
    everywhere = np.ones(1)
    platt = fit_platt(calibrated.features @ plain, np.ones(len(calibrated)), calibrated.clicks)
    chance = predict(Shown(held.features, held.places, held.clicks), everywhere, plain, platt)
    found["uncorrected"] = _measure(chance, held.clicks, looked, lists, held.features @ plain)
    return found


def _by_place(before: Integers, clicks: Numbers, places: Integers) -> Numbers:
    """The clicks an impression at each place got before, shrunk a little to the mean."""
    last = int(max(before.max(), places.max()))
    mean = clicks.mean()
    shows = np.bincount(before, minlength=last + 1) + 20.0
    rates = (np.bincount(before, clicks, last + 1) + 20.0 * mean) / shows
    return np.asarray(rates[places])


def _measure(
    chance: Numbers, clicks: Numbers, looked: Numbers, lists: Integers, logits: Numbers
) -> Measures:
    return Measures(
        log_loss=round(log_loss(chance, clicks), 6),
        calibration_error=round(calibration_error(chance, clicks), 6),
        ordered=round(ordered_share(logits, clicks, 1 / looked, lists), 4),
    )


def log_loss(chance: Numbers, clicks: Numbers) -> float:
    """Mean negative log likelihood of the clicks."""
    bounded = np.clip(chance, 1e-9, 1 - 1e-9)
    return float(-(clicks * np.log(bounded) + (1 - clicks) * np.log(1 - bounded)).mean())


def calibration_error(chance: Numbers, clicks: Numbers) -> float:
    """Mean distance of predicted and observed rates over bins of equal size."""
    order = np.argsort(chance, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    gaps = [len(b) * abs(chance[b].mean() - clicks[b].mean()) for b in bins]
    return float(sum(gaps) / len(chance))


def ordered_share(scores: Numbers, clicks: Numbers, weights: Numbers, lists: Integers) -> float:
    """Pairs of one list, one clicked and one not, that the scores order right, ties half."""
    right = total = 0.0
    for number in np.unique(lists[clicks > 0]):
        mine = lists == number
        for at in np.flatnonzero(mine & (clicks > 0)):
            others = scores[mine & (clicks == 0)]
            better = (scores[at] > others).sum() + 0.5 * (scores[at] == others).sum()
            right += weights[at] * better
            total += weights[at] * len(others)
    return float(right / total) if total else 0.5


def _kept(table: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    return {
        name: (round(entry[0], 2), round(entry[1], 4))
        for name, entry in table.items()
        if entry[1] >= LEAST_EXPECTED or entry[0]
    }


def _describe(lists: list[ShownList]) -> ClickLog:
    if not lists:
        raise CallerError(
            "The log has no impressions with a list (query_id) and a place (ordinal).",
            remedy="Serve the store, or import a log with `aisle events import`.",
        )
    span: dict[str, int | str] = {
        "lists": len(lists),
        "impressions": sum(len(each.products) for each in lists),
        "clicks": sum(sum(each.clicks) for each in lists),
        "shoppers": len({each.shopper_id for each in lists}),
        "first": lists[0].moment.isoformat(),
        "last": lists[-1].moment.isoformat(),
    }
    return ClickLog(digest=digest_of(lists), span=span)
