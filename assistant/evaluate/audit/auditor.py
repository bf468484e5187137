"""Audits whole turns: each shown sentence, and each reason on a card, claim by claim."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from assistant.evaluate.audit.gaps import check_ends, check_gaps
from assistant.evaluate.audit.jobs import check_jobs
from assistant.evaluate.audit.line import Claim, ClaimKind, Line
from assistant.evaluate.audit.money import check_money
from assistant.evaluate.audit.names import Mention, mask_names
from assistant.evaluate.audit.ranks import check_ranks
from assistant.evaluate.audit.record import AuditRecord, Labels
from assistant.evaluate.audit.specs import check_attributes, check_numbers
from assistant.evaluate.audit.state import check_quotes, check_ratings, check_stock
from assistant.evaluate.audit.text import NUMBER, fold, money_patterns, to_decimal
from assistant.evaluate.audit.wishes import check_negations, check_wishes
from assistant.evaluate.audit.words import check_words
from assistant.evaluate.transcript import ShownTurn
from retrieval.types import Frozen, Product

_CHECKS: tuple[Callable[[Line], None], ...] = (
    check_jobs,
    check_quotes,
    check_wishes,
    check_gaps,
    check_ends,
    check_attributes,
    check_ratings,
    check_money,
    check_stock,
    check_ranks,
    check_negations,
    check_numbers,
    check_words,
)
# Sentences about the search rather than about a product.
_SEARCH = re.compile(
    r"^(?:i found nothing|nothing fits|there is more if you relax|没有找到|放宽条件还有|"
    r"i can help|hello|you're welcome|goodbye|您好|不客气|再见|我可以帮)"
)
_SCALES = {"万": 10000, "千": 1000, "百": 100, "k": 1000}
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_HAN_NUMBER = re.compile(r"[一二两三四五六七八九]?[一二两三四五六七八九十百千万]+")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_WORDED = {word: n for n, word in enumerate(_ONES.split(" "))} | {
    word: n * 10 for n, word in enumerate(_TENS.split(" "), start=3)
}


class AuditedSentence(Frozen):
    """A shown sentence and its claims."""

    question: str
    text: str
    by: str
    claims: tuple[Claim, ...]

    @property
    def false(self) -> tuple[Claim, ...]:
        """The claims the record contradicts or doesn't back."""
        return tuple(claim for claim in self.claims if claim.true is False)


