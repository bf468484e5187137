"""What a text encoder learns from: pairs of the log or of a file, divided by time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.events import NOW, event

from retrieval.errors import CallerError
from retrieval.profile.types import Action, Event, StoredEvent
from retrieval.train.encoder.pairs import (
    FEWEST,
    Pair,
    PairKind,
    clicks_by_query,
    digest_of,
    is_foreign,
    keep_pairs,
    pairs_of_log,
    read_kept_pairs,
    read_pairs,
    split_by_time,
)

TEXTS = {"p1": "red lamp", "p2": "blue lamp", "p3": "tent"}


def stored(*events: Event) -> list[StoredEvent]:
    return [StoredEvent(n, "c1", e) for n, e in enumerate(events)]


def test_a_click_is_joined_with_the_words_of_its_list() -> None:
    log = stored(
        event(Action.SEARCH, query_id="q1", user_query="Red  Light", ago=9),
        event(Action.IMPRESSION, "p2", query_id="q1", ago=9),
        event(Action.CLICK, "p1", query_id="q1", ago=8),
        event(Action.ORDER, "p1", query_id="q1", ago=5),
    )
    pairs = pairs_of_log(log, TEXTS, NOW)
    assert [(p.kind, p.anchor, p.positive) for p in pairs] == [
        (PairKind.CLICK, "red light", "red lamp"),
        (PairKind.CLICK, "red light", "red lamp"),
    ]
    assert clicks_by_query(pairs) == {"red light": {"red lamp": 2.0}}


def test_products_of_one_visit_belong_together_and_those_of_two_do_not() -> None:
    log = stored(
        event(Action.DETAIL_VIEW, "p1", ago=9),
        event(Action.DETAIL_VIEW, "p2", ago=8),
        event(Action.DETAIL_VIEW, "p3", session_id="s2", ago=7),
    )
    pairs = pairs_of_log(log, TEXTS, NOW)
    assert [(p.kind, p.anchor, p.positive) for p in pairs] == [
        (PairKind.VIEW, "red lamp", "blue lamp")
    ]


def test_scripts_and_products_that_are_gone_teach_nothing() -> None:
    log = stored(
        event(Action.CLICK, "p1", user_query="light", automated=True),
        event(Action.CLICK, "gone", user_query="light"),
        event(Action.CLICK, "p3"),
    )
    assert pairs_of_log(log, TEXTS, NOW) == []


def test_a_file_gives_texts_or_ids_and_its_times_count(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    rows = [
        {"query": "Later", "text": "anything", "time": "2026-02-01T00:00:00Z"},
        {"query": "sooner", "product_id": "p3", "time": "2026-01-01T00:00:00"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    pairs = read_pairs(path, TEXTS)
    assert [(p.anchor, p.positive) for p in pairs] == [("sooner", "tent"), ("later", "anything")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[1]", "line 2 is not an object"),
        ("{", "line 2 is not an object"),
        ('{"text": "lamp"}', "line 2: there is no 'query'"),
        ('{"query": "x", "product_id": "gone"}', "line 2: there is no 'gone'"),
        ('{"query": "x", "text": "y", "time": "soon"}', "line 2 is not an object"),
        ('{"query": 3, "text": "y"}', "line 2 is not an object"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"query": "a", "text": "b"}\n' + line)
    with pytest.raises(CallerError, match=says):
        read_pairs(path, TEXTS)


def test_the_latest_pairs_are_held_out() -> None:
    pairs = [Pair(anchor=str(n), positive="x", time=n) for n in reversed(range(FEWEST))]
    split = split_by_time(pairs)
    assert len(split.learned) == round(FEWEST * 0.7)
    assert max(p.time for p in split.learned) < min(p.time for p in split.chosen)
    assert max(p.time for p in split.chosen) < min(p.time for p in split.held_out)
    with pytest.raises(CallerError, match="99 pairs are too few"):
        split_by_time(pairs[1:])


def test_kept_pairs_are_read_as_they_were(tmp_path: Path) -> None:
    pairs = (Pair(anchor="灯", positive="lamp", time=2.5), Pair(anchor="b", positive="c"))
    path = tmp_path / "pairs.jsonl"
    keep_pairs(path, pairs)
    assert read_kept_pairs(path) == pairs
    assert digest_of(pairs) != digest_of(pairs[::-1])
    path.write_text("{")
    with pytest.raises(CallerError, match="damaged"):
        read_kept_pairs(path)


def test_chinese_is_not_for_the_english_encoder() -> None:
    assert is_foreign("激光 printer")
    assert not is_foreign("café printer")
