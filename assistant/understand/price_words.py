"""The words around a number that make it a price, and say which side it bounds."""

from __future__ import annotations

import re
from typing import NamedTuple


class Word(NamedTuple):
    """A bounding word found at [start:end] of the text it was looked for in."""

    meaning: str
    start: int
    end: int


class Bounding:
    """Alternatives by meaning, matched at the end or at the start of a text."""

    def __init__(self, meanings: dict[str, str], *, at_end: bool) -> None:
        body = "|".join(f"(?P<{name}>{pattern})" for name, pattern in meanings.items())
        self._pattern = re.compile(rf"(?:{body})\s*$" if at_end else rf"\s*(?:{body})")
        self._at_end = at_end

    def match_end(self, text: str) -> Word | None:
        """The word that `text` ends with; only its last characters can hold one."""
        offset = max(0, len(text) - LONGEST_PREFIX)
        match = self._pattern.search(text, offset)
        return Word(match.lastgroup or "", match.start(), match.end()) if match else None

    def match_start(self, text: str) -> Word | None:
        """The word that `text` starts with."""
        match = self._pattern.match(text)
        return Word(match.lastgroup or "", match.start(), match.end()) if match else None


LONGEST_PREFIX = 56
# "Don't show me anything over 100", "nothing under 50": what is refused bounds the rest.
_NOTHING = (
    r"\b(?:nothing|(?:do(?:n't|\s+not)|not)\s+(?:show|give|recommend|offer|suggest|want|need|send)"
    r"(?:\s+me)?\s+(?:anything|something|stuff|products?|ones?|things?))"
    r"\s+(?:that\s+)?(?:costs?\s+|costing\s+|priced\s+)?"
)

# Order matters: "not more than" must be tried before "more than", 不低于 before 低于.
PREFIXES = Bounding(
    {
        "AT_MOST": (
            r"(?:(?:\b(?:no|not|never)|n't)\s+(?:cost(?:ing)?\s+|to\s+)*(?:more(?:\s+(?:expensive|costly))?|higher|pricier|greater)\s+than"
            r"|(?:\b(?:not|without|no\s+need\s+to)|n't)\s+(?:(?:want|wanna|wish|like|able|willing|plan)\s+)?(?:to\s+)?(?:exceed(?:ing)?|(?:go(?:ing)?\s+|be\s+)?(?:over|above|beyond)"
            r"|(?:want|wanna|wish|like|able|willing|plan)?\s*(?:to\s+)?(?:spend|pay|cost)(?:ing)?\s+(?:more|over|above)(?:\s+than)?)"
            rf"|{_NOTHING}(?:over|above|beyond|(?:more|pricier)(?:\s+expensive)?\s+than)"
            r"|\b(?:won't|doesn't|don't|not|without)\s+break(?:ing)?|\b(?:price|budget)\s+(?:cap|ceiling|limit|max)(?:\s+(?:of|is|at))?"
            r"|花不了|\bup\s+to|\bat\s+(?:the\s+)?(?:very\s+)?most|\bmax(?:imum|imal|\.)?(?:\s+(?:of|is|price|budget|:))*"
            r"|\bwithin|\bas\s+(?:much|high)\s+as|\b(?:upper\s+)?limit(?:ed)?(?:\s+(?:of|is|to))*|\bcap(?:ped)?\s+(?:of|at)|<=|≤"
            r"|(?:不想|不愿意?|不打算|不会|不要|别)(?:要|花|付|出|买|推荐)?(?:费|钱|到)?(?:超过|多于|高于)"
            r"|不要超过|不想超过|别超过|不能超过|不可以超过|不得超过|不超过|不超|不要高于|不高于|不多于|不大于|不贵于|不要贵于|最多|最高|最贵|至多|顶多"
            r"|上限(?:是|为|:)?|封顶|控制在|限制在|以内的?|小于等于)"
        ),
        "AT_LEAST": (
            rf"(?:{_NOTHING}(?:under|below|beneath|(?:less|cheaper)\s+than)"
            r"|(?:\b(?:no|not|never)|n't)\s+(?:less|cheaper|lower|fewer)\s+than|\bnot\s+(?:under|below)"
            r"|\bat\s+(?:the\s+)?(?:very\s+)?least|\bmin(?:imum|imal|\.)?(?:\s+(?:of|is|price|:))*|\bstart(?:ing|s)?\s+(?:from|at)"
            r"|\bupwards\s+of|\bfrom|>=|≥"
            r"|不低于|不少于|不小于|不下于|不得低于|不能低于|至少|最少|最低|起码|大于等于|下限(?:是|为|:)?)"
        ),
        "BELOW": (
            r"(?:\bsub-?|\b(?:under|below|beneath|underneath|(?:less|lower|cheaper|fewer)\s+than|sub)|<"
            r"|低于|少于|小于|不到|不足|便宜于)"
        ),
        "ABOVE": (
            r"(?:\b(?:over|above|beyond|exceeding|(?:more|higher|greater|pricier)\s+than|more\s+expensive\s+than|north\s+of)|>"
            r"|超过|高于|大于|多于|超出|贵于)"
        ),
        "AROUND": (
            r"(?:\b(?:somewhere\s+)?in\s+the\s+(?:neighbou?rhood|region|area|ballpark|vicinity)\s+of|\b(?:around|about|approximately|approx\.?|roughly|circa|ca\.|near(?:ly)?|close\s+to|somewhere\s+around|some)|~|≈"
            r"|大约|大概|差不多|约莫|约|左右|接近|近)"
        ),
        "RANGE": r"(?:\bbetween|\bin\s+the\s+range(?:\s+of)?|\branging\s+from|在|从|介于)",
    },
    at_end=True,
)

