"""Reads Chinese that was typed in Latin letters: "lanya erji", "LanYaErJi", "shu biao".

The words are the catalogue's own, their readings pypinyin's (without tones, by word, so that
行李 is "xing li" and 银行 "yin hang"). A run of letters is split into the likeliest words (a
unigram model, Viterbi 1967); it counts as pinyin when that is likelier than that the letters
mean what they spell, as in the speller's noisy channel. Only file that imports pypinyin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf, log10

from retrieval.index.analysis import fold
from retrieval.query.spelling import Speller
from retrieval.types import Change, Repair

SHARE = 1e-2
"""Of the queries to a shop with Chinese texts, those in pinyin."""

SHORTEST, LONGEST = 4, 40
"""Letters of a run: one short syllable stands for dozens of words; nobody runs eight together."""

MOST_TOKENS = 8
"""Words in Latin letters that may be one Chinese word ("ban yun che")."""

LONGEST_WORD = 6
"""Characters of a word of the catalogue; longer ones are names of series."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+$")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[a-z]+$")


class PinyinReader:
    """Knows how the Chinese words of one catalogue are typed; safe to call from many threads."""

    def __init__(self, words: Mapping[str, int], speller: Speller) -> None:
        """`words` maps the catalogue's words to their number of products."""
        self._speller = speller
        total = max(sum(words.values()), 1)
        self._words: dict[str, tuple[float, str]] = {}
        for word, count in words.items():
            if len(word) <= LONGEST_WORD and _HAN.match(word):
                for typed in _spellings(word):
                    self._words[typed] = max(
                        self._words.get(typed, (-inf, "")), (log10(count / total), word)
                    )
        self._most = max(map(len, self._words), default=0)
        self._split = lru_cache(maxsize=4096)(self._find_split)

    def repair(self, text: str) -> Repair:
        """`text` with what is pinyin in it in Chinese characters."""
        tokens = list(_TOKEN.finditer(text)) if self._words else []
        mended, changes, end, at = "", [], 0, 0
        while at < len(tokens):
            length, chinese = self._read_from(text, tokens[at : at + MOST_TOKENS])
            if length:
                start, stop = tokens[at].start(), tokens[at + length - 1].end()
                mended += text[end:start] + chinese
                changes.append(Change(typed=text[start:stop], read=chinese))
                end = stop
            at += max(length, 1)
        return Repair(text=mended + text[end:], changes=tuple(changes))

    def _read_from(self, text: str, tokens: Sequence[re.Match[str]]) -> tuple[int, str]:
        """How many of the first tokens are pinyin together, most first, and what they say."""
        for length in range(len(tokens), 0, -1):
            run = tokens[:length]
            typed = [re.sub("['’]", "", fold(token[0])) for token in run]
            if _is_one_run(text, run) and (chinese := self._read(typed)):
                return length, chinese
        return 0, ""

    def _read(self, typed: Sequence[str]) -> str:
        letters = "".join(typed)
        if not SHORTEST <= len(letters) <= LONGEST or not _LATIN.match(letters):
            return ""
        chance, words = self._split(letters)
        single = sum(len(word) == 1 for word in words)
        if chance == -inf or 2 * single > len(words):
            return ""
        meant_so = sum(map(self._speller.log_chance, typed))
        return "".join(words) if chance + log10(SHARE) > meant_so else ""

    def _find_split(self, letters: str) -> tuple[float, tuple[str, ...]]:
        """The likeliest words that are spelled so (log10 of their chance); -inf for none."""
        nothing: tuple[float, tuple[str, ...]] = (-inf, ())
        best = [(0.0, ()), *[nothing] * len(letters)]
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self._most), end):
                chance, word = self._words.get(letters[start:end], (-inf, ""))
                before, said = best[start]
                best[end] = max(best[end], (before + chance, (*said, word)))
        return best[-1]


def _spellings(word: str) -> set[str]:
    """How `word` is typed; ü is v or u on a keyboard."""
    # Its tables take a second to load, which a catalogue without Chinese never needs.
    from pypinyin import lazy_pinyin

    typed = "".join(lazy_pinyin(word, v_to_u=False))
    return {typed, typed.replace("v", "u")} if _LATIN.match(typed) else set()


def _is_one_run(text: str, tokens: Sequence[re.Match[str]]) -> bool:
    """Whether nothing but white space lies between the tokens, and no digit touches them."""
    start, end = tokens[0].start(), tokens[-1].end()
    joined = all(text[a.end() : b.start()].isspace() for a, b in pairwise(tokens))
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return joined and not any(c.isdigit() for c in beside)
