"""What customers say: counted and quoted from real reviews, never summed up by a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.answer.asked import plain_words
from assistant.answer.mentions import Mention, find_mentions
from assistant.answer.quotable import is_quotable
from assistant.types import Sentence
from retrieval.reviews import GOOD, count_reviews
from retrieval.types import Language, Product, Review

QUOTED = 2

ASKED = re.compile(
    r"\b(?:reviews?|reviewers?|opinions?|complaints?|complain\w*|downsides?|drawbacks?|cons"
    r"|(?:people|customers|buyers|others?) (?:say|think|like|dislike|complain)\w*)\b"
    r"|评价|评论|口碑|差评|好评|缺点|大家(?:怎么)?说|买家|抱怨|吐槽"
)
# "How many people reviewed it?" is answered by a number of the record.
_COUNTED = re.compile(
    r"\bhow many\b.{0,30}\b(?:reviews?|reviewed|ratings?|rated)\b|多少(?:人|条|个)|几(?:人|条|个人)"
)
_WORST = re.compile(
    r"\b(?:complain\w*|complaints?|dislike|downsides?|drawbacks?|cons|bad|negative|worst)\b"
    r"|差评|缺点|抱怨|吐槽|不好"
)
# Words of such a question that are not its topic.
_FRAME = re.compile(
    r"\b(?:people|customers?|buyers?|others?|reviews?|reviewers?|opinions?|complain\w*|complaints?"
    r"|say|says|said|think|like|dislike|bad|negative|worst|main|most|common|downsides?|drawbacks?|cons"
    r"|about|any|the|of|summari[sz]e|summary|read)\b"
    r"|评价|评论|口碑|差评|好评|缺点|大家|怎么|说|买家|抱怨|吐槽|顾客|用户|有人|别人|人们|主要|哪些|关于"
)

_SAY = {
    Language.ENGLISH: {
        "count": "Of the {n} reviews of the {name} here, {good} give {stars} stars or more.",
        "count_good_one": "Of the {n} reviews of the {name} here, 1 gives {stars} stars or more.",
        "count_one": "There is one review of the {name} here, with {stars} stars.",
        "quote": "A {stars}-star review of it says: “{quote}”",
        "none": "There are no reviews of the {name} here.",
        "silent": "In the {n} reviews of the {name} here I find no word on: {topic}.",
    },
    Language.CHINESE: {
        "count": "{name}的{n}条评价中，有{good}条给了{stars}星及以上。",
        "count_good_one": "{name}的{n}条评价中，有1条给了{stars}星及以上。",
        "count_one": "{name}有1条评价，{stars}星。",
        "quote": "一条{stars}星评价写道：“{quote}”",
        "none": "{name}还没有评价。",
        "silent": "在{name}的{n}条评价里没有找到关于{topic}的内容。",
    },
}


def asks_for_reviews(text: str) -> bool:
    """Whether `text` (folded) asks what customers say."""
    return bool(ASKED.search(text)) and not _COUNTED.search(text)


def tell_reviews(product: Product, name: str, text: str, language: Language) -> Iterator[Sentence]:
    """How many reviews are good, and what the best and the worst (or those on the topic) say.

    `text` is the question, folded, without the product's name.
    """
    say, reviews = _SAY[language], product.reviews
    counts = count_reviews(reviews)
    if counts is None:
        yield _sentence(product, say["none"].format(name=name), ("catalogue",))
        return
    # "Do people complain about the size?" asks for one thing, "what do they say?" for all.
    if topic := plain_words(_FRAME.sub(" ", text)):
        yield from _on_topic(product, name, topic, language)
        return
    key = "count_one" if counts.count == 1 else "count_good_one" if counts.good == 1 else "count"
    stars = reviews[0].rating if counts.count == 1 else GOOD
    told = say[key].format(n=counts.count, name=name, good=counts.good, stars=stars)
    yield _sentence(product, told, tuple(f"review:{r.id}" for r in reviews))
    for review in _chosen(reviews, worst=bool(_WORST.search(text)), language=language):
        quote = say["quote"].format(stars=review.rating, quote=review.text.strip())
        yield _sentence(product, quote, (f"review:{review.id}",))


def _on_topic(
    product: Product, name: str, topic: Sequence[str], language: Language
) -> Iterator[Sentence]:
    say = _SAY[language]
    found: list[Mention] = find_mentions(topic, product, language, reviews_only=True)
    if not found:
        joint = "、" if language is Language.CHINESE else " "
        told = say["silent"].format(n=len(product.reviews), name=name, topic=joint.join(topic))
        yield _sentence(product, told, ("catalogue",))
    for mention in found[:QUOTED]:
        quote = say["quote"].format(stars=mention.stars, quote=mention.quote)
        yield _sentence(product, quote, (mention.evidence,))


def _chosen(reviews: Sequence[Review], *, worst: bool, language: Language) -> list[Review]:
    """The best and the worst review, or the worst first; those in `language` are preferred."""
    own = [r for r in reviews if is_quotable(r.text)]
    ranked = sorted(own, key=lambda r: (-r.rating, r.language is not language))
    if worst:
        return sorted(own, key=lambda r: (r.rating, r.language is not language))[:1]
    ends = (ranked[:1], ranked[-1:])
    return list({review.id: review for end in ends for review in end}.values())


def _sentence(product: Product, text: str, evidence: tuple[str, ...]) -> Sentence:
    return Sentence(text=text, product_ids=(product.id,), evidence=evidence)
