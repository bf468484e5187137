"""A thing that is looked for and that none of the shown products is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer.record import Record, Verdict
from assistant.types import Act, Understanding
from assistant.understand.goods import find_goods
from retrieval.types import Language


def find_absent(understanding: Understanding, records: Sequence[Record]) -> str:
    """What the search was for, in the shopper's words, if none of `records` is called so; else "".

    Only things that shops are known to sell count: of other words nobody can tell whether they
    name the thing or describe it.
    """
    if understanding.act is not Act.SEARCH or not records:
        return ""
    goods = find_goods(understanding.query)
    if goods is None:
        return ""
    language = understanding.language
    return "" if any(_is_called(r, goods.names, language) for r in records) else goods.word


def _is_called(record: Record, names: Sequence[str], language: Language) -> bool:
    """Whether the product is called one of the names where the shopper reads it.

    A "wallet case" for phones has 翻盖手机壳 for its Chinese title, which speaks of no 钱包.
    """
    product = record.product
    title = product.title_in(language)
    chinese = language is Language.CHINESE
    if chinese and language in product.translations:
        said = " ".join((title, *record.kinds))
        return any(name in said for name in names if not name.isascii())
    if any(record.says(name, prose=False).verdict is Verdict.YES for name in names):
        return True
    return any(_holds(" ".join((title, *record.kinds)).lower(), name) for name in names)


def _holds(text: str, name: str) -> bool:
    if not name.isascii():
        return name in text
    return bool(re.search(rf"\b{re.escape(name)}(?:s|es)?\b", text))
