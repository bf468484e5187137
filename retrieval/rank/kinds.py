"""What kind of thing a query asks for, so that accessories do not stand for the thing.

"laptop" is answered by notebooks, not by laptop bags; "projector" not by projector lamps. The
last word of a category's name says what its products are, the words before it what they are
for ("notebook case" is a case), in Chinese likewise ("鼠标垫" is no 鼠标). Categories are those
that the catalogue has; other words for them are found by the English encoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from retrieval.catalog.surfaces import both_numbers
from retrieval.index.analysis import query_terms
from retrieval.index.document import category_key
from retrieval.index.types import Equals, Group, HasId, Missing
from retrieval.rank.fusion import best_first
from retrieval.types import CategoryProfile, Encoder, Language, Vectors, Vocabulary

# Categories that are read; the rest of a larger catalogue hold next to nothing.
MOST_CATEGORIES = 2000
# From this cosine on a word is another name of a category. On the categories of
# chorus-icecat "laptop" reaches .77 with notebooks, "speaker" .76 with loudspeakers; "smartphone"
# reaches .74 with mobile computers, of which there are other kinds.
SYNONYM = 0.75
# Categories this close to the best one are no accessories, whatever they are called.
ALIKE = 0.8
# What an accessory's score keeps: it falls behind the things, not out of the list.
ACCESSORY_SHARE = 0.7
# What those of another kind keep that do not speak of the thing: toner cartridges for "black laser
# printer". Less would cost what stands under a wrong category.
OTHER_SHARE = 0.8
# Fewer candidates of the wanted kind than this, and they are looked for by their category.
ENOUGH = 60
# Stems of words for several of a thing: a battery pack is batteries, a camera kit has a camera.
COLLECTIVES = frozenset({"pack", "set", "kit", "bundl", "pair", "套装", "套件", "组合"})
_ENGLISH = re.compile(r"[a-z]{3,}")
# "8 GB memory": so much of something is a property where a thing is named beside it.
_OF_A_SIZE = re.compile(r"(\b\d+\s?[gtm]b)\s+(?:of\s+)?[a-z]+\b")
_JOINED = re.compile(r"\s*[/&,，、]\s*|\s+and\s+")
# Words remembered with their vectors.
WORDS = 4096


@dataclass(frozen=True)
class Kinds:
    """Keys of the categories that a query asks for, and of those that only seem to be: made for
    the thing (`accessories`), or called by a part of its name.

    `nouns` are the query's words that name the thing where no category is called so: what
    speaks of a laptop and is none of the notebooks is something for them. `wording` is the
    query with the catalogue's own names in their place. `heads` are the words of the thing where
    the query ends in it: "black laser printer" is a printer, whatever else is black.
    """

    wanted: tuple[str, ...]
    accessories: tuple[str, ...]
    alike: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    wording: str = ""
    heads: tuple[str, ...] = ()

    @property
    def condition(self) -> Group:
        """Products of the wanted kind."""
        return Group(must=(Equals("category", self.wanted),))

    def find_accessories(self, candidates: Sequence[str]) -> Group:
        """The candidates that are only made for the thing."""
        ways: list[Group] = []
        if self.accessories:
            ways.append(Group(must=(Equals("category", self.accessories),)))
        if self.nouns:
            things = Equals("category", (*self.wanted, *self.alike))
            spoken = Equals("terms", self.nouns)
            ways.append(Group(must=(spoken,), must_not=(things, Missing("category"))))
        return Group(must=(HasId(tuple(candidates)),), should=tuple(ways))

    def find_others(self, candidates: Sequence[str]) -> Group:
        """The candidates of another kind that do not even speak of the thing."""
        apart = (
            Equals("category", (*self.wanted, *self.alike)),
            Missing("category"),
            Equals("terms", self.heads),
        )
        return Group(must=(HasId(tuple(candidates)),), must_not=apart)

    @property
    def tells_apart(self) -> bool:
        """Whether there is anything that could stand for the thing."""
        return bool(self.accessories or self.nouns)


@dataclass(frozen=True)
class _Synonym:
    """A word, the category it is another name of best, and all that it may name."""

    word: str
    stem: str
    name: str
    categories: frozenset[int]


@dataclass(frozen=True)
class _Category:
    """Stems of the words a category ends in, and of those before ("notebook" of cases)."""

    key: str
    heads: frozenset[str]
    modifiers: frozenset[str]


class KindReader:
    """Reads the kinds a query asks for off the catalogue's categories."""

    def __init__(self, vocabulary: Vocabulary, english: Encoder) -> None:
        kept = sorted(vocabulary.categories, key=lambda c: -c.products)[:MOST_CATEGORIES]
        self._categories = [_read_category(profile) for profile in kept]
        self._names = [_both_numbers(profile.path[-1]) for profile in kept]
        self._english = english
        self._vectors: Vectors | None = None
        self.read = lru_cache(maxsize=WORDS)(self._read)

    def warm_up(self) -> None:
        """Encode the categories' names, two milliseconds each."""
        if self._vectors is None and self._names:
            names = [name for pair in self._names for name in pair]
            self._vectors = self._english.encode_passages(names)

    def _read(self, text: str) -> Kinds | None:
        """The kinds `text` asks for; None where it names none that the catalogue has."""
        bare = _OF_A_SIZE.sub(r"\1", text.lower())
        if bare != text.lower() and (kinds := self._read(bare)):
            return kinds
        said = read_words(text)
        words = whole_words(said)
        named = [n for n, c in enumerate(self._categories) if c.heads & words]
        if named:
            heads = frozenset().union(*(self._categories[n].heads for n in named))
            kinds = self._tell_apart(named, heads & words, parts=frozenset(said) - words)
            ends = bool(said) and said[-1] in heads
            return replace(kinds, heads=tuple(sorted(heads & words)) if ends else ())
        synonyms = self._find_synonyms(text)
        if not synonyms:
            return None
        found = sorted(set().union(*(s.categories for s in synonyms)))
        heads = frozenset().union(*(self._categories[n].heads for n in found))
        nouns = tuple(sorted(s.stem for s in synonyms))
        kinds = self._tell_apart(found, heads | set(nouns), nouns, text)
        wording = text.lower()
        for synonym in synonyms:
            wording = re.sub(rf"\b{synonym.word}\b", synonym.name, wording)
        return replace(kinds, wording=wording)

    def _tell_apart(
        self,
        named: Sequence[int],
        names: frozenset[str],
        nouns: tuple[str, ...] = (),
        text: str = "",
        parts: frozenset[str] = frozenset(),
    ) -> Kinds:
        """The categories numbered `named` as wanted; those whose things are for `names` aside,
        and those that are called by a part of a word only: 笔记本电脑 is no 笔记本."""
        made_for = [
            n
            for n, c in enumerate(self._categories)
            if n not in named
            and ((c.modifiers & names and not c.heads <= COLLECTIVES) or c.heads & parts)
        ]
        alike = self._find_alike(text, named) if nouns else []
        return Kinds(
            wanted=self._keys(named),
            accessories=self._keys(made_for),
            alike=self._keys(n for n in alike if n not in made_for),
            nouns=nouns,
        )

    def _keys(self, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(self._categories[n].key for n in numbers)

    def _find_synonyms(self, text: str) -> list[_Synonym]:
        """The words of `text` that are other names of categories."""
        self.warm_up()
        if self._vectors is None:
            return []
        found = []
        for word in dict.fromkeys(_ENGLISH.findall(text.lower())):
            stems = read_words(word)
            closeness = np.maximum(*map(self._closeness, _both_numbers(word)))
            close = [
                n
                for n in np.flatnonzero(closeness >= SYNONYM).tolist()
                if not self._categories[n].modifiers & set(stems)
            ]
            if close and len(stems) == 1:
                best = max(close, key=lambda n: float(closeness[n]))
                found.append(_Synonym(word, stems[0], self._names[best][0], frozenset(close)))
        return found

    def _find_alike(self, text: str, named: Sequence[int]) -> list[int]:
        if self._vectors is None:
            return []
        closeness = self._closeness(text)
        least = ALIKE * float(closeness[list(named)].max())
        return [n for n in np.flatnonzero(closeness >= least).tolist() if n not in named]

    def _closeness(self, text: str) -> Vectors:
        """How close `text` is to each category's name, in the nearer of its two numbers."""
        assert self._vectors is not None
        return np.asarray(
            (self._vectors @ self._english.encode_queries([text])[0]).reshape(-1, 2).max(axis=1)
        )


def _read_category(profile: CategoryProfile) -> _Category:
    heads: set[str] = set()
    words: set[str] = set()
    for name in (profile.path[-1], profile.labels.get(Language.CHINESE, "")):
        for part in _JOINED.split(name):
            if found := read_words(part):
                heads.add(found[-1])
                words.update(found)
    return _Category(category_key(profile.path), frozenset(heads), frozenset(words - heads))


def _both_numbers(name: str) -> tuple[str, str]:
    """`name` in the singular and the plural, the same twice where it has one number only."""
    numbers = both_numbers(name.lower())
    return min(numbers, key=len), max(numbers, key=len)


def read_words(text: str) -> list[str]:
    """The stems of `text` in order; of Chinese the words, not the pairs of characters."""
    return [term.text for term in query_terms(text) if term.weight == 1.0]


def whole_words(words: Sequence[str]) -> set[str]:
    """Chinese words without those inside longer ones: who says 鼠标垫 has not said 鼠标."""
    return {w for w in words if w.isascii() or not any(w in o and w != o for o in words)}


def demote(
    scores: Mapping[str, float], accessories: Sequence[str], share: float = ACCESSORY_SHARE
) -> dict[str, float]:
    """The scores with those of accessories lowered, best first."""
    lowered = {key: scores[key] * share for key in accessories if key in scores}
    return best_first({**scores, **lowered})
