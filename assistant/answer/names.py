"""Short names for products, and which products a piece of text names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.index.analysis import fold
from retrieval.types import Language, Product

# A name longer than this is a specification sheet, not a name.
SHORT_WORDS = 5
# A title that turns to its specification by then has its name before it.
HEAD_WORDS = 7
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_HAS_CJK = re.compile(rf"[{_CJK}]")
# Where a title turns into its specification.
_SPECIFICATION = re.compile(
    r"\s?[,;|–—(（【]|\s-\s|\s/\s|\swith\s|"
    r"\s\d+(?:\.\d+)?\s?(?:cm|mm|inch|gb|tb|mb|kg|g|w|v|l|ml|hz|x|pcs?|\"|”)(?!\w)",
    re.IGNORECASE,
)
_LATIN_ASIDE = re.compile(r"\s*[(（][A-Za-z0-9 .&'’-]+[)）]\s*")
# "TN-2110", "dv7-1211ea"; "IPX7" and "DDR4" are specifications.
_LOOSE_END = re.compile(r"(?:\s(?:for|with|and|of|the|in|to|-|/))+$", re.IGNORECASE)
_MODEL = re.compile(r"(?=(?:.*\d){2})(?=.*[a-z])[a-z0-9][a-z0-9.-]{3,}", re.IGNORECASE)
# Where a part of a name may stand for all of it: "the Hush is", not "comes in Hush".
_NAME_PLACE = re.compile(r"(?:^|\b(?:the|than|and|or|while|but|,) |[,，比与和跟而但选款]\s?)$")
_MEASURE = re.compile(r"\d+(?:\.\d+)?[a-z]{1,4}", re.IGNORECASE)
_TOKEN = re.compile(rf"[^\W_{_CJK}]+(?:[-./+&'][^\W_{_CJK}]+)*|[{_CJK}]+")
_WORD = re.compile(rf"[^\W_{_CJK}]+")
# What may stand between two words of a name in a sentence.
_JOINT = re.compile(r"[^\w\n]{0,3}")
# The brand and the name after it are what people call a product by.
_CALLED_BY = 3


class Mention(NamedTuple):
    """Characters `start` to `end` of a folded sentence name one of `ids`."""

    start: int
    end: int
    ids: tuple[str, ...]


def name_products(products: Sequence[Product], language: Language) -> dict[str, str]:
    """Product id → the shortest clear name that no other of `products` shares."""
    titles = {p.id: _tidy(p.title_in(language)) for p in products}
    names: dict[str, str] = {}
    for product_id, title in titles.items():
        others = [fold(t) for other, t in titles.items() if other != product_id]
        names[product_id] = next(
            (n for n in _shortenings(title) if not any(o.startswith(fold(n)) for o in others)),
            # Titles alike to the last letter are told apart by the catalogue's numbers.
            f"{title} (#{product_id})" if fold(title) in others else title,
        )
    return names


def _tidy(title: str) -> str:
    title = " ".join(title.split())
    # "塔瑞克（Tavrik）Hush" says the brand twice.
    return _LATIN_ASIDE.sub("", title, count=1) if _HAS_CJK.match(title) else title


def _shortenings(title: str) -> Iterator[str]:
    """Ever longer beginnings of `title`, each ending at a word."""
    pieces = title.split(" ")
    if _HAS_CJK.search(title):
        least = 1 if len(pieces[0]) > SHORT_WORDS else 2
    else:
        cut = _SPECIFICATION.search(title)
        head = title[: cut.start()] if cut and cut.start() else title
        words = len(head.split(" "))
        least = words if 1 < words <= HEAD_WORDS else SHORT_WORDS
    for count in range(least, len(pieces) + 1):
        yield _LOOSE_END.sub("", " ".join(pieces[:count])).strip(" ,;|–—-(（")


class NameIndex:
    """Finds the shown products' names in folded text.

    A name is a run of a title's words, gaps of one word allowed, that starts at its first
    word, or holds its brand or a model number; generic runs ("wireless mouse") name nothing.
    """

    def __init__(self, products: Sequence[Product]) -> None:
        titles = [
            (product.id, title)
            for product in products
            for title in dict.fromkeys(
                fold(t) for t in (product.title, *(t.title for t in product.translations.values()))
            )
        ]
        shared = Counter(title for _, title in titles)
        self._titles = [
            (i, tuple(_TOKEN.findall(f"{title} #{i}" if shared[title] > 1 else title)))
            for i, title in titles
        ]
        brands = {fold(p.brand) for p in products if p.brand}
        self._brand_words = {word for brand in brands for word in _TOKEN.findall(brand)}
        owners: dict[str, set[str]] = {}
        for product_id, title in self._titles:
            for word in title:
                owners.setdefault(word, set()).add(product_id)
        self._unique = {word for word, ids in owners.items() if len(ids) == 1}

    def find(self, text: str, sentence: str = "") -> list[Mention]:
        """The mentions in folded `text`, longest first match, not overlapping.

        Where `sentence`, the text before folding, has a capital inside, a word that only one
        title has ("the Hush") is a name by itself.
        """
        capitals = _capitals(text, sentence)
        found: list[Mention] = []
        position = 0
        for start in _starts(text):
            if start >= position and (mention := self._match_at(text, start, capitals)):
                found.append(mention)
                position = mention.end
        return found

    def _match_at(self, text: str, start: int, capitals: frozenset[int]) -> Mention | None:
        best: dict[int, list[tuple[str, bool]]] = {}
        placed = bool(_NAME_PLACE.search(text[:start]))
        for product_id, title in self._titles:
            for j in range(len(title)):
                end, matched = _follow(text, start, title, j)
                if matched and self._is_name(title, matched, start in capitals, placed):
                    gap = matched[-1] - matched[0] + 1 > len(matched)
                    best.setdefault(end, []).append((product_id, gap))
        if not best:
            return None
        end = max(best)
        # "Adapter DisplayPort" is the one so called, not also the "Adapter Mini DisplayPort".
        whole = [product_id for product_id, gap in best[end] if not gap]
        ids = tuple(dict.fromkeys(whole or [product_id for product_id, _ in best[end]]))
        opened = text.count("(", start, end) > text.count(")", start, end)
        # "(#123" is not all of "(#123)".
        return Mention(start, end + (opened and text[end : end + 1] == ")"), ids)

    def _is_name(
        self, title: Sequence[str], matched: Sequence[int], capital: bool, placed: bool
    ) -> bool:
        words = [title[i] for i in matched]
        if matched[0] == 0 and (len(matched) > 1 or len(title) == 1 or _is_long(words[0])):
            return True
        if any(word in self._brand_words for word in words):
            return True
        if matched[0] >= _CALLED_BY or not placed or words[0] not in self._unique:
            return False
        return capital or _is_model(words[0])


def _capitals(text: str, sentence: str) -> frozenset[int]:
    """Where in folded `text` words stand that `sentence` capitalises, the first one left out."""
    folded, written = list(_WORD.finditer(text)), _WORD.findall(sentence)
    if len(folded) != len(written):
        return frozenset()
    pairs = zip(folded[1:], written[1:], strict=True)
    return frozenset(match.start() for match, word in pairs if word[0].isupper())


def _is_long(word: str) -> bool:
    return bool(_HAS_CJK.match(word)) and len(word) >= SHORT_WORDS


def _is_model(word: str) -> bool:
    return bool(_MODEL.fullmatch(word)) and not _MEASURE.fullmatch(word)


def _starts(text: str) -> Iterator[int]:
    """Where a name may start: at words, and at every Chinese character."""
    for match in _TOKEN.finditer(text):
        if _HAS_CJK.match(match.group()):
            yield from range(match.start(), match.end())
        else:
            yield match.start()


def _follow(text: str, start: int, title: Sequence[str], j: int) -> tuple[int, list[int]]:
    """How far `text` from `start` follows `title` from word `j`: the end, the words met."""
    position, end = start, start
    matched: list[int] = []
    skipped = False
    for i in range(j, len(title)):
        size, whole = _match_word(text, position, title[i])
        if not size:
            if not matched or skipped:
                break
            skipped = True
            continue
        matched.append(i)
        end = position + size
        if not whole:
            break
        joint = _JOINT.match(text, end)
        position = joint.end() if joint else end
    return end, matched


def _match_word(text: str, position: int, word: str) -> tuple[int, bool]:
    """How many characters of `word` stand at `position`, and whether that is all of it."""
    if not _HAS_CJK.match(word):
        end = position + len(word)
        if text.startswith(word, position) and not _continues(text, end):
            return len(word), True
        return 0, False
    size = 0
    while size < len(word) and text[position + size : position + size + 1] == word[size]:
        size += 1
    return (size, size == len(word)) if size >= min(2, len(word)) else (0, False)


def _continues(text: str, end: int) -> bool:
    """Whether a Latin word goes on at `end` (a possessive 's does not count)."""
    rest = text[end : end + 2]
    if rest[:1] in "'’" and rest[1:2] == "s":
        return False
    if rest[:1] in "-./+&" and rest[1:2].isalnum() and not _HAS_CJK.match(rest[1:2]):
        return True
    return rest[:1].isalnum() and not _HAS_CJK.match(rest[:1])
