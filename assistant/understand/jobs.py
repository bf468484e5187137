"""Reads jobs by rules: the cart, own orders, the store's policies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.jobs.types import (
    AdviceJob,
    CartAction,
    CartJob,
    HandoffJob,
    HandoffReason,
    Job,
    OrderAction,
    OrderJob,
    PolicyJob,
    PreferenceAction,
    PreferenceJob,
    WhyAction,
    WhyJob,
)
from assistant.types import Conversation
from assistant.understand.context import last_topic
from assistant.understand.lexicon import Lexicon
from assistant.understand.numbers import WORD_VALUES, ZH_DIGITS
from assistant.understand.phrases import pattern
from assistant.understand.reference import Pointing, read_references
from assistant.understand.scan import TAKEN, Scan
from assistant.understand.wording import clean_query
from retrieval.types import Language, Product

TOPICS = Path(__file__).parent / "policy_topics.txt"
# A message that only names a matter of the store ("return policy", 运费) is this short.
BARE_CHARACTERS = 30

_N = r"\d{1,2}|" + "|".join(w for w, n in WORD_VALUES.items() if 0 < n <= 20) + r"|a couple of"
_CL = "个件台只双条副部把支张块套盒瓶本份款"
_UNIT = r"(?!\s*(?:-|inch|gb|tb|cm|mm|ml|kg|g\b|l\b|oz|lb|%|\$))"
_QUANTITIES = (
    re.compile(rf"\b(?P<n>{_N})\s*(?:x|×|pcs|pieces?|units?|pairs?|copies|more)\b"),
    re.compile(rf"\b(?P<n>{_N})\s+of\s+(?:the(?=\s)|it|this|that|them|those|these|number)"),
    re.compile(
        rf"\b(?:add|put|buy|order|purchase|take|have|make\s+(?:it|that)|quantity\s+to|it\s+to|to"
        rf"|only|just|want)\s+(?P<n>{_N})\b(?!\s*(?:{TAKEN}|and\b)){_UNIT}"
    ),
    re.compile(r"(?:x|×)\s?(?P<n>\d{1,2})\b"),
    re.compile(
        rf"(?<![第前后这那最数头一两二三四五六七八九十\d])(?P<n>\d{{1,2}}|[一两二三四五六七八九十]{{1,3}})"
        rf"\s*[{_CL}](?!都|全|[和与跟])"
    ),
    re.compile(
        r"(?:数量)?(?:改成|改为|换成|变成|调成)\s*(?P<n>\d{1,2}|[一两二三四五六七八九十]{1,3})"
    ),
)
_BARE = re.compile(
    rf"^\W*(?:just\s+|only\s+|要|就)?(?P<n>{_N}|[一两二三四五六七八九十]{{1,3}})\s*[{_CL}]?\W*(?:please|吧|就好|就行)?\W*$"
)
_ORDER_ID = re.compile(r"(?<![\d.$€¥])\d{5,}(?![\d.])|(?<![a-z0-9])[a-z]{1,4}-?\d{4,}(?![a-z0-9])")
_SIZE = re.compile(r"(?:\bsize|尺码|码数|号码)\s*$")
_THE_LIST = re.compile(
    r"\b(?:in|on|among)\s+(?:the|this|that|your|my)\s+(?:list|results?|selection|recommendations?)\b"
    r"|\b(?:listed|shown|here|included|recommended)\b|(?:列表|结果|推荐)(?:里|中|里面)?"
)
# What leads from one bound to another: "raise it to 500", 加到500.
_TOWARDS = re.compile(
    r"(?:my budget|the budget|the limit|it)\s+to\s+|(?:加|提高|增加|放宽|涨|降|提)到"
)
_BARE_AMOUNT = re.compile(r"[$€£¥]?\s?\d[\d,.]*\s*(?:dollars?|bucks|euros?|usd|eur)?")
# "Both the first and the third" are two, not all that is shown.
_BOTH = re.compile(r"\bboth\b(?=\s+(?:the|number|no)\b)")
# "How long do I have to return it": a question about the rule, not the wish itself.
_ASKS_RULE = re.compile(r"\s*(?:how|when|what|can|could|may|is|are|do|does|if)\b")
# What a wish to forget is wrapped in: "that I don't want", 我说的不要 ... 的.
_OF_MEMORY = re.compile(
    r"\b(?:about|that|it|this|i|said|told|you|don't|do not|never|no|not|wear|want|like|my|the)\b"
    r"|我(?:说的?)?|不要|不喜欢|不穿|这个|那个|这点|这件事|的|吧|了|掉"
)
_IT = re.compile(r"\b(?:it|that|this|them|these|those)\b|它|这个|那个|这款|那款")


@dataclass(frozen=True, slots=True)
class Heard:
    """One message and what surrounds it."""

    scan: Scan
    language: Language
    conversation: Conversation
    shown: Sequence[Product]
    lexicon: Lexicon

    @property
    def last_job(self) -> Job | None:
        """The job of the turn before, if it was one."""
        last = self.conversation.last
        return last.understanding.job if last else None

    def point(self, scan: Scan, ids: Sequence[str] | None = None) -> Pointing:
        """What `scan` points at among the cards, or among `ids` listed in their place."""
        last = self.conversation.last
        focus = last.understanding.references if last else ()
        if ids is None:
            return read_references(scan, self.shown, focus, self.lexicon)
        listed = [Product(id=i, title="", price=None, currency="") for i in ids]
        return read_references(scan, listed, focus, self.lexicon)


def read_job(heard: Heard) -> Job | None:
    """The job of a message, or None where it is about finding products."""
    if reason := read_reason(heard.scan.lower):
        return HandoffJob(reason=reason)
    if wish := _read_memory(heard):
        return wish
    if question := _read_why(heard) or _read_advice(heard):
        return question
    return _read_answer(heard) or _read_cart(heard) or _read_order(heard) or _read_policy(heard)


# ------------------------------------------------------------- hand-off

# In this order: a matter of life first, and who is angry and asks for a human is asked for one.
_REASONS = (
    HandoffReason.SELF_HARM,
    HandoffReason.REQUEST,
    HandoffReason.LEGAL,
    HandoffReason.MEDICAL,
    HandoffReason.ANGER,
)


def read_reason(text: str) -> HandoffReason | None:
    """Why the message (lower case) is not one for the assistant alone, or None."""
    return next((r for r in _REASONS if pattern(f"handoff_{r.value}").search(text)), None)


# ------------------------------------------------------------- why


def _read_why(heard: Heard) -> WhyJob | None:
    """ "Why not the Sony?", 为什么推荐第二个, "what if I spend 500?"."""
    text = heard.scan.lower
    if match := pattern("what_if").search(text):
        rest = _condition(heard.scan.text[match.end() :])
        return WhyJob(action=WhyAction.IF, words=rest) if rest else None
    if last_topic(heard.conversation) is None:
        return None
    scan = Scan(heard.scan.text)
    if pattern("why_this").search(text):
        pointing = heard.point(scan)
        return WhyJob(action=WhyAction.THIS, product_ids=pointing.ids)
    if not scan.take_all(pattern("why_not")):
        return None
    pointing = heard.point(scan)
    scan.take_all(_THE_LIST)
    words = clean_query(scan.rest(), heard.language, spoken=True)
    if not pointing.ids and not words:
        return None
    return WhyJob(action=WhyAction.NOT, product_ids=pointing.ids, words=words)


def _condition(rest: str) -> str:
    """The condition of a "what if" as one would state it: "up to 1500", 预算900."""
    rest = _TOWARDS.sub("", rest.strip(" ,，?？。呢"))
    return f"up to {rest}" if _BARE_AMOUNT.fullmatch(rest) else rest


def _read_advice(heard: Heard) -> AdviceJob | None:
    text = heard.scan.lower
    if not pattern("advice").search(text) or heard.point(Scan(heard.scan.text)).ids:
        return None
    return AdviceJob(words=text)


# ------------------------------------------------------------- memory


def _read_memory(heard: Heard) -> PreferenceJob | None:
    """ "Forget that", 忘掉我不要皮的, "what do you know about me?"."""
    scan = Scan(heard.scan.text)
    if pattern("memory_list").search(scan.lower):
        return PreferenceJob(action=PreferenceAction.LIST)
    if not scan.take_all(pattern("memory_forget")):
        return None
    if pattern("memory_all").search(scan.free):
        return PreferenceJob(action=PreferenceAction.FORGET_ALL)
    scan.take_all(_OF_MEMORY)
    words = clean_query(scan.rest(), heard.language, spoken=True)
    return PreferenceJob(action=PreferenceAction.FORGET, words=words)


# ------------------------------------------------------------- answers to what was asked


def _read_answer(heard: Heard) -> Job | None:
    """A version chosen, or a return confirmed, right after it was asked for."""
    job, text = heard.last_job, heard.scan.lower
    if isinstance(job, CartJob) and job.choices:
        said = f" {text} "
        if any(_names(said, choice) for choice in job.choices):
            quantity = _read_quantity(Scan(heard.scan.text)) or job.quantity
            return CartJob(
                action=CartAction.ADD,
                product_ids=(job.asked,),
                quantity=quantity,
                words=f"{job.words} {text}",
            )
        if bare := _BARE.match(text):
            return job.model_copy(
                update={"product_ids": (job.asked,), "quantity": _number(bare["n"])}
            )
    if isinstance(job, OrderJob) and job.action is OrderAction.RETURN and not job.confirmed:
        if job.product_id and pattern("no").search(text):
            return None
        if job.product_id and pattern("yes").search(text):
            return job.model_copy(update={"confirmed": True})
        for order_id, product_id, title in job.choices:
            if title.lower() in text:
                return OrderJob(action=OrderAction.RETURN, order_id=order_id, product_id=product_id)
    return None


def _names(said: str, choice: str) -> bool:
    """Whether `said` holds `choice` as a word of its own (Chinese has no word bounds)."""
    low = choice.lower()
    if low.isascii():
        return bool(re.search(rf"(?<![a-z0-9]){re.escape(low)}(?![a-z0-9])", said))
    return low in said or (low.endswith("色") and low[:-1] in said)


# ------------------------------------------------------------- cart


def _read_cart(heard: Heard) -> CartJob | None:
    scan = Scan(heard.scan.text)
    after = isinstance(heard.last_job, CartJob)
    named = scan.take_all(pattern("cart_noun")) or bool(pattern("cart_noun").search(scan.lower))
    text = heard.scan.lower
    if pattern("cart_clear").search(text) and (named or after):
        return CartJob(action=CartAction.CLEAR)
    if pattern("cart_check_out").search(text) and len(text) < 2 * BARE_CHARACTERS:
        return CartJob(action=CartAction.CHECK_OUT)
    if (named or after) and pattern("cart_remove").search(text):
        return _changed(heard, scan, CartAction.REMOVE)
    if after and (more := _read_more(heard, scan)):
        return more
    if (named or after) and (job := _read_set(heard, scan, named=named)):
        return job
    if named and pattern("cart_add").search(text):
        return _added(heard, scan)
    if named or (after and pattern("cart_view").search(text)):
        return CartJob(action=CartAction.VIEW)
    return _read_purchase(heard)


def _read_purchase(heard: Heard) -> CartJob | None:
    """ "I'll take the second one", 就买这个: a purchase needs something pointed at."""
    if not heard.shown or not pattern("cart_buy").search(heard.scan.lower):
        return None
    if pattern("question").search(heard.scan.lower) and not re.match(
        r"\s*(?:can|could) (?:i|you)", heard.scan.lower
    ):
        return None
    job = _added(heard, Scan(heard.scan.text))
    # A thing that is named beside ("buy a bag for it") is a search.
    return job if job.product_ids and len(job.words) < BARE_CHARACTERS else None


def _added(heard: Heard, scan: Scan) -> CartJob:
    scan.take_all(_BOTH)
    quantity = _read_quantity(scan)
    pointing = heard.point(scan)
    quantity = quantity or _read_quantity(scan)
    for name in ("cart_buy", "cart_add"):
        scan.take_all(pattern(name))
    words = clean_query(scan.rest(), heard.language, spoken=True)
    return CartJob(
        action=CartAction.ADD,
        product_ids=pointing.ids,
        quantity=quantity or 1,
        words=words,
        it=pointing.pronoun,
    )


def _read_more(heard: Heard, scan: Scan) -> CartJob | None:
    """ "One more" of what was just put in."""
    last = heard.conversation.last
    match = pattern("cart_more").search(scan.lower)
    if not match or last is None or len(scan.lower) > BARE_CHARACTERS:
        return None
    quantity = _read_quantity(Scan(scan.lower.replace("another", "one more"))) or 1
    return CartJob(action=CartAction.ADD, quantity=quantity, it=True)


def _read_set(heard: Heard, scan: Scan, *, named: bool) -> CartJob | None:
    """ "Make it two", 两个, "change the kettle to 3"."""
    bare = _BARE.match(scan.lower)
    asks = pattern("cart_set").search(scan.lower)
    if not bare and not asks:
        return None
    if (
        named
        and pattern("cart_add").search(scan.lower)
        and not re.search("改|换成|chang", scan.lower)
    ):
        return None
    quantity = _number(bare["n"]) if bare else _read_quantity(scan)
    if quantity is None:
        return None
    if bare:
        return CartJob(action=CartAction.SET, quantity=quantity, it=True)
    return _changed(heard, scan, CartAction.SET, quantity)


def _changed(heard: Heard, scan: Scan, action: CartAction, quantity: int | None = None) -> CartJob:
    """A job on a line of the cart: pointed at in the list just read out, on a card, or named."""
    last = heard.conversation.last
    listed = last.understanding.references if last and heard.last_job else ()
    pointing = heard.point(scan, listed) if len(listed) > 1 else Pointing()
    if not pointing.ids:
        pointing = heard.point(scan)
    it = pointing.pronoun or bool(_IT.search(scan.lower))
    for name in ("cart_remove", "cart_set", "cart_noun"):
        scan.take_all(pattern(name))
    words = clean_query(scan.rest(), heard.language, spoken=True)
    return CartJob(
        action=action,
        product_ids=pointing.ids,
        quantity=quantity,
        words=words,
        it=it or not words,
    )


def _read_quantity(scan: Scan) -> int | None:
    """How many pieces are said; takes the words."""
    for rule in _QUANTITIES:
        for match in scan.find(rule):
            if _SIZE.search(scan.lower[: match.start("n")]):
                continue
            if number := _number(match["n"]):
                end = match.end("n")
                scan.take(match.start("n"), end + (scan.lower[end : end + 1] in tuple(_CL)))
                return number
    return None


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text == "a couple of":
        return 2
    if text in WORD_VALUES:
        return WORD_VALUES[text]
    tens, has_ten, ones = text.partition("十")
    if has_ten:
        return 10 * ZH_DIGITS.get(tens, 1) + ZH_DIGITS.get(ones, 0)
    return ZH_DIGITS.get(text, 0)


# ------------------------------------------------------------- orders


def _read_order(heard: Heard) -> OrderJob | None:
    text = heard.scan.lower
    order_id = next((m[0].upper() for m in _ORDER_ID.finditer(text)), "")
    wants = pattern("order_return").search(text) and not _ASKS_RULE.match(text)
    if wants and not pattern("policy").search(text):
        scan = Scan(heard.scan.text)
        scan.take_all(pattern("order_return"))
        words = clean_query(scan.rest(), heard.language, spoken=True)
        return OrderJob(action=OrderAction.RETURN, order_id=order_id, words=text + " " + words)
    if pattern("order_status").search(text):
        return OrderJob(action=OrderAction.STATUS, order_id=order_id, words=text)
    alone = order_id and re.fullmatch(rf"\W*{re.escape(order_id.lower())}\W*", text)
    if alone and isinstance(heard.last_job, OrderJob):
        return heard.last_job.model_copy(update={"order_id": order_id, "choices": ()})
    return None


# ------------------------------------------------------------- policies


@cache
def policy_topics() -> tuple[re.Pattern[str], ...]:
    """The topics of `policy_topics.txt`, one pattern each."""
    lines = TOPICS.read_text(encoding="utf-8").splitlines()
    return tuple(
        re.compile("|".join(_topic_word(w) for w in line.split()))
        for line in lines
        if line and not line.startswith("#")
    )


def _topic_word(word: str) -> str:
    spaced = re.escape(word).replace("_", r"[\s_-]")
    return rf"\b{spaced}" if word.isascii() else spaced


def find_topics(text: str) -> tuple[int, ...]:
    """Numbers of the topics that `text` speaks of, in the file's order."""
    low = text.lower()
    return tuple(n for n, topic in enumerate(policy_topics()) if topic.search(low))


def _read_policy(heard: Heard) -> PolicyJob | None:
    text = heard.scan.lower
    if pattern("discount").search(text):
        return PolicyJob()
    topics = find_topics(text)
    if not topics:
        return None
    if heard.point(Scan(heard.scan.text)).pointers and topics != (0,):
        return None
    if pattern("policy").search(text) or _is_bare(heard):
        return PolicyJob(topics=topics)
    asks = pattern("question").search(text)
    if asks and (pattern("store").search(text) or pattern("asks_store").search(text)):
        return PolicyJob(topics=topics)
    return None


def _is_bare(heard: Heard) -> bool:
    """Whether nothing but a matter of the store is named: "delivery costs?", 运费."""
    scan = Scan(heard.scan.text)
    scan.take_all(pattern("store"))
    left = clean_query(scan.rest(), heard.language, spoken=True)
    return len(scan.lower) <= BARE_CHARACTERS and scan.touched and not left
