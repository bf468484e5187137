"""Every word that is left must claim nothing, or be said by the record of its product."""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.answer.known import CJK, known_phrases, mixed_names, split_words
from assistant.answer.lexicon import harmless_words
from assistant.answer.quantity import read_quantities
from assistant.answer.record import Verdict
from assistant.answer.scene import ClaimError, Scene
from retrieval.index.analysis import fold, stem
from retrieval.types import Language, Product

_LATIN = re.compile(rf"[^\W_{CJK}\ue000-\uf8ff]+(?:[.'+-][^\W_{CJK}\ue000-\uf8ff]+)*")
_RUN = re.compile(rf"[{CJK}]+")
_PHRASE = 3
_QUOTED = 4
# A single character says something only as the whole name or value of an attribute (钢).
_LEAST = 2
# Comparison left over by the rank checks compares by something nobody can check.
_DEGREE = re.compile(
    r"\b(?:more|less|most|least|best|better|worst|worse|fewer|than|as good|twice|half|double|"
    r"[a-z]{3,}iest|second)\b"
)
_ZH_DEGREE = re.compile(r"[更最比]|不如|超越|优于|胜过|远")
# Recommending is an act of speech, not a claim; it needs a claim beside it.
_RECOMMENDING = re.compile(
    r"(?:making it |which makes it |so it is |is )?\b(?:a|an|the|another|your|one) "
    r"(?:good|solid|nice|great|reasonable|sensible|fine) "
    r"(?:choice|option|pick|match|fit|candidate|alternative)(?: here)?\b|"
    r"(?:是|为|会是)?(?:一?[个款种])?(?:很|非常|比较|更)?(?:不错|好|合适|合理|"
    r"值得考虑)的?(?:选择|选项|推荐)|"
    r"值得(?:考虑|推荐|一看)|(?:很|比较|更|非常)?适合(?:您|你)(?!的?(?:需求|要求))"
)
# Whose opinion it may be; counts of them were taken away before.
_PEOPLE = re.compile(
    r"\b(?:customers|buyers|shoppers|users|people|everyone|everybody|experts)\b"
    r"(?! (?:rate|rated|give|gave|score)\b)|"
    r"顾客|用户|买家|大家|人们|网友|专家"
)
_ALL_WISHES = re.compile(
    r"\b(?:meets?|match(?:es)?|fits?|satisf(?:y|ies)|suits?|covers?|fulfils?|meeting|matching) "
    r"(?:all|every|each|both|everything|most)?(?: of)? ?(?:your|the|you|of your) ?"
    r"(?:needs?|requirements?|wish(?:es)?|criteria|request|preferences?|asked for|want(?:ed)?)\b|"
    r"(?:完全|都|均|全部)?(?:符合|满足|匹配)(?:了)?(?:您|你)?的?(?:所有|全部|各项|"
    r"一切)?的?(?:需求|要求|条件|愿望|需要|偏好)"
)
_REQUEST = re.compile(
    r"\b(?:you (?:asked for|asked about|wanted|want|are looking for|need|requested|mentioned|"
    r"prefer)|"
    r"as (?:you )?requested|your (?:request|wish|search|question|need) (?:for|is|"
    r"was))\b(?P<en>[^,;:.!?]*)|"
    r"(?:您|你)(?:想要|要|需要|找|想找|要求|提到|关心|希望|想买|寻找)的?(?:是)?(?P<zh>[^,;:.!?。]*)"
)
_PURPOSE = re.compile(
    r"\bfor (?:your |a |an |the |my |his |her |their )?(?P<en>[a-z' -]+)|用于(?P<zh>[^,;:.!?。]*)"
)


def check_words(scene: Scene) -> None:
    """Wishes met as a whole, the request quoted, then word by word."""
    _check_all_wishes(scene)
    _check_request(scene)
    _check_recommending(scene)
    if found := _DEGREE.search(scene.text):
        raise ClaimError(f"comparison: {found.group()!r} compares by something unknown")
    if (found := _PEOPLE.search(scene.text)) and not scene.quotes:
        raise ClaimError(f"people: what {found.group()!r} think stands in reviews only")
    _check_mixed(scene)
    _check_latin(scene)
    for match in _RUN.finditer(scene.text):
        _check_chinese(scene, match)
    _check_prose(scene)


