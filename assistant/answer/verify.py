"""Parses a sentence back into claims and checks each against the catalogue.

Closed world: numbers, names, ranks and words pass only where the record of the product they
are said of backs them; what cannot be read or backed rejects the sentence. The order of the
checks matters: each takes away what it verified, and the last ones see only what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.answer.checks.money import check_budget, check_discounts, check_prices
from assistant.answer.checks.named import check_named
from assistant.answer.checks.numbers import check_numbers
from assistant.answer.checks.ranks import check_exclusive, check_ranks
from assistant.answer.checks.silence import check_silence
from assistant.answer.checks.small_talk import check_small_talk
from assistant.answer.checks.state import (
    check_policies,
    check_ratings,
    check_stock,
)
from assistant.answer.checks.words import check_words
from assistant.answer.known import CJK, known_phrases
from assistant.answer.quotable import is_foreign
from assistant.answer.scene import ClaimError, Scene, Setting
from assistant.types import Act, ProductFacts, Rejection, Sentence, Understanding
from retrieval.types import Language, StoreInfo, Vocabulary

CHECKS: tuple[Callable[[Scene], None], ...] = (
    check_silence,
    check_policies,
    check_budget,
    check_ranks,
    check_discounts,
    check_stock,
    check_ratings,
    check_prices,
    check_named,
    check_numbers,
    Scene.check_subject,
    check_words,
    check_exclusive,
    Scene.check_roles,
)
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_HAS_CJK = re.compile(f"[{CJK}]")


class ClaimVerifier:
    """Checks sentences of one catalogue, whose words the vocabulary knows."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        # Takes a second for a large catalogue: at the start, not in the first answer.
        known_phrases(vocabulary)
        self._setting: Setting | None = None
        _warm_up(self)

    def check(
        self,
        sentence: str,
        understanding: Understanding,
        facts: Sequence[ProductFacts],
        store: StoreInfo,
        previous: Sequence[str] = (),
    ) -> Sentence | Rejection:
        """The sentence with its evidence, or why it may not be shown.

        `previous` are the products the sentence before spoke of: what "it" points at.
        """
        if reason := _wrong_language(sentence, understanding.language):
            return Rejection(text=sentence, reason=reason)
        if is_foreign(sentence):
            return Rejection(text=sentence, reason="a link, a code, a promise or an order")
        if understanding.act is Act.SMALL_TALK:
            return check_small_talk(sentence, self._vocabulary)
        scene = Scene(sentence, self._set(understanding, facts, store), previous)
        try:
            for check in CHECKS:
                check(scene)
        except ClaimError as error:
            return Rejection(text=sentence, reason=str(error))
        if scene.advice and not scene.claims:
            return Rejection(text=sentence, reason="praise without anything to check")
        return Sentence(
            text=sentence,
            product_ids=scene.mentioned,
            evidence=tuple(scene.evidence),
            by="llm",
        )

    def _set(
        self, understanding: Understanding, facts: Sequence[ProductFacts], store: StoreInfo
    ) -> Setting:
        """The prepared records; kept from one sentence of an answer to the next."""
        held = self._setting
        if held is not None and held.is_of(understanding, facts, store):
            return held
        self._setting = Setting(understanding, facts, store, self._vocabulary)
        return self._setting


def _warm_up(verifier: ClaimVerifier) -> None:
    """Compile the patterns of both languages by reading a sentence of each."""
    store = StoreInfo(name="", title="", currency="USD")
    for language, text in (
        (Language.ENGLISH, "The first one is the cheapest of the two."),
        (Language.CHINESE, "第一款最便宜，评分4.5分。"),
    ):
        understanding = Understanding(act=Act.SEARCH, language=language)
        verifier.check(text, understanding, (), store)


def _wrong_language(sentence: str, language: Language) -> str:
    latin = len(_LATIN_WORD.findall(sentence))
    cjk = len(_HAS_CJK.findall(sentence))
    if language is Language.CHINESE and not cjk and latin > 2:
        return "not in the shopper's language"
    if language is Language.ENGLISH and cjk > latin * 2:
        return "not in the shopper's language"
    return ""
