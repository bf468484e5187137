"""How exactly the rules read conditions: `python -m benchmarks.exactness`.

300 messages of ours (`exactness.jsonl`), half of them Chinese: prices, ranges, currencies,
negations, references, orders and corrections, and as many traps. A message counts as exact
when every condition read is one that was meant, with its bounds, and none is missing. Rules
only: what the model adds later may not override these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from assistant.types import Conversation, Turn, Understanding
from assistant.understand.quick import RuleReader
from retrieval.catalog.demo.generate import generate_demo
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.types import AttributeFilter, Filters, Product, Range, StoreInfo, Vocabulary
from retrieval.units import to_base

MESSAGES = Path(__file__).with_name("exactness.jsonl")
# The list on the screen wherever a message points at one: six headphones of the demo store.
SHOWN = tuple(f"headphones-{number:03}" for number in (1, 6, 3, 13, 12, 17))
# "About 400" may be read as wide as this; cents come from conversion.
AROUND = (Decimal("0.7"), Decimal("1.3"))
NEAR = (Decimal("0.9"), Decimal("1.1"))
CENT = Decimal("0.011")


class Reader:
    """The rules over the demo store's words, and the list a shopper sees."""

    def __init__(self) -> None:
        demo = generate_demo()
        self.vocabulary: Vocabulary = build_vocabulary(demo.products, demo.labels)
        self.store: StoreInfo = demo.info
        by_id = {p.id: p for p in demo.products}
        self.shown: tuple[Product, ...] = tuple(by_id[i] for i in SHOWN)
        self._reader = RuleReader(self.vocabulary, self.store)

    def read(self, case: dict[str, Any]) -> Understanding:
        """The understanding of a case's last message."""
        conversation, shown = Conversation(id="exactness"), self.shown if case.get("shown") else ()
        if shown:
            conversation = _continued(conversation, "headphones", self._said("headphones"))
        for message in case.get("history", ()):
            read = self._reader.read(message, conversation, shown)
            conversation = _continued(conversation, message, read)
            shown = self.shown
        return self._reader.read(case["message"], conversation, shown)

    def _said(self, message: str) -> Understanding:
        return self._reader.read(message, Conversation(id="first"), ())


def _continued(conversation: Conversation, message: str, read: Understanding) -> Conversation:
    turn = Turn(
        id=str(len(conversation.turns)),
        message=message,
        understanding=read,
        shown=SHOWN,
        started=datetime.now(UTC),
    )
    return conversation.model_copy(update={"turns": (*conversation.turns, turn)})


def load_cases() -> list[dict[str, Any]]:
    """The messages with what is expected of each."""
    return [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]


def find_errors(read: Understanding, expect: dict[str, Any]) -> Iterator[str]:
    """What was read otherwise than meant."""
    filters = read.filters
    yield from _price_errors(filters.price, expect.get("price"))
    if not expect.get("any_ranges"):
        yield from _range_errors(filters.attributes, read.wishes, expect.get("ranges", []))
    yield from _exclusion_errors(filters, expect)
    references = [SHOWN.index(i) + 1 for i in read.references if i in SHOWN]
    if sorted(references) != sorted(expect.get("references", [])):
        yield f"points at {references}"
    if read.sort.value != expect.get("sort", "relevance"):
        yield f"sorted by {read.sort.value}"
    rating = expect.get("minimum_rating")
    if filters.minimum_rating != (Decimal(rating) if rating else None):
        yield f"rated at least {filters.minimum_rating}"
    if filters.in_stock != expect.get("in_stock", False):
        yield f"in stock: {filters.in_stock}"


def _price_errors(price: Range | None, meant: dict[str, Any] | None) -> Iterator[str]:
    if meant is None or price is None:
        if meant or price:
            yield f"price {_tell(price)}"
        return
    if near := meant.get("near"):
        inside = price.minimum is not None and price.maximum is not None
        low, high = (Decimal(near) * f for f in AROUND)
        if not (inside and low <= (price.minimum or 0) and (price.maximum or 0) <= high):
            yield f"price {_tell(price)}"
        return
    if not _same(price.minimum, meant.get("minimum")) or not _same(
        price.maximum, meant.get("maximum")
    ):
        yield f"price {_tell(price)}"
    elif meant.get("inclusive") and (price.exclusive_minimum or price.exclusive_maximum):
        yield f"price {_tell(price)} leaves the bound out"


def _same(value: Decimal | None, meant: str | None) -> bool:
    if value is None or meant is None:
        return value is None and meant is None
    return abs(value - Decimal(meant)) <= CENT


