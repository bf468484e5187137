"""From the log to one row a unit: what it was exposed to, and its sums of every measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from retrieval.experiment.types import Experiment, Unit
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import CONTENT, Action, Event, StoredEvent


class Measure(StrEnum):
    """What is compared; each is a ratio of two sums over units (see `terms`)."""

    CTR = "ctr"
    CONVERSION = "conversion"
    REVENUE = "revenue"
    ZERO_RESULTS = "zero_result_rate"
    TURNS = "turns_per_conversation"
    HANDOFFS = "handoff_rate"
    LATENCY = "latency_ms"
    TOKENS = "tokens_per_turn"


Sums = dict[Measure, tuple[float, float]]


@dataclass
class UnitRow:
    """One unit since its first exposure, and what it did in the days before."""

    arms: set[str] = field(default_factory=set)
    first: datetime | None = None
    during: Sums = field(default_factory=dict)
    before: Sums = field(default_factory=dict)


@dataclass(frozen=True)
class Click:
    """Clicks of one interleaved list by team."""

    unit: str
    teams: tuple[str, ...]


def key_of(stored: StoredEvent, unit: Unit) -> str:
    """The unit of an event, as `assign` names it."""
    event = stored.event
    return event.session_id if unit is Unit.SESSION else event.user_id or event.client_id


def gather_units(experiment: Experiment, log: Sequence[StoredEvent]) -> dict[str, UnitRow]:
    """Every exposed unit (its key → row); robots are left out.

    A unit counts from its first exposure on, whatever it does and wherever. A past is that of
    the shopper, also where sessions are the unit.
    """
    events = [stored for stored in log if not stored.event.automated]
    rows: dict[str, UnitRow] = {}
    for stored in events:
        arm = stored.event.experiments.get(experiment.name)
        if arm is None or not _in_time(experiment, stored.event.timestamp):
            continue
        row = rows.setdefault(key_of(stored, experiment.unit), UnitRow())
        row.arms.add(arm)
        row.first = min(row.first or stored.event.timestamp, stored.event.timestamp)
    _add_during(experiment, events, rows)
    _add_before(experiment, events, rows)
    return rows


def _in_time(experiment: Experiment, moment: datetime) -> bool:
    return experiment.runs(moment)


def _add_during(
    experiment: Experiment, events: Iterable[StoredEvent], rows: dict[str, UnitRow]
) -> None:
    kept: dict[str, list[Event]] = {}
    for stored in events:
        row = rows.get(key_of(stored, experiment.unit))
        moment = stored.event.timestamp
        if row and row.first and moment >= row.first and _in_time(experiment, moment):
            kept.setdefault(key_of(stored, experiment.unit), []).append(stored.event)
    for key, row in rows.items():
        row.during = sum_measures(kept.get(key, ()))


def _add_before(
    experiment: Experiment, events: Sequence[StoredEvent], rows: dict[str, UnitRow]
) -> None:
    if not experiment.covariate_days:
        return
    span = timedelta(days=experiment.covariate_days)
    owners: dict[str, list[str]] = {}
    for stored in events:
        key = key_of(stored, experiment.unit)
        if key in rows and key not in owners.setdefault(stored.shopper_id, []):
            owners[stored.shopper_id].append(key)
    kept: dict[str, list[Event]] = {}
    for stored in events:
        for key in owners.get(stored.shopper_id, ()):
            first = rows[key].first
            if first and first - span <= stored.event.timestamp < first:
                kept.setdefault(key, []).append(stored.event)
    for key, row in rows.items():
        row.before = sum_measures(kept.get(key, ()))


def sum_measures(events: Iterable[Event]) -> Sums:
    """Numerator and denominator of every measure over one unit's events."""
    sums = {measure: [0.0, 0.0] for measure in Measure}
    sums[Measure.CONVERSION][1] = sums[Measure.REVENUE][1] = 1.0
    shown: set[tuple[str | None, str | None]] = set()
    clicked: set[tuple[str | None, str | None]] = set()
    conversations: set[str] = set()
    handed: set[str] = set()
    for event in events:
        if event.surface == CONTENT:
            continue  # a guide beside the list is no product that was not clicked
        if event.action_name is Action.IMPRESSION:
            shown.add((event.query_id, event.object_id))
        elif event.action_name is Action.CLICK and event.query_id:
            clicked.add((event.query_id, event.object_id))
        for measure, top, bottom in terms(event):
            sums[measure][0] += top
            sums[measure][1] += bottom
        if event.action_name is Action.CHAT_TURN:
            name = str(event.detail.get("conversation_id", event.session_id))
            conversations.add(name)
            if event.detail.get("handoff"):
                handed.add(name)
    sums[Measure.CTR] = [float(len(clicked & shown)), float(len(shown))]
    sums[Measure.CONVERSION][0] = min(1.0, sums[Measure.CONVERSION][0])
    sums[Measure.TURNS][1] = float(len(conversations))
    sums[Measure.HANDOFFS] = [float(len(handed)), float(len(conversations))]
    return {measure: (top, bottom) for measure, (top, bottom) in sums.items()}


def terms(event: Event) -> Iterator[tuple[Measure, float, float]]:
    """What one event adds to measures, each as (numerator, denominator)."""
    detail = event.detail
    if event.action_name is Action.ORDER:
        yield Measure.CONVERSION, 1.0, 0.0
        yield Measure.REVENUE, (event.price or 0.0) * (event.quantity or 1), 0.0
    if event.action_name is Action.CHAT_TURN:
        yield Measure.TURNS, 1.0, 0.0
        if (tokens := _number(detail.get("tokens"))) is not None:
            yield Measure.TOKENS, tokens, 1.0
    if event.action_name in (Action.CHAT_TURN, Action.SEARCH):
        if (results := _number(detail.get("results"))) is not None:
            yield Measure.ZERO_RESULTS, float(results == 0), 1.0
        if (elapsed := _number(detail.get("elapsed_ms"))) is not None:
            yield Measure.LATENCY, elapsed, 1.0


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def gather_clicks(experiment: Experiment, log: Iterable[StoredEvent]) -> list[Click]:
    """The clicked lists of an interleaving experiment, each product's click once."""
    lists: dict[tuple[str, str], dict[str, str]] = {}
    for stored in log:
        event = stored.event
        team = event.detail.get("team")
        if (
            event.action_name is Action.CLICK
            and experiment.name in event.experiments
            and event.query_id
            and event.object_id
            and isinstance(team, str)
            and not event.automated
        ):
            unit = key_of(stored, experiment.unit)
            lists.setdefault((unit, event.query_id), {})[event.object_id] = team
    return [Click(unit, tuple(teams.values())) for (unit, _), teams in lists.items()]


def read_log(events: SqlEventStore, experiment: Experiment) -> list[StoredEvent]:
    """The part of the log that an experiment needs: itself, and the days before it."""
    span = timedelta(days=experiment.covariate_days)
    return list(events.scan(since=experiment.start - span if experiment.start else None))
