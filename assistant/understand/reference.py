"""Which of the shown products a message points at: "the second one", 便宜的那款, "both"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from assistant.understand.context import bound_at
from assistant.understand.lexicon import Kind, Lexicon
from assistant.understand.numbers import ZH_DIGITS
from assistant.understand.scan import TAKEN, Scan
from retrieval.types import Product, Range
from retrieval.units import to_base

_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
_CARDINALS = (
    "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
_POSITIONS = (
    {w: n for n, w in enumerate(_ORDINALS, 1)}
    | {w: n for n, w in enumerate(_CARDINALS, 1)}
    | {f"{n}{_SUFFIXES.get(n, 'th')}": n for n in range(1, 21)}
    | {str(n): n for n in range(1, 51)}
)
_ORD = "(?:" + "|".join([*_ORDINALS, r"\d{1,2}(?:st|nd|rd|th)"]) + ")"
_CARD = r"(?:" + "|".join(_CARDINALS[1:]) + r"|\d{1,2})"
_THING = (
    r"(?:(?:one|product|item|option|result|choice|pick|suggestion|recommendation|model|card)s?)"
)
# "The first" alone is a position only before such words: "the first aid kit" is not.
_AFTER = (
    rf"(?=\s*(?:$|[,.?!;:'&{TAKEN}]|(?:and|or|is|are|does|do|did|has|have|had|with|vs|versus|to|in"
    r"|comes?|looks?|seems?|was|can|could|would|will|works?|costs?|weighs?|but|please|thanks|thank"
    r"|from|for|fits?|than|instead|should|may|might|got|also|too|supports?|includes?|runs?|needs?"
    r"|any|good|better|worth|cheaper|pricier|lighter|heavier|quieter|louder|bigger|smaller|newer)\b))"
)
_CL = r"[款个件台种只双条副部把支张项块辆套盒瓶位本号]"
_ZN = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})"

# Superlatives over the shown products, English and Chinese.
_SUPERLATIVES = {
    "cheap": r"(?:cheap(?:er|est)|(?:least|less)\s+expensive|(?:most|more)\s+affordable"
    r"|lowest[\s-]priced?|(?:最|更|比较)?便宜|价格最低|最实惠)",
    "dear": r"(?:pric(?:ier|iest)|dear(?:er|est)|(?:most|more)\s+expensive"
    r"|highest[\s-]priced?|(?:最|更|比较)?贵|价格最高)",
    "rated": r"(?:(?:best|better|highest|higher|top)[\s-](?:rated|reviewed)"
    r"|(?:评分|评价|口碑)(?:最|更|比较)?[高好])",
    "new": r"(?:new(?:er|est)|latest|most\s+recent|(?:最|更|比较)新)",
    "light": r"(?:light(?:er|est)|(?:最|更|比较)轻)",
    "heavy": r"(?:heav(?:ier|iest)|(?:最|更|比较)重)",
    "quiet": r"(?:quiet(?:er|est)|(?:最|更|比较)(?:安静|静音))",
}
_SUPERLATIVE = "|".join(f"(?P<{name}>{body})" for name, body in _SUPERLATIVES.items())


@dataclass(frozen=True, slots=True)
class Pointer:
    """One expression at text[start:end] and the ids it stands for."""

    start: int
    end: int
    ids: tuple[str, ...]


@dataclass(slots=True)
class Pointing:
    """Everything a message points at.

    `price` bounds the price by a shown product's ("cheaper than the second one").
    `pronoun` says that only "it" or 这个 was there, which may mean all that is `shown`.
    """

    pointers: list[Pointer] = field(default_factory=list)
    price: Range | None = None
    pronoun: bool = False
    pronoun_start: int = -1
    pronoun_end: int = -1
    shown: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, in the order they were named, each once."""
        return tuple(dict.fromkeys(i for p in self.pointers for i in p.ids))

    def at(self, position: int) -> Pointer | None:
        """The expression that starts at `position`."""
        return next((p for p in self.pointers if p.start == position), None)

    def assume(self, shown: Sequence[Product], focus: Sequence[str]) -> None:
        """Point, without words, at the product just spoken of, else at the first."""
        ids = tuple(focus) if len(focus) == 1 else tuple(p.id for p in shown[:1])
        if ids:
            self.pointers.append(Pointer(0, 0, ids))

    def refuse(self, pointer: Pointer) -> tuple[str, ...]:
        """Take back a pointer at what is not wanted; its ids."""
        self.pointers.remove(pointer)
        return pointer.ids


