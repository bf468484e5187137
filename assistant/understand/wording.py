"""From a spoken request to clean search text: politeness, fillers and particles go."""

from __future__ import annotations

import re

from assistant.understand.language import HAN
from assistant.understand.phrases import pattern, words
from assistant.understand.scan import TAKEN
from retrieval.types import Language

_CLASSIFIER = "款个台件条把双副部支张本块辆套盒瓶只种些桶枚顶床盏根架袋箱"
# In 两个人的帐篷 people are counted, and the count is part of what is wanted.
_PEOPLE = "(?!人(?:[的用住吃睡坐玩穿看喝]|$))"
# A bare classifier (买块表) counts only right after a filler: 台灯 is a lamp, not "a 灯".
_AFTER_FILLER = re.compile(
    rf"\x01\s*[一两几三这那]?[{_CLASSIFIER}]{_PEOPLE}(?:的)?(?=[\w{TAKEN}])|\x01"
)
_ONE = re.compile(rf"(?<![\w])[一两几][{_CLASSIFIER}点]{_PEOPLE}(?:的)?(?=\w)")
_EDGE_ZH = re.compile(
    r"^[们的地得吧了就要是也还都且而并但和或与及给我在能可以]+|(?:[的地得吧了啊呢哦吗呀嘛啦就好行是]|一点|一些|点儿?|些)+$"
)
_PUNCTUATION = re.compile(
    rf"[,.!?;:、。…~(){{}}\[\]<>|\"“”‘’《》【】=*#@\\^`]+(?=\s|$|{TAKEN})|[,!?;、。…|“”‘’《》【】{{}}\[\]<>\\^`]+|(?<=\s)[(\"]"
)
_SPACES = re.compile(r"\s+")
_TOKEN_EDGE = "'\"().,;:!?-"


def clean_query(rest: str, language: Language, *, spoken: bool) -> str:
    """Search text from what no reader took (`rest`, gaps as TAKEN).

    A query that is not `spoken` (nothing was taken from it, no filler in it) is search
    text already and is left as it stands: "toner for xerox 6600", "the boys".
    """
    if not spoken and not has_filler(rest, language):
        return _SPACES.sub(" ", rest).strip()
    if language is Language.CHINESE:
        return _clean_chinese(rest)
    return _clean_english(rest)


def has_filler(text: str, language: Language) -> bool:
    """Whether `text` talks to somebody rather than naming things."""
    if language is Language.CHINESE:
        return bool(pattern("fillers.zh").search(text) or _ONE.match(text) or text.endswith("的"))
    return bool(pattern("fillers.en").search(text.lower())) or text.lower().startswith(
        ("a ", "an ")
    )


def _clean_english(rest: str) -> str:
    lowered = rest.lower() if len(rest.lower()) == len(rest) else rest
    kept = list(rest)
    for match in pattern("fillers.en").finditer(lowered):
        kept[match.start() : match.end()] = [TAKEN] * (match.end() - match.start())
    text = _PUNCTUATION.sub(" ", "".join(kept)).replace(TAKEN, " ")
    words = (w.strip(_TOKEN_EDGE) for w in text.split())
    return " ".join(w for w in words if w and not _is_stopword(w.lower()))


def _is_stopword(word: str) -> bool:
    """Contractions ("what's", "i'm") are stop words when their first part is one."""
    return word in words("stopwords") or ("'" in word and word.split("'")[0] in words("stopwords"))


def _clean_chinese(rest: str) -> str:
    text = _AFTER_FILLER.sub(" ", pattern("fillers.zh").sub("\x01", rest))
    text = _PUNCTUATION.sub(" ", text).replace(TAKEN, " ")
    parts = []
    for part in text.split():
        part = _EDGE_ZH.sub("", _ONE.sub("", part))
        if part and part.lower() not in words("stopwords"):
            parts.append(part)
    return " ".join(parts)


def is_noun_missing(rest: str) -> bool:
    """Whether a Chinese request ends in 的 with nothing after it: 黑色的, 便宜一点的."""
    return bool(
        re.search(
            rf"[{HAN}a-z0-9{TAKEN}]的\s*(?:吗|呢|吧|么|嘛|有吗|有没有)?\s*[?？。!,{TAKEN}\s]*$",
            rest.lower(),
        )
    )
