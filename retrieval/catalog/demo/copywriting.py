"""Titles and descriptions: pieces of shop copy whose every claim is an attribute."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

from retrieval.catalog.demo.attributes import Value, fill, holds, slots
from retrieval.catalog.demo.sources import Bilingual, BrandSource, CategorySource, Line, Words
from retrieval.types import Language

# Sentences on attributes in a description, beside the introduction.
_FEWEST_FACTS, _MOST_FACTS = 3, 5
_SMALL_WORDS = frozenset(
    ("and", "or", "for", "with", "of", "in", "on", "to", "per", "the", "a", "an")
)


def title_case(text: str, units: frozenset[str]) -> str:
    """Capitalise as English shop titles do; units after a number stay as they are."""
    words = text.split(" ")

    def capitalise(place: int, word: str) -> str:
        before = words[max(0, place - 2) : place]
        measured = any(word.replace(".", "").isdigit() for word in before)
        if (word in _SMALL_WORDS and place) or (measured and word.rstrip(",") in units):
            return word
        if not word.islower() or word[0].isdigit():
            return word
        return "-".join(
            part if number and part in _SMALL_WORDS else part[:1].upper() + part[1:]
            for number, part in enumerate(word.split("-"))
        )

    return " ".join(capitalise(place, word) for place, word in enumerate(words))


def write_title(
    category: CategorySource,
    line: Line,
    brand: BrandSource,
    name: str,
    values: Mapping[str, Value],
    words: Words,
    random: Random,
) -> dict[Language, str]:
    """Titles in both languages; a segment whose attribute the product lacks is left out."""
    template = random.choice(category.titles)
    fixed = {
        Language.ENGLISH: {"brand": brand.name, "name": name, "type": line.kind.en},
        Language.CHINESE: {
            "brand": f"{brand.zh}（{brand.name}）",
            "name": name,
            "type": line.kind.zh,
        },
    }
    titles = {}
    for language, joint in ((Language.ENGLISH, ", "), (Language.CHINESE, " ")):
        known = {**values, **fixed[language]}
        title = ""
        for segment in template.text(language).split(joint):
            text = fill(segment, known, language, words) if _fits(segment, known) else ""
            # "Canvas Sneakers, Canvas" says nothing twice
            if text and text.lower() not in title.lower():
                title += joint + text if title else text
        titles[language] = title
    units = frozenset(part for unit in words.units.values() for part in unit.split())
    titles[Language.ENGLISH] = title_case(titles[Language.ENGLISH], units)
    return titles


def _fits(segment: str, known: Mapping[str, Value]) -> bool:
    return holds(Bilingual(segment, segment), known)


def write_description(
    category: CategorySource,
    line: Line,
    values: Mapping[str, Value],
    closing: Sequence[Bilingual],
    words: Words,
    random: Random,
) -> dict[Language, str]:
    """An introduction of the line, some sentences on attributes, and `closing`."""
    intro = random.choice([piece for piece in line.intros if holds(piece, values)])
    wanted = random.randint(_FEWEST_FACTS, _MOST_FACTS)
    facts = pick_facts(category.facts, values, wanted, random, spoken=slots(intro))
    pieces = [intro, *facts, *closing]
    return {
        Language.ENGLISH: " ".join(
            _start_upper(fill(piece.en, values, Language.ENGLISH, words)) for piece in pieces
        ),
        Language.CHINESE: "".join(
            fill(piece.zh, values, Language.CHINESE, words) for piece in pieces
        ),
    }


def pick_facts(
    facts: Sequence[Bilingual],
    values: Mapping[str, Value],
    wanted: int,
    random: Random,
    spoken: frozenset[str] = frozenset(),
) -> list[Bilingual]:
    """Up to `wanted` true pieces, in source order, no attribute spoken of twice."""
    true = [(place, piece) for place, piece in enumerate(facts) if holds(piece, values)]
    random.shuffle(true)
    taken: list[tuple[int, Bilingual]] = []
    said = set(spoken)
    for place, piece in true:
        if len(taken) < wanted and not (slots(piece) & said):
            taken.append((place, piece))
            said |= slots(piece)
    return [piece for _, piece in sorted(taken, key=lambda pair: pair[0])]


def list_words(items: Sequence[str], language: Language) -> str:
    """``a, b and c`` or ``甲、乙和丙``."""
    comma, last = ("、", "和") if language is Language.CHINESE else (", ", " and ")
    return last.join([comma.join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def _start_upper(sentence: str) -> str:
    return re.sub(r"^[a-z]", lambda match: match[0].upper(), sentence)