@dataclass(frozen=True, slots=True)
class Screen:
    """What can be pointed at: the cards in order, and the ids the last turn spoke of."""

    shown: tuple[Product, ...]
    focus: tuple[str, ...]
    lexicon: Lexicon


Resolver = Callable[[re.Match[str], Screen], tuple[str, ...]]


def read_references(
    scan: Scan, shown: Sequence[Product], focus: tuple[str, ...], lexicon: Lexicon
) -> Pointing:
    """What `scan` points at among `shown`; takes the words it is made of.

    `focus` are the ids the previous turn spoke of: "it" means them.
    """
    screen = Screen(tuple(shown), focus, lexicon)
    pointing = Pointing(shown=tuple(p.id for p in shown))
    if not shown:
        return pointing
    for pattern, resolve in _COMPILED:
        for match in scan.find(pattern):
            if ids := resolve(match, screen):
                pointing.pointers.append(Pointer(match.start(), match.end(), ids))
                scan.take(*match.span())
    pointing.pointers.sort(key=lambda p: p.start)
    _read_comparison(scan, shown, pointing)
    if not pointing.pointers:
        _read_pronoun(scan, shown, focus, pointing)
    return pointing


def _read_comparison(scan: Scan, shown: Sequence[Product], pointing: Pointing) -> None:
    """ "Cheaper than X", 比X便宜: a bound instead of a pointer."""
    for pattern, dearer in _COMPARISONS:
        for match in scan.find(pattern):
            pointer = pointing.at(match.start("gap"))
            prices = [p.price for p in shown if pointer and p.id in pointer.ids and p.price]
            if pointer is None or not prices:
                continue
            if any(p.start < match.start() for p in pointing.pointers if p is not pointer):
                # "Is the third cheaper than the second?" asks, and bounds nothing.
                scan.take(*match.span())
                return
            pointing.price = bound_at(max(prices) if dearer else min(prices), above=dearer)
            pointing.pointers.remove(pointer)
            scan.take(*match.span())
            return


def _read_pronoun(
    scan: Scan, shown: Sequence[Product], focus: tuple[str, ...], pointing: Pointing
) -> None:
    """ "It", 这个: what the last turn was about, or the only product on screen."""
    match = _PRONOUN.search(scan.free)
    if match is None:
        return
    pointing.pronoun = True
    pointing.pronoun_start, pointing.pronoun_end = match.span()
    ids = focus if len(focus) == 1 else (shown[0].id,) if len(shown) == 1 else ()
    if ids:
        pointing.pointers.append(Pointer(match.start(), match.end(), ids))
    scan.take(*match.span())


# ------------------------------------------------------------------ resolvers


def _position(text: str) -> int:
    """1-based position a word stands for, 0 when none."""
    if text in _POSITIONS:
        return _POSITIONS[text]
    if text.startswith("十"):
        return 10 + ZH_DIGITS.get(text[1:], 0)
    return ZH_DIGITS.get(text, 0)