def _check_prose(scene: Scene) -> None:
    """A word that only a description holds needs a companion from the same sentence there.

    "baby" alone may come from "quiet enough for a sleeping baby next door".
    """
    by_clause: dict[tuple[int, str], list[str]] = {}
    for position, product_id, phrase in scene.from_prose:
        by_clause.setdefault((scene.clause_of(position), product_id), []).append(phrase)
    for (_, product_id), phrases in by_clause.items():
        record = scene.setting.records[product_id]
        if not record.speaks_of(phrases):
            raise ClaimError(f"{phrases[0]!r}: the description says it of something else")


def _check_recommending(scene: Scene) -> None:
    for match in _RECOMMENDING.finditer(scene.text):
        if scene.negated(match.start()):
            raise ClaimError("advice against a product is not checked")
        scene.advice = True
        scene.consume_match(match)


def _check_all_wishes(scene: Scene) -> None:
    for match in _ALL_WISHES.finditer(scene.text):
        scene.claim(match.start(), _meets_all(scene), "all wishes", "wishes")
        scene.consume_match(match)


def _meets_all(scene: Scene) -> Callable[[Product], bool | None]:
    from assistant.types import FactKind

    facts = {f.product.id: f for f in scene.setting.facts}

    def predicate(product: Product) -> bool | None:
        kinds = {f.kind for f in facts[product.id].facts}
        if FactKind.MISS in kinds:
            return False
        budget = scene.setting.understanding.filters.price
        if budget and (product.price is None or not budget.holds(product.price)):
            return False
        return True if FactKind.MATCH in kinds or budget else None

    return predicate


def _check_request(scene: Scene) -> None:
    """What the sentence says the shopper asked for must stand in the request."""
    understanding = scene.setting.understanding
    request = " ".join((understanding.query, *understanding.wishes, *understanding.rewrites))
    asked = {*split_words(request)}
    folded = fold(request)
    for match in _REQUEST.finditer(scene.text):
        tail = match["en"] or match["zh"] or ""
        for word in _LATIN.findall(tail):
            if not _is_harmless(word) and not set(split_words(word)) <= asked:
                raise ClaimError(f"request: {word!r} was not asked for")
        for run in _RUN.findall(tail):
            rest = _uncovered(run, lambda piece: len(piece) > 1 and piece in folded)
            if rest:
                raise ClaimError(f"request: {rest!r} was not asked for")
        scene.consume_match(match)
    for match in _PURPOSE.finditer(scene.text):
        tail = match["en"] or match["zh"] or ""
        words = {
            w for word in _LATIN.findall(tail) if not _is_harmless(word) for w in split_words(word)
        }
        runs = _RUN.findall(tail)
        stated = any(set(split_words(w)) & words for w in understanding.wishes)
        if words and not runs and words <= asked and not stated:
            scene.consume_match(match)


def _is_harmless(word: str) -> bool:
    harmless = harmless_words(Language.ENGLISH)
    return word in harmless or stem(word) in harmless


# --------------------------------------------------------------------- English


def _check_latin(scene: Scene) -> None:
    tokens = [(m.start(), m.end(), m.group()) for m in _LATIN.finditer(scene.text)]
    i = 0
    while i < len(tokens):
        size = _phrase_size(scene, tokens, i)
        start, end = tokens[i][0], tokens[i + size - 1][1]
        phrase = " ".join(word for _, _, word in tokens[i : i + size])
        if size > 1 or not _is_harmless(phrase):
            _claim_words(scene, start, end, phrase)
        i += size


def _check_mixed(scene: Scene) -> None:
    """Names that mix scripts ("GPS定位") are read whole, before words and characters."""
    for name in mixed_names(scene.setting.vocabulary):
        start = scene.text.find(name)
        while start >= 0:
            _claim_words(scene, start, start + len(name), name)
            start = scene.text.find(name, start + 1)


