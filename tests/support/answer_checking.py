"""Runs the verifier over generated sentences and reports what it caught and lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from support.answer_cases import EN, ZH, Case, Shelf
from support.answer_claims import generate

from assistant.answer.facts import build_facts
from assistant.answer.names import name_products
from assistant.answer.verify import ClaimVerifier
from assistant.types import Act, ProductFacts, Rejection, Understanding
from retrieval.types import Filters, Language, Product, Range, StoreInfo, Vocabulary

CAUGHT, LOST = 0.99, 0.03


def check_all(
    shelves: Sequence[tuple[Sequence[Product], Decimal]],
    vocabulary: Vocabulary,
    store: StoreInfo,
    seed: int,
) -> Iterator[tuple[Case, str, str, bool]]:
    """(case, kind of change or "", sentence, accepted) for each generated sentence."""
    verifier = ClaimVerifier(vocabulary)
    rng = random.Random(seed)
    for products, limit in shelves:
        names = {language: name_products(products, language) for language in (EN, ZH)}
        shelf = Shelf(products, names, vocabulary, limit, rng)
        settings = {
            language: setting(language, limit, products, vocabulary, store) for language in (EN, ZH)
        }
        for case in generate(shelf):
            understanding, facts = settings[case.language]
            for kind, sentence in (("", case.true), *case.false):
                if sentence:
                    verdict = verifier.check(sentence, understanding, facts, store)
                    yield case, kind, sentence, not isinstance(verdict, Rejection)


def setting(
    language: Language,
    limit: Decimal,
    products: Sequence[Product],
    vocabulary: Vocabulary,
    store: StoreInfo,
) -> tuple[Understanding, tuple[ProductFacts, ...]]:
    understanding = Understanding(
        act=Act.SEARCH, language=language, filters=Filters(price=Range(maximum=limit))
    )
    return understanding, build_facts(understanding, products, vocabulary, store)


def report(results: Sequence[tuple[Case, str, str, bool]]) -> tuple[float, float, str]:
    """Share of false sentences caught, share of true ones lost, and what went wrong."""
    false = [r for r in results if r[1]]
    true = [r for r in results if not r[1]]
    passed = [f"{r[0].form}/{r[1]}: {r[2]}" for r in false if r[3]]
    lost = [f"{r[0].form}: {r[2]}" for r in true if not r[3]]
    kinds = Counter(r[1] for r in false)
    text = "\n".join((f"{len(true)} true, {kinds}", "passed:", *passed, "lost:", *lost))
    return 1 - len(passed) / len(false), len(lost) / len(true), text
