"""Properties called by the whole name their attribute has ("adjustable backlight")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assistant.answer.known import attribute_names
from assistant.answer.record import Finding, Verdict, is_negative, is_positive
from assistant.answer.scene import N, Scene
from retrieval.types import Attribute, Product

_DIGIT = re.compile(r"\d")
_LATIN = re.compile(r"[a-z0-9]")
_NUMBER = re.compile(N)


def check_named(scene: Scene) -> None:
    """Claim every yes/no attribute that is called by its whole name of several words.

    Such a name is read as one: "not for children 0-3 years" holds no number and denies nothing.
    Numbers inside the names of other attributes ("RJ 45 ports") are taken away.
    """
    for name, flag in _names(scene):
        for start, end in _places(scene, name):
            if flag:
                _claim_flag(scene, start, end, name)
            else:
                for match in _NUMBER.finditer(scene.text, start, end):
                    scene.consume_match(match)


def _names(scene: Scene) -> Iterator[tuple[str, bool]]:
    """Names of attributes of the products shown, and whether they are of yes and no.

    The longest first, so that none is read as a part of another.
    """
    found: dict[str, bool] = {}
    for product in scene.setting.shown:
        for attribute in product.attributes:
            flag = _is_flag(attribute)
            for name in attribute_names(attribute.name, scene.setting.vocabulary):
                if (flag and len(name.split()) > 1) or _DIGIT.search(name):
                    found[name] = found.get(name, False) or flag
    return iter(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def _is_flag(attribute: Attribute) -> bool:
    return is_positive(attribute) or is_negative(attribute)


def _places(scene: Scene, name: str) -> Iterator[tuple[int, int]]:
    """Where `name` stands whole in what is left of the sentence, numbers as they were written."""
    written, at = "", []
    for position, character in enumerate(scene.text):
        raw = scene.quantities[character].raw if character in scene.quantities else character
        written += raw
        at += [position] * len(raw)
    at.append(len(scene.text))
    start = written.find(name)
    while start >= 0:
        end = start + len(name)
        edges = at[end] != at[end - 1] and (start == 0 or at[start] != at[start - 1])
        if edges and not _goes_on(written, start, end):
            yield at[start], at[end - 1] + 1
        start = written.find(name, end)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether a Latin word that begins or ends the span is longer than the span."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return bool(_LATIN.match(text[start]) and _LATIN.match(before)) or bool(
        _LATIN.match(text[end - 1]) and _LATIN.match(after)
    )


def _claim_flag(scene: Scene, start: int, end: int, name: str) -> None:
    def finding(product: Product) -> Finding:
        return scene.setting.records[product.id].says(name)

    ids = scene.subject_at(start)
    evidence = finding(scene.setting.products[ids[0]]).evidence if ids else ""
    scene.claim(start, _truth(finding), f"{name!r}", evidence)
    scene.consume(start, end)


def _truth(finding: Callable[[Product], Finding]) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        verdict = finding(product).verdict
        return None if verdict is Verdict.UNKNOWN else verdict is Verdict.YES

    return predicate
