"""From a spoken request to clean search text: politeness, fillers and particles go."""

from __future__ import annotations

import re

from assistant.understand.language import HAN
from assistant.understand.scan import TAKEN
from retrieval.types import Language

_GREETING_EN = r"(?:hi|hello|hey|hiya|howdy|greetings|good\s+(?:morning|afternoon|evening|day))(?:\s+(?:there|all|everyone))?"
_THANKS_EN = r"(?:many\s+)?(?:thanks|thank\s+you|thx|ty|cheers)(?:\s+(?:so|very)\s+much|\s+a\s+(?:lot|bunch|million)|\s+in\s+advance|\s+for\s+(?:your|the)\s+(?:help|time|recommendations?|suggestions?|information|info|advice)|\s+for\s+helping(?:\s+me)?)*"
# Phrases that open or carry a request but name nothing to search for.
_FILLERS_EN = re.compile(
    rf"\b(?:{_GREETING_EN}|{_THANKS_EN}"
    r"|(?:could|can|would|will)\s+you(?:\s+(?:please|possibly|maybe|kindly))?(?:\s+(?:help|assist))?(?:\s+me)?(?:\s+(?:to|with|in))?(?:\s+(?:find(?:ing)?|show|recommend|suggest|get|give|tell|pick|choose|search|look|bring|locate)(?:\s+(?:me|us|for|up))*)?"
    r"|(?:please\s+)?(?:help|assist)\s+me(?:\s+(?:to|with|in))?(?:\s+(?:find(?:ing)?|buy(?:ing)?|get(?:ting)?|pick(?:ing)?|choos(?:e|ing)|out|select(?:ing)?))*"
    r"|(?:please\s+)?(?:show|find|get|give|recommend|suggest|bring|send|search|browse)\s+(?:me|us|for)(?:\s+(?:for|with))?"
    r"|(?:do|does|did)\s+(?:you|u|your\s+(?:store|shop))(?:\s+(?:guys|folks))?\s+(?:have|sell|carry|stock|offer|know(?:\s+of)?|got)"
    r"|(?:have|got)\s+you\s+got|have\s+you|is\s+there|are\s+there|i\s+wonder(?:\s+if)?|i\s+was\s+wondering(?:\s+if)?"
    r"|(?:i|we)(?:'m|'re|\s+am|\s+are|m)?\s*(?:currently\s+|just\s+|really\s+|also\s+|now\s+|still\s+|actually\s+)*(?:looking|searching|shopping|hunting|interested|seeking)(?:\s+(?:for|to|in|at|into))*(?:\s+(?:buy(?:ing)?|get(?:ting)?|purchas(?:e|ing)|find(?:ing)?))?"
    r"|looking\s+(?:for|to\s+(?:buy|get|purchase|find))|searching\s+for|in\s+search\s+of|on\s+the\s+lookout\s+for"
    r"|(?:i|we)(?:'d|\s+would|'ll|\s+will|d)?\s*(?:also\s+|just\s+|really\s+|only\s+|now\s+|do\s+|still\s+|actually\s+)*(?:like|love|want|wanna|need|wish|prefer|plan|hope|have|got|intend|require|am\s+after|in\s+need\s+of)(?:\s+(?:to|you\s+to|it\s+to))?(?:\s+(?:buy|get|see|find|have|purchase|order|try|be|pick|look\s+(?:for|at)|shop\s+for|use|replace|upgrade(?:\s+to)?))*(?:\s+(?:me|up|for))?"
    r"|i'?m\s+in\s+(?:the\s+market|need)\s+(?:for|of)|let(?:'s|\s+me)\s+(?:see|look(?:\s+at)?|have)|(?:please\s+)?compare|what\s+about|how\s+about|any\s+(?:ideas?|recommendations?|suggestions?)(?:\s+(?:for|on))?"
    r"|what(?:'s|\s+is|\s+are)\s+(?:a\s+good|the\s+best|your\s+best|some\s+good)|what\s+(?:kinds?\s+of|would\s+you\s+recommend|do\s+you\s+recommend|do\s+you\s+have|can\s+you\s+recommend)|which\s+(?:do\s+you\s+recommend|is\s+best)"
    r"|(?:do\s+)?you\s+(?:have|got)|something\s+(?:like|that(?:'s|\s+is)?|for|to)?|anything\s+(?:that(?:'s|\s+is)?|for|like)?|some\s+(?:kind|sort)\s+of|a\s+(?:bit|little)|pls|plz|please|kindly|i\s+think|i\s+guess|if\s+possible|if\s+you\s+(?:have|can)|preferably|ideally|maybe|perhaps|basically|actually|well|okay|ok|um+|uh+|hmm+|right\s+now|today|asap"
    r"|on\s+(?:amazon|your\s+(?:site|website|store|shop))|in\s+your\s+(?:store|shop)|as\s+a\s+(?:gift|present)|just\s+show\s+me|show\s+me|make\s+(?:it|that|them)|(?:do\s+)?(?:they|these|those|it)\s+come|(?:do\s+)?you\s+have\s+(?:it|them|one|any)|of\s+course|sure|yes|yeah|yep|nope|sorry|great|nice|cool|perfect|excellent|good\s+quality|the\s+price|price|in\s+total|for\s+sale)(?![\w'-])"
)
STOPWORDS = frozenset(
    "a an the some any my our your his her their its i me we us you he she they them it this that these those "
    "is are am be was were been being do does did has have had having will would can could should shall may might "
    "must for with of to in on at by from as into about than then so too also very really quite just only more "
    "most less and or but nor if which who whom whose what where when how there here please one ones thing things "
    "im id ill ive dont s t d m re ve ll don doesn isn want need like get got give find show buy something anything "
    "preferably purchase looking under over up out no not yes because since while other another different else "
    "instead now meant cost costs costing priced price budget dollars bucks usd eur ideally kind sort type make made sure let".split()
)

