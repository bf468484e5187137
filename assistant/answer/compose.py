"""Sentences made by code: a whole honest answer when the model is off, slow or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.answer.facts import LOW_STOCK, merge_wishes
from assistant.answer.mentions import find_mentions
from assistant.answer.money import format_money
from assistant.answer.names import NameIndex
from assistant.answer.phrases import PHRASES
from assistant.answer.wording import WORDING
from assistant.types import Act, Fact, FactKind, ProductFacts, Sentence, Understanding
from retrieval.index.analysis import fold
from retrieval.types import Language, Product

# Products an answer speaks of; the cards show the rest.
RECOMMENDED, ASKED = 2, 2
# Kinds in order of use, for a product's first and second sentence.
_FIRST = (FactKind.PRICE, FactKind.BUDGET, FactKind.MATCH)
_FIRST_OF_ALL = (FactKind.PRICE, FactKind.RANK, FactKind.DISCOUNT, FactKind.RATING)
_SECOND = (
    FactKind.MISS,
    FactKind.RANK,
    FactKind.DISCOUNT,
    FactKind.RATING,
    FactKind.STOCK,
    FactKind.ATTRIBUTE,
    FactKind.REVIEW,
)
_COMPARED = (FactKind.PRICE, FactKind.RANK, FactKind.MATCH, FactKind.RATING)
# The facts of a question are already narrowed to what it asks.
_ANSWER_KINDS = (
    (FactKind.ATTRIBUTE,),
    (FactKind.PRICE, FactKind.DISCOUNT, FactKind.RATING, FactKind.STOCK),
    (FactKind.REVIEW,),
)
_ENDS = ".!?”。！？"
# A longer message wants more than a greeting back.
GREETING_CHARACTERS = 40
_GREETINGS = (
    ("welcome", re.compile(r"\b(?:thanks?|thank you|thx|cheers)\b|谢谢|多谢|感谢|谢啦")),
    ("bye", re.compile(r"\b(?:bye|goodbye|see you|good night)\b|再见|拜拜|回头见")),
    (
        "hello",
        re.compile(r"^(?:hi|hello|hey|good (?:morning|evening|day))\b|^(?:您好|你好|嗨|哈喽)"),
    ),
)


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
            return self._describe(self._facts[:ASKED], _ANSWER_KINDS)
        if self._understanding.act is Act.SMALL_TALK:
            return iter([Sentence(text=self._say["help"])])
        return self._recommend()

    def replace(self, rejected: str) -> Sentence | None:
        """The next unsaid facts of the product the rejected sentence was about."""
        for product_id in self._products_of(rejected):
            about = next(f for f in self._facts if f.product.id == product_id)
            compared = (_COMPARED,) if self._understanding.act is Act.COMPARE else ()
            for kinds in (*compared, self._first(about), _SECOND):
                if sentence := self._sentence(about, kinds):
                    return sentence
        return None

    def silence(self, topic: str) -> Sentence:
        """ "The catalogue doesn't say" for a question no record answers."""
        ids = tuple(f.product.id for f in self._facts)
        name = self.name_of(self._facts[0]) if self._facts else ""
        text = self._say["silent"].format(name=name, topic=topic)
        return Sentence(text=text, product_ids=ids[:1], evidence=("catalogue",))

    def mentions(self, words: Sequence[str]) -> list[Sentence]:
        """What descriptions and reviews say of all of `words`, quoted, one for each product."""
        said = []
        for about in self._facts:
            for mention in find_mentions(words, about.product, self._language)[:1]:
                clause = self._say["review"].format(text=mention.told(self._language))
                text = self._join(about, [clause])
                ids, evidence = (about.product.id,), (mention.evidence,)
                said.append(Sentence(text=text, product_ids=ids, evidence=evidence))
        return said

    def nothing(self, nearest: Sequence[ProductFacts] = ()) -> Iterator[Sentence]:
        """Nothing was found; the nearest thing, if there is one."""
        price = self._understanding.filters.price
        limit = price.maximum if price and not price.derived else None
        costs = nearest[0].product.price if nearest else None
        if limit is not None and costs is not None and costs > limit:
            shown = format_money(limit, nearest[0].product.currency, self._language)
            yield Sentence(text=self._say["nothing_under"].format(limit=shown))
        else:
            yield Sentence(text=self._say["nothing"])
        for about in nearest[:1]:
            product = about.product
            if product.price is None:
                continue
            cost = format_money(product.price, product.currency, self._language)
            text = self._say["nearest"].format(name=self.name_of(about), price=cost)
            yield Sentence(text=text, product_ids=(product.id,), evidence=("title", "price"))

    def absent(self, thing: str) -> Sentence:
        """That what is shown is not the thing looked for."""
        return Sentence(text=self._say["absent"].format(thing=thing), evidence=("search",))

    def greeting(self, message: str) -> Sentence | None:
        """Hello, you're welcome or goodbye, where the message is nothing more."""
        text = fold(message)
        for key, pattern in _GREETINGS:
            if pattern.search(text) and len(text) <= GREETING_CHARACTERS:
                return Sentence(text=self._say[key])
        return None

    # --------------------------------------------------------------- building

    def _describe(
        self, facts: Sequence[ProductFacts], order: Sequence[Sequence[FactKind]]
    ) -> Iterator[Sentence]:
        for about in facts:
            for kinds in order:
                if sentence := self._sentence(about, kinds):
                    yield sentence

    def _recommend(self) -> Iterator[Sentence]:
        for about in self._facts[:RECOMMENDED]:
            first = self._first(about)
            for kinds in (first, _SECOND if first is _FIRST else self._rest(about)):
                if sentence := self._sentence(about, kinds):
                    yield sentence

    @staticmethod
    def _rest(about: ProductFacts) -> Sequence[FactKind]:
        """What is left after what stands out; that all is well with the stock is no news."""
        few = about.product.stock is not None and about.product.stock < LOW_STOCK
        return (FactKind.MISS, *((FactKind.STOCK,) if few else ()), FactKind.ATTRIBUTE)

    def _first(self, about: ProductFacts) -> Sequence[FactKind]:
        """What to tell first: the price and how it fits, and where nothing was asked for that
        it could fit, what stands out beside the price."""
        told = {fact.kind for fact in about.facts}
        return _FIRST if told & {FactKind.BUDGET, FactKind.MATCH} else _FIRST_OF_ALL

    def _compare(self) -> Iterator[Sentence]:
        for about in self._facts:
            if sentence := self._sentence(about, _COMPARED):
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
        kept = [c for c in clauses if c[0].kind not in alone]
        own = kept[:1] and kept[0][1].startswith("@")
        return [c for c in kept if c[1].startswith("@") == bool(own)]

    def _clause(self, about: ProductFacts, fact: Fact) -> str:
        """What the fact says, ready to follow the product's name; "" when it has no wording."""
        if fact.kind is FactKind.ATTRIBUTE:
            return self._attribute_clause(fact)
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
            elif fact.kind is FactKind.MATCH and not re.search(r", |、", rest):
                key = "match_one"
            return self._say[key].format(wishes=self._list(rest), head=head)
        if fact.kind is FactKind.RANK and re.match(r"与|tied", fact.text):
            key = "rank_tied"
        if fact.kind is FactKind.STOCK and 0 < (product.stock or 0) < LOW_STOCK:
            key = "stock_few"
        return self._say[key].format(text=fact.text) if key in self._say else ""

    def _attribute_clause(self, fact: Fact) -> str:
        label, _, value = fact.text.partition("：" if "：" in fact.text else ": ")
        phrases = PHRASES[self._language]
        plain = value in (phrases["yes"], phrases["no"])
        key = "flag" if plain else "attribute"
        chinese = self._language is Language.CHINESE
        if not plain and _LABEL_VERB.search(label) and label.isascii() is not chinese:
            # "Suitable for" is no noun: it is suitable for office work, 适合日常使用.
            key = "attribute_verb"
        elif not plain and _LABEL_TORN.search(label):
            key = "flag"
        if key == "attribute" and _LABEL_PLURAL.search(label):
            key = "attributes"
        return self._say[key].format(label=label, value=value)

    def _list(self, joined: str) -> str:
        if self._language is Language.CHINESE:
            return joined
        pieces = joined.split(", ")
        return _enumerate(pieces)

    def _join(self, about: ProductFacts, clauses: Sequence[str]) -> str:
        name = self.name_of(about)
        if self._language is Language.CHINESE:
            told = "，".join(clauses).replace("，的", "，")
            return f"{name}{told}{'' if told[-1] in _ENDS else '。'}"
        if clauses[0].startswith("@"):
            told = _enumerate([c.removeprefix("@") for c in clauses])
            return f"For the {name}, {told}{'' if told[-1] in _ENDS else '.'}"
        verbs: list[str] = []
        if is_plural(name, about.product):
            clauses = [_PLURALS.sub(_plural, c).replace(" its ", " their ") for c in clauses]
        for clause in clauses:
            if clause.startswith(",") and verbs:
                verbs[-1] += clause
            else:
                verbs.append(clause.removeprefix(", is ").removeprefix(", "))
        joint = ", and " if any("," in v for v in verbs) else " and "
        text = joint.join(filter(None, (", ".join(verbs[:-1]), verbs[-1])))
        return f"The {name} {text}."

    def name_of(self, about: ProductFacts) -> str:
        """What the product is called here: its short name among the others."""
        return next(
            (f.text for f in about.facts if f.kind is FactKind.NAME),
            about.product.title_in(self._language),
        )

    def _products_of(self, text: str) -> list[str]:
        """Products named in `text`, else all in order."""
        named = [i for m in self._names.find(fold(text)) for i in m.ids]
        rest = [f.product.id for f in self._facts[:RECOMMENDED]]
        return list(dict.fromkeys(named or rest))


_LABEL_VERB = re.compile(
    r"^(?:suitable|compatible|designed|intended|made)\b.* (?:for|with|of)$"
    r"|^(?:适合|适用于?|兼容|用于)$"
)
_LABEL_PLURAL = re.compile(r"[a-z]{2}[^sui\W]s$")
_LABEL_TORN = re.compile(r" (?:for|with|of|to|by|in)$")
_VERBS = {"costs": "cost", "meets": "meet", "is": "are", "has": "have", "does": "do"}
_PLURALS = re.compile(rf"^({'|'.join(_VERBS)})\b")


def _plural(match: re.Match[str]) -> str:
    return _VERBS[match[1]]


def is_plural(name: str, product: Product) -> bool:
    """Whether an English name is plural: it ends, as its category does, in "shoes"."""
    last = name.split()[-1].lower()
    kinds = {step.split()[-1].lower() for step in product.category[-1:] if step.split()}
    return last.endswith("s") and last in kinds


def _enumerate(pieces: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(pieces[:-1]), pieces[-1])))


def _key(text: str) -> str:
    return re.sub(r"\W+", "", fold(text))
