"""For whom something is bought: boots for one's father are neither a child's nor a woman's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from assistant.answer.known import ByIdentity, split_words
from assistant.understand.scan import Scan
from retrieval.index.analysis import fold
from retrieval.types import AttributeFilter, AttributeKind, Filters, Vocabulary

_MEN = "dad|daddy|father|husband|grandpa|grandfather|granddad|boyfriend|brother|uncle"
_WOMEN = "mom|mum|mommy|mummy|mother|wife|grandma|grandmother|girlfriend|sister|aunt"
_MEN_ZH = "爸爸|老爸|父亲|老公|丈夫|爷爷|外公|姥爷|男朋友|男友|岳父|公公|叔叔|舅舅"
_WOMEN_ZH = "妈妈|老妈|母亲|老婆|妻子|奶奶|外婆|姥姥|女朋友|女友|岳母|婆婆|阿姨|姑姑"
_PERSON = re.compile(
    rf"\b(?:for\s+)?(?:my|our|his|her)\s+(?:old\s+|dear\s+|elderly\s+)?"
    rf"(?:(?P<men>{_MEN})|(?P<women>{_WOMEN}))\b(?!'s|-|\s+board)"
    rf"|(?:[给送帮为]\s*)?(?:我的?)?(?:(?P<men_zh>{_MEN_ZH})|(?P<women_zh>{_WOMEN_ZH}))(?![的])"
)
# Brothers and sisters may be children, and who speaks of a child buys for one.
_OF_ANY_AGE = re.compile(r"brother|sister")
_CHILD = re.compile(
    r"\b(?:kids?|child(?:ren)?|boys?|girls?|bab(?:y|ies)|toddlers?|sons?|daughters?|teens?)\b"
    r"|儿童|孩|宝宝|婴|儿子|女儿|童"
)
# Words for whom a product is made, by what rules it out.
_CHILDREN = frozenset(split_words("kid kids child children baby infant toddler junior 儿童 婴儿"))
_FEMALE = frozenset(split_words("women woman female ladies girls 女 女士 女性"))
_MALE = frozenset(split_words("men man male boys 男 男士 男性"))


def read_people(scan: Scan, vocabulary: Vocabulary) -> tuple[AttributeFilter, ...]:
    """What the person a thing is for rules out; takes the words that name the person.

    Of attributes that the catalogue has of age and gender, the values of others are excluded;
    products that state none stay.
    """
    found = _PERSON.search(scan.free)
    if found is None or _CHILD.search(scan.lower):
        return ()
    scan.take(*found.span())
    excluded = []
    if not _OF_ANY_AGE.search(found[0]):
        excluded.append(("age", _CHILDREN))
    excluded.append(("gender", _FEMALE if found["men"] or found["men_zh"] else _MALE))
    return tuple(
        AttributeFilter(name=name, values=values, exclude=True, implied=True)
        for topic, words in excluded
        for name, values in _values(ByIdentity(vocabulary), topic, words)
    )


def speaks_of_people(text: str) -> bool:
    """Whether lower-case `text` names somebody to whom a thing may go."""
    return bool(_PERSON.search(text) or _CHILD.search(text))


def is_of_people(condition: AttributeFilter) -> bool:
    """Whether a condition stands for the person a thing is for."""
    return condition.implied and bool({"age", "gender"} & set(_topics(condition.name)))


def _topics(name: str) -> tuple[str, ...]:
    return split_words(name.replace("_", " "))


def without_implied(filters: Filters) -> Filters:
    """`filters` without what another person had ruled out."""
    kept = tuple(a for a in filters.attributes if not is_of_people(a))
    return filters.model_copy(update={"attributes": kept})


@lru_cache(maxsize=64)
def _values(
    key: ByIdentity, topic: str, words: frozenset[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Attributes whose name speaks of `topic`, each with its values that `words` name."""
    return tuple(_find_values(key.vocabulary, topic, words))


def _find_values(
    vocabulary: Vocabulary, topic: str, words: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, profile in vocabulary.attributes.items():
        if profile.kind is not AttributeKind.TEXT or topic not in _topics(name):
            continue
        values = tuple(v for v in profile.values if set(split_words(fold(v))) <= words and v)
        if values:
            yield name, values
