"""Takes titles apart: tokens, runs of plain words, and counts of what each word is.

Nothing is known beforehand of the catalogue; closed classes of words apart, everything is
counted in its own titles, descriptions and attributes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

from retrieval.catalog.surfaces import is_plural_only, plural, singular, spellings
from retrieval.units import find_unit

_TOKEN = re.compile(r"[^\W_]+(?:['’\-/.&+][^\W_]+)*|[^\w\s]")
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d[\d.,]*")
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# Closed classes of English: what joins or introduces, and what is followed by a purpose.
_FUNCTION_WORDS = (
    "and or of the a an on up at as per x to over under into onto off out than be is are may can "
    "not no go it its this that these those all more one two three you your we our und mit"
)
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_COMPLEMENT_WORDS = (
    "for with w inc incl including in from by without via plus compatible für fits per to 适用于 "
    "适用 用于 兼容"
)
_COMPLEMENT = frozenset(_COMPLEMENT_WORDS.split())
# An article, a word, and what cannot follow an adjective: the word is a noun.
_ARTICLE = re.compile(
    r"\b(?:a|an|the|this|that|these|those|your|our|each|every|any)\s+([^\W\d_]+)"
    r"(?=\s*[.,;:!?)]|\s*$|\s+(?:is|are|has|have|can|will|and|or|with|for|to|in|on|that|which)\b)"
)
# Kinds need a few products to be told from chance; fewer will do in a small catalogue.
LEAST, LEAST_SMALL, SMALL = 6, 3, 5000
# Share of a word's occurrences behind a number from which on it counts or measures.
MEASURING = 0.5
# Weight of a run when a rare word follows, which may be the head instead; and for each comma.
CUT = 0.4
AFTER_COMMA = 0.7
# A word that heads so many attribute names, per title that holds it, names a property.
PROPERTY_NAMES = 20
PROPERTY_SHARE = 0.1


@dataclass(slots=True)
class TitleParts:
    """A title in runs of plain words, each with a weight as the place of a product's name.

    The weight is 0 behind "for", "with" and the like, and falls with every comma.
    """

    runs: list[list[str]]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class TitleLexicon:
    """Words of a catalogue's titles by their part in them, lower case."""

    brands: frozenset[str]
    known: frozenset[str]
    values: frozenset[str]
    acronyms: frozenset[str]


@dataclass(slots=True)
class TitleCounts:
    """What is counted over the titles and texts of a catalogue, by folded word or phrase."""

    titles: int = 0
    frequency: Counter[str] = field(default_factory=Counter)
    capitals: Counter[str] = field(default_factory=Counter)
    small: Counter[str] = field(default_factory=Counter)
    measuring: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    brands: set[str] = field(default_factory=set)
    properties: set[tuple[str, str]] = field(default_factory=set)

    def add(self, tokens: Sequence[str], description: str, brand: str, values: Set[str]) -> None:
        """Count one product; `values` are the words of its attributes' values."""
        self.titles += 1
        if brand:
            self.brands.add(brand.lower())
        distinct: dict[str, str] = {}
        for position, token in enumerate(tokens):
            word = token.lower()
            distinct.setdefault(word, token)
            if position and is_measured(tokens, position):
                self.measuring[word] += 1
        for word, token in distinct.items():
            self.frequency[word] += 1
            self.capitals[word] += token.isupper()
            self.small[word] += token.islower()
            self.values[word] += word in values
        text = description.lower()
        self.seen.update({*_WORD.findall(text), *distinct})
        self.named.update(set(_ARTICLE.findall(text)))

    @property
    def least(self) -> int:
        """Products a kind must have."""
        return LEAST_SMALL if self.titles < SMALL else LEAST

    def lexicon(self) -> TitleLexicon:
        """What has to be known to part a title."""
        known = {w for w, n in self.frequency.items() if n >= self.least - 1 and not _is_unit(w)}
        return TitleLexicon(
            frozenset(self.brands),
            frozenset(known),
            frozenset(w for w in known if self.is_value(w)),
            frozenset(w for w in known if self.capitals[w] > 0.8 * self.frequency[w]),
        )

    def property_words(self) -> set[str]:
        """Words that head the names of many attributes ("type"): they name no product."""
        names = Counter(w for word, _ in self.properties for w in spellings(word))
        return {
            w
            for w, n in names.items()
            if n >= PROPERTY_NAMES and n >= PROPERTY_SHARE * self.frequency[w]
        }

    def is_noun(self, word: str) -> bool:
        """Whether `word` is met as a noun that counts."""
        last = re.split(r"[-/]", word)[-1]
        if last != word and len(last) < 3:
            return False
        if _CJK.search(last):
            return True
        if len(last) < 3 or (
            self.frequency[word] and self.capitals[word] > 0.8 * self.frequency[word]
        ):
            # Codes look like this; real ones ("PCs", "TVs") are used in the plural.
            return self.seen[f"{last}s"] > 1 and self.named[last] > 1
        if is_plural_only(last) or self.named[last] > 1:
            return True
        one = singular(last)
        many = plural(one)
        return one != many and self.seen[one] > 1 and self.seen[many] > 1

    def is_value(self, word: str) -> bool:
        """Whether `word` is in most titles the value of an attribute ("Black")."""
        count = self.frequency[word]
        if count < self.least or self.values[word] < 0.5 * count:
            return False
        return not (self.small[word] > 0.5 * count and self.is_noun(word))