class Auditor:
    """Checks sentences against raw products, given with the labels of their attributes.

    `rates` are units of a currency for one unit of the catalogue's, `texts` what the store
    has published besides (its policies).
    """

    def __init__(
        self,
        products: Iterable[Product],
        labels: Labels | None = None,
        rates: Mapping[str, Decimal] | None = None,
        texts: Sequence[str] = (),
    ) -> None:
        self._records = {p.id: AuditRecord(p, labels or {}) for p in products}
        self._rates = dict(rates or {})
        self._texts = tuple(fold(text) for text in texts)
        self._currencies = frozenset(r.product.currency for r in self._records.values())

    def audit(self, turn: ShownTurn) -> Iterator[AuditedSentence]:
        """Every sentence of the turn, then every reason on its cards."""
        previous: Sequence[str] = ()
        for sentence in turn.sentences:
            claims, named = self.check(turn, sentence.text, sentence.product_ids, previous)
            previous = named or sentence.product_ids or previous
            yield AuditedSentence(
                question=turn.question, text=sentence.text, by=sentence.by, claims=claims
            )
        for card, reasons in zip(turn.cards, turn.reasons, strict=False):
            for reason in reasons:
                claims, _ = self.check(turn, reason, (card,), (), card=True)
                yield AuditedSentence(question=turn.question, text=reason, by="card", claims=claims)

    def records(self, turn: ShownTurn, also: Sequence[str] = ()) -> dict[str, AuditRecord]:
        """The records of the products on the screen of a turn."""
        near = dict.fromkeys((*turn.cards, *also, *turn.listed))
        return {i: self._records[i] for i in near if i in self._records}

    def check(
        self,
        turn: ShownTurn,
        text: str,
        hint: Sequence[str],
        previous: Sequence[str],
        *,
        card: bool = False,
    ) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
        """The claims of one sentence, and the products it names."""
        if _SEARCH.match(fold(text)):
            return (), ()
        records = self.records(turn, hint)
        positions = dict(zip(turn.positions, turn.cards, strict=False))
        masked, mentions = mask_names(text, records, positions)
        line = Line(
            masked,
            mentions,
            records,
            turn.cards or turn.listed,
            turn.language,
            said=turn.said,
            amounts=self.amounts(turn.said),
            hint=hint,
            previous=previous,
            currencies=self._currencies,
            rates=self._rates,
            listed=turn.listed,
            quantities=_quantities(turn),
            texts=self._texts,
        )
        for check in _CHECKS:
            check(line)
        strangers = () if card else _strangers(text, mentions, hint)
        return (*strangers, *line.claims), _named(mentions)

    def amounts(self, said: Sequence[str]) -> frozenset[Decimal]:
        """Every number the shopper wrote, also converted into the catalogue's currency."""
        found: set[Decimal] = set()
        for message in said:
            text = fold(message)
            numbers = set(_numbers(text))
            found |= numbers
            pattern, spellings = money_patterns(self._currencies | frozenset(self._rates))
            codes = {
                code
                for match in pattern.finditer(text)
                for code in spellings[(match["pre"] or match["post"]).strip()]
            }
            if re.search("元|块|yuan|rmb|¥", text):
                codes.add("CNY")
            for code in codes & set(self._rates):
                found |= {(n / self._rates[code]).quantize(Decimal("0.01")) for n in numbers}
        return frozenset(found)


def _strangers(text: str, mentions: Sequence[Mention], hint: Sequence[str]) -> Iterator[Claim]:
    """A sentence that names products, but none of those it is said to be about."""
    named = {i for m in mentions for i in m.ids}
    if hint and named and not named & set(hint):
        yield Claim(kind=ClaimKind.NAME, text=text, true=False, reason="names another product")


def _named(mentions: Sequence[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in mentions for i in m.ids))


_PIECES = re.compile(r"^\d+\.\s+(\d+)\s?[×件]")


def _quantities(turn: ShownTurn) -> dict[str, int]:
    """How many of a product the numbered lines of a set say."""
    return {
        sentence.product_ids[0]: int(match[1])
        for sentence in turn.sentences
        if len(sentence.product_ids) == 1 and (match := _PIECES.match(sentence.text))
    }


def _numbers(text: str) -> Iterator[Decimal]:
    """Numbers in digits, with a scale perhaps ("1.5k", "2千"), and in words."""
    for match in re.finditer(rf"({NUMBER})\s?([万千百k]?)", text):
        yield to_decimal(match[1])
        if match[2]:
            yield to_decimal(match[1]) * _SCALES[match[2]]
    for match in _HAN_NUMBER.finditer(text):
        yield Decimal(_read_han(match[0]))
    yield from _worded(text)


def _read_han(text: str) -> int:
    total, digit, unit = 0, 0, 1
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        else:
            unit = {"十": 10, "百": 100, "千": 1000, "万": 10000}[character]
            total = (total + digit) * unit if unit == 10000 else total + (digit or 1) * unit
            digit = 0
    # "两百五" is two hundred and fifty.
    return total + digit * (unit // 10 if unit > 10 else 1)


def _worded(text: str) -> Iterator[Decimal]:
    total = 0
    for word in [*re.findall(r"[a-z]+", text.replace("-", " ")), ""]:
        if word in _WORDED:
            total += _WORDED[word]
        elif word in ("hundred", "thousand"):
            total = max(total, 1) * (100 if word == "hundred" else 1000)
        elif word != "and" and total:
            yield Decimal(total)
            total = 0
