"""One sentence made ready for checking: slots for names and numbers, subjects, negation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from assistant.answer.known import CJK, attribute_names
from assistant.answer.names import NameIndex
from assistant.answer.quantity import Quantity, read_quantities
from assistant.answer.record import Record, read_record
from assistant.answer.references import Antecedents, find_references
from assistant.types import ProductFacts, Understanding
from retrieval.index.analysis import fold
from retrieval.types import Language, Product, StoreInfo, Vocabulary
from retrieval.units import find_unit

# Private-use characters stand for what was read, so that patterns see names and numbers.
MENTION, MONEY, NUMBER, PERCENT = (chr(0xE000 + 0x100 * i) for i in range(4))
M, D, N, P = (f"[{chr(0xE000 + 0x100 * i)}-{chr(0xE0FF + 0x100 * i)}]" for i in range(4))
DONE = "\ue400"

_CONTRACTIONS = (
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(it|that|there|here|what|which)'s\b"), r"\1 is"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\bnot only\b"), "also"),
)
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'", "–": "-", "—": ",", "，": ", "}
)
_CLAUSE = re.compile(
    r"[,;!?。()\n]|\.(?!\d)|\band (?=(?:is|has|it|are|also|costs|comes|weighs|with)\b)|"
    r"\b(?:but|while|whereas|although|though|however|yet|except)\b|"
    r"但是?|而(?!且)|不过|然而|却|虽然|尽管|同时|此外|另外|并且|而且"
)
_REVIEWERS = re.compile(
    r"\breview(?:er)?s? (?:\w+ )?(?:says?|said|mentions?|praises?|notes?|writes?|reads?)|"
    r"评[价论](?:中|里)?(?:写道|说|提到|表示|称)|[\"“]"
)
_SEGMENT = re.compile(r"\b(?:and|with|plus|or|for|at)\b|[、和与及并且]")
_NEGATION = re.compile(
    r"\b(?:not|no|without|lacks?|lacking|misses|missing|never|neither|none|nor)\b|"
    r"不符合|不(?!过|仅|但|错|同|锈|粘|少|止|限|论|管)|没有?|无(?!线|论)|未|非(?!常)|缺少"
)
# After these a negation no longer reaches.
_NEGATION_STOP = re.compile(
    rf"\band (?:it|is|has|have|costs?|comes?|weighs?|also|was|offers|{M})|并|且|还|也|有(?!线)"
)


class ClaimError(Exception):
    """A claim of the sentence that the record does not back."""


class Claim(NamedTuple):
    """A checked claim: where it stands and how to ask the same of another product."""

    position: int
    clause: int
    predicate: Callable[[Product], bool | None]
    negated: bool


@dataclass
class Setting:
    """What all sentences of one answer share; prepared once per answer."""

    understanding: Understanding
    facts: Sequence[ProductFacts]
    store: StoreInfo
    vocabulary: Vocabulary
    products: dict[str, Product] = field(init=False)
    positions: dict[int, str] = field(init=False)
    records: dict[str, Record] = field(init=False)
    names: NameIndex = field(init=False)
    # Units that are no measure ("shots", "years"): the catalogue's unit → its spellings.
    units: dict[str, tuple[str, ...]] = field(init=False)
    # Attributes' names with an aside in brackets ("recommended age (min)"), and without them.
    asides: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.asides = {
            name: re.sub("[()（）]", "", name)
            for attribute in {a.name for f in self.facts for a in f.product.attributes}
            for name in attribute_names(attribute, self.vocabulary)
            if re.search("[(（]", name)
        }
        self.units = {
            a.unit: _spell_unit(a.unit, self.vocabulary)
            for f in self.facts
            for a in f.product.attributes
            if a.unit and find_unit(a.unit) is None
        }
        self.products = {f.product.id: f.product for f in self.facts}
        self.positions = {f.position: f.product.id for f in self.facts}
        self.records = {f.product.id: read_record(f.product, self.vocabulary) for f in self.facts}
        self.names = NameIndex([f.product for f in self.facts])

    def is_of(
        self, understanding: Understanding, facts: Sequence[ProductFacts], store: StoreInfo
    ) -> bool:
        """Whether this setting was made from these very objects."""
        return self.understanding is understanding and self.facts is facts and self.store is store

    @property
    def shown(self) -> tuple[Product, ...]:
        """The products the answer may speak of."""
        return tuple(self.products.values())


def _spell_unit(unit: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    folded = fold(unit)
    singular = folded.removesuffix("s") if folded.isascii() and len(folded) > 3 else folded
    labels = (fold(vocabulary.label(unit, language)) for language in Language)
    return tuple(dict.fromkeys((folded, singular, *labels)))


class Scene:
    """A sentence under examination; checks take away what they have verified."""

    def __init__(self, sentence: str, setting: Setting, previous: Sequence[str]) -> None:
        self.setting = setting
        self.chinese = setting.understanding.language is Language.CHINESE
        self.default = tuple(previous)
        self.claims: list[Claim] = []
        self.policy = False
        self.advice = False
        # (position, product id, words) that only a description or a review backs.
        self.from_prose: list[tuple[int, str, str]] = []
        # What a review says is only said of the product where the sentence speaks of reviews.
        self.quotes = bool(_REVIEWERS.search(fold(sentence)))
        self.exclusive: list[int] = []
        self.evidence: dict[str, None] = {}
        text = _expand(sentence)
        text = self._put_mentions(text, sentence, previous)
        for surface in (s for surfaces in setting.units.values() for s in surfaces):
            # "21000Pa": a number must end where its unit begins to be read as one.
            text = re.sub(rf"(?<=\d)(?={re.escape(surface)}(?![a-z]))", " ", text)
        for name, plain in setting.asides.items():
            # A bracket would end the clause.
            text = text.replace(name, plain)
        self.text, self.quantities = _put_quantities(text)
        self.original = self.text
        self._clause_starts = [0, *(m.end() for m in _CLAUSE.finditer(self.text))]
        self._find_subjects()

    def _put_mentions(self, text: str, sentence: str, previous: Sequence[str]) -> str:
        self.mentions: list[tuple[str, ...]] = []
        self.negative_slots: list[str] = []
        named = self.setting.names.find(text, sentence)
        text = self._fill(text, [(m.start, m.end, m.ids, False) for m in named])
        spots = [(m.start(), self.mention_ids(m.group())) for m in re.finditer(M, text)]
        known = Antecedents(
            shown=tuple(self.setting.products),
            positions=self.setting.positions,
            named=spots,
            previous=tuple(previous),
            objects=frozenset(start for start, _ in spots if _is_object(text, start)),
        )
        found = find_references(text, known)
        return self._fill(text, [(r.start, r.end, r.ids, r.negative) for r in found])

    def _fill(self, text: str, spans: Sequence[tuple[int, int, tuple[str, ...], bool]]) -> str:
        """Put a mention slot for each span; the possessive that follows goes too."""
        for start, end, ids, negative in sorted(spans, reverse=True):
            slot = chr(ord(MENTION) + len(self.mentions))
            self.mentions.append(ids)
            if negative:
                self.negative_slots.append(slot)
            tail = end + 2 if text[end : end + 2] == "'s" else end
            text = f"{text[:start]}{slot}{text[tail:]}"
        return text

    # ---------------------------------------------------------------- reading

    def clause_of(self, position: int) -> int:
        """The number of the clause that holds `position`."""
        return sum(start <= position for start in self._clause_starts) - 1

    def clause_span(self, position: int) -> tuple[int, int]:
        """Start and end of that clause."""
        number = self.clause_of(position)
        ends = [*self._clause_starts[1:], len(self.text)]
        return self._clause_starts[number], ends[number]

    def segment_around(self, position: int) -> str:
        """The original text between the nearest joints ("and", "with", 、) around `position`."""
        start, end = self.clause_span(position)
        before = [m.end() for m in _SEGMENT.finditer(self.original, start, position)]
        after = _SEGMENT.search(self.original, position + 1, end)
        return self.original[before[-1] if before else start : after.start() if after else end]

    def negated(self, position: int) -> bool:
        """Whether a negation in the same clause reaches `position`."""
        start, _ = self.clause_span(position)
        last = None
        for match in _NEGATION.finditer(self.original, start, position):
            if not self._is_word_part(match):
                last = match
        if last is None:
            return self._negative_group(position)
        return not _NEGATION_STOP.search(self.original, last.end(), position)

    def _negative_group(self, position: int) -> bool:
        start, _ = self.clause_span(position)
        return any(slot in self.original[start:position] for slot in self.negative_slots)

    def _is_word_part(self, match: re.Match[str]) -> bool:
        """Whether a Chinese negation character only is part of a word the records hold."""
        if match.group().isascii() or len(match.group()) > 1:
            return False
        pair = self.original[match.start() : match.start() + 2]
        return len(pair) == 2 and any(r.contains(pair) for r in self.setting.records.values())

    def raw(self, start: int, end: int) -> str:
        """The text from `start` to `end` as it was folded, numbers written out."""
        return "".join(
            self.quantities[c].raw if c in self.quantities else c for c in self.original[start:end]
        )

    def quantity(self, slot: str) -> Quantity:
        """The quantity behind a slot character."""
        return self.quantities[slot]

    # --------------------------------------------------------------- subjects

    def _find_subjects(self) -> None:
        self._events: list[tuple[int, tuple[str, ...]]] = []
        # Whether the event only continues a list of names ("the A and the B").
        self._joined: list[bool] = []
        group_end = -1
        for match in re.finditer(M, self.text):
            ids = self.mention_ids(match.group())
            if _is_object(self.text, match.start()) or self._is_scope(match.start(), ids):
                continue
            joint = self.text[group_end : match.start()] if group_end >= 0 else "x"
            joined = bool(self._events and _NAME_JOINT.fullmatch(joint))
            if joined:
                ids = tuple(dict.fromkeys((*self._events[-1][1], *ids)))
            self._events.append((match.start(), ids))
            self._joined.append(joined)
            group_end = match.end()

    def check_subject(self) -> None:
        """Words alone, of no product that is named or pointed at, may be anybody's; ClaimError."""
        if not (self.claims or self.mention_slots or self.quantities or self.policy):
            raise ClaimError("speaks of no product")

    def check_roles(self) -> None:
        """Every product named by itself is there for a claim; raises ClaimError else.

        "The A is from B" names B in a place no check has read.
        """
        starts = [start for start, _ in self._events]
        groups = [s for i, s in enumerate(starts) if not self._joined[i]]
        if len(groups) < 2:
            return
        for i, start in enumerate(groups):
            end = groups[i + 1] if i + 1 < len(groups) else len(self.text)
            first = 0 if i == 0 else start
            if not any(first <= claim.position < end for claim in self.claims):
                raise ClaimError("a product is named without a claim that can be checked")

    def _is_scope(self, position: int, ids: Sequence[str]) -> bool:
        """Whether the mention is what a rank ranges over ("cheapest of these")."""
        before = self.text[max(0, position - 16) : position]
        return len(ids) > 1 and bool(_SCOPE_BEFORE.search(before))

    @property
    def mention_slots(self) -> str:
        """The characters that stand for names and references."""
        return "".join(chr(ord(MENTION) + i) for i in range(len(self.mentions)))

    def mention_ids(self, slot: str) -> tuple[str, ...]:
        """The products behind a mention slot."""
        return self.mentions[ord(slot) - ord(MENTION)]

    def subject_at(self, position: int) -> tuple[str, ...]:
        """The products that what stands at `position` is said of; may be empty."""
        before = [ids for start, ids in self._events if start <= position]
        if before:
            return before[-1]
        if self._events:
            return self._events[0][1]
        if len(self.setting.products) == 1:
            return tuple(self.setting.products)
        return self.default

    @property
    def all_mentioned(self) -> tuple[str, ...]:
        """Every product the sentence names or points at, objects of comparison included."""
        slots = re.findall(M, self.original)
        return tuple(dict.fromkeys(i for slot in slots for i in self.mention_ids(slot)))

    @property
    def mentioned(self) -> tuple[str, ...]:
        """All products the sentence speaks of, in order."""
        ids = [i for _, group in self._events for i in group] or list(self.default)
        if not ids and self.claims and len(self.setting.products) == 1:
            ids = list(self.setting.products)
        return tuple(dict.fromkeys(ids))

    # ----------------------------------------------------------------- claims

    def consume(self, start: int, end: int) -> None:
        """Take verified text away; positions stay."""
        self.text = self.text[:start] + DONE * (end - start) + self.text[end:]

    def consume_match(self, match: re.Match[str]) -> None:
        """Take the text of `match` away."""
        self.consume(match.start(), match.end())

    def claim(
        self,
        position: int,
        predicate: Callable[[Product], bool | None],
        what: str,
        evidence: str = "",
        *,
        subjects: Sequence[str] | None = None,
        negated: bool | None = None,
    ) -> None:
        """Check `predicate` of the subjects at `position`; raises ClaimError when it fails."""
        ids = self.subject_at(position) if subjects is None else subjects
        if not ids:
            raise ClaimError(f"{what}: no product it could be about")
        denied = self.negated(position) if negated is None else negated
        for product_id in ids:
            truth = predicate(self.setting.products[product_id])
            if truth is None:
                raise ClaimError(f"{what}: the catalogue does not say")
            if truth == denied:
                raise ClaimError(f"{what}: {'is so' if denied else 'is not so'} of {product_id}")
        self.claims.append(Claim(position, self.clause_of(position), predicate, denied))
        if evidence:
            self.evidence[evidence] = None


