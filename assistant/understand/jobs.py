"""Reads jobs by rules: the cart, own orders, the store's policies."""

from __future__ import annotations

import re
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
from assistant.understand.cart import BARE, read_cart, read_number, read_quantity
from assistant.understand.context import last_topic
from assistant.understand.heard import BARE_CHARACTERS, Heard
from assistant.understand.phrases import pattern
from assistant.understand.scan import Scan
from assistant.understand.wording import clean_query

TOPICS = Path(__file__).parent / "policy_topics.txt"

_ORDER_ID = re.compile(r"(?<![\d.$€¥])\d{5,}(?![\d.])|(?<![a-z0-9])[a-z]{1,4}-?\d{4,}(?![a-z0-9])")
_THE_LIST = re.compile(
    r"\b(?:in|on|among)\s+(?:the|this|that|your|my)\s+(?:list|results?|selection|recommendations?)\b"
    r"|\b(?:listed|shown|here|included|recommended)\b|(?:列表|结果|推荐)(?:里|中|里面)?"
)
# What leads from one bound to another: "raise it to 500", 加到500.
_TOWARDS = re.compile(
    r"(?:my budget|the budget|the limit|it)\s+to\s+|(?:加|提高|增加|放宽|涨|降|提)到"
)
_BARE_AMOUNT = re.compile(r"[$€£¥]?\s?\d[\d,.]*\s*(?:dollars?|bucks|euros?|usd|eur)?")
# "How long do I have to return it": a question about the rule, not the wish itself.
_ASKS_RULE = re.compile(r"\s*(?:how|when|what|can|could|may|is|are|do|does|if)\b")
# What a wish to forget is wrapped in: "that I don't want", 我说的不要 ... 的.
_OF_MEMORY = re.compile(
    r"\b(?:about|that|it|this|i|said|told|you|don't|do not|never|no|not|wear|want|like|my|the)\b"
    r"|我(?:说的?)?|不要|不喜欢|不穿|这个|那个|这点|这件事|的|吧|了|掉"
)


def read_job(heard: Heard) -> Job | None:
    """The job of a message, or None where it is about finding products."""
    if reason := read_reason(heard.scan.lower):
        return HandoffJob(reason=reason)
    if wish := _read_memory(heard):
        return wish
    if question := _read_why(heard) or _read_advice(heard):
        return question
    return _read_answer(heard) or read_cart(heard) or _read_order(heard) or _read_policy(heard)


# ------------------------------------------------------------- hand-off

# In this order: a matter of life first, and who is angry and asks for a human is asked for one.
_REASONS = (
    HandoffReason.SELF_HARM,
    HandoffReason.REQUEST,
    HandoffReason.LEGAL,
    HandoffReason.MEDICAL,
    HandoffReason.ANGER,
    HandoffReason.SECRETS,
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
            quantity = read_quantity(Scan(heard.scan.text)) or job.quantity
            return CartJob(
                action=CartAction.ADD,
                product_ids=(job.asked,),
                quantity=quantity,
                words=f"{job.words} {text}",
                later=job.later,
                said=job.words,
            )
        if bare := BARE.match(text):
            return job.model_copy(
                update={"product_ids": (job.asked,), "quantity": read_number(bare["n"])}
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
