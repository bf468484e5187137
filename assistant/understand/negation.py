"""What a shopper does not want: "anything but HP", "no leather", 不要黑色, 除了惠普."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.understand.lexicon import Kind, Lexicon, Mention
from assistant.understand.phrases import pattern
from assistant.understand.reference import Pointer, Pointing
from assistant.understand.scan import TAKEN, Scan

# A phrase of more words is a clause; only its head is the unwanted thing.
PHRASE_WORDS = 3
PHRASE_CHARACTERS = 8


@dataclass(slots=True)
class Unwanted:
    """What was refused, by the kind of filter it becomes; `ids` are shown products."""

    brands: list[str] = field(default_factory=list)
    categories: list[tuple[str, ...]] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    softened: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.brands, self.categories, self.values, self.flags, self.terms, self.ids))


# "Not too heavy" is a wish, not a condition that the catalogue could decide.
_SOFT = re.compile(
    r"\b(?:not|nothing|n't|isn't|aren't)\s+(?:be\s+)?(?P<en>(?:too|very|so|that|overly|super)\s+[a-z-]+)"
    r"|(?:不要|不能|别|不想|不用|不需要|不必|不)(?:太|很|那么|过于)(?P<zh>[\u4e00-\u9fff]{1,3}?)(?=的|[,。!;了]|$)"
)
_NO_NEED = re.compile(
    r"\b(?:do(?:n't|\s+not)|no)\s+need\s+(?:(?:for|to\s+have|to\s+be|any|an?|the)\s+)*(?P<en>[a-z][a-z-]*(?:\s+[a-z-]+)?)"
    r"|(?:不需要|用不着|无需)(?:有|带)?(?P<zh>[\u4e00-\u9fff]{1,6}?)(?=的|功能|[,。!;]|$)"
)
# "I don't like the style" refuses nothing that a catalogue could tell.
_NO_THING = frozenset(
    ("brand", "brands", "style", "styles", "price", "prices", "colour", "color", "design", "look")
)
_DETERMINERS = re.compile(
    r"(?:\s|-)*(?:(?:to|be|have|get|see|buy|use|from|by|made\s+(?:of|from|by)"
    r"|for(?!\s+(?:me|us|him|her|them|you|my|our|his|their|your|an?|the|this|that|now|it)\b)|with|in|of|any|an?|the|those|these|ones?|another|brand|colou?r(?:ed)?)\s+)*"
)
_ARTICLE = re.compile(r"\s*(?:the\s+)?")
_STOP_EN = re.compile(
    r"(?:and|or|nor|but|with|without|for|in|on|at|to|from|of|by|under|over|below|above|please|thanks|thank|that|which|because|since|if|"
    r"i|we|you|it|is|are|than|as|so|show|give|find|need|want|looking|something|anything|only|just|no|not|one|ones|either|though|preferably|"
    r"max|around|about|up|between|less|more|ideally|maybe|also|too|at|all|when|while|where|what|how|do|does|can|could|would)\b"
)
_WORD = re.compile(r"\s*([a-z0-9][a-z0-9'&.+-]*)")
# "No number block, with a backlight": the list of what is refused ends before what is wanted.
_WANTED = re.compile(r"\s*(?:with|has|having|plus|includ(?:es|ing)|featuring)\b")
_LIST_EN = re.compile(
    r"\s*(?:,\s*(?:or|and|nor)?|\bor\b|\band\b|\bnor\b|/|&)\s*(?:not\s+|no\s+|any\s+|the\s+)?"
)

# Before "not" these deny the verb that follows, and refuse no thing.
_AUXILIARY = re.compile(
    r"(?:\b(?:do|does|did|will|would|can|could|should|shall|has|have|had)|'(?:ve|ll|d|s))\s+$"
)

_AFTER = re.compile(
    r"\s+(?:is|are)\s+(?:out|excluded|not\s+an\s+option|off\s+the\s+table|a\s+no-go)\b|\s+excluded\b|(?:的|牌|品牌|款)*(?:都|就|也|一律|统统)?(?:不要了?|除外|不考虑|不行|排除|就算了|算了|免谈|以外的?|之外的?"
    r"|(?:我|都|也|并|真的|实在)*不(?:是很|太|怎么|是太|大)?(?:喜欢|满意|合适|适合|想要|感兴趣|好看?|行)"
    r"(?:我们家?|我)?(?![\u4e00-\u9fff]))"
)
_OUTSIDE = re.compile(
    r"(?:的)?(?:以外|之外|外)?(?:的)?(?:其他|其它|别的|任何|所有)?(?:的)?(?:都?(?:可以|行|好|要))?"
)
_STOP_ZH = re.compile(
    rf"[,。.!?;:、()\s{TAKEN}]|的|但|而|要(?!素)|就|了|吧|也|还|和|或|跟|与|以及|及|最好|价格|预算|就行|就好|谢谢|请|啊|呢|哦"
)
_LIST_ZH = re.compile(r"(?:色)?的?\s*(?:、|和|或者?|跟|与|以及|及|也不要|,也不要|,不要|还有|,)\s*")


def read_unwanted(scan: Scan, lexicon: Lexicon, pointing: Pointing) -> Unwanted:
    """Everything `scan` refuses; takes the words it is made of."""
    unwanted = Unwanted()
    for match in scan.find(_NO_NEED):
        unwanted.softened.append((match["en"] or match["zh"]).strip())
        scan.take(*match.span())
    for match in scan.find(_SOFT):
        unwanted.softened.append("not " + match["en"] if match["en"] else "不" + match["zh"])
        scan.take(*match.span())
    scan.take_all(pattern("idioms"))
    for match in scan.find(_AFTER):
        _read_backwards(match, scan, lexicon, pointing, unwanted)
    for match in scan.find(pattern("refuse.en")):
        _read_english(match, scan, lexicon, pointing, unwanted)
    for match in scan.find(pattern("refuse.zh")):
        _read_chinese(match, scan, lexicon, pointing, unwanted)
    return unwanted


def _read_english(
    match: re.Match[str], scan: Scan, lexicon: Lexicon, pointing: Pointing, unwanted: Unwanted
) -> None:
    """The list of things after an English negator."""
    negator = match[0].strip()
    end = match.end()
    if negator in ("no", "not", "nothing") and re.match(r"\s*(?:[,.!;]|$)", scan.free[end:]):
        scan.take(match.start(), end)  # "no, wireless": a correction
        return
    if negator in ("not", "never") and _AUXILIARY.search(scan.free[: match.start()]):
        return  # "does not disturb my baby", "I have never bought one": a verb is denied
    needs_known = bool(re.match(r"(?:any|every)\s+\w+\s", negator))
    lacking = bool(re.search(r"without|with no|w/o|free|contain|\bno$", negator))
    if negator == "but" and not _is_exclusion(scan.free, end):
        return  # "but in black" goes on, "but HP" alone refuses nothing
    kind: Kind | None = None
    first = True
    while True:
        if (pointer := _pointer(scan, pointing, end)) is not None:
            unwanted.ids.extend(pointing.refuse(pointer))
            end = pointer.end
        else:
            start = _skip(_DETERMINERS, scan.free, end)
            found = lexicon.at(scan.free, start)
            if found and not first and not _continues(scan.free, end, found, kind):
                break
            if found and _refuse(found, unwanted, lacking):
                end, kind = found.end, _kind(found)
            elif not first or needs_known:
                break
            else:
                phrase = _english_phrase(scan.free, start, lexicon)
                if negator == "non" or phrase is None:
                    if negator != "non":
                        scan.take(match.start(), match.end())
                    return
                words, end = phrase
                if words not in _NO_THING:
                    unwanted.terms.append(words)
        scan.take(match.start(), end)
        first = False
        joint = _LIST_EN.match(scan.free, end)
        if not joint or joint.end() == end:
            break
        if joint[0].strip() == "," and _WANTED.match(scan.free, joint.end()):
            break
        end = joint.end()


def _is_exclusion(text: str, end: int) -> bool:
    """ "But" excludes after "anything", and before "not" or "no"."""
    return bool(re.match(r"\s*(?:not|no)\b", text[end:]))


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _pointer(scan: Scan, pointing: Pointing, position: int) -> Pointer | None:
    """The shown product named right at `position`; an open "this" refuses all that are shown."""
    start = _skip(_ARTICLE, scan.free, position)
    if start == pointing.pronoun_start and pointing.at(start) is None:
        end = start
        while end < len(scan.free) and scan.free[end] == TAKEN:
            end += 1
        pointing.pointers.append(Pointer(start, end, pointing.shown))
    return pointing.at(start)


def _english_phrase(text: str, start: int, lexicon: Lexicon) -> tuple[str, int] | None:
    """Up to PHRASE_WORDS content words from `start`; in "no leather backpack" the thing stays."""
    words: list[str] = []
    end = start
    while len(words) < PHRASE_WORDS and (match := _WORD.match(text, end)):
        thing = lexicon.at(text, match.start(1)) if words else None
        if _STOP_EN.fullmatch(match[1]) or (thing and thing.of(Kind.CATEGORY)):
            break
        words.append(match[1].rstrip(".'"))
        end = match.end()
        if match[1].endswith("."):
            break
    return (" ".join(words), end) if words else None


def _refuse(mention: Mention, unwanted: Unwanted, lacking: bool) -> bool:
    """File a catalogue word under the kind it is; False when it is none that filters.

    A product may lack ("without batteries") what is a category elsewhere.
    """
    if brands := mention.of(Kind.BRAND):
        unwanted.brands.extend(m.canonical for m in brands if m.canonical not in unwanted.brands)
        return True
    if values := mention.of(Kind.VALUE):
        unwanted.values.extend((m.attribute, m.canonical) for m in values)
        unwanted.terms.append(mention.surface) if lacking else None
        return True
    if not lacking and (categories := mention.of(Kind.CATEGORY)):
        unwanted.categories.extend(m.path for m in categories)
        return True
    if lacking or mention.of(Kind.ATTRIBUTE):
        unwanted.flags.extend(m.canonical for m in mention.of(Kind.ATTRIBUTE))
        unwanted.terms.append(mention.surface)
        return True
    return False


def _read_chinese(
    match: re.Match[str], scan: Scan, lexicon: Lexicon, pointing: Pointing, unwanted: Unwanted
) -> None:
    """The list of things after a Chinese negator."""
    end = _end_of_negator(match, scan.free, lexicon)
    negator = scan.free[match.start() : end]
    lacking = bool(re.search(r"带|含|有|包", negator))
    kind: Kind | None = None
    first = True
    while True:
        pointer = _pointer(scan, pointing, end)
        found = _lexicon_zh(lexicon, scan.free, end)
        if pointer is not None:
            unwanted.ids.extend(pointing.refuse(pointer))
            end = pointer.end
        elif found and not first and not _continues(scan.free, end, found, kind):
            return
        elif found and _refuse(found, unwanted, lacking):
            end, kind = found.end, _kind(found)
        elif negator == "非" or not first:
            return
        else:
            words, stop = _chinese_phrase(scan.free, end)
            if not words:
                scan.take(match.start(), match.end())
                return
            unwanted.terms.append(words)
            end = stop
        end = _skip(_OUTSIDE, scan.free, end) if negator.startswith("除") else end
        scan.take(match.start(), end)
        first = False
        joint = _LIST_ZH.match(scan.free, end)
        if joint is None:
            return
        end = joint.end()


def _end_of_negator(match: re.Match[str], text: str, lexicon: Lexicon) -> int:
    """Where the negator ends: in 别要有线的 the 有 belongs to 有线."""
    end = match.end()
    inner = lexicon.at(text, end - 1) if end - match.start() > 1 else None
    return end - 1 if inner and inner.end > end else end


def _kind(mention: Mention) -> Kind:
    """The kind under which a mention is refused."""
    return next(k for k in (Kind.BRAND, Kind.VALUE, Kind.CATEGORY, Kind.ATTRIBUTE) if mention.of(k))


def _continues(text: str, position: int, found: Mention, kind: Kind | None) -> bool:
    """Whether a list of refused things goes on with `found`.

    After "or" it does; after a comma only with a thing of the same kind, and never with a
    category: in "not a laptop bag, a laptop" the second one is wanted.
    """
    comma = text[:position].rstrip().endswith(",")
    return not comma or (_kind(found) is kind and kind is not Kind.CATEGORY)


def _lexicon_zh(lexicon: Lexicon, text: str, start: int) -> Mention | None:
    """The catalogue word at `start`; a lone colour character is met as 黑 → 黑色."""
    if found := lexicon.at(text, start):
        return found
    alone = not re.match("[\u4e00-\u9fff]", text[start + 1 : start + 2].strip("的和或与跟及也就了"))
    if start < len(text) and alone and (found := lexicon.at(text[start] + "色", 0)):
        return Mention(start, start + 1, found.surface, found.meanings)
    return None


def _chinese_phrase(text: str, start: int) -> tuple[str, int]:
    """The characters from `start` up to a particle or a pause."""
    end = start
    while end < min(len(text), start + PHRASE_CHARACTERS) and not _STOP_ZH.match(text, end):
        end += 1
    return text[start:end].strip(), end


def _read_backwards(
    match: re.Match[str], scan: Scan, lexicon: Lexicon, pointing: Pointing, unwanted: Unwanted
) -> None:
    """黑色的不要, 惠普除外: the refused thing stands before; only catalogue words count."""
    start = match.start()
    if scan.free[match.end() : match.end() + 1] and match[0].endswith("不要"):
        follows = scan.free[match.end()]
        if "\u4e00" <= follows <= "\u9fff" and follows not in "了的吧啊":
            return  # 鼠标不要黑色: the negator looks forward
    before = next((p for p in pointing.pointers if p.end == start), None)
    found = lexicon.ending_at(scan.free, start)
    if before is not None:
        unwanted.ids.extend(pointing.refuse(before))
        scan.take(before.start, match.end())
    elif start == pointing.pronoun_end:
        unwanted.ids.extend(pointing.shown)
        scan.take(*match.span())
    elif found and _refuse(found, unwanted, lacking=False):
        scan.take(found.start, match.end())
        _read_list_backwards(found, scan, lexicon, unwanted)


def _read_list_backwards(last: Mention, scan: Scan, lexicon: Lexicon, unwanted: Unwanted) -> None:
    """白色、黑色都不要: the things listed before the last one."""
    start = last.start
    while True:
        joint = re.search(r"(?:的)?(?:、|和|与|跟|或者?|及)?$", scan.free[:start])
        end = joint.start() if joint else start
        found = lexicon.ending_at(scan.free, end)
        if found is None or _kind(found) is not _kind(last):
            return
        _refuse(found, unwanted, lacking=False)
        scan.take(found.start, start)
        start = found.start
