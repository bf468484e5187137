"""From phrases in titles to kinds of products: one name for each kind, kinds in a tree.

Names of the same kind ("patch cable", "networking cable") are found by the titles that use
both and by attributes that cannot tell them apart; a kind is a child of its head noun.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from retrieval.catalog.surfaces import plural, singular

# Share of the rarer name's titles that also hold the other one: they say the same thing.
TOGETHER = 0.1
TOGETHER_LEAST = 4
# Share of a kind that attributes take for another from which on both are one.
CONFUSED = 0.4
# Kinds that attributes recognise less often than this are names of nothing in particular.
RECOGNISED = 0.5


@dataclass(slots=True)
class Kinds:
    """Names of kinds (singular) → the name they go by, and the products of each."""

    canonical: dict[str, str] = field(default_factory=dict)

    def of(self, name: str | None) -> str | None:
        """The name that `name` goes by."""
        seen = set()
        while name is not None and name in self.canonical and name not in seen:
            seen.add(name)
            name = self.canonical[name]
        return name

    def merge(self, name: str, into: str) -> None:
        """Let `name` go by the name of `into`."""
        one, other = self.of(name), self.of(into)
        if one is not None and other is not None and one != other:
            self.canonical[one] = other

    def aliases(self) -> dict[str, list[str]]:
        """Canonical name → its other names."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.canonical:
            found[self.of(name) or name].append(name)
        return found


def base_form(phrase: str) -> str:
    """The name of a kind that a phrase is written for: its singular."""
    return singular(phrase)


def head_of(name: str) -> str:
    """The noun that a compound is a kind of."""
    return name.rpartition(" ")[2]


def is_compound(name: str) -> bool:
    """Whether a name has a modifier before its head."""
    return " " in name


def merge_used_together(kinds: Kinds, titles: Iterable[Sequence[str]]) -> None:
    """Merge compounds of one head that stand in the same titles.

    `titles` gives for each product the names found in its title.
    """
    count: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for names in titles:
        compounds = sorted({n for n in names if is_compound(n)})
        count.update(compounds)
        for i, one in enumerate(compounds):
            pairs.update((one, two) for two in compounds[i + 1 :] if head_of(one) == head_of(two))
    for (one, two), together in pairs.most_common():
        if together >= max(TOGETHER_LEAST, TOGETHER * min(count[one], count[two])):
            rare, frequent = sorted((one, two), key=lambda n: (count[n], n))
            kinds.merge(rare, frequent)


def merge_confused(kinds: Kinds, confusion: Mapping[str, Counter[str]]) -> None:
    """Merge kinds that share a word and that attributes take for one another."""
    for name, taken in sorted(confusion.items(), key=lambda item: sum(item[1].values())):
        total = sum(taken.values())
        others = [(n, c) for n, c in taken.most_common() if n != name]
        if not others:
            continue
        other, count = others[0]
        if are_akin(name, other) and count >= CONFUSED * total and count >= taken[name]:
            kinds.merge(name, other)


def are_akin(name: str, other: str) -> bool:
    """Whether two names may mean the same: compounds that share a word, or a word and a
    compound it modifies ("memory", "memory module"); a head and its compounds may not."""
    if is_compound(name) and is_compound(other):
        return bool(set(name.split()) & set(other.split()))
    return is_compound(other) and name in other.split()[:-1]


def recognised(confusion: Mapping[str, Counter[str]]) -> set[str]:
    """Kinds that attributes recognise, themselves or as one of the same head."""
    found = set()
    for name, taken in confusion.items():
        same = sum(c for n, c in taken.items() if head_of(n) == head_of(name))
        if same >= RECOGNISED * sum(taken.values()):
            found.add(name)
    return found


def path_of(name: str, parents: Set[str], acronyms: Set[str]) -> tuple[str, ...]:
    """The category path of a kind: its head first where that is a shelf of its own."""
    head = head_of(name)
    leaf = shown(name, acronyms)
    return (shown(head, acronyms), leaf) if head in parents and head != name else (leaf,)


def shown(name: str, acronyms: Set[str]) -> str:
    """A kind's name as a shelf bears it: plural, capital first, acronyms in capitals."""
    *modifiers, head = name.split(" ")
    many = plural(head)
    if head in acronyms:
        many = head.upper() + many.removeprefix(head)
    if "/" in head:
        many = "/".join(plural(part) for part in head.split("/"))
    words = [*(w.upper() if w in acronyms else w for w in modifiers), many]
    text = " ".join(words)
    return text[:1].upper() + text[1:]