SUFFIXES = Bounding(
    {
        "AT_MOST": (
            r"(?:(?:or|and)\s+(?:less|under|below|cheaper|lower)\b|max(?:imum|\.)?\b|tops\b|at\s+(?:the\s+)?most\b"
            r"|\(?max\)|以内|之内|以下|之下|以里|内(?![\u4e00-\u9fff])|内的|封顶|为上限|(?:就)?(?:能|可以)(?:买|拿下|搞定|入手|解决)到?的?|往下|及以下|或以下|或更低)"
        ),
        "AT_LEAST": (
            r"(?:(?:or|and)\s+(?:more|over|above|up|higher|upwards?)\b|plus\b|\+(?!\s?\d)|min(?:imum|\.)?\b|at\s+(?:the\s+)?least\b"
            r"|以上|之上|起步|起(?![\u4e00-\u9fff])|起(?=的)|往上|开外|及以上|或以上|或更高)"
        ),
        "AROUND": (
            r"(?:or\s+so\b|-?ish\b|give\s+or\s+take\b|or\s+thereabouts\b|左右|上下|附近|前后|来块钱?|来元|出头|多块钱?|多元|[多来](?=的|$|[,。\s])|样子|的样子)"
        ),
        "BELOW": r"(?:还要?|更)?便宜",
        "RANGE": r"(?:之间|区间|range\b|这个价位|价位)",
    },
    at_end=False,
)
# Words that only say that a number is the price or the budget.
BUDGET_BEFORE = re.compile(
    r"(?:\b(?:my\s+|a\s+|the\s+|on\s+a\s+)?(?:price\s+)?budget|\bprice[ds]?(?:\s+range)?|\bcosts?|\bcosting|\bspend(?:ing)?|\bpay(?:ing)?"
    r"|\bfor\s+sale\s+at|\bworth"
    r"|(?:我的?)?预算(?:价)?(?:范围)?|价格(?:范围|区间)?|价位(?:范围)?|价钱|售价|单价|总价|定价|花费?)"
    r"(?:\s*(?:is|are|of|at|about|for|was|be|being|in|on|would|should|must|can|to|range|limit|:|=|是|为|在|有|大概|要|控制|最好))*\s*$"
)
BUDGET_AFTER = re.compile(
    r"\s*(?:(?:price\s+)?budget\b|price\s+range\b|or\s+so\s+budget\b|(?:的)?(?:预算|价位|价格|价))"
)
SPEND_BEFORE = re.compile(
    r"(?:\b(?:i(?:'ve| have)?(?:\s+only)?(?:\s+got)?|have(?:\s+only)?|got|only|for|with|just)"
    r"|只有|只能花|我有|就)\s*$"
)
PRICE_AFTER = re.compile(r"\s*(?:price|budget|total|each|apiece)\b")
# "weight under 500", "ages 3 and up", "size over 43": another measure, not the price.
MEASURED_BEFORE = re.compile(
    r"(?:\b(?:ages?|aged|sizes?|length|width|height|depth|weigh(?:t|s|ing)?|diameter|year|version|model|type|series"
    r"|gen(?:eration)?|android|windows|ios|usb|wi-?fi|bluetooth|resolution|screen|memory|ram|storage|capacity|speed"
    r"|power|noise|ratings?|rated|reviews?|stars?|score|chapter|number|no\.?|part|level|episode|season|volume|temperature)"
    r"|年龄|尺码|码数|尺寸|重量|长度|宽度|高度|身高|体重|直径|版本|型号|内存|容量|功率|噪音|评分|评价|屏幕|像素)"
    r"(?:\s*(?:is|are|of|at|:|是|为|在|要))*\s*$"
)
PEOPLE_BEFORE = re.compile(
    r"\b(?:kids?|child(?:ren)?|toddlers?|bab(?:y|ies)|boys?|girls?|teens?|adults?|people|persons?|seniors?|students?|women|men)"
    r"\s*$"
)
# "For two people under 90": how many there are is said, so the number is not their age.
PARTY_BEFORE = re.compile(
    r"\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|ten)[\s-]*(?:people|persons?|adults?)\s*$"
)
# Nobody is older; a larger number behind people is a price.
OLDEST = 120
# What a number counts or measures beside the units of `retrieval.units`.
COUNTED = (
    r"(?:people|persons?|players?|kids?|packs?|pcs|pieces?|pairs?|sets?|counts?|years?|yrs?|yo|months?|weeks?|nights?"
    r"|stars?|pages?|sheets?|ports?|cores?|channels?|buttons?|keys|bits?|fps|nits|cups?|servings?|items?|ones?|times"
    r"|megapixels?|inch(?:es)?|mm|cm|nm|va|kva|psi|mph|kmh|btu|cfm|th|st|nd|rd|d(?![a-z])|p(?![a-z])|mp(?![a-z])|x(?![a-z])"
    r"|fold|way|in-1|-?in-one|generation|gen|series)(?![a-z])"
    r"|[个只件双套台款条页人岁码号级核位分星度张支盒包片倍代年月日天期段口层格档轮座门键孔头瓶箱副把种枚届寸升克斤]"
    r"|像素|英里|公里|小时|分钟|毫安|厘米|毫米|英寸|平米|平方|毛(?!钱)|成(?!本)|折|人份|件套"
)
# Words that may follow a bare price; any other word makes the number count something.
NOT_NOUNS = (
    r"and|or|but|with|without|for|in|if|please|pls|plz|thanks|thank|that|which|to|from|by|not|no|on|the|a|an|i|is|it"
    r"|would|should|will|can|max|maximum|min|minimum|total|budget|each|price|at|as|so|only|preferably|ideally|because"
    r"|since|also|too|where|would|does|do|are|be|my|ok|okay|then|this|instead|now|of|than|plus|tops"
)
# "USD 250 monitor max": the bound may come last.
MAXIMUM_LAST = re.compile(r"\b(?:max(?:imum)?|tops|at\s+(?:the\s+)?most)\s*[.!]?\s*$")