def _phrase_size(scene: Scene, tokens: list[tuple[int, int, str]], i: int) -> int:
    """How many tokens from `i` on form a property known by that name ("wireless charging")."""
    known = known_phrases(scene.setting.vocabulary)
    for size in range(min(_PHRASE, len(tokens) - i), 1, -1):
        run = tokens[i : i + size]
        adjacent = all(run[k + 1][0] - run[k][1] == 1 for k in range(size - 1))
        words = [w for _, _, w in run]
        stems = tuple(s for w in words for s in split_words(w))
        if adjacent and stems in known and not all(map(_is_harmless, words)):
            return size
    return 1


def _claim_words(scene: Scene, start: int, end: int, phrase: str) -> None:
    asked = _says(scene, phrase)
    evidence = ""
    for product_id in scene.subject_at(start):
        finding = scene.setting.records[product_id].says(phrase, reviews=scene.quotes)
        evidence = evidence or finding.evidence
        if finding.evidence.startswith(("description", "review")):
            scene.from_prose.append((start, product_id, phrase))
    scene.claim(start, asked, f"{phrase!r}", evidence)
    scene.consume(start, end)


def _says(scene: Scene, phrase: str) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        verdict = scene.setting.records[product.id].says(phrase, reviews=scene.quotes).verdict
        return None if verdict is Verdict.UNKNOWN else verdict is Verdict.YES

    return predicate


# --------------------------------------------------------------------- Chinese


def _check_chinese(scene: Scene, match: re.Match[str]) -> None:
    """Known properties in the run are claims; what is left must be covered."""
    run, offset = match.group(), match.start()
    claimed: list[tuple[int, int]] = []
    for start, end in _known_terms(scene, run):
        _claim_words(scene, offset + start, offset + end, run[start:end])
        claimed.append((start, end))
    rest = list(run)
    for start, end in claimed:
        rest[start:end] = [" "] * (end - start)
    if found := _ZH_DEGREE.search("".join(rest)):
        raise ClaimError(f"comparison: {found.group()!r} compares by something unknown")
    position = 0
    for piece in re.findall(r"[^ ]+| +", "".join(rest)):
        if piece.strip():
            uncovered = _uncovered(piece, _speaker(scene, offset + position))
            if uncovered:
                raise ClaimError(f"{uncovered!r}: the catalogue does not say")
        position += len(piece)


def _known_terms(scene: Scene, run: str) -> list[tuple[int, int]]:
    """Spans of the longest known Chinese properties in `run`, left to right."""
    known = known_phrases(scene.setting.vocabulary)
    spans: list[tuple[int, int]] = []
    i = 0
    while i < len(run):
        for size in range(min(8, len(run) - i), 1, -1):
            word = run[i : i + size]
            if (word,) in known and word not in harmless_words(Language.CHINESE):
                spans.append((i, i + size))
                i += size
                break
        else:
            i += 1
    return spans


def _speaker(scene: Scene, position: int) -> Callable[[str], bool]:
    """Whether a piece of Chinese at `position` is said by the records of its subjects."""
    ids = scene.subject_at(position)
    denied = scene.negated(position)

    def says(piece: str) -> bool:
        if not ids or (len(piece) < _LEAST and denied):
            return False
        if len(piece) < _LEAST:
            return all(scene.setting.records[i].is_whole(piece) for i in ids)
        want = Verdict.NO if denied else Verdict.YES
        # Two characters of prose can be met by chance, four are quoted.
        prose = len(piece) >= _QUOTED
        records = [scene.setting.records[i] for i in ids]
        return all(
            r.says(piece, reviews=scene.quotes, prose=prose).verdict is want for r in records
        )

    return says


def _uncovered(run: str, says: Callable[[str], bool]) -> str:
    """The first part of `run` that neither the lexicon nor `says` covers; "" when all is."""
    harmless = harmless_words(Language.CHINESE)
    reachable = [0] + [-1] * len(run)
    for i in range(len(run)):
        if reachable[i] < 0:
            continue
        for size in range(1, min(10, len(run) - i) + 1):
            piece = run[i : i + size]
            if reachable[i + size] < 0 and (piece in harmless or says(piece)):
                reachable[i + size] = i
    if reachable[-1] >= 0:
        return ""
    furthest = max(i for i, origin in enumerate(reachable) if origin >= 0)
    return run[furthest : furthest + 4]


__all__ = ["check_words", "read_quantities"]
