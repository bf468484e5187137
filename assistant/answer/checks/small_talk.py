"""Small talk may say what it likes, but nothing of products, prices or the shop's promises."""

from __future__ import annotations

import re

from assistant.answer.checks.state import POLICY
from assistant.answer.quantity import read_quantities
from assistant.types import Rejection, Sentence
from retrieval.index.analysis import fold
from retrieval.types import Vocabulary

_SHOP_CLAIM = re.compile(
    r"\b(?:discount\w*|sale|offers?|deals?|cheap\w*|expensive|prices?|priced|costs?|free|stock|"
    r"available|best|most|lowest|highest|largest|biggest|always|never|everything|anything|brands?|"
    r"rated|rating|quality|guarantee\w*)\b|"
    r"折扣|打折|优惠|特价|促销|便宜|价格|价钱|售价|免费|库存|有货|最|品牌|评分|质量|正品|所有|"
    r"一切|任何|低价"
)
# A longer line is no small talk any more.
CHARACTERS = 200
_BRAND_CHARACTERS = 4


def check_small_talk(sentence: str, vocabulary: Vocabulary) -> Sentence | Rejection:
    """The sentence, or a rejection where it claims something a catalogue would have to back."""
    folded = fold(sentence)
    if len(sentence) > CHARACTERS:
        return Rejection(text=sentence, reason="small talk: too long")
    if next(read_quantities(folded), None) is not None:
        return Rejection(text=sentence, reason="small talk: a number")
    if found := _SHOP_CLAIM.search(folded) or POLICY.search(folded):
        return Rejection(text=sentence, reason=f"small talk: claims {found.group()!r}")
    for brand in vocabulary.brands:
        name = fold(brand)
        if len(name) >= _BRAND_CHARACTERS and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded):
            return Rejection(text=sentence, reason=f"small talk: names {brand!r}")
    return Sentence(text=sentence, by="llm")
