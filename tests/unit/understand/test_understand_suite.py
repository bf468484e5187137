"""Exact expectations on constraints, act and references for messages in both languages.

Each line of messages.jsonl holds what is said, after which topic (with five mice on screen),
and everything that may be read from it: a condition that a line does not name must not appear.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.types import Conversation, Understanding
from assistant.understand.quick import RuleReader
from retrieval.types import Language, Product, Range, Sort

LINES = (Path(__file__).parent / "messages.jsonl").read_text(encoding="utf-8").splitlines()
MESSAGES = [json.loads(line) for line in LINES]


def write_range(wanted: Range | None) -> str | None:
    """[20,40], (1000,], [,30) as interval notation."""
    if wanted is None:
        return None
    low = "" if wanted.minimum is None else f"{wanted.minimum.normalize():f}"
    high = "" if wanted.maximum is None else f"{wanted.maximum.normalize():f}"
    left = "(" if wanted.exclusive_minimum else "["
    right = ")" if wanted.exclusive_maximum else "]"
    return f"{left}{low},{high}{right}"


def summarise(read: Understanding) -> dict[str, Any]:
    """What was read, in the words of messages.jsonl."""
    filters = read.filters
    refused = {b.lower() for b in filters.excluded_brands}
    refused |= {t.lower() for t in filters.excluded_terms}
    refused |= {path[-1].lower() for path in filters.excluded_categories}
    refused |= {i.replace("p", "#") for i in filters.excluded_ids}
    must: dict[str, Any] = {}
    for attribute in filters.attributes:
        if attribute.exclude:
            refused |= {v.lower() for v in attribute.values}
        else:
            must[attribute.name] = write_range(attribute.range) or list(attribute.values)
    return {
        "price": write_range(filters.price),
        "not": refused,
        "must": must,
        "brand": set(filters.brands),
        "rating": str(filters.minimum_rating) if filters.minimum_rating else None,
        "stock": filters.in_stock,
        "sort": None if read.sort is Sort.RELEVANCE else read.sort.value,
        "noted": bool(read.notes),
    }


def expect(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "price": line.get("price"),
        "not": set(line.get("not", ())),
        "must": line.get("must", {}),
        "brand": set(line.get("brand", ())),
        "rating": line.get("rating"),
        "stock": line.get("stock", False),
        "sort": line.get("sort"),
        "noted": line.get("noted", False),
    }


@pytest.mark.parametrize("line", MESSAGES, ids=lambda line: line["say"])
def test_reads_exactly(
    line: dict[str, Any],
    reader: RuleReader,
    shown: tuple[Product, ...],
    talk: Callable[..., Conversation],
) -> None:
    language = Language.CHINESE if line.get("after") == "鼠标" else Language.ENGLISH
    conversation = (
        talk(line["after"], shown, language=language)
        if "after" in line
        else Conversation(id="empty")
    )
    read = reader.read(line["say"], conversation, shown if "after" in line else ())
    assert summarise(read) == expect(line)
    assert [int(r[1:]) for r in read.references] == line.get("ref", [])
    if "act" in line:
        assert read.act.value == line["act"]
    if "query" in line:
        assert read.query == line["query"]


def test_half_of_the_suite_is_chinese() -> None:
    chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in line["say"]) for line in MESSAGES)
    assert len(MESSAGES) >= 150
    assert abs(chinese / len(MESSAGES) - 0.5) < 0.06
