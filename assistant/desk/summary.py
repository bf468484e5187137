"""What a colleague reads first: the wish, its conditions, what was seen and turned down."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answer.money import format_money
from assistant.desk.types import HandoffSummary, SummaryLine
from assistant.store.types import Cart
from assistant.types import Act, Conversation, Turn
from assistant.understand.context import last_topic
from retrieval.types import Filters, Language

# The last things said; the whole conversation stands beside the summary.
LAST_MESSAGES = 3


def summarise(
    conversation: Conversation, message: str, cart: Cart | None, language: Language
) -> HandoffSummary:
    """A summary of `conversation` and the `message` that led to the hand-off.

    Every line names the turn it was read from; nothing is worded by a model.
    """
    lines = [*_wish_lines(conversation), *_said_lines(conversation, message)]
    if cart is not None and cart.lines:
        total = format_money(cart.total, cart.currency, language)
        lines.append(
            SummaryLine(label="cart", text=f"{cart.count} pieces, {total}", evidence="cart")
        )
    seen = dict.fromkeys(i for turn in conversation.turns for i in turn.shown)
    topic = last_topic(conversation)
    rejected = topic.filters.excluded_ids if topic else ()
    return HandoffSummary(
        lines=tuple(lines),
        seen=tuple(i for i in seen if i not in rejected),
        rejected=rejected,
    )


def _wish_lines(conversation: Conversation) -> Iterator[SummaryLine]:
    turn = _topic_turn(conversation)
    if turn is None:
        return
    read, evidence = turn.understanding, f"turn:{turn.id}"
    if read.query:
        yield SummaryLine(label="wish", text=read.query, evidence=evidence)
    if told := describe_filters(read.filters):
        yield SummaryLine(label="conditions", text=told, evidence=evidence)
    if read.wishes:
        yield SummaryLine(label="wishes", text=", ".join(read.wishes), evidence=evidence)


def _said_lines(conversation: Conversation, message: str) -> Iterator[SummaryLine]:
    for turn in [t for t in conversation.turns if t.message][-LAST_MESSAGES + 1 :]:
        failed = " ✗" if turn.trace.get("failed") else ""
        yield SummaryLine(label="said", text=turn.message + failed, evidence=f"turn:{turn.id}")
    yield SummaryLine(label="said", text=message, evidence="message")


def _topic_turn(conversation: Conversation) -> Turn | None:
    acts = (Act.SEARCH, Act.REFINE)
    return next((t for t in reversed(conversation.turns) if t.understanding.act in acts), None)


def describe_filters(filters: Filters) -> str:
    """The hard conditions in the catalogue's own words: "price ≤ 50, not Sony"."""
    parts = []
    if price := filters.price:
        if price.minimum is not None:
            parts.append(f"price {'>' if price.exclusive_minimum else '≥'} {price.minimum}")
        if price.maximum is not None:
            parts.append(f"price {'<' if price.exclusive_maximum else '≤'} {price.maximum}")
    parts += filters.brands
    parts += [f"not {name}" for name in (*filters.excluded_brands, *filters.excluded_terms)]
    parts += [f"not {path[-1]}" for path in filters.excluded_categories]
    for attribute in filters.attributes:
        values = ", ".join(attribute.values)
        if attribute.range:
            low, high = attribute.range.minimum, attribute.range.maximum
            values = f"{'' if low is None else low}–{'' if high is None else high}"
        parts.append(f"{'not ' if attribute.exclude else ''}{attribute.name}: {values}")
    if filters.in_stock:
        parts.append("in stock")
    if filters.minimum_rating is not None:
        parts.append(f"rating ≥ {filters.minimum_rating}")
    return ", ".join(parts)
