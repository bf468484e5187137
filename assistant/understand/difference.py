"""How what is wanted differs from a product or a photo: "like this but black", "类似的白色的".

Such words say nothing of what the thing is, for that is on the screen. So the catalogue's own
values among them are conditions, where a search box would take them as wishes, and "cheaper"
is measured at the product.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

from assistant.types import Act, Conversation, Likeness, QuickReader, Understanding
from assistant.understand.act import asks_for_similar
from assistant.understand.context import merge_filters
from assistant.understand.language import normalise
from assistant.understand.lexicon import Kind, Lexicon, Meaning, Mention
from assistant.understand.phrases import pattern
from assistant.understand.reference import read_references
from assistant.understand.scan import TAKEN, Scan
from retrieval.types import (
    AttributeFilter,
    AttributeKind,
    Language,
    Product,
    Range,
    StoreInfo,
    Vocabulary,
)

PRONOUNS = {Language.ENGLISH: " this one ", Language.CHINESE: "这款"}
"""What a turn's pointer is replaced by: "like the second one" and "like this one" differ alike."""

LEAST_PRODUCTS = 2
"""A value fewer products state is no condition to search by: it would leave one at most."""


class DifferenceReader:
    """Reads what is said beside a product or a photo."""

    def __init__(self, reader: QuickReader, vocabulary: Vocabulary, store: StoreInfo) -> None:
        self._reader = reader
        self._vocabulary = vocabulary
        self._store = store

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self._vocabulary)

    def read(
        self, text: str, language: Language | None = None, product: Product | None = None
    ) -> Understanding:
        """What `text` asks for in difference to `product`, or to a photo without one.

        Its query is what is left to search for, empty when everything became a condition.
        """
        said = normalise(text)
        cheaper = product is not None and bool(pattern("cheaper").search(said))
        said = pattern("cheaper").sub(" ", said) if cheaper else said
        said = " ".join(pattern("likeness").sub(" ", said).split())
        if said:
            read = self._reader.read(said, Conversation(id="search"), (), language)
        else:
            read = Understanding(
                act=Act.SEARCH, language=language or self._store.languages[0], query=""
            )
        read = read.model_copy(update={"act": Act.SEARCH, "references": ()})
        read = self._demand_values(read)
        if cheaper and product is not None:
            read = _demand_cheaper(read, product)
        return read

    def compare(
        self, message: str, understanding: Understanding, shown: Sequence[Product]
    ) -> Understanding:
        """`understanding` of a chat turn, with what is said beside "like the second one" as
        conditions; unchanged where no such wish is."""
        product = next((p for p in shown if p.id in understanding.references), None)
        if (
            product is None
            or understanding.act is not Act.REFINE
            or len(understanding.references) != 1
            or not asks_for_similar(normalise(message).lower())
        ):
            return understanding
        scan = Scan(normalise(message))
        read_references(scan, shown, (product.id,), self._lexicon)
        pronoun = PRONOUNS[understanding.language]
        said = re.sub(f"{TAKEN}+", pronoun, scan.rest())
        difference = self.read(said, understanding.language, product)
        return understanding.model_copy(
            update={
                "like": Likeness(product_id=product.id, text=difference.query),
                "filters": merge_filters(understanding.filters, difference.filters),
                "certain": understanding.certain | {"act", "ordinal"},
            }
        )

    def _demand_values(self, read: Understanding) -> Understanding:
        """The catalogue's values in what is left become conditions."""
        query = normalise(read.query)
        found: dict[str, list[str]] = {}
        kept, end = [], 0
        for mention in self._lexicon.mentions(query.lower()):
            if meaning := self._condition(mention):
                name, value = _condition_of(meaning)
                found.setdefault(name, []).append(value)
                kept.append(query[end : mention.start])
                end = mention.end
        if not found:
            return read
        rest = " ".join(pattern("likeness").sub(" ", " ".join((*kept, query[end:]))).split())
        conditions = tuple(AttributeFilter(name=n, values=tuple(v)) for n, v in found.items())
        filters = read.filters.model_copy(
            update={"attributes": (*read.filters.attributes, *conditions)}
        )
        return read.model_copy(update={"filters": filters, "query": rest.strip("的 ,.，。")})

    def _condition(self, mention: Mention) -> Meaning | None:
        """The value or flag that most products state; None for what may be a brand or a kind."""
        if mention.of(Kind.BRAND) or mention.of(Kind.CATEGORY):
            return None
        counted = [(self._count(meaning), meaning) for meaning in mention.meanings]
        most, best = max(counted, key=lambda pair: pair[0])
        return best if most >= LEAST_PRODUCTS else None

    def _count(self, meaning: Meaning) -> int:
        if meaning.kind is Kind.VALUE:
            profile = self._vocabulary.attributes.get(meaning.attribute)
            return profile.values.get(meaning.canonical, 0) if profile else 0
        profile = self._vocabulary.attributes.get(meaning.canonical)
        flag = profile is not None and profile.kind is AttributeKind.FLAG
        return profile.products if profile and flag else 0


def _condition_of(meaning: Meaning) -> tuple[str, str]:
    """(attribute, value): a flag that is named shall be true."""
    if meaning.kind is Kind.VALUE:
        return meaning.attribute, meaning.canonical
    return meaning.canonical, "true"


def _demand_cheaper(read: Understanding, product: Product) -> Understanding:
    if product.price is None or read.filters.price is not None or product.price <= Decimal(0):
        return read
    below = Range(maximum=product.price, exclusive_maximum=True)
    return read.model_copy(update={"filters": read.filters.model_copy(update={"price": below})})
