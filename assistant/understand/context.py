"""What a message keeps of the turns before it."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.types import Act, Conversation, Understanding
from assistant.understand.lexicon import Kind, Lexicon
from assistant.understand.money import PriceReading, combine
from assistant.understand.numbers import NUMBER, parse_number
from assistant.understand.scan import Scan
from retrieval.types import AttributeFilter, Filters, Language, Range


def last_topic(conversation: Conversation) -> Understanding | None:
    """The last request of the conversation; small talk and questions in between don't end it."""
    return next(
        (
            t.understanding
            for t in reversed(conversation.turns)
            if t.understanding.act in (Act.SEARCH, Act.REFINE)
        ),
        None,
    )


def merge_filters(earlier: Filters, later: Filters) -> Filters:
    """The conditions of a refined topic: later ones replace or join the earlier ones."""
    wanted = set(later.brands)
    refused = set(later.excluded_brands)
    return Filters(
        price=merge_price(earlier.price, later.price),
        brands=later.brands or tuple(b for b in earlier.brands if b not in refused),
        excluded_brands=_joined(
            tuple(b for b in earlier.excluded_brands if b not in wanted), later.excluded_brands
        ),
        categories=later.categories or earlier.categories,
        excluded_categories=_joined(earlier.excluded_categories, later.excluded_categories),
        attributes=_merge_attributes(earlier.attributes, later.attributes),
        excluded_terms=_joined(earlier.excluded_terms, later.excluded_terms),
        in_stock=earlier.in_stock or later.in_stock,
        minimum_rating=later.minimum_rating or earlier.minimum_rating,
        ids=later.ids,
        excluded_ids=_joined(earlier.excluded_ids, later.excluded_ids),
    )


def without_wanted(earlier: Filters, query: str) -> Filters:
    """Earlier refusals without those words that are now asked for: "no leather", "leather bags"."""
    said = query.lower()
    kept = tuple(
        term
        for term in earlier.excluded_terms
        if not re.search(rf"(?<![a-z0-9]){re.escape(term.lower())}(?![a-z0-9])", said)
    )
    return earlier.model_copy(update={"excluded_terms": kept})


def merge_price(earlier: Range | None, later: Range | None) -> Range | None:
    """A new price replaces the old one; a bound on the other side joins it if both can hold."""
    if earlier is None or later is None:
        return later or earlier
    one_sided = (later.minimum is None) != (later.maximum is None)
    other_side = (later.minimum is None and earlier.maximum is None) or (
        later.maximum is None and earlier.minimum is None
    )
    return combine(earlier, later) if one_sided and other_side else later


_MOVED = re.compile(
    rf"\b(?:make|raise|lower|change|set|put)\s+(?:it|that|the\s+(?:budget|price|limit))\s+(?:to\s+)?"
    rf"(?P<amount>{NUMBER})\s*[.!]?\s*$|(?:改成|改为|换成|提到|提高到|降到)(?P<zh>{NUMBER})\s*[。!]?\s*$"
)
MOVES = re.compile(
    r"\b(?:make|raise|lower|change|set|increase|reduce)\s+(?:it|that|the\s+\w+)\s+(?:to\s+)?"
    r"|(?:改成|改为|换成|提到|提高到|加到|降到|减到|放宽到)"
)
_ALSO_FINE = re.compile(
    r"(?:^|\s)(?:is|are|would\s+be)?\s*(?:also\s+)?(?:fine|ok(?:ay)?|all\s+right|good|works)\b|"
    r"(?:也|都)(?:行|可以|好|没问题|能接受)"
)


def move_bound(read: PriceReading | None, scan: Scan, earlier: Range | None) -> PriceReading | None:
    """ "Make it 150", 150也行: the standing bound moves; without one nothing is changed."""
    if earlier is None or (earlier.minimum is None) == (earlier.maximum is None):
        return read
    value: Decimal | None = None
    if read is None and (match := _MOVED.search(scan.lower)):
        number = parse_number(match["amount"] or match["zh"])
        value = number[0] if number else None
        scan.take(*match.span())
    elif read and read.range.derived and (_ALSO_FINE.search(scan.free) or MOVES.search(scan.lower)):
        low, high = read.range.minimum, read.range.maximum
        value = None if low is None or high is None else (low + high) / 2
    if value is None:
        return read
    moved = Range(minimum=value) if earlier.maximum is None else Range(maximum=value)
    return PriceReading(moved, True, read.notes if read else ())


