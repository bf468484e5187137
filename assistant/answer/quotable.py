"""What a product's texts may bring into an answer, as a quotation or as evidence.

Titles, descriptions and reviews are written by others. A sentence of theirs that carries a
link, a code, a promise in the shop's name or an order to an assistant is neither quoted nor
believed, and no sentence that carries one is shown, whoever wrote it.
"""

from __future__ import annotations

import re
import unicodedata

_FOREIGN = re.compile(
    # links, addresses, telephone numbers, codes
    r"https?:|www\.|\w@\w|\b\w+\.(?:com|net|org|cn|example)\b|\d{3}[-\s]\d{3,4}[-\s]?\d{2,4}"
    r"|<\|[^|<>]*\|>|===|\[/?inst\]|\"role\"|\b[A-Z]{3,}\d{2,}\b"
    # orders to a machine
    r"|\b(?:ignore|disregard|forget|override|disable)\b.{0,30}\b(?:instruction|"
    r"rule|prompt|above|previous|verif)"
    r"|\b(?:system|hidden) (?:prompt|message|instruction|"
    r"policy)|\b(?:system|developer|assistant)(?: message)?:"
    r"|\b(?:as an? ai|note to ai|you are now|repeat after me|the text above|"
    r"word for word|answer in|translate to)\b"
    r"|\bstart every sentence|\b(?:tell|order) (?:the|every|each|all|"
    r"you)\b|\b(?:reply|respond|output|print)\b.{0,20}\b(?:only|with|"
    r"above)\b"
    r"|\bend of facts\b|\bnew fact\b|\bhidden instructions?\b|\bsay (?:that|'|\")|\bclaims? that\b"
    r"|忽略|无视|忘掉|忘记规则|系统[:：]|系统提示|提示词|指令|开发者|"
    r"助手[:：]|给ai|你现在|跟我重复|一字不差|回复[“\"]|输出|打印上面"
    r"|请?告诉(?:每|所有|顾客)|让顾客|请说|声称|命令你|事实结束|新事实|翻译成|文言文|请用.{0,6}回答"
    # promises in the shop's name
    r"|\b(?:coupon|promo|voucher|gift card|refund|discount code|free shipping|"
    r"free for life|prize|recall(?:ed)?|counterfeit)\b"
    r"|\buse code\b|\bget \w+ free\b|\b(?:promise|guarantee)d?\b.{0,30}\b(?:refund|"
    r"discount|free)\b"
    r"|\bapproved by doctors\b|\bcures?\b"
    r"|优惠码|礼品卡|全额退款|免运费|领奖|召回|假货|打[一二三四五六七八九\d]+折|"
    r"买[一二三\d]送|秘密折扣|治疗|医生认证|银行卡",
    re.IGNORECASE,
)


# Prices and discounts are told from the record; in somebody's prose they may be invented.
_OFFER = re.compile(
    r"\d+\s?% off|\bdiscount|\b(?:costs?|only|for) [$€£]\s?\d|只要\d|打折|折扣|便宜\d",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?。！？;；])\s*(?=\S)|\s+[-–—|]\s+")


def is_foreign(text: str) -> bool:
    """Whether `text` carries what no product text may bring into an answer."""
    return _FOREIGN.search(unicodedata.normalize("NFKC", text)) is not None


def is_quotable(text: str) -> bool:
    """Whether `text` holds nothing but an opinion or a description."""
    return not is_foreign(text) and _OFFER.search(text) is None


def believe(text: str) -> str:
    """`text` without the sentences that may not be believed."""
    if not is_foreign(text):
        return text
    return " | ".join(part for part in _SENTENCE.split(text) if not is_foreign(part))