def _range_errors(
    attributes: tuple[AttributeFilter, ...], wishes: tuple[str, ...], meant: list[dict[str, Any]]
) -> Iterator[str]:
    """A plain "27 inch" may rank rather than filter; a bound must filter."""
    ranges = [a for a in attributes if a.range is not None and not a.exclude]
    numbers = [a for a in attributes if a.range is None and _is_number(a)]
    for wanted in meant:
        found = next((a for a in (*ranges, *numbers) if _fits(a, wanted)), None)
        wished = "near" in wanted and any(wanted["near"] in wish for wish in wishes)
        if found is None and not wished:
            yield f"no range {wanted} among {[_describe(a) for a in (*ranges, *numbers)]}"
        elif found is not None and found in ranges:
            ranges.remove(found)
    yield from (f"range {_describe(a)}" for a in ranges)


def _is_number(wanted: AttributeFilter) -> bool:
    return bool(wanted.values) and wanted.values[0].replace(".", "").isdigit()


def _fits(found: AttributeFilter, meant: dict[str, Any]) -> bool:
    if found.name not in meant["names"]:
        return False
    interval = found.range or Range(
        minimum=Decimal(found.values[0]), maximum=Decimal(found.values[0])
    )
    unit = found.unit
    low, high = (
        None if bound is None else to_base(bound, unit)
        for bound in (interval.minimum, interval.maximum)
    )
    if near := meant.get("near"):
        value = to_base(Decimal(near), meant.get("unit"))
        return (
            low is not None
            and high is not None
            and value * NEAR[0] <= low <= value <= high <= value * NEAR[1]
        )
    return _same_base(low, meant.get("minimum"), meant) and _same_base(
        high, meant.get("maximum"), meant
    )


def _same_base(value: Decimal | None, meant: str | None, wanted: dict[str, Any]) -> bool:
    base = None if meant is None else str(to_base(Decimal(meant), wanted.get("unit")))
    return _same(value, base)


def _exclusion_errors(filters: Filters, expect: dict[str, Any]) -> Iterator[str]:
    refused = _refused(filters)
    required = {f"+{a.name}" for a in filters.attributes if not a.exclude and a.values == ("true",)}
    for concept in expect.get("excluded", []):
        met = next((r for r in refused if r & set(concept)), None)
        if met is not None:
            refused.remove(met)
        elif not required & set(concept):
            yield f"does not exclude {concept[0]}"
    allowed = {word for concept in expect.get("may_exclude", []) for word in concept}
    allowed |= {word for concept in expect.get("excluded", []) for word in concept}
    yield from (f"excludes {sorted(r)[0]}" for r in refused if not r & allowed)


def _refused(filters: Filters) -> list[set[str]]:
    """Each exclusion by every word it may be called."""
    found = [{b.lower()} for b in filters.excluded_brands]
    found += [{c.lower() for c in path} for path in filters.excluded_categories]
    found += [{t.lower()} for t in filters.excluded_terms]
    for wanted in filters.attributes:
        # What "for my dad" rules out nobody said.
        if wanted.exclude and not wanted.implied:
            named = {wanted.name, *wanted.name.split("_")} if "true" in wanted.values else set()
            found += [{value.lower(), *named} for value in wanted.values]
    return found


def _tell(price: Range | None) -> str:
    if price is None:
        return "none"
    left = "(" if price.exclusive_minimum else "["
    right = ")" if price.exclusive_maximum else "]"
    return f"{left}{price.minimum}..{price.maximum}{right}"


def _describe(wanted: AttributeFilter) -> str:
    bounds = _tell(wanted.range) if wanted.range else "/".join(wanted.values)
    return f"{wanted.name} {bounds} {wanted.unit or ''}".strip()


def measure() -> tuple[dict[str, tuple[int, int]], list[str]]:
    """(exact, all) by language, and a line for each message read otherwise than meant."""
    reader = Reader()
    counts: dict[str, list[int]] = {"en": [0, 0], "zh": [0, 0]}
    wrong: list[str] = []
    for case in load_cases():
        read = reader.read(case)
        errors = list(find_errors(read, case["expect"]))
        count = counts[case["language"]]
        count[0] += not errors
        count[1] += 1
        if errors:
            said = " << ".join((*case.get("history", ()), case["message"]))
            wrong.append(f"{case['id']} {said}: {'; '.join(errors)}")
    return {language: (exact, all_) for language, (exact, all_) in counts.items()}, wrong


def main() -> None:
    """Print the rate and every misreading."""
    counts, wrong = measure()
    for line in wrong:
        print(line)
    for language, (exact, total) in counts.items():
        print(f"{language}: {exact} of {total} exact ({exact / total:.1%})")
    exact, total = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
    print(f"all: {exact} of {total} exact ({exact / total:.1%})")


if __name__ == "__main__":
    main()