def accept_again(earlier: Filters, text: str, lexicon: Lexicon) -> Filters:
    """ "Actually pink is fine": what was refused before no longer is."""
    accepted: set[str] = set()
    for mention in lexicon.mentions(text):
        if _ALSO_FINE.match(text, mention.end):
            accepted |= {mention.surface, *(m.canonical.lower() for m in mention.meanings)}
    if not accepted:
        return earlier
    return earlier.model_copy(
        update={
            "excluded_brands": _without(earlier.excluded_brands, accepted),
            "excluded_terms": _without(earlier.excluded_terms, accepted),
            "attributes": tuple(
                a
                for a in earlier.attributes
                if not (a.exclude and accepted & {v.lower() for v in a.values})
            ),
        }
    )


def _without(words: tuple[str, ...], accepted: set[str]) -> tuple[str, ...]:
    return tuple(w for w in words if w.lower() not in accepted)


def _joined(earlier: tuple, later: tuple) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys((*earlier, *later)))


def _merge_attributes(
    earlier: tuple[AttributeFilter, ...], later: tuple[AttributeFilter, ...]
) -> tuple[AttributeFilter, ...]:
    """A new condition on an attribute replaces the old one of the same kind."""
    replaced = {(a.name, a.exclude) for a in later if not a.exclude}
    return tuple(
        dict.fromkeys((*(a for a in earlier if (a.name, a.exclude) not in replaced), *later))
    )


def merge_query(earlier: str, later: str, lexicon: Lexicon, language: Language) -> str:
    """The standing request with what is new; a new value of an attribute replaces the old one."""
    if not later:
        return earlier
    known = _words(later)
    kept = _without_rivals(earlier, later, lexicon)
    rest = [w for w in kept.split() if w.lower() not in known]
    if language is Language.CHINESE:
        rest = [w for w in rest if w not in later]
        later = " ".join(w for w in later.split() if not any(w in r for r in rest))
    return " ".join((f"{later} {' '.join(rest)}").split())


def _words(text: str) -> set[str]:
    return {w for w in re.split(r"\s+", text.lower()) if w}


def _without_rivals(earlier: str, later: str, lexicon: Lexicon) -> str:
    """`earlier` without values of attributes for which `later` names another value."""
    new = {
        (m.attribute, m.canonical)
        for mention in lexicon.mentions(later.lower())
        for m in mention.of(Kind.VALUE)
    }
    attributes = {attribute for attribute, _ in new}
    text = earlier
    for mention in reversed(lexicon.mentions(earlier.lower())):
        values = {(m.attribute, m.canonical) for m in mention.of(Kind.VALUE)}
        # A word that is also a category carries the topic and stays.
        if values - new and {a for a, _ in values} & attributes and not mention.of(Kind.CATEGORY):
            text = text[: mention.start] + " " + text[mention.end :]
    return " ".join(text.split())


def cheaper_than_shown(prices: list[Decimal]) -> Range | None:
    """ "Cheaper" than a whole list: below its middle price, which leaves something to show."""
    if not prices:
        return None
    return bound_at(sorted(prices)[middle_place(len(prices), above=False)], above=False)


def dearer_than_shown(prices: list[Decimal]) -> Range | None:
    """ "Something better" in price: above the middle price of the list."""
    if not prices:
        return None
    return bound_at(sorted(prices)[middle_place(len(prices), above=True)], above=True)


def middle_place(count: int, *, above: bool) -> int:
    """Where among `count` sorted values "more" or "less" begins: half of them are left."""
    return count // 2 if above else (count - 1) // 2


def bound_at(value: Decimal, *, above: bool) -> Range:
    """More, or less, than a shown product has: nobody said the number itself."""
    if above:
        return Range(minimum=value, exclusive_minimum=True, derived=True)
    return Range(maximum=value, exclusive_maximum=True, derived=True)
