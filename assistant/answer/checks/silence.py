"""Claims that the catalogue does not say something."""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.answer.known import CJK, known_phrases, split_words
from assistant.answer.lexicon import harmless_words
from assistant.answer.record import Verdict
from assistant.answer.scene import ClaimError, M, Scene
from retrieval.types import Language, Product

_SILENT = re.compile(
    r"(?:the |our )?(?:catalogue|catalog|listing|shop|store|page|product page|description|"
    r"details|data|"
    r"specifications?|it|"
    + M
    + r") (?:also )?(?:does|do|did) not (?:say|state|mention|list|specify|tell|"
    r"indicate|show)(?: (?:us|you|anything about))?(?: whether| if| that| how| about)*|"
    r"(?:is|are|was) not (?:stated|listed|specified|mentioned|given|"
    r"known)(?: in the (?:catalogue|catalog))?|"
    r"(?:商品)?(?:目录|页面|资料|描述|详情|商品信息)(?:里|中|上)?(?:也|并)?(?:没有|未|并未|没)"
    r"(?:说明|提到|提及|注明|写明|标明|标注|给出|列出|写)(?:其|它|该产品)?(?:是否|有没有|有无|"
    r"能否)?:?"
)
# Where what is not said ends.
_BREAK = re.compile(
    r"[;!?。]|\.(?!\d)|\b(?:but|while|whereas|although|though|however|yet)\b|,? ?(?:但|而|不过|"
    r"然而)"
)
_PARTS = re.compile(r",|、|\b(?:and|or|nor)\b|[和或]")
_WORD = re.compile(rf"[^\W_{CJK}\ue000-\uf8ff]+(?:-[^\W_{CJK}\ue000-\uf8ff]+)*")
_ZH_WHETHER = re.compile(r"^是否")
_ZH_FRAME = re.compile(
    r"^(?:是否|支持|具有|关于|有|的|能|可以|带|其|它|这一点)+|(?:的?信息|情况|功能|吗|的|这一点)+$"
)


def check_silence(scene: Scene) -> None:
    """ "The catalogue doesn't say whether it is waterproof": true only where no field does."""
    for match in _SILENT.finditer(scene.text):
        start, end = scene.clause_span(match.start())
        if match.group().startswith(("is ", "are ", "was ")):
            end = match.start()
        else:
            start = match.end()
            stop = _BREAK.search(scene.text, start)
            end = stop.start() if stop else len(scene.text)
        asked = _asked(scene.text[start:end], known_phrases(scene.setting.vocabulary))
        if not asked:
            raise ClaimError("silence: of what is not said")
        named = [i for c in scene.text[start:end] if c in scene.mention_slots
                 for i in scene.mention_ids(c)]  # fmt: skip
        scene.claim(
            match.start(),
            _names_nothing(scene, scene.raw(start, end)),
            "silence",
            "catalogue",
            subjects=tuple(dict.fromkeys(named)) or None,
            negated=False,
        )
        for words in asked:
            scene.claim(
                match.start(),
                _unknown(scene, words),
                f"silence on {words}",
                "catalogue",
                subjects=tuple(dict.fromkeys(named)) or None,
                negated=False,
            )
        scene.consume(min(start, match.start()), max(end, match.end()))


def _asked(text: str, known: frozenset[tuple[str, ...]]) -> list[str]:
    """What is not said, part by part of a list; known names also with their plain words."""
    asked: list[str] = []
    for part in _PARTS.split(text):
        words = [
            word
            for word in _WORD.findall(part)
            if not set(split_words(word)) <= harmless_words(Language.ENGLISH)
        ]
        bare = [_ZH_WHETHER.sub("", run) for run in re.findall(rf"[{CJK}]+", part)]
        # 有口袋 may be the name of a property, or 口袋 may be.
        runs = [run for whole in bare for run in dict.fromkeys((whole, _ZH_FRAME.sub("", whole)))]
        asked += [" ".join(words)] if words else []
        whole = _WORD.findall(part)
        spans = ((i, j) for i in range(len(whole)) for j in range(i + 2, len(whole) + 1))
        phrases = (" ".join(whole[i:j]) for i, j in spans)
        asked += [phrase for phrase in phrases if words and split_words(phrase) in known]
        asked += [run for run in runs if run and run not in harmless_words(Language.CHINESE)]
    return asked


def _names_nothing(scene: Scene, text: str) -> Callable[[Product], bool | None]:
    """No attribute is called so: one that says no has spoken, too."""

    def predicate(product: Product) -> bool | None:
        return not scene.setting.records[product.id].has_attribute_in(text)

    return predicate


def _unknown(scene: Scene, words: str) -> Callable[[Product], bool | None]:
    """Silence on the whole and on every property in it: 适合咖啡 asks for 咖啡."""
    known = known_phrases(scene.setting.vocabulary)
    parts = [words, *(w for w in words.split() if w != words)]
    parts += [
        words[i:j]
        for i in range(len(words))
        for j in range(i + 2, len(words) + 1)
        if not words.isascii() and (words[i:j],) in known
    ]

    def predicate(product: Product) -> bool | None:
        record = scene.setting.records[product.id]
        unsaid = all(record.says(part).verdict is Verdict.UNKNOWN for part in parts)
        return unsaid and record.touches(words) is None

    return predicate
