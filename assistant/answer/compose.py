"""Sentences made by code: a whole honest answer when the model is off, slow or wrong."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

from assistant.answer.facts import merge_wishes
from assistant.answer.money import format_money
from assistant.answer.names import NameIndex
from assistant.answer.wording import WORDING
from assistant.types import Act, Fact, FactKind, ProductFacts, Sentence, Understanding
from retrieval.index.analysis import fold
from retrieval.types import Language

# Products an answer speaks of; the cards show the rest.
RECOMMENDED = 2
# Kinds in order of use, for a product's first and second sentence.
_FIRST = (FactKind.PRICE, FactKind.BUDGET, FactKind.MATCH)
_SECOND = (
    FactKind.MISS,
    FactKind.RANK,
    FactKind.DISCOUNT,
    FactKind.RATING,
    FactKind.ATTRIBUTE,
    FactKind.STOCK,
    FactKind.REVIEW,
)
_THANKS = re.compile(r"\b(?:thanks?|thank you|thx|cheers)\b|谢谢|多谢|感谢|谢啦")
_BYE = re.compile(r"\b(?:bye|goodbye|see you|good night)\b|再见|拜拜|回头见")


class Composer:
    """Composes one answer; remembers what was said, whoever said it."""

    def __init__(self, understanding: Understanding, facts: Sequence[ProductFacts]) -> None:
        self._language = understanding.language
        self._understanding = understanding
        self._facts = tuple(facts)
        self._say = WORDING[understanding.language]
        self._names = NameIndex([f.product for f in facts])
        self._said: set[tuple[str, str]] = set()
        self._texts: set[str] = set()

    # ----------------------------------------------------------------- memory

    def note(self, sentence: Sentence) -> None:
        """Remember what a shown sentence said."""
        self._texts.add(_key(sentence.text))
        evidence = {e for joined in sentence.evidence for e in joined.split(", ")}
        for about in self._facts:
            if about.product.id not in sentence.product_ids:
                continue
            for fact in about.facts:
                if set(fact.evidence.split(", ")) & evidence:
                    self._said.add((about.product.id, fact.text))

    def is_said(self, text: str) -> bool:
        """Whether this very sentence was shown before."""
        return _key(text) in self._texts

    # -------------------------------------------------------------- sentences

    def notes(self) -> Iterator[Sentence]:
        """What was assumed in understanding the message, told first."""
        for note in self._understanding.notes:
            text = note.strip()
            if text and text[-1] not in ".!?。！？":
                text += self._say["stop"]
            yield Sentence(text=text)

    def answer(self) -> Iterator[Sentence]:
        """The whole answer, without what was said already."""
        if self._understanding.act is Act.COMPARE:
            return self._compare()
        if self._understanding.act is Act.ASK:
            return self._describe(self._facts[:1], ask=True)
        return self._describe(self._facts[:RECOMMENDED], ask=False)

    def replace(self, rejected: str) -> Sentence | None:
        """The next unsaid facts of the product the rejected sentence was about."""
        for product_id in self._products_of(rejected):
            about = next(f for f in self._facts if f.product.id == product_id)
            for kinds in (_FIRST, _SECOND):
                if sentence := self._sentence(about, kinds):
                    return sentence
        return None

    def silence(self, topic: str) -> Sentence:
        """ "The catalogue doesn't say" for a question no record answers."""
        ids = tuple(f.product.id for f in self._facts)
        name = self._name(self._facts[0]) if self._facts else ""
        text = self._say["silent"].format(name=name, topic=topic)
        return Sentence(text=text, product_ids=ids[:1], evidence=("catalogue",))

    def nothing(self, nearest: Sequence[ProductFacts] = ()) -> Iterator[Sentence]:
        """Nothing was found; the nearest thing, if there is one."""
        price = self._understanding.filters.price
        if price and price.maximum is not None and nearest:
            limit = format_money(price.maximum, nearest[0].product.currency, self._language)
            yield Sentence(text=self._say["nothing_under"].format(limit=limit))
        else:
            yield Sentence(text=self._say["nothing"])
        for about in nearest[:1]:
            product = about.product
            if product.price is None:
                continue
            cost = format_money(product.price, product.currency, self._language)
            text = self._say["nearest"].format(name=self._name(about), price=cost)
            yield Sentence(text=text, product_ids=(product.id,), evidence=("title", "price"))

    def small_talk(self, message: str) -> Sentence:
        """A short friendly line that claims nothing."""
        text = fold(message)
        key = "welcome" if _THANKS.search(text) else "bye" if _BYE.search(text) else "hello"
        return Sentence(text=self._say[key])

    # --------------------------------------------------------------- building

    def _describe(self, facts: Sequence[ProductFacts], *, ask: bool) -> Iterator[Sentence]:
        for about in facts:
            order = (
                (FactKind.ATTRIBUTE, FactKind.MATCH, FactKind.MISS),
                *((_FIRST,) if ask else ()),
            )
            for kinds in order if ask else (_FIRST, _SECOND[:4] if len(facts) > 1 else _SECOND):
                if sentence := self._sentence(about, kinds):
                    yield sentence

    def _compare(self) -> Iterator[Sentence]:
        for about in self._facts:
            kinds = (FactKind.PRICE, FactKind.RANK, FactKind.MATCH, FactKind.RATING)
            if sentence := self._sentence(about, kinds, limit=3):
                yield sentence

    def _sentence(
        self, about: ProductFacts, kinds: Iterable[FactKind], limit: int = 3
    ) -> Sentence | None:
        """One sentence from the first unsaid facts of `kinds`; marks them as said."""
        facts = [
            fact
            for kind in kinds
            for fact in self._merged(about, kind)
            if (about.product.id, fact.text) not in self._said
        ]
        clauses = [(fact, clause) for fact in facts if (clause := self._clause(about, fact))]
        clauses = self._one_sort(clauses)[:limit]
        if not clauses:
            return None
        text = self._join(about, [clause for _, clause in clauses])
        if self.is_said(text):
            return None
        told = [fact for fact, _ in clauses]
        self._said |= {(about.product.id, fact.text) for fact in told}
        self._said |= {
            (about.product.id, f.text)
            for f in about.facts
            if any(f.text.endswith(t.text) or f.evidence in t.evidence.split(", ") for t in told)
            and f.kind in {t.kind for t in told}
        }
        evidence = dict.fromkeys(e for f in told for e in f.evidence.split(", "))
        return Sentence(text=text, product_ids=(about.product.id,), evidence=tuple(evidence))

    def _merged(self, about: ProductFacts, kind: FactKind) -> list[Fact]:
        facts = [
            f
            for f in about.facts
            if f.kind is kind and (about.product.id, f.text) not in self._said
        ]
        return merge_wishes(facts) if kind in (FactKind.MATCH, FactKind.MISS) else facts

    @staticmethod
    def _one_sort(clauses: list[tuple[Fact, str]]) -> list[tuple[Fact, str]]:
        """A quotation, or what is missing, stands in a sentence of its own."""
        alone = (FactKind.REVIEW, FactKind.MISS)
        if clauses and clauses[0][0].kind in alone:
            return clauses[:1]
        return [c for c in clauses if c[0].kind not in alone]

    def _clause(self, about: ProductFacts, fact: Fact) -> str:
        """What the fact says, ready to follow the product's name; "" when it has no wording."""
        product = about.product
        key = fact.kind.value
        if fact.kind is FactKind.PRICE:
            if product.price is None:
                return self._say["no_price"]
            price = format_money(product.price, product.currency, self._language)
            return self._say["price"].format(price=price)
        if fact.kind in (FactKind.MATCH, FactKind.MISS):
            head, _, rest = fact.text.partition("：" if "：" in fact.text else ": ")
            if fact.evidence == "catalogue":
                key = "unknown"
            return self._say[key].format(wishes=self._list(rest), head=head)
        return self._say[key].format(text=fact.text) if key in self._say else ""

    def _list(self, joined: str) -> str:
        if self._language is Language.CHINESE:
            return joined
        pieces = joined.split(", ")
        return " and ".join(filter(None, (", ".join(pieces[:-1]), pieces[-1])))

    def _join(self, about: ProductFacts, clauses: Sequence[str]) -> str:
        name = self._name(about)
        if self._language is Language.CHINESE:
            return f"{name}{'，'.join(clauses)}。"
        if clauses[0].startswith("@"):
            return f"{clauses[0][1:].replace('{name}', name)}."
        verbs = [c for c in clauses if not c.startswith(",")]
        text = " and ".join(filter(None, (", ".join(verbs[:-1]), verbs[-1])))
        for clause in (c for c in clauses if c.startswith(",")):
            first = verbs[0]
            text = text.replace(first, f"{first}{clause}{',' if len(verbs) > 1 else ''}", 1)
        return f"{self._opening(about)} {name} {text}."

    def _opening(self, about: ProductFacts) -> str:
        """Varied but always the same for the same product."""
        return self._say["openings"].split("|")[zlib.crc32(about.product.id.encode()) % 2]

    def _name(self, about: ProductFacts) -> str:
        return next(
            (f.text for f in about.facts if f.kind is FactKind.NAME),
            about.product.title_in(self._language),
        )

    def _products_of(self, text: str) -> list[str]:
        """Products named in `text`, else all in order."""
        named = [i for m in self._names.find(fold(text)) for i in m.ids]
        rest = [f.product.id for f in self._facts[:RECOMMENDED]]
        return list(dict.fromkeys(named or rest))


def _key(text: str) -> str:
    return re.sub(r"\W+", "", fold(text))