def _expand(sentence: str) -> str:
    text = fold(sentence.translate(_QUOTES))
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def _put_quantities(text: str) -> tuple[str, dict[str, Quantity]]:
    slots: dict[str, Quantity] = {}
    found = list(read_quantities(text))
    counts = {MONEY: 0, NUMBER: 0, PERCENT: 0}
    for quantity in reversed(found):
        base = MONEY if quantity.is_money else PERCENT if quantity.is_percent else NUMBER
        slot = chr(ord(base) + counts[base])
        counts[base] += 1
        slots[slot] = quantity
        text = f"{text[: quantity.start]}{slot}{text[quantity.end :]}"
    return text, slots


_NAME_JOINT = re.compile(r"\s*(?:,|、|and|or|nor|,\s*and|和|与|及|以及|跟)?\s*(?:the )?")
_SCOPE_BEFORE = re.compile(r"\b(?:of|among|amongst|out of|between)(?: all)?(?: of)?(?: the)? $")
_OBJECT_BEFORE = re.compile(
    r"(?:\bthan|\bcompared (?:to|with)|\bversus|\bvs\.?|\btied with|\bties with|\bsame as|\bas)"
    rf"(?: the)?(?: price of| that of)?(?: the)?(?: {M}(?: and| or|,))*\s*$|"
    rf"(?:比|相比于?|相较于?|对比|不如)(?:{M}[和与、])*$"
)


def _is_object(text: str, position: int) -> bool:
    """Whether the mention at `position` is what something is compared with."""
    before, after = text[max(0, position - 40) : position], text[position + 1 :]
    if _OBJECT_BEFORE.search(before):
        return True
    joined = re.search(rf"[与和跟](?:{M}[、和与])*$", before)
    return bool(joined and re.match(rf"(?:[、和与]{M})*(?:相比|比较|并列|一样|相同)", after))


__all__ = ["CJK", "DONE", "Claim", "ClaimError", "D", "M", "N", "P", "Scene", "Setting"]
