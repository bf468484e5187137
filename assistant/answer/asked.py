"""What a question about a product asks for, and whether its record knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.answer.known import CJK, known_phrases, split_words, wordings
from assistant.answer.lexicon import harmless_words
from assistant.answer.names import NameIndex
from assistant.answer.phrases import PHRASES
from assistant.answer.quotable import is_quotable
from assistant.answer.record import Record, Verdict
from assistant.answer.telling import Spoken, is_showable, is_spoken_of, show_attribute
from assistant.types import Fact, FactKind, ProductFacts, Understanding
from assistant.understand.phrases import pattern
from retrieval.index.analysis import STOPWORDS, fold
from retrieval.types import Language, Vocabulary

_KINDS: tuple[tuple[FactKind, re.Pattern[str]], ...] = (
    (
        FactKind.PRICE,
        re.compile(
            r"\bhow much(?=\s*(?:$|[?.,!]|(?:is|are|was|for|would|money)\b))|"
            r"\b(?:price|costs?|expensive|cheap(?:er|est)?|pricier)\b|"
            r"多少钱|价格|价钱|贵|便宜"
        ),
    ),
    (
        FactKind.STOCK,
        re.compile(r"\b(?:in stock|available|sold out|stock)\b|有货|现货|库存|缺货"),
    ),
    (
        FactKind.RATING,
        re.compile(
            r"\b(?:ratings?|rated|stars?|reviews?|reviewed|opinions?)\b|评分|评价|评论|口碑"
        ),
    ),
    (FactKind.DISCOUNT, re.compile(r"\b(?:discount|on sale|sale)\b|折扣|打折|优惠|特价")),
    (FactKind.BRAND, re.compile(r"\b(?:brand|who makes|maker|manufacturer)\b|品牌|牌子|厂商")),
)
_SENTENCE = re.compile(r"[^.!?。！？]+(?:\.\d[^.!?。！？]*)*[.!?。！？]?")
# Who asks may read a longer value than a card has room for.
ASKED_CHARACTERS = 160
# Fields that say by a product's name what it is.
_NAMING = ("title", "category", "variant")
_POINTING = re.compile(r"^(?:那么?|请问)\s*|第[一二三四五六]款|这款|那款|这个|那个|它(?:们)?的?")
_QUESTION = frozenset(
    split_words(
        "what which how who when where why does is are can could would will do much many long big "
        "large tell about there really also come work good well know it this that one two first "
        "second third compare question product item please wonder any kind"
    )
)
_ZH_QUESTION = re.compile(
    r"请问|是不是|是否|有没有|能不能|可不可以|可以|怎么样|怎样|如何|多少|多大|多长|多久|多重|"
    r"什么|哪些|哪个|"
    r"第[一二三四五六]款|这款|那款|这个|那个|它|吗|呢|的|了|有|是|能|会|支持|多|吧|啊|啥|么"
)


class Question:
    """The question of one turn: kinds of facts, attributes and words it asks for."""

    def __init__(
        self,
        message: str,
        understanding: Understanding,
        records: Sequence[Record],
        vocabulary: Vocabulary,
    ) -> None:
        self._records = records
        self._vocabulary = vocabulary
        text = fold(message or understanding.query)
        for mention in reversed(NameIndex([r.product for r in records]).find(text)):
            text = f"{text[: mention.start]} {text[mention.end :]}"
        # "The first one's keyboard" asks about a keyboard.
        self.text = re.sub(r"\b(one|it|this|that)'s\b", r"\1", text)
        self.kinds = tuple(kind for kind, pattern in _KINDS if pattern.search(text))
        self.attributes = self._find_attributes()
        self.words = self._find_words()

    def _find_attributes(self) -> tuple[str, ...]:
        names = dict.fromkeys(a.name for r in self._records for a in r.product.attributes)
        spoken = Spoken.read(self.text)
        return tuple(n for n in names if is_spoken_of(n, spoken, self._records, self._vocabulary))

    def _find_words(self) -> tuple[str, ...]:
        """Properties asked for by word: what is neither grammar nor the product's own name."""
        harmless = harmless_words(Language.ENGLISH) | _QUESTION
        known = known_phrases(self._vocabulary)
        words: list[str] = []
        latin = re.findall(rf"[^\W_{CJK}]+(?:['-][^\W_{CJK}]+)*", self.text)
        kept = [w for w in latin if w not in STOPWORDS and not set(split_words(w)) <= harmless]
        for i, word in enumerate(kept):
            pair = " ".join(kept[i : i + 2])
            words.append(pair if split_words(pair) in known and i + 1 < len(kept) else word)
        for run in re.findall(rf"[{CJK}]+", self.text):
            words += [part for part in _ZH_QUESTION.split(run) if part and len(part) > 1]
        return tuple(dict.fromkeys(words))

    def is_known(self) -> bool:
        """Whether a record answers any part of the question."""
        if self.kinds or self.attributes:
            return True
        return any(
            record.says(word, reviews=True).verdict is not Verdict.UNKNOWN
            or record.touches(word) is not None
            for word in self.words
            for record in self._records
        )

    def focus(self, about: ProductFacts, record: Record, language: Language) -> ProductFacts:
        """The facts of one product that answer the question, then its name; others left out."""
        kept = [f for f in about.facts if f.kind is FactKind.NAME or f.kind in self.kinds]
        product = record.product
        for name in (*self.attributes, *self._implied(record)):
            attribute = product.attribute(name)
            if attribute and is_showable(attribute, ASKED_CHARACTERS):
                text = show_attribute(attribute, language, self._vocabulary)
                kept.append(_fact(product.id, FactKind.ATTRIBUTE, text, f"attribute:{name}"))
        if len(kept) == 1:
            kept += self._named(record, language)
        if len(kept) == 1:
            kept += self._quote(record, language)
        return about.model_copy(update={"facts": tuple(dict.fromkeys(kept))})

    def _implied(self, record: Record) -> Iterator[str]:
        """Attributes that settle a word asked for: the receiver of a mouse says "wireless"."""
        for word in self.words:
            finding = record.says(word)
            if finding.verdict is not Verdict.UNKNOWN:
                kind, _, name = finding.evidence.partition(":")
                if kind == "attribute":
                    yield name

    def _named(self, record: Record, language: Language) -> Iterator[Fact]:
        """A word asked for that stands in the product's name or kind: "wireless: yes"."""
        say = PHRASES[language]
        for word in self.words:
            finding = record.says(word, prose=False)
            if finding.verdict is Verdict.YES and finding.evidence.startswith(_NAMING):
                text = say["attribute"].format(label=word, value=say["yes"])
                yield _fact(record.product.id, FactKind.ATTRIBUTE, text, finding.evidence)

    def _quote(self, record: Record, language: Language) -> list[Fact]:
        """The sentence of a description or review that speaks of a word asked for."""
        product = record.product
        texts = [(f"description:{language}", "description", product.description_in(language))]
        texts += [(f"review:{r.id}", "review", r.text) for r in product.reviews]
        for word in self.words:
            for evidence, phrase, text in texts:
                for sentence in _SENTENCE.findall(text):
                    asked = any(w in fold(sentence) for w in wordings(word))
                    if asked and is_quotable(sentence):
                        say = PHRASES[language][phrase]
                        stars = next((r.rating for r in product.reviews if r.text == text), 0)
                        told = say.format(quote=sentence.strip(), stars=stars)
                        return [_fact(product.id, FactKind.REVIEW, told, evidence)]
        return []

    @property
    def asks_degree(self) -> bool:
        """Whether it asks how long, how heavy, how many: a record answers that or is silent."""
        return bool(pattern("degree").search(self.text))

    @property
    def topic(self) -> str:
        """The words asked for, to say that the catalogue is silent on them."""
        if self.asks_degree:
            said = " ".join(self.text.split()).strip(" ?？。，,.!吗呢")
            return said if said.isascii() else _POINTING.sub("", said)
        joint = "、" if any(not w.isascii() for w in self.words) else " "
        return joint.join(self.words)


def plain_words(text: str) -> tuple[str, ...]:
    """The words of folded `text` that are neither grammar nor the form of a question."""
    latin = re.findall(rf"[^\W\d_{CJK}]+(?:['-][^\W_{CJK}]+)*", text)
    words = [w for w in latin if w not in STOPWORDS and w not in _QUESTION]
    for run in re.findall(rf"[{CJK}]+", text):
        words += [part for part in _ZH_QUESTION.split(run) if part]
    return tuple(dict.fromkeys(words))


def _fact(product_id: str, kind: FactKind, text: str, evidence: str) -> Fact:
    return Fact(product_id=product_id, kind=kind, text=text, evidence=evidence)
