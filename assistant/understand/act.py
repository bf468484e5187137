"""What a message does: search, refine, compare, ask about a product, or make conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.jobs.types import CartJob, Job
from assistant.types import Act, Understanding
from assistant.understand.phrases import pattern
from assistant.understand.scan import TAKEN
from retrieval.types import Language

_LIKES_FILL = re.compile(
    r"\b(?:please|it|this|that|me|one)\b|\breally\b|\bvery\b|\bthink\b|\bi\b|\bdo\b|我|看|觉得|感觉|着|吧|了|的|也|都"
)
_MORE_ABOUT = re.compile(r"\bmore\s+(?:about|info(?:rmation)?|details?)\b|详细|介绍一下|具体")
_SIMILAR = re.compile(
    r"\b(?:like|similar|alike)\b|类似|相似|差不多|同款|同类|像.+?[那这一]样|[跟和与].+?一样的"
)
# Asks to be shown what is like a product, where "is it like the first?" asks about products.
_WANTS_LIKE = re.compile(
    r"\b(?:something|anything|some|any|more|others?|ones?)\s+(?:else\s+)?(?:just\s+|exactly\s+)?"
    r"(?:like|similar)\b|类似|相似|差不多的|像.+?[那这一]样的|[跟和与].+?一样的"
)
_IN_ANOTHER = re.compile(
    r"\bdo\s+you\s+(?:have|sell|carry|got)\s+(?:it|this|them|these|one|that)\b|(?:这个|这款|它)?有(?:没有)?(?:别的|其他)颜色"
)
# A property without a thing: "size 43", "waterproof", "I'm left-handed", 我是左撇子.
_PROPERTY = re.compile(
    r"^(?:size\s+\w+|\S*(?:proof|less|able|ible|free|resistant|friendly|sized|handed|style|colou?red))$|^(?:尺码|尺寸|大小|码数)?\d+\s?(?:码|号|寸)$"
)


# "Which is cheaper?" asks about the shown; "which are cheaper than these?" wants others.
_ASKS_WHICH = re.compile(r"\bwhich\b(?!.*\bthan\b)|哪[个款一种台]")
# "Which has the biggest screen?" is about the shown, whatever else is called a screen.
_WHICH_OF = re.compile(r"\W*(?:and\s+|so\s+)?which\s+(?:one\s+|of\s+\w+\s+)?(?:is|has|have)\b")
# "Why is the second cheaper than the first?" sets two against each other.
_THAN = re.compile(r"\bthan\b|比")
COMPARED = 2
# "A bigger screen" is a wish about the thing at hand.
_MORE_OF = re.compile(r"\b(?:more|less|better|longer|\w{2,}er)\s")


@dataclass(frozen=True, slots=True)
class Signs:
    """What the readers found, as far as it tells the act."""

    text: str
    free: str
    query: str
    references: tuple[str, ...]
    pronoun: bool
    constrained: bool
    elliptic: bool
    same_topic: bool
    names_category: bool
    only_values: bool
    names_thing: bool
    has_topic: bool
    has_shown: bool
    relational: bool
    answers: bool


def classify(signs: Signs) -> tuple[Act, bool]:
    """The act, and whether the signs leave no doubt."""
    if is_small_talk(signs):
        return Act.SMALL_TALK, True
    if signs.has_shown and not signs.relational and (act := _about_shown(signs)):
        return act, True
    if (
        pattern("store").search(signs.text)
        and pattern("question").search(signs.text)
        and not signs.constrained
    ):
        return Act.ASK, not signs.names_category
    if not signs.has_topic:
        return Act.SEARCH, True
    return _search_or_refine(signs)


def understand_job(job: Job, language: Language) -> Understanding:
    """A job as an understanding: the rules are sure, and nothing is searched."""
    act = Act(job.kind)
    references = job.product_ids if isinstance(job, CartJob) else ()
    return Understanding(
        act=act, language=language, references=references, job=job, certain=frozenset({"act"})
    )


def is_small_talk(signs: Signs) -> bool:
    """Whether nothing but courtesy, or approval of a shown product, was said."""
    if signs.constrained or signs.relational:
        return False
    if signs.references or signs.pronoun:
        rest = pattern("small_talk").sub(
            " ", _LIKES_FILL.sub(" ", pattern("likes").sub(" ", signs.free.replace(TAKEN, " ")))
        )
        asks = pattern("question").search(signs.text) or _compares(signs)
        return bool(not _is_said(rest) and not asks and pattern("likes").search(signs.text))
    return not _is_said(pattern("small_talk").sub(" ", signs.text))


def _compares(signs: Signs) -> bool:
    return bool(pattern("compare").search(signs.text) or pattern("compare").search(signs.free))


def _is_said(text: str) -> bool:
    """Whether any word is left in `text`."""
    return bool(re.search(r"[^\W_]", text))


def _about_shown(signs: Signs) -> Act | None:
    """Compare or ask, when the message speaks of products on screen."""
    pointed = bool(signs.references)
    if asks_how_much_more(signs.text) and (pointed or not signs.names_category):
        return Act.COMPARE
    if _IN_ANOTHER.search(signs.text) and not pointed:
        return None
    if pointed and _MORE_ABOUT.search(signs.text):
        return Act.ASK
    if len(signs.references) == 1 and _WANTS_LIKE.search(signs.text):
        return Act.REFINE
    several = len(signs.references) != 1 or not signs.query
    about_shown = (
        pointed or signs.pronoun or not signs.names_category or bool(_WHICH_OF.match(signs.text))
    )
    if _compares(signs) and several and about_shown:
        return Act.COMPARE
    if len(signs.references) == COMPARED and _THAN.search(signs.text):
        return Act.COMPARE
    if asks_degree(signs.text) and about_shown and not signs.constrained:
        return Act.ASK
    if (pointed or signs.pronoun) and not pattern("others").search(signs.text):
        if pattern("question").search(signs.text) and not signs.constrained:
            return Act.ASK
        if pointed and not signs.constrained:
            return Act.ASK
    return None


def _search_or_refine(signs: Signs) -> tuple[Act, bool]:
    """Whether the current topic goes on."""
    if signs.relational or (asks_for_others(signs.text) and not signs.names_category):
        return Act.REFINE, True
    if not signs.query and signs.constrained:
        return Act.REFINE, True
    if signs.names_thing and not signs.same_topic:
        return Act.SEARCH, True
    if signs.answers:
        return Act.REFINE, signs.only_values or signs.constrained
    if signs.same_topic:
        return Act.REFINE, not pattern("buy").search(signs.text)
    if signs.names_category and not signs.only_values:
        return Act.SEARCH, True
    if pattern("new_topic").search(signs.text):
        return Act.SEARCH, True
    if signs.only_values or signs.elliptic or _leads_condition(signs.text):
        return Act.REFINE, True
    if _IN_ANOTHER.search(signs.text):
        return Act.REFINE, True
    if _PROPERTY.search(signs.query.lower()) or pattern("about_shopper").search(signs.text):
        return Act.REFINE, False
    if pattern("correction").search(signs.text):
        return Act.REFINE, False
    if pattern("buy").search(signs.text):
        return Act.SEARCH, False
    if not signs.query:
        return Act.REFINE, False
    return Act.SEARCH, False


def names_thing(text: str, query: str) -> bool:
    """Whether `text` is a thing with its article and nothing else: "a wallet", "some socks"."""
    said = re.fullmatch(r"\W*(?:(?:and|ok|okay|now|also|then)\W+)*(?:an?|some)\s+(.+?)\W*", text)
    named = said is not None and said[1] == query.lower()
    return named and not _MORE_OF.search(query.lower()) and not _PROPERTY.search(query.lower())


def asks_degree(text: str) -> bool:
    """Whether the message asks how much of something a thing has ("how long does it last?")."""
    return bool(pattern("degree").search(text))


def asks_how_much_more(text: str) -> bool:
    """Whether the message asks how far two products are apart ("how much cheaper is it?")."""
    return bool(pattern("how_much_more").search(text))


def wants_like(text: str) -> bool:
    """Whether other products that are like a shown one are asked for."""
    return bool(_WANTS_LIKE.search(text))


def asks_which(text: str) -> bool:
    """Whether the message asks which of several is more of something."""
    return bool(_ASKS_WHICH.search(text))


def _leads_condition(text: str) -> bool:
    return bool(pattern("leads.en").search(text) or pattern("leads.zh").search(text))


def asks_for_others(text: str) -> bool:
    """Whether other products than the shown ones are asked for ("something else", 换一个)."""
    return bool(pattern("others").search(text))


def asks_for_similar(text: str) -> bool:
    """Whether products like a shown one are asked for ("more like the second one")."""
    return bool(_SIMILAR.search(text))


def wants_no_question(text: str) -> bool:
    """Whether the shopper wants to see products rather than be asked ("just show me", 直接看)."""
    return bool(pattern("just_show").search(text.lower()))


def asks_to_buy(text: str) -> bool:
    """Whether a thing to buy is named with a verb of its own ("I need a laptop")."""
    return bool(pattern("buy").search(text))
