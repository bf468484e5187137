"""One sentence under audit: what is left of it, whom it speaks of, what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from assistant.evaluate.audit.names import Mention
from assistant.evaluate.audit.record import AuditRecord
from retrieval.types import Frozen, Language


class ClaimKind(StrEnum):
    """What a claim is about."""

    PRICE = "price"
    BUDGET = "budget"
    DISCOUNT = "discount"
    STOCK = "stock"
    RATING = "rating"
    COMPARISON = "comparison"
    SPECIFICATION = "specification"
    NAME = "name"
    QUOTE = "quote"
    SILENCE = "silence"


class Claim(Frozen):
    """One claim of a sentence; `true` None where the record cannot decide."""

    kind: ClaimKind
    text: str
    true: bool | None
    reason: str = ""


# A name after these is what the sentence's own product is compared with.
_OBJECT = re.compile(r"(?:\b(?:than|with|to|as|over)(?: the)? |[比与和跟同较] ?)$")
_JOINT = re.compile(r"^(?:\s?,?\s?(?:and|or|&)(?: the)? |, (?:the )?|[和与、及]|\s*)$")
_ALL = re.compile(r"\b(?:both|all|each|either|neither)\b|都|均")
Subjects = tuple[tuple[str, ...], ...]


class Line:
    """A sentence with its names masked; checks take away what they have read."""

    def __init__(
        self,
        masked: str,
        mentions: Sequence[Mention],
        records: Mapping[str, AuditRecord],
        cards: Sequence[str],
        language: Language,
        *,
        said: Sequence[str],
        amounts: frozenset[Decimal],
        hint: Sequence[str],
        previous: Sequence[str],
        currencies: frozenset[str],
        rates: Mapping[str, Decimal],
        listed: Sequence[str] = (),
        quantities: Mapping[str, int] | None = None,
        texts: Sequence[str] = (),
    ) -> None:
        """`listed` is the list on the screen before, `quantities` how many of a product the turn
        speaks of where that is not one, `texts` what the store itself has published."""
        self.original = masked
        self.text = masked.lower()
        self.mentions = tuple(mentions)
        self.records = records
        self.cards = tuple(cards)
        self.language = language
        self.said = tuple(said)
        self.amounts = amounts
        self.hint = tuple(hint)
        self.previous = tuple(previous)
        self.currencies = currencies
        self.rates = rates
        self.listed = tuple(listed)
        self.quantities = dict(quantities or {})
        self.texts = tuple(texts)
        self.claims: list[Claim] = []

    # ------------------------------------------------------------- reading

    def take(self, start: int, end: int) -> None:
        """Blank what was read; places of the rest stay."""
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]

    def each(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of `pattern`, each blanked before the next is looked for."""
        at = 0
        while match := pattern.search(self.text, at):
            at = max(match.end(), match.start() + 1)
            self.take(match.start(), match.end())
            yield match

    def add(self, kind: ClaimKind, text: str, true: bool | None, reason: str = "") -> None:
        """Note a claim."""
        self.claims.append(Claim(kind=kind, text=self.unmask(text), true=true, reason=reason))

    def unmask(self, text: str) -> str:
        """`text` with the names back in."""
        return re.sub(
            "[\ue000-\uf8ff]", lambda m: self.mentions[ord(m[0]) - 0xE000].text, text
        ).strip()

    # ------------------------------------------------------------ subjects

    def subjects(self, position: int) -> Subjects:
        """Whom a claim at `position` is about: one group of ids for each named product."""
        places = [
            (i, self._ids(c)) for i, c in enumerate(self.original) if "\ue000" <= c <= "\uf8ff"
        ]
        own = [(i, ids) for i, ids in places if not self._is_object(i)]
        before = [(i, ids) for i, ids in own if i < position]
        if before:
            return self._group(before)
        if _ALL.search(self.original.lower()) and not places and len(self.cards) > 1:
            return tuple((card,) for card in self.cards)
        after = [(i, ids) for i, ids in own if i >= position]
        if after:
            return (after[0][1],)
        if places and not self.hint:
            return (places[0][1],)
        fallback = self.hint or self.previous or (self.cards if len(self.cards) == 1 else ())
        return tuple((i,) for i in fallback)

    def objects(self, start: int, end: int) -> Subjects:
        """The products named between two places."""
        inside = (c for c in self.original[start:end] if "\ue000" <= c <= "\uf8ff")
        return tuple(self._ids(c) for c in inside)

    def _group(self, before: Sequence[tuple[int, tuple[str, ...]]]) -> Subjects:
        """The last named product, and those joined to it by "and"."""
        group = [before[-1]]
        for place in reversed(before[:-1]):
            if not _JOINT.match(self.original[place[0] + 1 : group[0][0]].lower()):
                break
            group.insert(0, place)
        return tuple(ids for _, ids in group)

    def _is_object(self, place: int) -> bool:
        return bool(_OBJECT.search(self.original[:place].lower()))

    def _ids(self, character: str) -> tuple[str, ...]:
        ids = self.mentions[ord(character) - 0xE000].ids
        hinted = tuple(i for i in ids if i in self.hint)
        return hinted if len(ids) > 1 and hinted else ids

    def holds(self, subjects: Subjects, test: Callable[[AuditRecord], bool]) -> bool:
        """Whether `test` is true of every subject (of any product an ambiguous name may mean)."""
        return bool(subjects) and all(
            any(test(self.records[i]) for i in ids if i in self.records) for ids in subjects
        )