_FILLERS_ZH = re.compile(
    r"对比(?:一下)?|比较一下|你好呀?|您好呀?|哈喽|嗨|早上好|下午好|晚上好|在吗|请问一?下?|麻烦(?:你|您)?|谢谢(?:你|您|啦|了)?|多谢|感谢|劳驾|不好意思|老板|亲(?=[,。 ])|客服|小姐姐"
    r"|(?:我|我们|俺|本人)?(?:就|也|还|很|现在|最近|今天|正|一直|目前|其实)*(?:想要?|需要|要|打算|准备|计划|希望|考虑|寻找|在找|在寻找|找|求|求购)(?:能|可以|再)?(?:购买|买到?|入手|选购|选|挑选?|找|看看?|购置|购|换|送|有|了解|搜索?|给)?(?:一下)?(?=(?:[一两几]?[款个台件条把双副部支张本块辆套盒瓶只种些桶枚顶床盏根对架袋包箱点]|[^的,。]))"
    r"|(?:可以|能不能|能否|可不可以|能|可否|帮忙|帮我|帮|给我|为我|替我|麻烦)+(?:再|多)?(?:推荐|找|看看?|选|挑|介绍|搜索?|来|拿|买|展示|列出|换)?(?:一下|下|看)?(?=.)"
    r"|(?:再|多|求|有)?推荐(?:一下|几|下)?(?:给我)?|介绍(?:一下|几款)?|来(?=[一两几]?[款个台件条把双])|看看|瞧瞧|搜索|搜一下|查一下|找一下|买一?(?=[款个台件条把双副部支张本])"
    r"|有没有(?:那种)?|有木有|有无|(?:你们?|您|店里|这里|这儿|本店)(?:这里|这儿|家|店里?)?(?:有|卖|都)(?:没有|卖|哪些|什么)?|(?<![\u4e00-\u9fff])有(?:什么|哪些|啥)?(?=.)|什么样?的?(?=[^的])|哪[些种款个](?=.)"
    r"|最好是?|如果(?:可以|有)的?话?|比较(?=好)|大概|左右|价格|价位|价钱|预算|以内|那种|这种|之类的?|等等|有的话|的话|给(?:我)?(?:孩子|朋友)?(?=推荐)|比较好|好一?点的|质量好|性价比高?的?|直接(?:看|显示|展示|列出来)|就行了?|就好了?|就可以了?|都行|都可以|怎么样|如何|可以吗|行吗|好吗|有吗|吗|呢|哦|呀|啦|嘛|哈|啊"
)
_CLASSIFIER = "款个台件条把双副部支张本块辆套盒瓶只种些桶枚顶床盏根架袋箱"
# A bare classifier (买块表) counts only right after a filler: 台灯 is a lamp, not "a 灯".
_AFTER_FILLER = re.compile(rf"\x01\s*[一两几三这那]?[{_CLASSIFIER}](?:的)?(?=\w)|\x01")
_ONE = re.compile(rf"(?<![\w])[一两几][{_CLASSIFIER}点](?:的)?(?=\w)")
_EDGE_ZH = re.compile(
    r"^[的地得吧了就要是也还都且而并但和或与及给我在能可以]+|(?:[的地得吧了啊呢哦吗呀嘛啦就好行是]|一点|一些|点儿?|些)+$"
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
        return bool(_FILLERS_ZH.search(text) or _ONE.match(text) or text.endswith("的"))
    return bool(_FILLERS_EN.search(text.lower())) or text.lower().startswith(("a ", "an "))


def _clean_english(rest: str) -> str:
    lowered = rest.lower() if len(rest.lower()) == len(rest) else rest
    kept = list(rest)
    for match in _FILLERS_EN.finditer(lowered):
        kept[match.start() : match.end()] = [TAKEN] * (match.end() - match.start())
    text = _PUNCTUATION.sub(" ", "".join(kept)).replace(TAKEN, " ")
    words = (w.strip(_TOKEN_EDGE) for w in text.split())
    return " ".join(w for w in words if w and not _is_stopword(w.lower()))


def _is_stopword(word: str) -> bool:
    """Contractions ("what's", "i'm") are stop words when their first part is one."""
    return word in STOPWORDS or ("'" in word and word.split("'")[0] in STOPWORDS)


def _clean_chinese(rest: str) -> str:
    text = _AFTER_FILLER.sub(" ", _FILLERS_ZH.sub("\x01", rest))
    text = _PUNCTUATION.sub(" ", text).replace(TAKEN, " ")
    parts = []
    for part in text.split():
        part = _EDGE_ZH.sub("", _ONE.sub("", part))
        if part and part.lower() not in STOPWORDS:
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