@lru_cache(maxsize=100_000)
def _is_unit(word: str) -> bool:
    return find_unit(word) is not None


def is_measured(tokens: Sequence[str], position: int) -> bool:
    """Whether the token counts or measures: "6 outlets", "8 AC outlets", "2.4 GHz box"."""
    if _NUMBER.fullmatch(tokens[position - 1]):
        return True
    return (
        position > 1
        and tokens[position - 1].isalpha()
        and bool(_NUMBER.fullmatch(tokens[position - 2]))
    )


def tokenize(title: str) -> list[str]:
    """Words, codes, numbers and marks of a title; Chinese is segmented."""
    tokens = _TOKEN.findall(title)
    if not _CJK.search(title):
        return tokens
    return [part for token in tokens for part in _segment(token)]


def _segment(token: str) -> Iterator[str]:
    if not _CJK.search(token):
        yield token
        return
    import jieba  # a second to load, needed for Chinese titles alone

    yield from (part for part in jieba.lcut(token) if part.strip())


def split_title(
    tokens: Sequence[str], brand: str, values: Set[str], lexicon: TitleLexicon
) -> TitleParts:
    """The runs of plain words of a title; codes, numbers, names, values and marks part them."""
    own = set(_WORD.findall(brand.lower()))
    parts = TitleParts([], [])
    run: list[str] = []
    complement, weight = False, 1.0
    for position, token in enumerate([*tokens, "."]):
        word = token.lower()
        plain = _is_plain(token, word, own, values, lexicon)
        if run and (not plain or _changes_case(run, token, position)):
            cut = not plain and _goes_on(run, token, word, lexicon)
            parts.runs.append(run)
            parts.weights.append(0.0 if complement else weight * (CUT if cut else 1.0))
            run, complement = [], False
        if plain:
            run.append(token)
        elif word in _COMPLEMENT:
            complement = True
        elif not token[0].isalnum():
            complement = False
            weight *= AFTER_COMMA if token in ",，;；、" else 1.0
    return parts


def _goes_on(run: list[str], token: str, word: str, lexicon: TitleLexicon) -> bool:
    """Whether a rare word follows that may be the head instead ("battery grip")."""
    if not token.isalpha() or word in lexicon.known or word in _FUNCTION or word in _COMPLEMENT:
        return False
    return word not in lexicon.brands and token[0].islower() == run[-1][0].islower()


def _changes_case(run: list[str], token: str, position: int) -> bool:
    """Whether another phrase begins: "memory module Kit", "Patch Cable networking cable".

    A capital at the very beginning of a title says nothing.
    """
    before = run[-1]
    if before[0].islower():
        return token[0].isupper()
    return before[0].isupper() and token[0].islower() and position > 1 and len(run) > 1


def _is_plain(
    token: str, word: str, own: set[str], values: Set[str], lexicon: TitleLexicon
) -> bool:
    if not token[0].isalpha() or _DIGIT.search(token):
        return False
    if len(token) < 2 and not _CJK.match(token):
        return False
    if word in _FUNCTION or word in _COMPLEMENT or word not in lexicon.known:
        return False
    if not token.islower() and (word in own or word in lexicon.brands or word in values):
        return False
    return word not in lexicon.values


def join(words: Sequence[str]) -> str:
    """A phrase of folded words, Chinese without spaces."""
    folded = [w.lower() for w in words]
    return ("" if all(_CJK.search(w) for w in folded) else " ").join(folded)
