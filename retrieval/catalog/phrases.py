"""Finds the noun phrases in titles that name kinds of products ("toner cartridge").

Nothing is known beforehand of the catalogue. A word is taken for the name of a kind when it
stands where such names stand (at the end of a run of plain words, compounds being headed by
their last word), counts (it is met in singular and plural, or behind an article), is used by
more than one maker or written small where names are not, and neither measures nor is the
value of an attribute.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.catalog.titles import CUT, MEASURING, TitleCounts, TitleParts, join, tokenize

# Words of the longest name of a kind ("uninterruptible power supply").
MAX_WORDS = 3
# Share of one maker from which on a capitalised word is taken for a name of theirs.
ONE_MAKER = 0.9
# What a word of one maker loses: it may still be a noun that only they use.
ONE_MAKERS = 0.5
# Share written small from which on a compound is a name of the trade, not of a model.
SMALL_COMPOUND = 0.8
# Such a compound outweighs a single word of the same title.
STRONG_BONUS = 1.5
# Below this plausibility a word is not taken for the name of a kind.
PLAUSIBLE = 0.12


@dataclass(slots=True)
class _Ends:
    products: int = 0
    small: int = 0
    makers: Counter[str] = field(default_factory=Counter)


class PhraseMiner:
    """Learns from title parts how plausible each phrase is as the name of a kind."""

    def __init__(self, counts: TitleCounts) -> None:
        self._counts = counts
        self._ends: dict[str, _Ends] = {}
        self._all: Counter[str] = Counter()
        self._titles = 0
        self._mixed = 0

    def add(self, parts: TitleParts, brand: str) -> None:
        """Count the phrases of one title."""
        ends: dict[str, bool] = {}
        everywhere: set[str] = set()
        for run, weight in zip(parts.runs, parts.weights, strict=True):
            for length in range(1, min(MAX_WORDS, len(run)) + 1):
                if weight > CUT:
                    phrase = join(run[-length:])
                    small = all(w.islower() for w in run[-length:])
                    ends[phrase] = ends.get(phrase, False) or small
                everywhere.update(join(run[i : i + length]) for i in range(len(run) - length + 1))
        for phrase, small in ends.items():
            entry = self._ends.setdefault(phrase, _Ends())
            entry.products += 1
            entry.small += small
            entry.makers[brand] += 1
        self._all.update(everywhere)
        self._titles += 1
        self._mixed += any(ends.values())

    def finish(self) -> PhraseTable:
        """The table of phrases worth asking for."""
        least = self._counts.least
        properties = self._counts.property_words()
        mixed = self._mixed > 0.1 * max(1, self._titles)
        heads = {
            phrase: score
            for phrase, entry in self._ends.items()
            if " " not in phrase and phrase not in properties and entry.products >= least
            and (score := self._plausibility(phrase, entry, mixed)) >= PLAUSIBLE
        }  # fmt: skip
        longer = {
            phrase: entry.small / entry.products if mixed else 0.0
            for phrase, entry in self._ends.items()
            if " " in phrase and entry.products >= least and self._is_kind_of(phrase, entry)
        }
        tails = {w for w in self._counts.frequency if self._is_tail(w)} - heads.keys()
        return PhraseTable(heads, longer, tails)

    def _is_tail(self, word: str) -> bool:
        """Whether `word` behind a kind only counts ("notebook PC", "1 pc")."""
        counts = self._counts
        return (
            counts.frequency[word] >= counts.least
            and counts.measuring[word] > MEASURING * counts.frequency[word]
        )

    def _plausibility(self, word: str, entry: _Ends, mixed: bool) -> float:
        counts = self._counts
        small = entry.small / entry.products if mixed else 0.5
        noun = 1.0 if counts.is_noun(word) else 0.0
        if not noun and mixed and small > 0.6 and len(entry.makers) > 2 and len(word) > 3:
            # Written small by several makers at the end of a run: a noun of this trade.
            noun = 0.6
        measuring = counts.measuring[word] / max(1, counts.frequency[word])
        if measuring > MEASURING:
            return 0.0
        head = math.sqrt(entry.products / self._all[word])
        one_maker = self._one_maker(entry) and small <= 0.5
        enough = min(1.0, math.log(entry.products + 1) / math.log(100))
        return noun * head * (ONE_MAKERS if one_maker else 1.0) * (0.3 + 0.7 * small) * enough

    def _one_maker(self, entry: _Ends) -> bool:
        top = entry.makers.most_common(1)[0][1]
        return len(self._counts.brands) > 1 and top > ONE_MAKER * entry.products

    def _is_kind_of(self, phrase: str, entry: _Ends) -> bool:
        """Whether the phrase names a kind of its head rather than a model ("Color LaserJet")."""
        words = phrase.split()
        rest = " ".join(words[1:])
        if entry.small <= 0.5 * entry.products and self._one_maker(entry):
            return False
        modifier = words[0]
        codes = self._counts.capitals[modifier] > 0.8 * self._counts.frequency[modifier]
        share = 0.01 if len(words) == 2 else 0.5
        return (
            not (codes and len(modifier) < 4)
            and entry.products >= share * self._ends[rest].products
        )


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Plausible heads (word → score), compounds (→ share written small), words of no weight."""

    heads: dict[str, float]
    longer: dict[str, float]
    tails: set[str]

    def ranked(self, parts: TitleParts, types: Sequence[str] = ()) -> list[tuple[float, str]]:
        """(plausibility, phrase) of what may name the kind of product a title speaks of, best
        first.

        `types` are the values of the product's own type attributes; they count like runs.
        """
        found: dict[str, float] = {}
        runs = [*zip(parts.runs, parts.weights, strict=True), *((tokenize(t), 1.0) for t in types)]
        for whole, weight in runs:
            run = self._trim(whole)
            score = weight * self._score(run) if run else 0.0
            if score:
                name = self._longest(run)
                found[name] = max(score, found.get(name, 0.0))
        return sorted(((score, name) for name, score in found.items()), key=lambda f: -f[0])

    def name(self, parts: TitleParts, types: Sequence[str] = ()) -> str | None:
        """The most plausible of `ranked`, or None."""
        ranked = self.ranked(parts, types)
        return ranked[0][1] if ranked else None

    def names(self, parts: TitleParts) -> list[str]:
        """Every phrase of a title that names a kind."""
        return [
            self._longest(run)
            for run, weight in zip(parts.runs, parts.weights, strict=True)
            if weight > CUT and run[-1].lower() in self.heads
        ]

    def is_strong(self, name: str) -> bool:
        """Whether a phrase names a kind by its form alone: a compound written small."""
        return self.longer.get(name, 0.0) > SMALL_COMPOUND

    def _score(self, run: list[str]) -> float:
        score = self.heads.get(run[-1].lower(), 0.0)
        return score * STRONG_BONUS if score and self.is_strong(self._longest(run)) else score

    def _trim(self, run: list[str]) -> list[str]:
        """`run` up to its last word that carries weight: "notebook PC" is a notebook."""
        if len(run) > 1 and run[-1].lower() in self.tails and run[-2].lower() in self.heads:
            return run[:-1]
        return run

    def _longest(self, run: list[str]) -> str:
        name = run[-1].lower()
        for length in range(2, MAX_WORDS + 1):
            phrase = join(run[-length:])
            if length > len(run) or phrase not in self.longer:
                break
            name = phrase
        return name
