"""Whether who searches is offered a buying guide beside the products, which one, and its card.

A guide helps while a shopper is still choosing between things of one kind. Who names a product
or states many conditions knows already, a short list is read faster than a guide, and where the
store lacks the thing a guide on what is shown instead is beside the point.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from retrieval.index.analysis import terms
from retrieval.rank.kinds import read_words, whole_words
from retrieval.rank.rules import model_key, product_models, query_models
from retrieval.types import (
    Frozen,
    Guide,
    Language,
    Product,
    SearchRequest,
    SearchResult,
    Sort,
    StoreInfo,
    Vocabulary,
)

# A list shorter than this is read faster than a guide.
MANY = 8
# Whoever states more conditions than a price and one wish knows what to look for.
FEW_CONDITIONS = 2
# A product that is asked for by its name stands among the first.
NAMED_WITHIN = 3
# Letters and digits in one word from this length on are a model's number; shorter ones are
# standards more often ("wifi6", "usb3").
MODEL_LENGTH = 6
# Texts remembered with their words: titles come again in many lists.
WORDS = 4096

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MODEL = re.compile(r"[a-z][a-z0-9]*\d[a-z0-9]*")
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|[。！？]|$)", re.DOTALL)


class GuideCard(Frozen):
    """A guide beside a list of products, in the shopper's language, with one sentence of it.

    `list_id` is the query_id of the events about the card, which stands in a list of its own:
    a click on it is no click on a product.
    """

    list_id: str
    id: str
    title: str
    sentence: str
    language: Language


def offer_guide(
    store: StoreInfo,
    vocabulary: Vocabulary,
    result: SearchResult,
    language: Language,
    list_id: str,
    known: Collection[str] = (),
) -> GuideCard | None:
    """The card to show below the list `list_id`, where a guide helps.

    `known` are the ids of guides that the shopper was offered before; what is on a category of
    one of these is not offered again.
    """
    if not store.guides or not is_choosing(result):
        return None
    shown = [hit.product for hit in result.hits]
    readable = [g for g in store.guides if language in g.texts and language in g.titles]
    guide = find_guide(readable, shown, result.request.text, language)
    if guide is None or not names_kind(result.request, guide, vocabulary):
        return None
    if guide.category in {other.category for other in store.guides if other.id in known}:
        return None
    return GuideCard(
        list_id=f"{list_id}-guide",
        id=guide.id,
        title=guide.titles[language],
        sentence=first_sentence(guide.texts[language]),
        language=language,
    )


def is_choosing(result: SearchResult) -> bool:
    """Whether the request is broad: a kind of thing, few hard conditions, many results.

    A shopper who gives a model's number, the name of a product or an order ("the cheapest") has
    made the choice that a guide is for, and further pages are for those who look at products.
    """
    request = result.request
    return (
        bool(request.text or request.filters.categories)
        and not request.image
        and request.offset == 0
        and request.sort in (Sort.RELEVANCE, Sort.AFFORDABLE)
        and result.total >= MANY
        and count_conditions(request) <= FEW_CONDITIONS
        and not names_product(request, [hit.product for hit in result.hits[:NAMED_WITHIN]])
    )


def count_conditions(request: SearchRequest) -> int:
    """Hard conditions that were said; the kind of thing, and what is in stock, are none.

    A number that was left in the text ("16 GB") is one, too.
    """
    filters = request.filters
    numbers = len(_NUMBER.findall(request.text))
    return (
        (filters.price is not None)
        + (filters.minimum_rating is not None)
        + bool(filters.brands)
        + len(filters.excluded_brands)
        + len(filters.excluded_terms)
        + max(sum(not attribute.implied for attribute in filters.attributes), numbers)
        # Chosen by hand out of a list: there is nothing left to choose.
        + (FEW_CONDITIONS + 1) * (filters.ids is not None)
    )


def names_product(request: SearchRequest, first: Sequence[Product]) -> bool:
    """Whether the text gives a model's number, or all of the title of one of the `first`.

    A title that the text covers on all of them ("Desk lamp") is a kind of thing.
    """
    words = (model_key(word) for word in request.text.split())
    if any(len(word) >= MODEL_LENGTH and _MODEL.fullmatch(word) for word in words):
        return True
    models = set(query_models(request.text))
    if models and any(not models.isdisjoint(product_models(product)) for product in first):
        return True
    said = _words(" ".join((request.text, *request.filters.brands)))
    named = [any(_words(title) <= said for title in _titles(product)) for product in first]
    return any(named) and not all(named)


def find_guide(
    guides: Sequence[Guide], shown: Sequence[Product], text: str, language: Language
) -> Guide | None:
    """The guide of the narrowest category that most of the shown products are in.

    Of several on one category it is the one whose title shares most words with `text`, else
    the store's first.
    """
    covering = [guide for guide in guides if 2 * _count_within(guide, shown) > len(shown)]
    if not covering:
        return None
    depth = max(len(guide.category) for guide in covering)
    narrowest = [guide for guide in covering if len(guide.category) == depth]
    if len(narrowest) == 1:
        return narrowest[0]
    asked = _words(text)
    return max(narrowest, key=lambda guide: len(asked & _words(guide.titles[language])))


def names_kind(request: SearchRequest, guide: Guide, vocabulary: Vocabulary) -> bool:
    """Whether what is asked for is called as the guide's category, a part of it, or its title.

    A category's name ends in what its things are; the words before say what they are for:
    "bike" asks for no bike helmet.
    """
    if not request.text:
        return True  # the category was chosen
    named = [read_words(name) for name in _names(guide, vocabulary)]
    heads = {words[-1] for words in named if words}
    before = {word for words in named for word in words} - heads
    titles = {word for title in guide.titles.values() for word in read_words(title)}
    return not whole_words(read_words(request.text)).isdisjoint(heads | (titles - before))


def _names(guide: Guide, vocabulary: Vocabulary) -> Iterator[str]:
    yield guide.category[-1]
    for profile in vocabulary.categories:
        if profile.path[: len(guide.category)] == guide.category:
            yield from (profile.path[-1], *profile.labels.values(), *profile.surfaces)


def first_sentence(text: str) -> str:
    """The first sentence of `text`, English or Chinese, whole."""
    found = _SENTENCE.match(text.strip())
    return found.group().strip() if found else ""


def _count_within(guide: Guide, shown: Sequence[Product]) -> int:
    depth = len(guide.category)
    return sum(product.category[:depth] == guide.category for product in shown)


def _titles(product: Product) -> list[str]:
    return [product.title, *(each.title for each in product.translations.values())]


@lru_cache(maxsize=WORDS)
def _words(text: str) -> frozenset[str]:
    return frozenset(term.text for term in terms(text))