def _nth(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """One product by its position, from the end where "last" stands too."""
    n = _position(match["n"]) if match["n"] else 1
    if not 1 <= n <= len(screen.shown):
        return ()
    from_end = "last" in match[0] or "倒数" in match[0]
    return (screen.shown[-n if from_end else n - 1].id,)


def _last(_: re.Match[str], screen: Screen) -> tuple[str, ...]:
    return (screen.shown[-1].id,)


def _slice(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "The first two", 后三款."""
    shown = screen.shown
    n = _position(match["n"])
    if not 1 <= n <= len(shown):
        return ()
    from_end = re.match(r".*(?:last|后)", match[0])
    return tuple(p.id for p in (shown[-n:] if from_end else shown[:n]))


def _group(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "Both", 这两款, "these three": the ones just spoken of, else the first ones shown."""
    shown, focus = screen.shown, screen.focus
    n = 2 if match[0].startswith("both") or "俩" in match[0] else _position(match["n"] or "")
    if n == 0:
        return focus if len(focus) > 1 else tuple(p.id for p in shown)
    if len(focus) == n:
        return focus
    return tuple(p.id for p in shown[:n]) if 1 <= n <= len(shown) else ()


def _extreme(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "The cheaper one": among the products just spoken of if several, else among the shown."""
    if _INDEFINITE.search(match.string[: match.start()]) or _SEVERAL.search(match[0]):
        return ()  # "a cheaper one", "cheaper ones" are none of the shown
    focused = [p for p in screen.shown if p.id in screen.focus]
    among = focused if len(focused) > 1 else list(screen.shown)
    kind = next(k for k in _SUPERLATIVES if match[k])
    best = _EXTREMES[kind](among)
    return (best.id,) if best else ()


_INDEFINITE = re.compile(
    r"\b(?:an?|any|some|no|something|anything|(?:any|some|ones?|something)\s+that(?:'s|\s+(?:is|are)))\s+$"
)
_SEVERAL = re.compile(rf"^(?!the\b).*\b{_THING}(?<=s)$")
_ANY = re.compile(r"[有找来换要看买荐](?:什么|点|一?[款个些台件双])?$")


def _cheapest(among: Sequence[Product]) -> Product | None:
    return min((p for p in among if p.price is not None), key=lambda p: p.price or 0, default=None)


def _dearest(among: Sequence[Product]) -> Product | None:
    return max((p for p in among if p.price is not None), key=lambda p: p.price or 0, default=None)


def _best_rated(among: Sequence[Product]) -> Product | None:
    rated = [p for p in among if p.rating is not None]
    return max(rated, key=lambda p: (p.rating or Decimal(0), p.rating_count), default=None)


def _newest(among: Sequence[Product]) -> Product | None:
    dated = [p for p in among if p.released is not None]
    return max(dated, key=lambda p: str(p.released), default=None)


def _by_attribute(among: Sequence[Product], word: str, *, highest: bool) -> Product | None:
    """The end of a measured attribute, where all of them have it."""
    measured: list[tuple[Decimal, Product]] = []
    for product in among:
        value = next(
            (
                to_base(a.value, a.unit)
                for a in product.attributes
                if isinstance(a.value, Decimal) and a.name.split("_")[0] == word
            ),
            None,
        )
        if value is None:
            return None
        measured.append((value, product))
    ends = sorted(measured, key=lambda pair: -pair[0] if highest else pair[0])
    return ends[0][1] if ends else None


def _asked_extreme(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "How heavy is the cheapest?": a bare superlative is one of the shown in a question only."""
    before = match.string[: match.start()]
    alone = TAKEN not in match.string or _JOINED.search(before)
    asks = _ASKS.search(match.string) or _COMPARES.search(match.string)
    if _ANY.search(before) and not match[0].startswith("最"):
        return ()  # 有没有更便宜的 asks for others
    return _extreme(match, screen) if alone and asks else ()


def _numbers(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "Compare 2 and 5": by their numbers."""
    chosen = [int(n) for n in re.findall(r"\d+", match[0])]
    if any(not 1 <= n <= len(screen.shown) for n in chosen):
        return ()
    return tuple(screen.shown[n - 1].id for n in chosen)


def _branded(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "Does the Linnea have …": the only shown product of that brand."""
    hits = [p.id for p in screen.shown if (p.brand or "").lower() == match["what"]]
    return (hits[0],) if len(hits) == 1 and _ASKS.search(match.string) else ()


def _nth_chinese(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """第二款; in 想买第二台显示器 one more is wanted, and no shown one meant."""
    follows = screen.lexicon.at(match.string, match.end())
    wanted = re.search(r"[买要添配加]$", match.string[: match.start()])
    if wanted and follows and follows.of(Kind.CATEGORY):
        return ()
    return _nth(match, screen)


_EXTREMES: dict[str, Callable[[Sequence[Product]], Product | None]] = {
    "cheap": _cheapest,
    "dear": _dearest,
    "rated": _best_rated,
    "new": _newest,
    "light": lambda among: _by_attribute(among, "weight", highest=False),
    "heavy": lambda among: _by_attribute(among, "weight", highest=True),
    "quiet": lambda among: _by_attribute(among, "noise", highest=False),
}


def _described(match: re.Match[str], screen: Screen) -> tuple[str, ...]:
    """ "The black one", 惠普的那款: the only shown product that says so, else nothing."""
    wordings = [_wordings(word, screen.lexicon) for word in match["what"].split()]
    hits = [p.id for p in screen.shown if all(_says(p, ways) for ways in wordings)]
    return (hits[0],) if len(hits) == 1 else ()


def _wordings(word: str, lexicon: Lexicon) -> set[str]:
    """`word` and what the catalogue calls it (惠普 → HP, 黑色 → Black)."""
    mention = lexicon.at(word, 0)
    known = mention.meanings if mention and mention.end == len(word) else ()
    return {word, *(meaning.canonical.lower() for meaning in known)}


def _says(product: Product, wordings: set[str]) -> bool:
    """Whether the product's title, brand or attribute values hold one of the wordings."""
    texts = [product.title, product.brand or "", *(t.title for t in product.translations.values())]
    texts += [str(a.value) for a in product.attributes if not isinstance(a.value, bool)]
    text = " ".join(texts).lower()
    return any(
        re.search(rf"(?<![a-z0-9]){re.escape(way)}(?![a-z0-9])", text)
        if way.isascii()
        else way in text
        for way in wordings
    )


_ASKS = re.compile(
    r"\?|^\s*(?:and |so |but )?(?:how|what|what's|is|are|does|do|can|could|which|who|when|where"
    r"|why|will|tell)\b"
)
_COMPARES = re.compile(r"\bcompare\b|\bversus\b|\bvs\b|比一比|对比|比较一下|比比|区别")
# A second superlative is a product of its own: "the cheapest with the most expensive".
_JOINED = re.compile(r"(?:\b(?:with|and|to|vs\.?|versus|than)\s+|[和与跟比]\s?)(?:the\s+)?$")
_OF_THESE = r"(?:of|among|out\s+of)\s+(?:these|those|them|the\s+\w+|all)\b"
# In order: an earlier rule takes its words, so the more specific ones come first.
_RULES: tuple[tuple[str, Resolver], ...] = (
    (rf"(?:\bthe\s+)?\b(?:first|last|top)\s+(?P<n>{_CARD})\b(?:\s+{_THING}\b)?", _slice),
    (
        rf"(?:\bthe\s+)?\b(?P<n>{_ORD})[\s-](?:to[\s-]|from\s+(?:the\s+)?)last\b"
        rf"(?:\s+{_THING}\b)?",
        _nth,
    ),
    (
        rf"(?:\bthe\s+)?\b(?:last|bottom)\s+{_THING}\b"
        rf"|(?:\bthe\s+|\b(?:and|or|vs\.?|versus|with|to)\s+)last\b{_AFTER}",
        _last,
    ),
    (rf"(?:\bthe\s+)?\b(?P<n>{_ORD})\s+{_THING}\b", _nth),
    (
        r"(?:\bthe\s+|\b(?:and|or|vs\.?|versus|with|than|to)\s+|[,&]\s*)"
        rf"(?P<n>{_ORD})\b(?:{_AFTER}|(?=\s+[a-z-]+\s*\?))",
        _nth,
    ),
    (
        r"(?:\b(?:number|no\.?|nr\.?|option|item|product|result|card)\s*#?\s*|#\s?)"
        rf"(?P<n>{_CARD}|one)\b",
        _nth,
    ),
    (
        r"\bcompare\s+#?\d{1,2}\s*(?:,|and|with|to|vs\.?|versus|&)\s*#?\d{1,2}"
        r"(?:\s*(?:,|and|&|,\s*and)\s*#?\d{1,2})*\b(?!\s*(?:inch|gb|tb|hz))",
        _numbers,
    ),
    (
        rf"\b(?:the\s+)?(?:{_SUPERLATIVE})\s+"
        rf"(?:{_THING}\b(?:\s+{_OF_THESE})?|{_OF_THESE}(?:\s+{_THING}\b)?)",
        _extreme,
    ),
    (
        rf"(?:这|那)?(?:几|些|两|三)?{_CL}?(?:里|中|里面)?"
        rf"(?:{_SUPERLATIVE})(?:一点|一些|点)?的?(?:那|这|一)(?:一)?{_CL}",
        _extreme,
    ),
    (
        rf"(?:(?:这|那)(?:几|些|两|三){_CL}?(?:里|里面|中|当中|之中)?"
        rf"|(?<![前后头])(?:几|两|三){_CL}(?:里面?|当中|之中|中))(?:哪[款个])?"
        rf"(?:{_SUPERLATIVE})的?(?:那|这|一)?{_CL}?",
        _extreme,
    ),
    (rf"(?:(?<=\badd )|(?<=\bput ))the\s+(?:{_SUPERLATIVE})(?=\s*{TAKEN}+[\s.!?]*$)", _extreme),
    (rf"(?<=把)(?:{_SUPERLATIVE})的?(?=加|放|拿)", _extreme),
    (r"\bboth\b(?:\s+of\s+(?:them|these|those))?(?P<n>)", _group),
    (
        rf"\b(?:all|these|those|the|compare)\s+(?:the\s+)?(?P<n>{_CARD})\b"
        rf"(?!\s+(?!{_THING}\b)[a-z]+\s*$)(?:\s+{_THING}\b)?(?:\s+of\s+them)?",
        _group,
    ),
    (rf"\b(?:all\s+of\s+)?(?:these|those)(?:\s+{_THING}\b|{_AFTER})(?P<n>)", _group),
    (rf"倒数第(?P<n>{_ZN}){_CL}?", _nth),
    (rf"(?:最后|倒数)(?:一|那|这)?(?:一)?{_CL}(?P<n>)", _last),
    (
        rf"(?:前面?|头|最后|后面?)的?(?P<n>[两二三四五六七八九十]|\d{{1,2}}){_CL}",
        _slice,
    ),
    (
        rf"第(?P<n>{_ZN})(?!\d)(?:{_CL}(?!线)|(?![\u4e00-\u9fff])"
        r"|(?=[和与跟有是能防带支多怎贵便可会比的]))(?:产品|商品)?",
        _nth_chinese,
    ),
    (
        r"(?<![a-z0-9月一二三四五六七八九十])(?P<n>\d{1,2}|[一二三四五六七八九十])号"
        r"(?!线|电池|楼|店|前|之前|到|发)(?:款|产品|商品)?",
        _nth,
    ),
    (
        rf"(?:这|那|以上|上面)?(?:的)?(?P<n>[两三四五六俩]){_CL}(?=[^的]|$)(?:产品|商品)?"
        r"(?<![一二三四五六七八九十]{2})",
        _group,
    ),
    (r"(?:这|那|上面|以上)(?:几|些)[款个]?(?:产品|商品)?(?P<n>)|它们(?P<m>)", _group),
    (r"\b(?:the|that)\s+(?P<what>[a-z0-9-]+(?:\s+[a-z0-9-]+)?)\s+one\b", _described),
    (rf"\bthe\s+(?:{_SUPERLATIVE}){_AFTER}", _asked_extreme),
    (rf"(?:{_SUPERLATIVE})的?(?=[和与跟比]|$|[,，?？。哪有])", _asked_extreme),
    (
        r"\bthe\s+(?P<what>[a-z][a-z0-9-]+)(?=\s+(?:has|have|is|come|support|work|fit|cost)s?\b|\s*[?,])",
        _branded,
    ),
    (
        rf"(?P<what>[a-z0-9\u4e00-\u9fff-]{{1,5}}?)的?(?:那|这)(?:一)?{_CL}",
        _described,
    ),
)
_COMPILED = tuple((re.compile(rule), resolve) for rule, resolve in _RULES)

_GAP = rf"(?P<gap>{TAKEN}){TAKEN}*"
_LITTLE = r"(?:一点|一些|点|些)?"
_COMPARISONS = (
    (
        re.compile(rf"\b(?:cheaper|less\s+expensive|lower[\s-]priced)\s+than\s+{_GAP}"),
        False,
    ),
    (re.compile(rf"\b(?:pricier|dearer|more\s+expensive)\s+than\s+{_GAP}"), True),
    (re.compile(rf"比{_GAP}\s*(?:更|还|再|要)*便宜{_LITTLE}"), False),
    (re.compile(rf"比{_GAP}\s*(?:更|还|再|要)*贵{_LITTLE}"), True),
)

_PRONOUN = re.compile(
    rf"\b(?:this|that)\s+{_THING}\b|\bits?\b"
    r"|\bthis\b(?=\s*(?:$|[.?!,]|(?:one|is|does|has|product|but|only|just|in|with)\b))"
    r"|(?:这|那|此)(?:一)?[款个件台双条](?![\u4e00-\u9fff]*(?:价|牌|颜))(?:产品|商品)?|它(?!们)"
)
