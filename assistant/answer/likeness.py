"""Words for why a product is like another, in the shopper's language."""

from __future__ import annotations

from decimal import Decimal

from assistant.answer.money import format_money
from retrieval.types import (
    AttributeKind,
    Hit,
    Language,
    SimilarKind,
    SimilarReason,
    SimilarResult,
    Vocabulary,
)

REASONS: dict[SimilarKind, tuple[str, str]] = {
    SimilarKind.FAMILY: ("Another version of it", "同款的另一版本"),
    SimilarKind.LOOKS: ("Looks alike", "外观相似"),
    SimilarKind.BRAND: ("Also by {value}", "同为 {value}"),
    SimilarKind.ATTRIBUTE: ("Also: {name} {value}", "同样：{name} {value}"),
    SimilarKind.PRICE: ("About the same price", "价格相近"),
    SimilarKind.CHEAPER: ("{value} less", "便宜 {value}"),
    SimilarKind.DEARER: ("{value} more", "贵 {value}"),
    SimilarKind.RATING: ("Better rated: {value}", "评分更高：{value}"),
}


def give_reasons(
    found: SimilarResult, currency: str, vocabulary: Vocabulary, language: Language
) -> tuple[Hit, ...]:
    """The hits of `found`, each with why it is like the product, in words."""
    return tuple(
        hit.model_copy(
            update={
                "reasons": tuple(
                    word_reason(reason, currency, vocabulary, language)
                    for reason in found.reasons.get(hit.product.id, ())
                )
            }
        )
        for hit in found.result.hits
    )


def word_reason(
    reason: SimilarReason, currency: str, vocabulary: Vocabulary, language: Language
) -> str:
    """One reason in words."""
    name, value = reason.name, reason.value
    if reason.kind in (SimilarKind.CHEAPER, SimilarKind.DEARER):
        value = format_money(Decimal(value), currency, language)
    elif reason.kind is SimilarKind.ATTRIBUTE:
        name, value = _word_attribute(name, value, vocabulary, language)
    template = REASONS[reason.kind][language is Language.CHINESE]
    return template.format(name=name, value=value).strip()


def _word_attribute(
    name: str, value: str, vocabulary: Vocabulary, language: Language
) -> tuple[str, str]:
    """(name, value): a flag is told by its name alone."""
    profile = vocabulary.attributes.get(name)
    flag = profile is not None and profile.kind is AttributeKind.FLAG
    said = vocabulary.label(name, language)
    return said, "" if flag else vocabulary.label(value, language)
