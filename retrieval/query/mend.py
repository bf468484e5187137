"""What was meant by the words of a query: pinyin read first, then slips mended."""

from __future__ import annotations

from collections.abc import Mapping

from retrieval.query.pinyin import PinyinReader
from retrieval.query.spelling import Speller
from retrieval.types import Repair


class QueryMender:
    """Mends queries with the words of one catalogue; safe to call from many threads."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """`words` maps the catalogue's words (folded) to their number of products."""
        self._speller = Speller(words)
        self._pinyin = PinyinReader(words, self._speller)

    def repair(self, text: str) -> Repair:
        """`text` as it was meant, and what was changed for it."""
        read = self._pinyin.repair(text)
        spelled = self._speller.repair(read.text)
        if not read.changes:
            return spelled
        return spelled.model_copy(update={"changes": (*read.changes, *spelled.changes)})
