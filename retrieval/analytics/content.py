"""How content does beside products: guides and reviews, as cards and quoted in the chat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from retrieval.analytics.log import CleanLog, count_shown
from retrieval.analytics.types import ContentReport, ContentRow
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Action
from retrieval.types import Guide, Language

_OPENED = (Action.CLICK, Action.DETAIL_VIEW)


@dataclass
class _Turns:
    """Turns of the chat that quoted something, and those with a click on a product of theirs."""

    quoted: Counter[str] = field(default_factory=Counter)
    clicked: Counter[str] = field(default_factory=Counter)
    other: int = 0
    other_clicked: int = 0


def report_content(
    store: SqlEventStore, log: CleanLog, now: datetime, guides: Sequence[Guide], language: Language
) -> ContentReport:
    """The store's guides and, in one row, its reviews."""
    names = {guide.id for guide in guides}
    shown = count_shown(store, log, now, names)
    clicked = Counter(
        event.object_id
        for stored in log.acts
        if (event := stored.event).action_name in _OPENED and event.object_id in names
    )
    turns = _read_turns(log)
    rows = [
        _row("guide", g.id, _title(g, language), shown.get(g.id, 0), clicked[g.id], turns)
        for g in guides
    ]
    rows.sort(key=lambda row: (-row.shown - row.quoted, row.title))
    rows.append(_row("review", "", "", 0, 0, turns))
    return ContentReport(
        period=log.period,
        rows=tuple(rows),
        other_turns=turns.other,
        other_clicked=turns.other_clicked,
    )


def _read_turns(log: CleanLog) -> _Turns:
    lists = {s.event.query_id for s in log.acts if s.event.action_name is Action.CLICK}
    turns = _Turns()
    for stored in log.acts:
        event = stored.event
        if event.action_name is not Action.CHAT_TURN:
            continue
        clicked = event.query_id in lists
        quoted = event.detail.get("quoted")
        names = {_key(str(name)) for name in quoted} if isinstance(quoted, list) else set()
        for name in names:
            turns.quoted[name] += 1
            turns.clicked[name] += clicked
        if not names:
            turns.other += 1
            turns.other_clicked += clicked
    return turns


def _key(name: str) -> str:
    """What a quotation counts for: its guide, or reviews as a whole."""
    return "review" if name.startswith("review:") else name


def _row(kind: str, name: str, title: str, shown: int, clicked: int, turns: _Turns) -> ContentRow:
    key = f"{kind}:{name}" if name else kind
    return ContentRow(
        kind=kind,
        id=name,
        title=title,
        shown=shown,
        clicked=clicked,
        ctr=round(clicked / shown, 4) if shown else None,
        quoted=turns.quoted[key],
        then_clicked=turns.clicked[key],
    )


def _title(guide: Guide, language: Language) -> str:
    return guide.titles.get(language) or next(iter(guide.titles.values()))
