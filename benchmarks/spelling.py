"""Does the speller mend slips and leave right words alone? Both on one catalogue's words.

    python -m benchmarks.spelling [--store NAME] [--words 3000]

Slips: one edit, as in benchmarks.search, in words drawn from the catalogue by their frequency.
Right words: drawn by their frequency from general English, of those that the catalogue lacks.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random

from assistant.settings import load_settings
from benchmarks.search import misspell
from retrieval.catalog.store import load_store
from retrieval.query.general_words import general_frequencies
from retrieval.query.spelling import SHORTEST, Speller
from retrieval.types import Change

LEAST_ZIPF = 1e-7
"""Right words at least this frequent (Zipf 2): rarer entries of the list are slips themselves."""


def judge(speller: Speller, meant: str, typed: str) -> str:
    """What became of one word."""
    repair = speller.repair(typed)
    if not repair.changes:
        return "kept"
    right = repair.changes[0] == Change(typed=typed, read=meant)
    return ("right" if right else "wrong") + ("" if repair.sure else ", unsure")


def draw(words: dict[str, float], count: int, random: Random) -> list[str]:
    """`count` words by the square root of their frequency, so that rare ones take part."""
    usable = [w for w in words if len(w) >= SHORTEST and w.isascii() and w.isalpha()]
    return random.choices(usable, [words[w] ** 0.5 for w in usable], k=count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", default="chorus")
    parser.add_argument("--words", type=int, default=3000)
    options = parser.parse_args()
    store = load_store(load_settings().home / "stores" / options.store)
    own = store.vocabulary.words
    speller, random = Speller(own), Random(0)
    meant = draw({w: float(n) for w, n in own.items() if n > 1}, options.words, random)
    slips = [(word, misspell(word, random)) for word in meant]
    slips = [(word, typed) for word, typed in slips if not speller.is_known(typed)]
    foreign = {w: f for w, f in general_frequencies().items() if f >= LEAST_ZIPF and w not in own}
    stay = [(word, word) for word in draw(dict(foreign), options.words, random)]
    for name, pairs in (("slips", slips), ("right words", stay)):
        counted = Counter(judge(speller, *pair) for pair in pairs)
        shares = "  ".join(f"{k} {n / len(pairs):.1%}" for k, n in counted.most_common())
        print(f"{name:12} {len(pairs):5}  {shares}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
