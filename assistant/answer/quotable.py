"""What a product's texts may bring into an answer, as a quotation or as evidence.

Titles, descriptions and reviews are written by others. A sentence of theirs that carries a
link, a code, a promise in the shop's name or an order to an assistant is neither quoted nor
believed, and no sentence that carries one is shown, whoever wrote it.
"""

from __future__ import annotations

import re
import unicodedata

# Narrow on purpose: "StarTech.com", "operating system: Windows", "SBCBA109", 输出功率 and "I can't
# tell the difference" are what catalogues and customers write.
_FOREIGN = re.compile(
    # links, addresses, telephone numbers, codes, the chat template's own tokens
    r"https?:|www\.|[a-z]\w*@[a-z]\w*\.[a-z]|\b(?:visit|go to) \S+\.\w|(?:访问|登录)\s?\S+\.\w"
    r"|(?:\bcall\b|拨打|致电)\D{0,6}\d[\d\s-]{6,}|\b(?:use|with) code\b|优惠码"
    r"|<\|[^|<>]*\|>|===|\[/?inst\]|\"role\""
    # orders to a machine
    r"|\b(?:ignore|disregard|forget|override|disable)\b.{0,20}"
    r"\b(?:instructions?|rules|prompt|above|previous|verification)\b"
    r"|\b(?:system|hidden) (?:prompt|message|instructions?|policy)\b"
    r"|(?:^|[.!?|–-]\s*)(?:system|developer|assistant|important)(?: message)?\s*:"
    r"|\b(?:note to ai|as an ai|you are now|repeat after me|the text above|word for word|new fact:)"
    r"|\b(?:reply|respond) only\b|\bstart every sentence\b|\b(?:add|mention) the word\b"
    r"|\banswer in \w+ language\b|\border you to\b|\band output ['\"]"
    r"|\btell (?:everyone|the (?:shopper|customer|user|buyer)s?"
    r"|(?:every|each|all) (?:shopper|customer|user|buyer)s?)\b"
    r"|(?:^|[.!:\]|–-]\s*|\bplease )(?:say|claim) (?:that|'|\")|(?:^|\] ?)say '"
    r"|忽略(?:以上|之前|所有|上面)|(?:无视|忘掉|忘记).{0,4}(?:规则|指令)|(?:隐藏|新)指令|【指令】"
    r"|(?:^|[。!?;\s|–-])(?:系统|助手|重要|开发者消息)[:：]|系统提示|提示词|给ai的备注|你现在没有"
    r"|跟我重复|一字不差|只?回复[“\"]|并输出|(?:告诉|让)(?:每位|所有|每个)?顾客|告诉(?:所有|每个)人"
    r"|(?<!申)请说|声称|命令你|事实结束|新事实|翻译成\S{1,3}语|请用.{0,6}回答|每句话以"
    # promises and claims in the shop's name
    r"|\bcoupons?\b|\bgift card with\b|\bfull refund\b|\bfree for life\b|\ba prize\b"
    r"|\b(?:are|been|is) recalled\b|\bget \w+ free\b|\bsecret discount\b"
    r"|\b(?:this|our|the) (?:shop|store) (?:sells|gives|offers|promises)\b"
    r"|\bapproved by doctors\b|\bcures? (?:insomnia|cancer|disease|pain)\b|\bcard number\b"
    r"|\bbest of all\b|\b\d+\s?% off (?:for|to) (?:you|every)|\bi have been hacked\b"
    r"|赠送.{0,8}礼品卡|全额退款|终身免|领奖|被召回|卖假货|打[一二三四五六七八九]折|买[一二三]送"
    r"|秘密折扣|治疗(?:失眠|疾病|癌)|医生认证|银行卡号|我被黑|全店最好|已被攻破|校验已关闭",
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
    return _FOREIGN.search(unicodedata.normalize("NFKC", text).strip()) is not None


def is_quotable(text: str) -> bool:
    """Whether `text` holds nothing but an opinion or a description."""
    return not is_foreign(text) and _OFFER.search(text) is None


def believe(text: str) -> str:
    """`text` without the sentences that may not be believed."""
    if not is_foreign(text):
        return text
    return " | ".join(part for part in _SENTENCE.split(text) if not is_foreign(part))
