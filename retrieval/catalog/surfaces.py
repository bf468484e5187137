"""The wordings under which shoppers name what a catalogue holds: plurals, spellings, labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from retrieval.index.analysis import fold
from retrieval.types import Language

# British and American spellings of words that product data use; each way counts.
_SPELLINGS = (
    ("colour", "color"), ("grey", "gray"), ("aluminium", "aluminum"), ("fibre", "fiber"),
    ("metre", "meter"), ("litre", "liter"), ("centre", "center"), ("jewellery", "jewelry"),
    ("tyre", "tire"), ("organiser", "organizer"), ("moulded", "molded"), ("catalogue", "catalog"),
)  # fmt: skip
_IRREGULAR = {
    "mouse": "mice", "knife": "knives", "shelf": "shelves", "scarf": "scarves", "child": "children",
    "man": "men", "woman": "women", "foot": "feet", "person": "people", "accessory": "accessories",
    "leaf": "leaves", "loaf": "loaves", "lens": "lenses", "bus": "buses", "chassis": "chassis",
}  # fmt: skip
_SINGULAR = {plural: singular for singular, plural in _IRREGULAR.items()}
# Words that have no plural, or are one.
_PLURAL_ONLY = (
    "media software hardware furniture clothing equipment jewelry glasses headphones "
    "earphones scissors trousers jeans shorts pants"
)
_INVARIANT = frozenset(_PLURAL_ONLY.split())
# What follows a maker's name in a register of companies rather than in a shopper's mouth.
_COMPANY = re.compile(
    r"(?:\.com|[\s,]+(?:inc|ltd|llc|co|corp|corporation|company|gmbh|ag|group|international"
    r"|technology|technologies|electronics|entertainment|products))\.?$"
)
_JOINED = re.compile(r"\s*(?:&|,|/|\+|、|和|与|及|\band\b)\s*")
_ASCII_WORD = re.compile(r"[a-z]+$")


def plural(word: str) -> str:
    """The English plural of a lower-case word; of a phrase, that of its last word."""
    head, last = _split_last(word)
    if not last or last in _INVARIANT or last in _SINGULAR:
        return word
    if last in _IRREGULAR:
        return head + _IRREGULAR[last]
    if last.endswith("s") and not last.endswith(("ss", "us")):
        return word
    if last.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if re.search(r"[^aeiou]y$", last):
        return f"{word[:-1]}ies"
    return f"{word}s"


def singular(word: str) -> str:
    """The English singular of a lower-case word; of a phrase, that of its last word."""
    head, last = _split_last(word)
    if not last or last in _INVARIANT or last in _IRREGULAR or len(last) < 4:
        return word
    if last in _SINGULAR:
        return head + _SINGULAR[last]
    if last.endswith("ies"):
        return f"{word[:-3]}y"
    if last.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if last.endswith("s") and not last.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _split_last(phrase: str) -> tuple[str, str]:
    match = _ASCII_WORD.search(phrase)
    return (phrase[: match.start()], match[0]) if match else (phrase, "")


def is_plural_only(word: str) -> bool:
    """Whether a noun has but one number ("headphones", "software")."""
    return word in _INVARIANT


def both_numbers(phrase: str) -> list[str]:
    """`phrase` with its singular and plural; unchanged where it has neither."""
    one = singular(phrase)
    return list(dict.fromkeys((phrase, one, plural(one))))


def spellings(phrase: str) -> list[str]:
    """`phrase` in British and American spelling."""
    found = [phrase]
    for british, american in _SPELLINGS:
        for one, other in ((british, american), (american, british)):
            found += [
                f.replace(one, other) for f in list(found) if one in f and re.search(rf"\b{one}", f)
            ]
    return list(dict.fromkeys(found))


def name_surfaces(name: str) -> list[str]:
    """Wordings of an attribute's snake_case name or of a value, folded."""
    return spellings(fold(name.replace("_", " ")).strip())


def category_surfaces(name: str) -> tuple[list[str], list[str]]:
    """(wordings of a category's whole name, wordings of its parts: "Phones & Tablets")."""
    folded = fold(name).strip()
    whole = [s for f in spellings(folded) for s in both_numbers(f)]
    parts = [p for p in _JOINED.split(folded) if p and p != folded]
    return whole, [s for part in parts for s in both_numbers(part)]


def brand_surfaces(brand: str) -> Iterator[str]:
    """Wordings of a brand: folded, and without its legal or trade suffix."""
    folded = fold(brand).strip()
    yield folded
    bare = _COMPANY.sub("", folded).strip()
    while bare and bare != folded:
        yield bare
        folded, bare = bare, _COMPANY.sub("", bare).strip()


def label_surfaces(text: str, labels: Mapping[Language, Mapping[str, str]]) -> dict[Language, str]:
    """The labels of `text` by language."""
    return {language: words[text] for language, words in labels.items() if words.get(text)}
