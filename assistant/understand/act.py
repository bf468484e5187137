"""What a message does: search, refine, compare, ask about a product, or make conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.types import Act
from assistant.understand.scan import TAKEN

_SMALL_TALK = re.compile(
    r"\b(?:hi|hello|hey|hiya|howdy|yo|greetings|good\s+(?:morning|afternoon|evening|night|day)|there"
    r"|how\s+(?:are|r)\s+(?:you|u|things|ya)(?:\s+(?:doing|today|going))*|how(?:'s|\s+is)\s+(?:it\s+going|everything|life)(?:\s+with\s+you)?|what's\s+up|nice\s+to\s+meet\s+you"
    r"|(?:many\s+)?thanks|thank\s+(?:you|u)|thx|ty|cheers|(?:so|very)\s+much|a\s+(?:lot|bunch|million)|for\s+(?:your|the|all(?:\s+the)?)\s+(?:help|time|advice|recommendations?|suggestions?)|for\s+helping(?:\s+me)?"
    r"|(?:i\s+)?appreciate\s+(?:it|that|your\s+help)|no\s+problem|no,?\s+thanks|you're\s+welcome|(?:good)?bye(?:\s*bye)?|see\s+(?:you|ya)(?:\s+later)?|have\s+a\s+(?:nice|good|great)\s+(?:day|one|evening|weekend)|later"
    r"|ok(?:ay)?|alright|all\s+right|great|cool|nice|perfect|awesome|excellent|wonderful|amazing|good|fine|sure|yes|yeah|yep|no|nope|got\s+it|i\s+see|sounds\s+good|that's\s+(?:all|it|great|fine|perfect)|lol|haha+|wow|well|not\s+bad|without\s+doubt|of\s+course"
    r"|who\s+(?:are|r)\s+(?:you|u)|what\s+(?:are\s+you|is\s+your\s+name|can\s+you\s+do(?:\s+for\s+me)?|do\s+you\s+do)|what's\s+your\s+name|are\s+you\s+(?:a\s+)?(?:real|human|bot|robot|ai|an\s+ai|machine|person|chatgpt)(?:\s+(?:person|human))?|tell\s+me\s+a\s+joke|tell\s+me\s+about\s+yourself|who\s+made\s+you|can\s+you\s+help(?:\s+me)?|i\s+need\s+(?:some\s+)?help|help"
    r"|i\s+(?:really\s+)?(?:like|love)\s+(?:it|them|that|this)(?:\s+one)?|i'?m\s+(?:good|fine|happy|ok|okay|satisfied|pleased)(?:\s+with\s+(?:it|this|that)(?:\s+one)?)?|today|and|too|so|you|friend|dear|assistant)\b"
    r"|你好[呀啊]?|您好[呀啊]?|哈喽|嗨|hello|早上好|上午好|中午好|下午好|晚上好|早安|晚安|早[呀啊]?$|在吗|在不在|有人吗"
    r"|谢谢(?:你|您|啦|了|亲)?|多谢|感谢(?:你|您)?|谢啦|辛苦了|麻烦(?:你|您)?了|非常感谢|再见|拜拜|回见|下次见|不客气|不用谢|没事了?"
    r"|好的?[呀啊吧]?|行[吧啊]?|可以的?|嗯+|哦+|是的|对的?|不错|很好|太好了|挺好的?|太棒了|真棒|满意|知道了|明白了?|了解了?|收到|没问题|哈哈+|厉害"
    r"|你是谁|你是(?:机器人|真人|人工|ai|人工智能|客服|什么)(?:吗|么)?|你叫(?:什么|啥)(?:名字)?|你(?:能|会|可以)(?:做|干|帮我做|帮我)?(?:什么|啥|些什么)|介绍一下(?:你)?自己|讲个笑话|你好吗|最近怎么样|吃了吗|需要帮助|帮帮我|我?很?喜欢|非常|真的|啦|了|呢|吗|呀|啊|吧|哦|的|很|你|您|亲"
)
_LIKES = re.compile(
    r"\bi(?:'ll|\s+will|'d|\s+would|\s+think|\s+really|\s+quite)*\s*(?:like|love|prefer|choose|take|pick|go\s+(?:with|for)|buy|order|want|get)\b|\bplace\s+an?\s+order(?:\s+for)?\b|\b(?:is|looks|seems)\s+(?:really\s+|very\s+|quite\s+|so\s+)*(?:great|good|perfect|fine|nice|suitable|ok|okay|exactly\s+what\s+i(?:'m|\s+am)?\s*(?:want|need|looking\s+for)?)\b|\b(?:works|suits)(?:\s+me)?\b"
    r"|我?(?:就|很|挺|比较|还是|更)*(?:要|喜欢|选|买|来|定|拿)(?:了)?|(?:挺|很|蛮|还|真|非常)(?:不错|好看?|可以|合适|满意|喜欢)|不错|合适|满意|就(?:它|这个)|打算购买|下单"
)
_LIKES_FILL = re.compile(
    r"\bplease\b|\breally\b|\bvery\b|\bthink\b|\bi\b|\bdo\b|我|看|觉得|感觉|着|吧|了|的|也|都"
)
_COMPARE = re.compile(
    r"\bcompar(?:e|ed|ing|ison)\b|\bdiffer(?:ence|ences|ent|s)?\b|\bvs\.?\b|\bversus\b|\bwhich\s+(?:one\s+|of\s+(?:them|these|those|the\s+two)\s+)?(?:is|are|has|would|should|do\s+you|looks?|works?|lasts?|fits?)\b"
    r"|\bbetter\s+than\b|\bor\s+the\s+other\b|\bwhat(?:'s|\s+is)\s+better\b|\bpros\s+and\s+cons\b|\bside\s+by\s+side\b|\bwhich\s+(?:one|of\s+(?:them|these|those))\b"
    r"|区别|差别|差异|不同|对比|比较一?下|比一比|比一下|相比|哪[个款一种台](?:更|比较|最|要)?(?:好|值|适合|耐用|强|划算|合适|推荐|便宜|贵|轻|大|小|新|安静|省电|耐|清晰|快)|哪[个款](?=[^的]*[?？]?$)|比较(?=[\x00])|(?<=\x00)比较|优缺点|谁更|孰|pk"
)
_QUESTION = re.compile(
    r"\?|^\s*(?:and\s+|so\s+|but\s+|ok\s+)?(?:does|do|is|are|was|has|have|had|can|could|will|would|should|did|how|what|what's|whats|why|when|where|who|which|tell\s+me)\b"
    r"|吗|么[?。]?$|呢[?。]?$|什么|多少|多大|多重|多长|多久|多高|几[个年天小寸]|怎么|怎样|如何|为什么|为啥|能不能|可不可以|会不会|是不是|有没有|是否|能否|哪|支不支持|防不防|好不好|好用|贵不贵|重不重|大不大|行不行"
)
_STORE_QUESTION = re.compile(
    r"\b(?:shipping|shipment|deliver(?:y|ed|ies)?|returns?\b(?:\s+policy)?|refunds?|exchange\s+policy|warranty|guarantee|payment\s+(?:methods?|options?)|pay\s+(?:with|by)|credit\s+card|paypal|invoice|opening\s+hours|customer\s+service|privacy\s+policy|gift\s+wrap(?:ping)?|track(?:ing)?\s+(?:my|an?)\s+order|my\s+order|discount\s+codes?|coupons?)\b"
    r"|运费|包邮|配送|送货|发货|物流|快递|退货|退换|退款|换货|保修|质保|售后|发票|支付|付款|分期|营业时间|优惠券|我的订单"
)
_CORRECTION = re.compile(
    r"^\s*(?:no|nope|nah|not\s+(?:that|those|these|quite)|wrong|actually|i\s+(?:meant|said|mean)|rather|instead|hmm?)\b|\binstead\s*[.!]?\s*$|^\s*(?:不对|不是|错了|不,|不，|我是说|我说的是|我指的是|不，)"
)
_MORE_OF_SAME = re.compile(
    r"\b(?:(?:show|give|see|any|find|have|want|need)\s+)?(?:me\s+)?(?:some\s+|any\s+)?more(?=\s*(?:$|[.?!,]|like\b|of\b|please\b))(?:\s+like|\s+of)?"
    r"|\b(?:(?:show|give|see|any|find|have)\s+)?(?:me\s+)?(?:some\s+|any\s+)?(?:more|other|different|similar|alternative|additional|new)\s+(?:ones?|options?|choices?|products?|items?|models?|results?|suggestions?|recommendations?|brands?|batch|styles?)\b"
    r"|\bothers\b|\banother\s+(?:one|option|batch|set|product|model|brand|style|suggestion|recommendation)\b|\banother\s*(?=$|[.?!])|\b(?:something|anything|someone|what|nothing)\s+(?:else|different|similar)\b|\bwhat\s+else\b"
    r"|\b(?:similar|like)\s+(?=to\b|this\b|that\b|\x00)(?:to\b)?|\bsimilar(?=\s*$)|\bchange\s+(?:it|them|one|this|that)\b(?:,?\s*please)?|\bnext\s+(?:page|ones?|batch)\b|\bmake\s+a\s+change\b|\balternatives\b"
    r"|(?:再|重新)?(?:请)?(?:给我)?(?:帮我)?换一?(?:个|款|批|些|组|下)(?:吧|看看|别的|其他的)?|(?:^|[,。\s])换(?:吧|一下)?(?=$|[,。!])|(?:还)?有?(?:没有)?(?:其他|其它|别)的?(?:款式?|产品|选择|品牌|牌子|推荐)?(?:了)?(?:吗|呢|么)?(?=$|[,。!?])"
    r"|还有(?:吗|没有|么|什么)?(?=$|[,。!?])|再(?:来|推荐|看|给|找)(?:我)?(?:几|一|点|些)?(?:个|款|些)?(?:别的|其他的)?|更多(?:的)?(?:选择|款式|产品)?(?=$|[,。!?吧])|下一[页批]|(?:跟|和|与)?\x00*(?:类似|相似|差不多|同类型?|同款)的?(?:款|产品)?"
)
_MORE_ABOUT = re.compile(r"\bmore\s+(?:about|info(?:rmation)?|details?)\b|详细|介绍一下|具体")
_SIMILAR = re.compile(r"\b(?:like|similar|alike)\b|类似|相似|差不多|同款|同类")
_IN_ANOTHER = re.compile(
    r"\bdo\s+you\s+(?:have|sell|carry|got)\s+(?:it|this|them|these|one|that)\b|(?:这个|这款|它)?有(?:没有)?(?:别的|其他)颜色"
)
_LEADS_CONDITION = re.compile(
    r"^\s*(?:and\s+|but\s+|or\s+|also\s+|then\s+|ok(?:ay)?,?\s+|yes,?\s+|maybe\s+|only\s+|just\s+|preferably\s+|what\s+about\s+|how\s+about\s+|any\s+|anything\s+|something\s+|do\s+you\s+have\s+(?:any(?:thing)?|it|one|them)\s+|is\s+there\s+(?:one|any(?:thing)?)\s+|are\s+there\s+any\s+)*"
    r"(?:in\s+|with\s+|without\s+|for\s+|from\s+|by\s+|that\s|which\s|under\s|below\s|over\s|above\s|between\s|around\s|up\s+to\s|at\s+(?:least|most)\s|less\s+than\s|more\s+than\s|cheaper|less\s|smaller|bigger|larger|lighter|heavier|faster|newer|quieter|longer|shorter|thinner|wider|make\s+(?:it|that|them)\b|it\s+(?:should|must|has|needs)|they\s+(?:should|must|need)|should\s|must\s|only\s|except\s|no\s|not\s|non-)"
    r"|\bones?\b\s*(?:please)?\s*[?.!]*\s*$|\bones?\s+(?:with|in|for|under|below|from|by|without)\b|\b(?:them|it)\s+(?:in|with|from|to\s+be)\b"
)
_LEADS_CONDITION_ZH = re.compile(
    r"^\s*(?:那|那么|嗯|好的?|可以|但是?|还?要|最好是?|只要|必须|需要|希望|想要|想|我要|我想要|能不能|有没有|有|来|给我|再)*(?:[,。]\s*)?(?:更|再|换成?|改成?|不要|别|除了|带|支持|能|可以|价格|预算|便宜|贵|大|小|轻|新)"
    r"|(?:一点|一些|点儿?|些)的?(?:吗|呢|吧|么|有吗)?[?。!]*\s*$|^\s*(?:颜色|品牌|牌子|尺寸|材质|尺码|大小|容量)"
)
_NEW_TOPIC = re.compile(
    r"\b(?:now|next|also|another\s+thing|besides|by\s+the\s+way|separately|new\s+(?:topic|search)|forget\s+(?:that|it|this|about)|start\s+over|something\s+else|changed?\s+my\s+mind)\b.*\b(?:need|want|looking|show|find|search|buy|for)\b"
    r"|另外|顺便|对了|换个话题|不找了|算了|重新(?:找|搜|来)|改(?:买|看)|接下来"
)
_ASKS_TO_BUY = re.compile(
    r"\b(?:i(?:'m|\s+am)?\s+(?:also\s+|now\s+|just\s+)*(?:looking|searching|shopping)\s+for|i(?:'d|\s+would)?\s*(?:also\s+|now\s+|just\s+)*(?:want|need|like)\s+(?:to\s+(?:buy|get|purchase|order|find)|an?\b|some\b|new\b)|(?:show|find|get)\s+me\s+(?:a|an|some)\b|do\s+you\s+sell|recommend\s+(?:me\s+)?(?:a|an|some)\b)"
    r"|我?(?:还)?(?:想|要|想要|需要|打算|准备)(?:再)?(?:买|购买|找|看|入手)|^我?(?:想要|要|需要)一?[款个台件条把双副部支张本辆套盒瓶只种些顶床盏根]|推荐一?[款个台件条把双副部支]"
)
# A property without a thing: "size 43", "waterproof", "I'm left-handed", 我是左撇子.
_PROPERTY = re.compile(
    r"^(?:size\s+\w+|\S*(?:proof|less|able|ible|free|resistant|friendly|sized|handed|style|colou?red))$|^(?:尺码|尺寸|大小|码数)?\d+\s?(?:码|号|寸)$"
)
_ABOUT_USER = re.compile(
    r"^\s*(?:i'?m\b(?!\s+(?:looking|searching|shopping|interested))|i\s+am\b(?!\s+(?:looking|searching|shopping|interested))|my\s|it'?s\s+for|it\s+is\s+for|i\s+(?:have|wear|use|live|work|play)\b)|^(?:我是|我的|我家|我有|是给|送给|给(?!我))"
)
_JUST_SHOW = re.compile(
    r"\bjust\s+(?:show|give|list|recommend|pick)\b|\bstop\s+asking\b|\bno\s+(?:more\s+)?questions\b|\bdon'?t\s+ask\b|\bshow\s+me\s+(?:everything|all|anything|what\s+you\s+(?:have|got))\b|\bsurprise\s+me\b|\banything\s+(?:is|will|works|goes)\b|\bi\s+don'?t\s+(?:care|mind|know)\b|\bno\s+preference\b"
    r"|直接(?:看|给我|推荐|显示|展示|列|来|上|发)|别问了?|不要问|不用问|少废话|随便|都行|都可以|无所谓|没有?(?:特别)?要求|你(?:决定|看着办|定)"
)


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
    has_topic: bool
    has_shown: bool
    relational: bool
    answers: bool


def classify(signs: Signs) -> tuple[Act, bool]:
    """The act, and whether the signs leave no doubt."""
    if is_small_talk(signs):
        return Act.SMALL_TALK, True
    if signs.has_shown and not signs.relational:
        if act := _about_shown(signs):
            return act, True
    if (
        _STORE_QUESTION.search(signs.text)
        and _QUESTION.search(signs.text)
        and not signs.constrained
    ):
        return Act.ASK, not signs.names_category
    if not signs.has_topic:
        return Act.SEARCH, True
    return _search_or_refine(signs)


def is_small_talk(signs: Signs) -> bool:
    """Whether nothing but courtesy, or approval of a shown product, was said."""
    if signs.constrained or signs.relational:
        return False
    if signs.references:
        rest = _SMALL_TALK.sub(
            " ", _LIKES_FILL.sub(" ", _LIKES.sub(" ", signs.free.replace(TAKEN, " ")))
        )
        asks = _QUESTION.search(signs.text) or _compares(signs)
        return bool(not _is_said(rest) and not asks and _LIKES.search(signs.text))
    return not _is_said(_SMALL_TALK.sub(" ", signs.text))


def _compares(signs: Signs) -> bool:
    return bool(_COMPARE.search(signs.text) or _COMPARE.search(signs.free))


def _is_said(text: str) -> bool:
    """Whether any word is left in `text`."""
    return bool(re.search(r"[^\W_]", text))


def _about_shown(signs: Signs) -> Act | None:
    """Compare or ask, when the message speaks of products on screen."""
    pointed = bool(signs.references)
    if _IN_ANOTHER.search(signs.text) and not pointed:
        return None
    if pointed and _MORE_ABOUT.search(signs.text):
        return Act.ASK
    if _compares(signs) and (len(signs.references) != 1 or not signs.query):
        if pointed or signs.pronoun or not signs.names_category:
            return Act.COMPARE
    if (pointed or signs.pronoun) and not _MORE_OF_SAME.search(signs.text):
        if _QUESTION.search(signs.text) and not signs.constrained:
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
    if signs.answers:
        return Act.REFINE, True
    if signs.same_topic:
        return Act.REFINE, not _ASKS_TO_BUY.search(signs.text)
    if signs.names_category and not signs.only_values:
        return Act.SEARCH, True
    if _NEW_TOPIC.search(signs.text):
        return Act.SEARCH, True
    if signs.only_values or signs.elliptic or _leads_condition(signs.text):
        return Act.REFINE, True
    if _IN_ANOTHER.search(signs.text):
        return Act.REFINE, True
    if _PROPERTY.search(signs.query.lower()) or _ABOUT_USER.search(signs.text):
        return Act.REFINE, False
    if _CORRECTION.search(signs.text):
        return Act.REFINE, False
    if _ASKS_TO_BUY.search(signs.text):
        return Act.SEARCH, False
    if not signs.query:
        return Act.REFINE, False
    return Act.SEARCH, False


def _leads_condition(text: str) -> bool:
    return bool(_LEADS_CONDITION.search(text) or _LEADS_CONDITION_ZH.search(text))


MORE_OF_SAME = _MORE_OF_SAME
CORRECTION = _CORRECTION


def asks_for_others(text: str) -> bool:
    """Whether other products than the shown ones are asked for ("something else", 换一个)."""
    return bool(_MORE_OF_SAME.search(text))


def asks_for_similar(text: str) -> bool:
    """Whether products like a shown one are asked for ("more like the second one")."""
    return bool(_SIMILAR.search(text))


def wants_no_question(text: str) -> bool:
    """Whether the shopper wants to see products rather than be asked ("just show me", 直接看)."""
    return bool(_JUST_SHOW.search(text.lower()))


def asks_to_buy(text: str) -> bool:
    """Whether a thing to buy is named with a verb of its own ("I need a laptop")."""
    return bool(_ASKS_TO_BUY.search(text))
