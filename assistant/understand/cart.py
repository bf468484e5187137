"""Reads what is to be done with the cart, and how many pieces of what."""

from __future__ import annotations

import re

from assistant.jobs.types import CartAction, CartJob
from assistant.understand.heard import BARE_CHARACTERS, Heard
from assistant.understand.numbers import WORD_VALUES, ZH_DIGITS
from assistant.understand.phrases import pattern
from assistant.understand.reference import Pointing
from assistant.understand.scan import TAKEN, Scan
from assistant.understand.wording import clean_query

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
BARE = re.compile(
    rf"^\W*(?:just\s+|only\s+|要|就)?(?P<n>{_N}|[一两二三四五六七八九十]{{1,3}})\s*[{_CL}]?\W*(?:please|吧|就好|就行)?\W*$"
)
_SIZE = re.compile(r"(?:\bsize|尺码|码数|号码)\s*$")
# "Both the first and the third" are two, not all that is shown.
_BOTH = re.compile(r"\bboth\b(?=\s+(?:the|number|no)\b)")
# All that was just shown or planned: "add them all", "the whole set", 全部加入.
_ALL = re.compile(
    r"\b(?:all(?: of (?:them|these|those|it))?|(?:them|these|those|it) all|everything"
    r"|the (?:whole |entire |complete )?(?:set|bundle|lot))\b|全部|全都|都|所有|整套|它们|一起"
)
_IT = re.compile(r"\b(?:it|that|this|them|these|those)\b|它|这个|那个|这款|那款")


def read_cart(heard: Heard) -> CartJob | None:
    """What to do with the cart, or None where the message is about something else."""
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
    quantity = read_quantity(scan)
    pointing = heard.point(scan)
    quantity = quantity or read_quantity(scan)
    ids = pointing.ids
    if not ids and scan.take_all(_ALL):
        ids = heard.spoken_of
    for name in ("cart_buy", "cart_add"):
        scan.take_all(pattern(name))
    words = clean_query(scan.rest(), heard.language, spoken=True)
    return CartJob(
        action=CartAction.ADD,
        product_ids=ids,
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
    quantity = read_quantity(Scan(scan.lower.replace("another", "one more"))) or 1
    return CartJob(action=CartAction.ADD, quantity=quantity, it=True)


def _read_set(heard: Heard, scan: Scan, *, named: bool) -> CartJob | None:
    """ "Make it two", 两个, "change the kettle to 3"."""
    bare = BARE.match(scan.lower)
    asks = pattern("cart_set").search(scan.lower)
    if not bare and not asks:
        return None
    if (
        named
        and pattern("cart_add").search(scan.lower)
        and not re.search("改|换成|chang", scan.lower)
    ):
        return None
    quantity = read_number(bare["n"]) if bare else read_quantity(scan)
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


def read_quantity(scan: Scan) -> int | None:
    """How many pieces are said; takes the words."""
    for rule in _QUANTITIES:
        for match in scan.find(rule):
            if _SIZE.search(scan.lower[: match.start("n")]):
                continue
            if number := read_number(match["n"]):
                end = match.end("n")
                scan.take(match.start("n"), end + (scan.lower[end : end + 1] in tuple(_CL)))
                return number
    return None


def read_number(text: str) -> int:
    """The number that digits, an English word or Chinese numerals below 100 stand for, else 0."""
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
