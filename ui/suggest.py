"""First messages to tap, made from what the catalogue holds."""

from __future__ import annotations

from decimal import Decimal

from assistant.answer.money import format_money
from retrieval.types import CategoryProfile, Language, StoreInfo, Vocabulary

SUGGESTIONS = 4


def suggest_messages(
    store: StoreInfo, vocabulary: Vocabulary, language: Language
) -> tuple[str, ...]:
    """Up to four requests this store can answer: its largest leaf categories, one an aisle."""
    inner = {profile.path[:-1] for profile in vocabulary.categories}
    leaves = [profile for profile in vocabulary.categories if profile.path not in inner]
    largest = sorted(leaves, key=lambda c: (-c.products, c.path))
    messages: list[str] = []
    roots: set[str] = set()
    for profile in largest:
        if not profile.path or profile.path[0] in roots:
            continue  # one suggestion an aisle, so that they show the breadth of the store
        roots.add(profile.path[0])
        messages.append(
            _word(profile, vocabulary, store, language, with_price=len(messages) % 2 == 0)
        )
        if len(messages) == SUGGESTIONS:
            break
    return tuple(messages)


def _word(
    profile: CategoryProfile,
    vocabulary: Vocabulary,
    store: StoreInfo,
    language: Language,
    *,
    with_price: bool,
) -> str:
    name = profile.labels.get(language, profile.path[-1])
    price = _middle_price(profile, vocabulary) if with_price else None
    limit = format_money(price, store.currency, language) if price else ""
    if language is Language.CHINESE:
        return f"{limit}以内的{name}" if limit else f"评分最高的{name}"
    plain = name.lower() if name.istitle() else name
    return f"{name} under {limit}" if limit else f"The best rated {plain}"


def _middle_price(profile: CategoryProfile, vocabulary: Vocabulary) -> Decimal | None:
    """The median price of the category to one leading digit, rounded up."""
    for key in (" > ".join(profile.path), profile.path[-1]):
        quantiles = vocabulary.price_quantiles.get(key)
        if quantiles:
            median = quantiles[len(quantiles) // 2]
            step = Decimal(10) ** max(median.adjusted(), 0)
            return (median // step + 1) * step if median > 0 else None
    return None
